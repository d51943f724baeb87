//! What a command acts on.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use egui::Id;

use super::super::check::{Checker, ForSession, StartCheck};
use super::super::dialogs::{ChooseFile, DialogState, Dialogs, FileRequest};
use super::super::drills::{Load, Runner, Start};
use super::super::playback::control;
use super::super::profiles::ProfileFiles;
use super::super::report::{Reporter, usual_folder};
use super::super::requests;
use super::super::state::{Overlay, State, no_thread};
use super::super::tab::TabId;
use super::super::waker::Waker;
use crate::export::{self, Format};
use crate::faults::FaultKind;
use crate::journal::Change;
use crate::model::{FlowCommand, Values};
use crate::profiles::folder::Job;
use crate::session::{Command, Engine, SecretRequest};
use crate::view::Status;
use crate::watchdog;

/// The filter's field, so that a shortcut can go there.
pub fn filter_id() -> Id {
    Id::unique("log filter")
}

/// The window's ends of work that other threads do.
pub struct Workers {
    pub drills: Runner,
    pub checker: Checker,
    pub reporter: Reporter,
    files: ProfileFiles,
    dialogs: Dialogs,
    /// Text for the clipboard, from the threads that write it.
    exported: (Sender<String>, Receiver<String>),
}

impl Workers {
    /// Runs and reads drills as these two do; checks nothing, and has no dialogs.
    pub fn new(start: Start, load: Load) -> Self {
        Self {
            drills: Runner::new(start, load),
            checker: Checker::new(Box::new(|_, _, _, _, _| None)),
            reporter: Reporter::default(),
            files: ProfileFiles::default(),
            dialogs: Dialogs::new(Arc::new(|_| None)),
            exported: channel(),
        }
    }

    /// Runs and reads drills as these two do.
    pub fn set_drills(&mut self, start: Start, load: Load) {
        self.drills = Runner::new(start, load);
    }

    /// Checks profiles as `start` does.
    pub fn set_checks(&mut self, start: StartCheck) {
        self.checker = Checker::new(start);
    }

    /// Reads and writes profiles in `folder`, and watches it.
    pub fn set_profiles(&mut self, folder: PathBuf, waker: Waker) {
        self.files = ProfileFiles::watch(folder, waker);
    }

    /// Lets files be chosen as `choose` does.
    pub fn set_dialogs(&mut self, choose: ChooseFile) {
        self.dialogs = Dialogs::new(choose);
    }

    /// Puts on the clipboard what was written for it.
    pub fn copy_exported(&self, ctx: &egui::Context) {
        for text in self.exported.1.try_iter() {
            ctx.copy_text(text);
        }
    }

    /// Takes in what is new of drills, check, report and the system's dialog.
    pub fn apply(&mut self, state: &mut State, waker: &Waker) {
        self.drills.apply(&mut state.drills, state.present);
        self.checker.apply(&mut state.check, state.present);
        self.reporter.apply(&mut state.report);
        if let Some(profiles) = self.files.apply(&mut state.files) {
            state.profiles.offer(profiles);
        }
        let Some((request, chosen)) = self.dialogs.result() else { return };
        state.dialog = if chosen.is_some() { DialogState::Closed } else { DialogState::ChoseNothing };
        // A path is entered instead: its field gets the focus.
        state.player.is_asked &= chosen.is_some();
        match (request, chosen) {
            (FileRequest::Recording, Some(path)) => control::open_chosen(state, &path, waker),
            (FileRequest::Report(_), Some(path)) => {
                if state.report.set_path(&path) {
                    self.reporter.save(&mut state.report, waker);
                }
            }
            (FileRequest::Timeline, Some(path)) => control::save_timeline(state, path, waker),
            (FileRequest::CleanCopy, Some(path)) => control::write_clean_copy(state, path, waker),
            (_, None) => {}
        }
    }
}

/// Everything that a command can reach.
pub struct CommandContext<'a> {
    pub ctx: &'a egui::Context,
    pub state: &'a mut State,
    pub engine: &'a mut dyn Engine,
    pub workers: &'a mut Workers,
    pub waker: &'a Waker,
}

impl CommandContext<'_> {
    /// Puts `text` on the clipboard.
    pub fn copy(&self, text: impl Into<String>) {
        self.ctx.copy_text(text.into());
    }

    /// Sends it; if the session does not take it the person is told.
    pub fn send(&mut self, command: Command) {
        self.is_taken(command);
    }

    /// The same; returns whether the session takes it.
    pub fn is_taken(&mut self, command: Command) -> bool {
        let taken = self.engine.send(command);
        self.state.note(taken, "Too busy: the last command was not taken, try again");
        taken
    }

    /// Connects, or ends what goes on.
    pub fn connect_or_disconnect(&mut self) {
        let command = if self.state.is_at_rest() { FlowCommand::Connect } else { FlowCommand::Disconnect };
        self.send(Command::Flow(command));
    }

    /// Shows what the profile wants of a person.
    pub fn show_secrets(&mut self) {
        self.engine.ask_secrets(SecretRequest::Look);
        self.state.overlay = Some(Overlay::Secrets);
    }

    /// Uses the JWT that was pasted.
    pub fn use_jwt(&mut self) {
        if let Some(jwt) = self.state.secrets.take_jwt() {
            self.send(Command::UseJwt(Some(jwt)));
        }
    }

    /// Has something done with a profile's file.
    pub fn ask_files(&mut self, job: Job) {
        if !self.workers.files.ask(job) {
            let problem = "This user has no configuration folder: no profile can be kept";
            self.state.files.problem = Some(problem.to_owned());
        }
    }

    /// Shows the text of the profile in this row of the list.
    pub fn show_profile(&mut self, place: usize) {
        let files = &mut self.state.files;
        if let Some(listed) = files.rows().get(place)
            && let Some(file) = files.show(listed)
        {
            self.ask_files(Job::Read(file));
        }
    }

    fn session(&self) -> ForSession {
        ForSession { id: self.engine.header().report_id(), given: self.engine.given_secrets() }
    }

    /// Checks the service with the text that is shown.
    pub fn try_profile(&mut self) {
        let Some(profile) = self.state.files.profile_shown() else { return };
        self.state.files.tried_text =
            self.state.files.draft.as_ref().map(|draft| draft.text.clone()).unwrap_or_default();
        let (session, state) = (self.session(), &mut *self.state);
        let checker = &mut self.workers.checker;
        state.files.is_tried = checker.begin(&mut state.check, &profile, Vec::new(), session, None, self.waker);
        if !state.files.is_tried {
            state.files.problem = Some(no_thread("The check cannot be started"));
        }
    }

    /// Begins a check of the profile in use, with a silence of `quiet`, or ends the one that is going on.
    pub fn check(&mut self, quiet: Option<Duration>) {
        if self.state.check.is_running() {
            return self.workers.checker.cancel();
        }
        let Ok(profile) = self.state.to_check() else { return };
        // What people have given the session here is nothing for the service of somebody's files.
        let session = match self.state.player.has_files() {
            true => ForSession { given: Values::default(), ..self.session() },
            false => self.session(),
        };
        let state = &mut *self.state;
        let armed = state.pane.view.snapshot().faults.iter().map(|armed| armed.fault.clone()).collect();
        let is_started = self.workers.checker.begin(&mut state.check, &profile, armed, session, quiet, self.waker);
        state.note_start(is_started, "The check cannot be started");
        if is_started {
            state.tab = TabId::CHECK;
        }
    }

    /// Makes a report and shows it.
    pub fn make_report(&mut self) {
        let state = &mut *self.state;
        let check = state.check.outcome();
        let recorded = state.player.so_far().map(|(playback, _)| playback);
        let reporter = &mut self.workers.reporter;
        let is_made = reporter.make(&mut state.report, &*self.engine, recorded, check, self.waker);
        state.note_start(is_made, "The report cannot be made");
        state.overlay = is_made.then_some(Overlay::Report);
        state.dialog.forget_outcome();
    }

    /// Saves the report that is shown.
    pub fn save_report(&mut self) {
        let is_started = self.workers.reporter.save(&mut self.state.report, self.waker);
        self.state.note_start(is_started, "The report cannot be saved");
    }

    /// Lets a person choose a file in the system's dialog.
    pub fn ask_for_file(&mut self, request: FileRequest) {
        let is_open = self.workers.dialogs.ask(request, self.waker);
        self.state.dialog = if is_open { DialogState::Open } else { DialogState::ChoseNothing };
    }

    /// Arms a fault as often and as probably as was chosen, and begins an attempt if it shows at the next one.
    pub fn arm(&mut self, fault: FaultKind) {
        let state = &*self.state;
        // Only Connect makes the first contact with a service.
        let is_idle = state.pane.view.snapshot().status == Status::Idle;
        let begins_attempt = state.faults.attempt_at_once && fault.shows_at_next_attempt() && !is_idle;
        let arming = state.faults.arming(fault);
        self.send(Command::Arm(arming));
        if begins_attempt {
            self.send(Command::Flow(FlowCommand::RetryNow));
        }
    }

    /// Runs the drills in these rows.
    pub fn run_drills(&mut self, rows: Range<usize>) {
        let state = &mut *self.state;
        let is_started = self.workers.drills.run(&mut state.drills, rows, self.waker);
        state.note_start(is_started, "The drills cannot be started");
        if state.tab == TabId::DRILL && !state.drills.has_log() {
            state.tab = TabId::LOG;
        }
    }

    /// Saves the results of the drills.
    pub fn save_drills(&mut self) {
        let date = self.state.date().map(|date| date.format("-%Y%m%dT%H%M%SZ").to_string()).unwrap_or_default();
        let file = usual_folder().join(format!("ticketscope-drills{date}.xml"));
        let is_started = self.workers.drills.save(&self.state.drills, file, self.waker);
        self.state.note_start(is_started, "The results cannot be saved");
    }

    /// Shows what broke an expectation of a drill.
    pub fn reveal_drill_problem(&mut self, drill: usize, problem: usize) {
        if self.state.drills.reveal(drill, problem) {
            self.state.tab = TabId::DRILL;
        }
    }

    /// Shows the lines of the journal entries `seqs` in the log.
    pub fn reveal(&mut self, seqs: &[u64]) {
        self.state.tab = TabId::LOG;
        self.state.reveal(seqs);
    }

    /// Shows the request that the journal's entry `seq` belongs to.
    pub fn show_request(&mut self, seq: u64) {
        requests::look_at(self.state, seq);
    }

    /// Writes what happened on a thread of its own, for the clipboard: it may be much.
    pub fn export(&mut self, format: Format) {
        let (header, journal) = (self.engine.header(), self.engine.journal().clone());
        let (tell, waker) = (self.workers.exported.0.clone(), self.waker.clone());
        let recorded = self.state.player.so_far();
        let write = move || {
            let session = match &recorded {
                Some((playback, count)) => export::Session::recorded_until(playback.recording(), *count),
                None => export::Session::live(header, &journal),
            };
            // A window that is gone needs no copy.
            let _ = tell.send(format.write(session));
            waker.wake(Change::Fact);
        };
        let is_started = watchdog::spawn_once("export", write).is_ok();
        self.state.note_start(is_started, "It cannot be copied");
    }
}
