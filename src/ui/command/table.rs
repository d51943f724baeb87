//! The table: what each command is called, what it does, its keys, and on what it depends.

use std::borrow::Cow;

use egui::{Key, Modifiers, ThemePreference, ViewportCommand};

use super::super::layout::{self, SidePanel};
use super::super::state::{Overlay, State};
use super::super::tab::TabId;
use super::obstacles::{no_listing, recorded};
use super::{Row, UiCommand, filter_id};
use crate::diagnosis::Finding;
use crate::model::FlowCommand;
use crate::session::Command;
use crate::settings::{Layout, Recording, Theme};
use crate::view::Status;

impl UiCommand {
    /// Its row, as things are now.
    pub fn row(self, state: &State) -> Row {
        let snapshot = state.pane.view.snapshot();
        match self {
            Self::Connection => {
                let (label, explanation) = if state.is_at_rest() {
                    ("Connect", "Connect with the JWT that is there, or with a new one")
                } else {
                    ("Disconnect", "End the connection or the attempt, and do not reconnect")
                };
                Row::new(label, explanation, |cx| cx.connect_or_disconnect()).key(Key::Enter).unless(recorded(state))
            }
            Self::RetryNow => {
                let explanation = "Begin a new attempt now, like refreshing the page";
                Row::new("Retry now", explanation, |cx| cx.send(Command::Flow(FlowCommand::RetryNow)))
                    .key(Key::R)
                    .unless(recorded(state))
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
                    .unless(recorded(state))
            }
            Self::Secret(command) => command.row(state),
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
                let obstacle = if state.player.has_files() { state.to_check().err() } else { recorded(state) };
                Row::new("Check…", explanation, |cx| cx.check(None)).key(Key::E).unless(obstacle)
            }
            Self::Report(command) => command.row(state).on_start_page(),
            Self::Faults(command) => command.row(state),
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
            Self::Timeline(command) => command.row(state),
            Self::Backoff(command) => command.row(state),
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
                    cx.state.note(is_there, "The log no longer keeps the lines of that edge");
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
                let label = match state.verdict().findings.iter().map(Finding::count).sum::<usize>() {
                    0 => "Findings".to_owned(),
                    count => format!("Findings {count}"),
                };
                Row::new(label, explanation, |cx| cx.state.overlay = Some(Overlay::Findings)).key(Key::I)
            }
            Self::Proof(_) if state.standing_check().is_some() => {
                Row::new("Show the steps", "Show the steps of the check that prove it", |cx| {
                    cx.state.tab = TabId::CHECK
                })
            }
            Self::Proof(place) => Row::new("Show the proof", "Show the log lines that prove it", move |cx| {
                let finding = cx.state.findings().nth(place).map(|(_, finding)| finding);
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
                    cx.state.notice = cx.state.listing().cut_copy().map(Cow::Borrowed);
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
                let label = format!("Theme: {}", ThemePreference::from(state.settings.theme).name());
                Row::new(label, "Dark, light, or as the system", |cx| {
                    let system = cx.ctx.system_theme().unwrap_or_else(|| cx.ctx.theme());
                    let theme = next_theme(cx.state.settings.theme, system);
                    cx.state.settings.theme = theme;
                    cx.ctx.set_theme(ThemePreference::from(theme));
                })
                .key(Key::T)
            }
            Self::Open(command) => command.row(state).on_start_page(),
            Self::Kept(command) => command.row(state).on_start_page(),
            Self::Playback(command) => command.row(state),
            Self::Start(command) => command.row(state).on_start_page(),
            Self::View(command) => command.row(state).on_start_page(),
            Self::Copies(command) => command.row(state).on_start_page(),
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
            Self::Panel(command) => (command.row)(state).on_start_page(),
        }
    }
}

/// The theme after `theme`: from the system's first to the other one, so that each press shows.
fn next_theme(theme: Theme, system: egui::Theme) -> Theme {
    let (same, other) = match system {
        egui::Theme::Dark => (Theme::Dark, Theme::Light),
        egui::Theme::Light => (Theme::Light, Theme::Dark),
    };
    match theme {
        Theme::System => other,
        theme if theme == other => same,
        Theme::Dark | Theme::Light => Theme::System,
    }
}
