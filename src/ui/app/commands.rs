//! Does what was asked for.

use super::App;
use crate::session::SecretRequest;
use crate::ui::choices::Switch;
use crate::ui::command::{CommandContext, UiCommand};
use crate::ui::page::{Page, Purpose};
use crate::ui::playback::control;
use crate::ui::secrets::wanted;

impl App {
    /// Does what was asked for since the last frame.
    pub(super) fn run_commands(&mut self, ctx: &egui::Context) {
        for command in std::mem::take(&mut self.asked) {
            self.run(ctx, command);
        }
        self.workers.copy_exported(ctx);
    }

    fn run(&mut self, ctx: &egui::Context, command: UiCommand) {
        let row = command.row(&self.state);
        if row.obstacle.is_some() {
            return;
        }
        if !row.stays_on_start_page {
            self.state.page = Page::Session;
        }
        (row.run)(&mut CommandContext {
            ctx,
            state: &mut self.state,
            engine: &mut *self.engine,
            workers: &mut self.workers,
            waker: &self.waker,
        });
    }

    /// Sees which secrets are there, if the profile wants some: the keychain of others is left alone.
    pub(super) fn ask_for_secrets(&self) {
        if wanted(&self.state.pane.view.snapshot().profile).next().is_some() {
            self.engine.ask_secrets(SecretRequest::Look);
        }
    }

    /// Ends the session and begins one with another profile, unless that one is in use for the same and nothing goes on;
    /// then does what it was chosen for.
    pub(super) fn change_profile(&mut self, Switch { to, then }: Switch) {
        control::close(&mut self.state);
        if then.is_none() || to != self.state.profiles.chosen || !self.state.is_at_rest() {
            self.open_session(to);
        }
        self.asked.extend(then.map(|then| match then {
            Purpose::Connect => UiCommand::Connection,
            Purpose::Check => UiCommand::Check,
        }));
    }

    fn open_session(&mut self, index: usize) {
        let Some(profile) = self.state.profiles.all.get(index) else { return };
        self.engine = (self.open)(profile, self.waker.clone());
        self.state.profiles.chosen = index;
        let header = self.engine.header();
        self.state.report_id = Some(header.report_id());
        self.state.begin_session(header.profile);
        self.ask_for_secrets();
    }
}
