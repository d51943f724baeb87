//! What people see of the window while they look elsewhere: its title, the desktop's notices, the urgency hint.

use std::time::Duration;

use egui::{UserAttentionType, ViewportCommand};

use crate::model::Moment;
use crate::ui::page::Page;
use crate::ui::state::State;
use crate::view::{Status, Tone, Verdict};
use crate::watchdog;

/// How long a state lasts before it is worth a notice.
const HELD: Duration = Duration::from_secs(5);

/// What was announced last.
#[derive(Default)]
pub struct Away {
    title: String,
    transitions: Transitions,
}

impl Away {
    /// What the window is called.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Tells what has changed.
    pub fn tell(&mut self, ctx: &egui::Context, state: &State) {
        let title = title(state);
        if title != self.title {
            ctx.send_viewport_cmd(ViewportCommand::Title(title.clone()));
            self.title = title;
        }
        if state.player.has_recording() {
            return;
        }
        let is_looked_at = is_looked_at(ctx);
        match self.transitions.look(is_well(state), state.pane.now) {
            Next::Nothing => {}
            // Who looks at the window sees it there.
            Next::In(_) | Next::Tell(_) if is_looked_at => {}
            Next::In(left) => ctx.request_repaint_after(left),
            Next::Tell(is_well) => {
                if !is_well {
                    ctx.send_viewport_cmd(ViewportCommand::RequestUserAttention(UserAttentionType::Informational));
                }
                if state.settings.notices && !state.pane.view.snapshot().profile.is_local_demo() {
                    notify(state.verdict(), state.pane.view.snapshot().profile.name.as_str());
                }
            }
        }
    }
}

/// Whether somebody sees the window. Of a minimised one only the raw input is kept up to date.
fn is_looked_at(ctx: &egui::Context) -> bool {
    ctx.input(|input| {
        let viewport = input.raw.viewports.get(&input.raw.viewport_id);
        input.raw.focused && viewport.and_then(|viewport| viewport.minimized) != Some(true)
    })
}

/// `⚠ Reconnecting · Customer A — Ticketscope`; the second window ends with `Ticketscope 2`.
fn title(state: &State) -> String {
    let program = match state.window_number {
        0 | 1 => "Ticketscope".to_owned(),
        number => format!("Ticketscope {number}"),
    };
    if state.page == Page::Start {
        return program;
    }
    let verdict = state.verdict();
    let sign = match verdict.tone {
        Tone::Neutral | Tone::Busy => "",
        Tone::Good => "✓ ",
        Tone::Warning => "⚠ ",
        Tone::Bad => "✖ ",
    };
    let status = verdict.status.chars().take(1).chain(verdict.status.chars().skip(1).flat_map(char::to_lowercase));
    let profile = &state.pane.view.snapshot().profile.name;
    let recording = match (state.player.has_files(), state.player.has_recording()) {
        (true, _) => "Files · ",
        (false, true) => "Recording · ",
        (false, false) => "",
    };
    format!("{sign}{recording}{} · {profile} — {program}", status.collect::<String>())
}

/// Whether the connection is well; `None` while it is being made, or none is wanted.
fn is_well(state: &State) -> Option<bool> {
    match state.pane.view.snapshot().status {
        Status::Connected { .. } => Some(true),
        Status::Waiting(_) | Status::Stopped | Status::Crashed { .. } => Some(false),
        Status::Connecting(_) | Status::Idle | Status::Ended(_) => None,
    }
}

/// Shows a desktop notification with the current state, if the desktop has a service for them.
fn notify(verdict: &Verdict, profile: &str) {
    let (title, body) = (format!("{profile}: {}", verdict.title), verdict.detail.clone());
    let show = move || {
        let shown = notify_rust::Notification::new().appname("Ticketscope").summary(&title).body(&body).show();
        if let Err(error) = shown {
            tracing::info!("no notice can be shown: {error}");
        }
    };
    // It may wait for the desktop.
    if let Err(error) = watchdog::spawn_once("notice", show) {
        tracing::info!("no notice can be shown: {error}");
    }
}

/// What is to be done about the state that was looked at.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    Nothing,
    /// It has to last for so much longer.
    In(Duration),
    /// It is to be announced that things are well, or not.
    Tell(bool),
}

/// Notices when things become well or stop being so, for good.
#[derive(Default)]
struct Transitions {
    announced: Option<bool>,
    /// What things have been like without a break, and since when.
    now: Option<(bool, Moment)>,
}

impl Transitions {
    fn look(&mut self, is_well: Option<bool>, at: Moment) -> Next {
        // An attempt that goes on changes nothing: it may fail as the one before.
        let Some(is_well) = is_well else { return Next::Nothing };
        let since = match self.now {
            // The clock of another session begins anew.
            Some((was_well, since)) if was_well == is_well && since <= at => since,
            _ => at,
        };
        self.now = Some((is_well, since));
        // The first connection is not announced.
        let announced = *self.announced.get_or_insert(true);
        let lasted = at.since(since);
        if announced == is_well {
            Next::Nothing
        } else if lasted < HELD {
            Next::In(HELD - lasted)
        } else {
            self.announced = Some(is_well);
            Next::Tell(is_well)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minimised_window_is_not_looked_at_though_no_frame_says_so() {
        let input = |is_focused, minimized| {
            let mut input = egui::RawInput { focused: is_focused, ..egui::RawInput::default() };
            let viewport = egui::ViewportInfo { minimized, ..egui::ViewportInfo::default() };
            input.viewports.insert(input.viewport_id, viewport);
            input
        };
        let ctx = egui::Context::default();
        ctx.run_ui(input(true, Some(false)), |_| {}).textures_delta.clear();
        assert!(is_looked_at(&ctx));
        for (is_focused, minimized, expected) in
            [(false, Some(false), false), (true, Some(true), false), (true, None, true)]
        {
            let _ = ctx.run_logic(&input(is_focused, minimized), |ctx| assert_eq!(is_looked_at(ctx), expected));
        }
    }

    #[test]
    fn what_lasts_is_told_once_and_what_passes_is_not() {
        let mut transitions = Transitions::default();
        let mut look = |is_well, seconds: u64| transitions.look(is_well, Moment::from_millis(seconds * 1_000));
        assert_eq!(look(Some(true), 0), Next::Nothing);
        assert_eq!(look(Some(false), 10), Next::In(HELD));
        assert_eq!(look(Some(true), 12), Next::Nothing, "it was over before it was news");
        assert_eq!(look(Some(false), 20), Next::In(HELD));
        assert_eq!(look(None, 22), Next::Nothing);
        assert_eq!(look(Some(false), 23), Next::In(Duration::from_secs(2)), "an attempt between is no break");
        assert_eq!(look(Some(false), 25), Next::Tell(false));
        assert_eq!(look(Some(false), 60), Next::Nothing);
        assert_eq!(look(Some(true), 61), Next::In(HELD));
        assert_eq!(look(Some(true), 66), Next::Tell(true));
    }
}
