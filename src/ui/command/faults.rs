//! Faults: arming and clearing them, and how they act.

use strum::IntoEnumIterator as _;

use super::super::choices::Repeat;
use super::super::state::State;
use super::obstacles::recorded;
use super::{CommandContext, Row};
use crate::faults::{Activation, FaultKind};
use crate::model::KeychainState;
use crate::session::Command;

/// Something to do with faults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum FaultCommand {
    /// Break something, or fix what was armed.
    #[strum(disabled)]
    Toggle(FaultKind),
    /// Choose how often faults in the ticket request act.
    Repeat(Repeat),
    /// Whether a fault that shows at the next attempt begins one.
    #[default]
    AttemptAtOnce,
    /// Fix everything.
    ClearAll,
}

impl FaultCommand {
    /// All that the palette has, in its order.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        Self::iter().flat_map(|command| match command {
            Self::Repeat(_) => Repeat::iter().map(Self::Repeat).collect(),
            command => vec![command],
        })
    }

    /// Its row, as things are now.
    pub(super) fn row(self, state: &State) -> Row {
        let snapshot = state.pane.view.snapshot();
        match self {
            Self::Toggle(fault) => {
                row_of_fault(fault, state).unless(recorded(state)).unless(obstacle_of_fault(fault, state))
            }
            Self::Repeat(repeat) => {
                let explanation = match repeat {
                    Repeat::Once => "A fault in the ticket request acts at the next one",
                    Repeat::Thrice => "A fault in the ticket request acts at the next three",
                    Repeat::UntilOff => "A fault in the ticket request acts at each until it is switched off",
                };
                let label = format!("Ticket faults: {}", repeat.label());
                Row::new(label, explanation, move |cx| cx.state.faults.repeat = repeat)
                    .unless(recorded(state))
                    .on(state.faults.repeat == repeat)
            }
            Self::AttemptAtOnce => {
                let explanation = "Many faults show at the next attempt: begin one when such a fault is armed";
                Row::new("Begin a new attempt at once", explanation, |cx| {
                    cx.state.faults.attempt_at_once = !cx.state.faults.attempt_at_once;
                })
                .unless(recorded(state))
                .on(state.faults.attempt_at_once)
            }
            Self::ClearAll => {
                let clear = "Clear every fault that is armed";
                Row::new("Clear all faults", clear, |cx| cx.send(Command::ClearAll))
                    .unless(recorded(state))
                    .unless(snapshot.faults.is_empty().then_some("No fault is armed"))
            }
        }
    }
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
