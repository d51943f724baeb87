//! The table: what each command is called, what it does, its keys, and on what it depends.

use std::path::PathBuf;

use egui::{Key, Modifiers, ThemePreference, ViewportCommand};
use url::Url;

use super::super::choices::Repeat;
use super::super::dialogs::{DialogState, FileRequest};
use super::super::layout::{self, SidePanel};
use super::super::mac::{ZOOM_IN, ZOOM_OUT};
use super::super::playback::{Purpose, Speed, control};
use super::super::secrets::{signs_in, wanted};
use super::super::start;
use super::super::state::{Overlay, State};
use super::super::tab::TabId;
use super::{CommandContext, Row, UiCommand, filter_id};
use crate::diagnosis::Finding;
use crate::faults::{Activation, FaultKind};
use crate::model::{FlowCommand, KeychainState, Presence, ValueName};
use crate::session::{Command, SecretRequest};
use crate::settings::{Layout, Recording, Theme};
use crate::view::Status;

impl UiCommand {
    /// Its row, as things are now.
    pub fn row(self, state: &State) -> Row {
        let snapshot = state.pane.view.snapshot();
        let has_recording = state.player.has_recording();
        let recorded = has_recording.then_some("This is a recording");
        let not_recorded = (!has_recording).then_some("No recording is shown: open one first");
        match self {
            Self::Connection => {
                let (label, explanation) = if state.is_at_rest() {
                    ("Connect", "Connect with the JWT that is there, or with a new one")
                } else {
                    ("Disconnect", "End the connection or the attempt, and do not reconnect")
                };
                Row::new(label, explanation, |cx| cx.connect_or_disconnect()).key(Key::Enter).unless(recorded)
            }
            Self::RetryNow => {
                let explanation = "Begin a new attempt now, like refreshing the page";
                Row::new("Retry now", explanation, |cx| cx.send(Command::Flow(FlowCommand::RetryNow)))
                    .key(Key::R)
                    .unless(recorded)
                    .unless(match snapshot.status {
                        Status::Connecting(_) | Status::Waiting(_) | Status::Connected { .. } => None,
                        Status::Idle | Status::Stopped | Status::Ended(_) => Some("Nothing is going on: press Connect"),
                        Status::Crashed { .. } => Some("The client is being started again"),
                    })
            }
            Self::NewSession => {
                let explanation = "Drop the JWT and the session, then connect";
                Row::new("New session", explanation, |cx| cx.send(Command::Flow(FlowCommand::NewSession)))
                    .key(Key::N)
                    .unless(recorded)
            }
            Self::Secrets => {
                let explanation = "What the profile wants of a person, and a user's JWT for this session alone";
                Row::new("Secrets…", explanation, |cx| cx.show_secrets()).unless(recorded)
            }
            Self::KeepSecret(place) => {
                let name = name_of_secret(state, place);
                let is_typed = name.as_ref().is_some_and(|name| state.secrets.is_typed(name));
                let explanation = "Keep it in this system's keychain";
                Row::new("Save the secret", explanation, move |cx| {
                    if let Some(values) = name.and_then(|name| cx.state.secrets.take(&name)) {
                        cx.engine.ask_secrets(SecretRequest::Keep(values));
                    }
                })
                .unless(recorded)
                .unless((!is_typed).then_some("Paste the value first"))
            }
            Self::OpenSignIn | Self::CopySignIn => {
                let address = snapshot.token.sign_in.as_ref().map(|sign_in| sign_in.address.to_string());
                let obstacle = address.is_none().then_some("Nobody is asked to sign in just now");
                let row = match self {
                    Self::OpenSignIn => Row::new("Open the sign-in page", "In this computer's browser", |cx| {
                        cx.ctx.open_url(egui::OpenUrl::new_tab(address.unwrap_or_default()));
                    }),
                    _ => Row::new("Copy the sign-in page's address", "For another browser", |cx| {
                        cx.copy(address.unwrap_or_default());
                    }),
                };
                row.unless(recorded).unless(obstacle)
            }
            Self::AllowCommand(place) => {
                let name = name_of_secret(state, place);
                let explanation = "Let this program run on this computer whenever the client connects, until a word of the command changes";
                Row::new("Allow the command", explanation, move |cx| {
                    if let Some(name) = name {
                        cx.engine.ask_secrets(SecretRequest::Allow(name));
                    }
                })
                .unless(recorded)
            }
            Self::ForgetSecret(place) => {
                let name = name_of_secret(state, place);
                let is_there =
                    name.as_ref().is_some_and(|name| state.secrets.presence(name) != Some(&Presence::Missing));
                Row::new("Forget the secret", "Take it out of this system's keychain", move |cx| {
                    if let Some(name) = name {
                        cx.engine.ask_secrets(SecretRequest::Forget(name));
                    }
                })
                .unless(recorded)
                .unless((!is_there).then_some("Nothing is kept"))
            }
            Self::UseJwt => {
                let explanation = "Use it from the next attempt on, for this session alone; it is kept nowhere";
                Row::new("Use the pasted JWT", explanation, |cx| cx.use_jwt())
                    .unless(recorded)
                    .unless((!signs_in(&snapshot.profile)).then_some("This service has no sign-in: it takes no JWT"))
                    .unless(state.secrets.jwt_obstacle())
            }
            Self::DropJwt => {
                let explanation = "Drop the pasted JWT: the next attempt signs in as the profile says";
                Row::new("Sign in by itself again", explanation, |cx| {
                    if cx.is_taken(Command::UseJwt(None)) {
                        cx.state.secrets.drop_jwt();
                    }
                })
                .unless(recorded)
                .unless((!state.secrets.is_pasted(snapshot.token.token.as_ref())).then_some("No pasted JWT is in use"))
            }
            Self::Profiles => {
                let explanation = "The profiles of this computer: find, edit, try and delete them, and make new ones";
                Row::new("Profiles…", explanation, |cx| cx.state.overlay = Some(Overlay::Profiles))
            }
            Self::ShowProfile(place) => {
                Row::new("Show this profile", "Show the text of its file", move |cx| cx.show_profile(place))
            }
            Self::Check if state.check.is_running() => {
                Row::new("Cancel check", "End the check; what was found so far stays", |cx| cx.check(None)).key(Key::E)
            }
            Self::Check => {
                let explanation =
                    "Check every part of the way once, and say what is wrong; this session is not touched";
                let obstacle = if state.player.has_files() { state.to_check().err() } else { recorded };
                Row::new("Check…", explanation, |cx| cx.check(None)).key(Key::E).unless(obstacle)
            }
            Self::Report => {
                let explanation =
                    "Make one file for the engineers that is safe to send; you see all of it before it is saved";
                Row::new("Report…", explanation, |cx| cx.make_report()).key(Key::S)
            }
            Self::SaveReport => {
                let explanation = if cfg!(unix) {
                    "Write it into a zip archive that only you may read"
                } else {
                    "Write it into a zip archive, which has the rights of its folder"
                };
                let obstacle = "Make a report first, and say where to save it";
                Row::new("Save the report", explanation, |cx| cx.save_report())
                    .unless((!state.report.can_save()).then_some(obstacle))
            }
            Self::BrowseForReport => {
                let explanation = "Choose in this system's own dialog where it is saved";
                Row::new("Save the report as…", explanation, |cx| {
                    let path = PathBuf::from(cx.state.report.path.trim());
                    cx.ask_for_file(FileRequest::Report(path));
                })
                .unless((!state.report.has_preview()).then_some("Make a report first"))
                .unless(dialog_is_open(state))
            }
            Self::CopyReportPath => {
                let explanation = "Copy the name of the file that was saved, with its folder";
                let path = state.report.saved_path().map(|path| path.to_string_lossy().into_owned());
                let obstacle = path.is_none().then_some("No report was saved");
                Row::new("Copy the report's path", explanation, |cx| cx.copy(path.unwrap_or_default())).unless(obstacle)
            }
            Self::ShowReportFolder => {
                let folder = state.report.saved_path().and_then(|path| Url::from_directory_path(path.parent()?).ok());
                let obstacle = folder.is_none().then_some("No report was saved");
                Row::new("Show in folder", "Open the folder of the report that was saved", move |cx| {
                    if let Some(folder) = folder {
                        cx.ctx.open_url(egui::OpenUrl::new_tab(folder));
                    }
                })
                .unless(obstacle)
            }
            Self::CopyReportId => {
                let explanation = "Each x-trace-id of this session begins with it: search the server's log for it";
                Row::new("Copy the report id", explanation, |cx| {
                    cx.copy(cx.state.shown_report_id().map_or_else(String::new, |id| id.to_string()));
                })
            }
            Self::Fault(fault) => row_of_fault(fault, state).unless(recorded).unless(obstacle_of_fault(fault, state)),
            Self::Repeat(repeat) => {
                let explanation = match repeat {
                    Repeat::Once => "A fault in the ticket request acts at the next one",
                    Repeat::Thrice => "A fault in the ticket request acts at the next three",
                    Repeat::UntilOff => "A fault in the ticket request acts at each until it is switched off",
                };
                let label = format!("Ticket faults: {}", repeat.label());
                Row::new(label, explanation, move |cx| cx.state.repeat = repeat)
                    .unless(recorded)
                    .on(state.repeat == repeat)
            }
            Self::AttemptAtOnce => {
                let explanation = "Many faults show at the next attempt: begin one when such a fault is armed";
                Row::new("Begin a new attempt at once", explanation, |cx| {
                    cx.state.attempt_at_once = !cx.state.attempt_at_once;
                })
                .unless(recorded)
                .on(state.attempt_at_once)
            }
            Self::ClearFaults => {
                let clear = "Clear every fault that is armed";
                Row::new("Clear all faults", clear, |cx| cx.send(Command::ClearAll))
                    .unless(recorded)
                    .unless(snapshot.faults.is_empty().then_some("No fault is armed"))
            }
            Self::RunDrills => {
                let explanation = "Run every drill, each with a local demo of its own; this session is not touched";
                Row::new("Run all drills", explanation, |cx| cx.run_drills(0..cx.state.drills.len()))
                    .unless(recorded)
                    .unless((!state.drills.can_run_all()).then_some("A drill is running: wait for its end"))
            }
            Self::Drill(drill) => {
                let explanation = "Run it with a local demo of its own; this session is not touched";
                let label = format!("Drill: {}", state.drills.name(drill));
                Row::new(label, explanation, move |cx| cx.run_drills(drill..drill + 1))
                    .unless(recorded)
                    .unless(state.drills.is_busy(drill).then_some("It is running"))
            }
            Self::DrillProblem { drill, problem } => {
                let label = format!("Why it failed: {}", state.drills.name(drill));
                let explanation = "Show the lines that broke what was expected";
                Row::new(label, explanation, move |cx| cx.reveal_drill_problem(drill, problem))
            }
            Self::Drills(command) => command.row(state),
            Self::FaultPanel => {
                let is_shown = state.side_panel() == Some(SidePanel::Faults);
                let label = if is_shown { "Hide faults" } else { "Show faults" };
                Row::new(label, "The panel with everything that QA can break", move |cx| {
                    layout::choose(cx.state, Layout::Qa);
                    cx.state.panel_open = !is_shown;
                    cx.state.settings.fault_panel = !is_shown;
                })
                .key(Key::B)
                .on(is_shown)
            }
            Self::TimelinePane => {
                let is_open = state.timeline_open;
                let label = if is_open { "Hide attempts and backoff" } else { "Show attempts and backoff" };
                let explanation = "Every attempt over time, and the waits between them";
                Row::new(label, explanation, move |cx| {
                    cx.state.timeline_open = !is_open;
                    cx.state.settings.window.timeline = !is_open;
                })
                .key(Key::J)
                .on(is_open)
            }
            Self::Span(span) => {
                let explanation = "How much time the picture of the attempts shows";
                Row::new(format!("Attempts: {}", span.label()), explanation, move |cx| {
                    let state = &mut *cx.state;
                    let first = state.pane.view.attempts().lane(0).map_or(state.pane.now, |lane| lane.start);
                    state.pane.timeline.choose(span, first);
                })
                .on(state.pane.timeline.is(span))
            }
            Self::ZoomIn => Row::new("Zoom in", ZOOM_IN, |cx| {
                cx.state.pane.timeline.zoom(1.5, cx.state.pane.now, cx.state.deadline());
            })
            .keys(Modifiers::ALT, Key::Plus),
            Self::ZoomOut => Row::new("Zoom out", ZOOM_OUT, |cx| {
                cx.state.pane.timeline.zoom(1.0 / 1.5, cx.state.pane.now, cx.state.deadline());
            })
            .keys(Modifiers::ALT, Key::Minus),
            Self::ZoomTo(seq) => {
                let explanation = "Let one attempt fill the width, without its wait and the time that it was open";
                Row::new("Zoom to the attempt", explanation, move |cx| {
                    let state = &mut *cx.state;
                    if let Some(row) = state.pane.view.attempts().row_of(seq) {
                        let (from, to) = state.pane.view.attempts().work(row, state.pane.now);
                        state.pane.timeline.show(from, to);
                    }
                })
            }
            Self::Now => Row::new("Now", "Follow the present again", |cx| cx.state.pane.timeline.follow())
                .unless(state.pane.timeline.is_following().then_some("The present is followed")),
            Self::EditBackoff => {
                let is_edited = state.pane.backoff_draft.is_some();
                let label = if is_edited { "Close the backoff's editor" } else { "Edit the backoff…" };
                let explanation = "Change the rule of the waits for this session; the profile stays as it is";
                Row::new(label, explanation, |cx| {
                    let state = &mut *cx.state;
                    let draft = state.pane.view.snapshot().backoff.clone();
                    state.pane.backoff_draft = state.pane.backoff_draft.is_none().then_some(draft);
                    state.backoff_refused = None;
                    state.timeline_open = true;
                })
                .unless(recorded)
            }
            Self::UseBackoff => {
                let explanation = "The next wait is drawn by this rule; the one that is going on stays";
                Row::new("Use in this session", explanation, |cx| {
                    if let Some(rule) = cx.state.pane.backoff_draft.clone() {
                        cx.send(Command::SetBackoff(rule));
                    }
                })
                .unless(recorded)
                .unless(match &state.pane.backoff_draft {
                    None => Some("Edit the backoff first"),
                    Some(draft) if *draft == snapshot.backoff => Some("It is the rule in use"),
                    Some(_) => None,
                })
            }
            Self::ProfileBackoff => {
                let explanation = "The next wait is drawn by the profile's rule again";
                Row::new("Back to the profile's", explanation, |cx| {
                    let rule = cx.state.pane.view.snapshot().profile.backoff.clone();
                    cx.state.pane.backoff_draft = cx.state.pane.backoff_draft.is_some().then(|| rule.clone());
                    cx.send(Command::SetBackoff(rule));
                })
                .unless(recorded)
                .unless((!state.is_backoff_changed()).then_some("It is the rule in use"))
            }
            Self::Reveal(seq) => {
                let explanation = "Show the lines of the log that belong to it";
                Row::new("Show it in the log", explanation, move |cx| cx.reveal(&[seq]))
            }
            Self::ShowRequest(seq) => {
                let explanation = "Show what was sent and answered then";
                Row::new("Show its request", explanation, move |cx| cx.show_request(seq))
                    .unless(state.pane.exchanges.at(seq).is_none().then_some("No request had been sent then"))
            }
            Self::ShowEdge(edge) => {
                let explanation = "Show only the lines that tell of this edge of the state machine";
                Row::new("Show its lines in the log", explanation, move |cx| {
                    cx.state.tab = TabId::LOG;
                    let is_there = cx.state.pane.log.show_edge(edge);
                    cx.state.notice = (!is_there).then_some("The log no longer keeps the lines of that edge");
                })
            }
            Self::AllEdges => {
                let explanation = "Show the lines of all edges of the state machine again";
                Row::new("Show all lines of the log", explanation, |cx| cx.state.pane.log.show_all_edges())
                    .unless(state.pane.log.edge().is_none().then_some("The lines of all edges are shown"))
            }
            Self::Show(id) => match state.tab(id) {
                Some(tab) => {
                    let row = Row::new((tab.title)(state), tab.explanation, move |cx| cx.state.tab = id);
                    let row = row.unless((tab.obstacle)(state)).on(state.tab == id);
                    match tab.key {
                        Some(key) => row.key(key),
                        None => row,
                    }
                }
                None => Row::new(id.0, "", |_| {}).unless(Some("There is no such panel")),
            },
            Self::Findings => {
                let explanation = "Everything that was found wrong: cause, who can fix it, what follows from it, proof";
                let label = match state.pane.verdict.findings.iter().map(Finding::count).sum::<usize>() {
                    0 => "Findings".to_owned(),
                    count => format!("Findings {count}"),
                };
                Row::new(label, explanation, |cx| cx.state.overlay = Some(Overlay::Findings)).key(Key::I)
            }
            Self::Proof(place) => Row::new("Show the proof", "Show the log lines that prove it", move |cx| {
                let finding = cx.state.pane.findings().nth(place).map(|(_, finding)| finding);
                let proof = finding.map(|finding| finding.evidence.clone()).unwrap_or_default();
                cx.reveal(&proof);
            }),
            Self::Filter => {
                let explanation = "Show only lines that contain a text; Esc shows all again";
                Row::new("Filter the log…", explanation, |cx| {
                    cx.ctx.memory_mut(|memory| memory.request_focus(filter_id()));
                })
                .key(Key::F)
                .unless(no_listing(state))
            }
            Self::Follow => {
                let follows = state.listing().follows();
                let explanation = "Keep the newest line in view; scrolling up ends it";
                Row::new("Follow", explanation, move |cx| cx.state.listing_mut().set_follow(!follows))
                    .keys(Modifiers::NONE, Key::End)
                    .unless(no_listing(state))
                    .on(follows)
            }
            Self::Copy => {
                let explanation = "Copy the lines that pass the filter, at most the newest 100 000";
                Row::new("Copy", explanation, |cx| {
                    let copied = cx.state.copied();
                    cx.copy(copied);
                    cx.state.notice = cx.state.listing().cut_copy();
                })
                .keys(Modifiers::COMMAND | Modifiers::SHIFT, Key::C)
                .unless(no_listing(state))
            }
            Self::CopyAs(format) => {
                let label = format!("Copy as {}", format.label());
                Row::new(label, format.explanation(), move |cx| cx.export(format))
            }
            Self::Details => {
                let explanation = "Show lines for developers as well: phases, trace ids, pings, keychain";
                Row::new("Details", explanation, |cx| cx.state.toggle_details()).key(Key::D).on(state.shows_details())
            }
            Self::Palette => Row::new("Commands…", "Find a command by its name", |cx| {
                cx.state.overlay = Some(Overlay::Palette { query: String::new(), row: 0 });
            })
            .key(Key::K),
            Self::Theme => {
                let label = format!("Theme: {}", state.theme.name());
                Row::new(label, "Dark, light, or as the system", |cx| {
                    // From the system's first to the other one: each press shows.
                    let system = cx.ctx.system_theme().unwrap_or_else(|| cx.ctx.theme());
                    let (dark, light) = ((ThemePreference::Dark, Theme::Dark), (ThemePreference::Light, Theme::Light));
                    let (same, other) = if system == egui::Theme::Dark { (dark, light) } else { (light, dark) };
                    let (theme, kept) = match cx.state.theme {
                        ThemePreference::System => other,
                        theme if theme == other.0 => same,
                        ThemePreference::Dark | ThemePreference::Light => (ThemePreference::System, Theme::System),
                    };
                    (cx.state.theme, cx.state.settings.theme) = (theme, kept);
                    cx.ctx.set_theme(theme);
                })
                .key(Key::T)
            }
            Self::OpenRecording => {
                let explanation = "Open what a user sent (HAR, console text, network log, server log, report, probe code) or a \
                                   recording; the live session goes on meanwhile";
                Row::new("Open…", explanation, |cx| {
                    control::ask_for(cx.state, Purpose::Show, cx.waker);
                })
                .key(Key::O)
            }
            Self::BrowseForRecording => {
                let explanation = "Choose a file in this system's own dialog";
                Row::new("Browse for a file…", explanation, |cx| {
                    control::keep_asking(cx.state, cx.waker);
                    cx.ask_for_file(FileRequest::Recording);
                })
                .unless(dialog_is_open(state))
            }
            Self::OpenPath => Row::new("Open", "Read this file", |cx| control::open_path(cx.state, cx.waker)),
            Self::OpenPasted => {
                Row::new("Open the pasted text", "Read it as a console's text or a probe's code", |cx| {
                    control::open_pasted(cx.state, cx.waker);
                })
            }
            Self::OpenKept(place) => Row::new("Open this recording", "Read this file", move |cx| {
                control::open_kept(cx.state, place, cx.waker);
            }),
            Self::Kept(command) => command.row(state),
            Self::Play => {
                let (label, explanation) = if state.player.is_playing() {
                    ("Stop playing", "Stop at this moment of the recording")
                } else {
                    ("Play", "Let the recording go on from here")
                };
                Row::new(label, explanation, |cx| control::toggle(cx.state)).key(Key::Space).unless(not_recorded)
            }
            Self::PreviousEntry => {
                let explanation = "The moment of the entry before in the recording";
                Row::new("Previous entry", explanation, |cx| control::previous(cx.state))
                    .key(Key::OpenBracket)
                    .unless(not_recorded)
                    .unless(state.player.is_at_start().then_some("The recording begins here"))
            }
            Self::NextEntry => {
                let explanation = "The moment of the next entry of the recording";
                Row::new("Next entry", explanation, |cx| control::next(cx.state))
                    .key(Key::CloseBracket)
                    .unless(not_recorded)
                    .unless(state.player.is_at_end().then_some("The recording ends here"))
            }
            Self::Speed(speed) => {
                let explanation = match speed {
                    Speed::EachFrame => "The next entry with every picture, whatever the time between them",
                    Speed::Normal | Speed::Four | Speed::Sixteen => "How fast the recording plays",
                };
                let label = format!("Play at {}", speed.label());
                Row::new(label, explanation, move |cx| cx.state.player.set_speed(speed))
                    .unless(not_recorded)
                    .on(state.player.speed() == speed)
            }
            Self::Scrub(at) => {
                let explanation = "Show this moment of the recording";
                Row::new("Show this moment", explanation, move |cx| control::scrub(cx.state, at)).unless(not_recorded)
            }
            Self::JumpTo(seq) => {
                let explanation = "Show this moment of the recording";
                Row::new("Show its moment", explanation, move |cx| control::reveal(cx.state, seq)).unless(not_recorded)
            }
            Self::Verify => {
                let explanation = "Feed the recording to the client's rules again: they must decide the same";
                Row::new("Verify", explanation, |cx| control::verify(cx.state, cx.waker))
                    .unless(not_recorded)
                    .unless(state.player.is_verifying().then_some("It is being verified"))
            }
            Self::SaveTimeline => {
                let explanation = "Save what was read from these files as a recording, without anything secret";
                Row::new("Save timeline…", explanation, |cx| cx.ask_for_file(FileRequest::Timeline))
                    .unless((!state.player.has_files()).then_some("No files are shown: open them first"))
                    .unless(dialog_is_open(state))
            }
            Self::CleanCopy => {
                let explanation = "Write a copy of this file that is safe to pass on";
                Row::new("Clean copy…", explanation, |cx| cx.ask_for_file(FileRequest::CleanCopy))
                    .unless(
                        (!state.player.can_be_cleaned())
                            .then_some("Open one HAR or network log, and nothing else, first"),
                    )
                    .unless(dialog_is_open(state))
            }
            Self::Compare => {
                let explanation = "Choose a second recording: the first step that differs, and what changed";
                Row::new("Compare…", explanation, |cx| control::ask_for(cx.state, Purpose::Compare, cx.waker))
                    .unless(not_recorded)
            }
            Self::CompareWithLive => {
                let explanation =
                    "Works here, fails there: the first step in which these files and the session here differ";
                Row::new("Compare with live", explanation, |cx| control::compare_with_live(cx.state, cx.waker))
                    .unless(control::no_live(state))
            }
            Self::Differences => {
                let explanation = "What the last comparison of two recordings found";
                Row::new("Differences", explanation, |cx| cx.state.overlay = Some(Overlay::Comparison))
                    .unless(not_recorded)
                    .unless(not_compared(state))
            }
            Self::CopyDifferences => {
                let explanation = "Copy what the comparison found as text, for a ticket";
                Row::new("Copy the differences", explanation, |cx| {
                    cx.copy(cx.state.player.comparison().map(ToString::to_string).unwrap_or_default());
                })
                .unless(not_recorded)
                .unless(not_compared(state))
            }
            Self::JumpToIn(side, seq) => {
                let explanation = "Show the moment of this entry in its recording";
                Row::new(format!("Show in {side}"), explanation, move |cx| {
                    control::reveal_in(cx.state, side, seq, cx.waker);
                })
                .unless(not_recorded)
            }
            Self::BackToLive => {
                let explanation = "Close the recording and show the session, which has gone on";
                Row::new("Back to live", explanation, |cx| {
                    control::close(cx.state);
                    // Nobody has begun one: what else is there to look at?
                    if cx.state.pane.view.snapshot().attempt.is_none() {
                        start::show_page(cx.state, cx.waker);
                    }
                })
                .key(Key::L)
                .unless(not_recorded)
            }
            Self::Start(command) => command.row(state),
            Self::View(command) => command.row(state),
            Self::Copies(command) => command.row(state),
            Self::Settings => {
                let explanation = "What is kept between two runs: recordings, theme, panel";
                Row::new("Settings…", explanation, |cx| {
                    let Recording { max_file_mb, max_total_mb, max_age_days, .. } = cx.state.settings.recording;
                    let typed = [max_file_mb, max_total_mb, max_age_days].map(|value| value.to_string());
                    cx.state.overlay = Some(Overlay::Settings { typed });
                })
                .key(Key::Comma)
            }
            Self::RecordSessions => {
                let is_on = state.settings.recording.on;
                let explanation = if is_on {
                    "End this recording now, and write no session into a file any more"
                } else {
                    "Write each session into a file on this computer, from the next session on"
                };
                Row::new("Record every session", explanation, move |cx| {
                    cx.state.settings.recording.on = !is_on;
                    if is_on {
                        cx.engine.stop_recording();
                    }
                })
                .on(is_on)
            }
            Self::Help => {
                let help = "List the keyboard shortcuts";
                Row::new("Keyboard shortcuts", help, |cx| cx.state.overlay = Some(Overlay::Help))
                    .keys(Modifiers::NONE, Key::F1)
            }
            Self::Quit => Row::new("Quit", "Disconnect and close the window", |cx| {
                cx.ctx.send_viewport_cmd(ViewportCommand::Close);
            })
            .key(Key::Q),
            Self::Panel(command) => (command.row)(state),
        }
    }
}

/// The secret at `place` among those that the profile wants.
fn name_of_secret(state: &State, place: usize) -> Option<ValueName> {
    wanted(&state.pane.view.snapshot().profile).nth(place).map(|wanted| wanted.name.clone())
}

fn no_listing(state: &State) -> Option<&'static str> {
    (!state.has_listing_in_view()).then_some("It works on the log: show the log first")
}

fn dialog_is_open(state: &State) -> Option<&'static str> {
    (state.dialog == DialogState::Open).then_some("The dialog is open already")
}

fn not_compared(state: &State) -> Option<&'static str> {
    state.player.comparison().is_none().then_some("No recordings were compared")
}

/// A press arms the fault; where it stays armed, a further press clears it.
fn row_of_fault(fault: FaultKind, state: &State) -> Row {
    let Some(armed) = state.armed(fault) else {
        return Row::new(fault.label(), fault.explanation(), move |cx| cx.arm(fault));
    };
    let label = format!("{} · {}", fault.label(), armed.countdown());
    let stays = fault.activation() == Activation::Armed;
    let press = move |cx: &mut CommandContext<'_>| {
        if stays {
            cx.send(Command::Clear(fault));
        } else {
            cx.arm(fault);
        }
    };
    Row::new(label, "It is armed: press to clear it", press).on(true)
}

fn obstacle_of_fault(fault: FaultKind, state: &State) -> Option<&'static str> {
    let snapshot = state.pane.view.snapshot();
    if fault.needs_local_server() && snapshot.server.is_none() {
        Some("Only the local demo has its server inside this program, and it is not running")
    } else if fault.needs_keychain() && snapshot.keychain == KeychainState::MemoryOnly {
        Some("The keychain is not used: start without --keychain memory")
    } else if fault.needs_open_socket() && snapshot.open_since().is_none() {
        Some("No socket is open")
    } else {
        None
    }
}
