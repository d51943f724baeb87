//! The panels below the cards. A panel is a file here and a line in [`PANELS`]; everything else that there is to know
//! of it — what its tab says, its key, on what Follow, filter and Copy act, how often it changes — is in its file.

mod check;
mod closes;
mod drill;
mod herd;
mod log;
mod machine;
mod messages;
mod rates;
mod requests;
mod server;

use super::command::UiCommand;
use super::panel::Panel;
use super::state::State;
use super::tab::{Tab, TabId};

/// All of them, in the order of their tabs.
static PANELS: &[&Panel] = &[
    &log::PANEL,
    &closes::PANEL,
    &messages::PANEL,
    &machine::PANEL,
    &requests::PANEL,
    &server::PANEL,
    &herd::PANEL,
    &rates::PANEL,
    &drill::PANEL,
    &check::PANEL,
];

/// All of them, as tabs.
pub fn tabs() -> Vec<&'static Tab<State>> {
    PANELS.iter().map(|panel| &panel.tab).collect()
}

/// The one that is shown.
pub fn shown(id: TabId) -> Option<&'static Panel> {
    PANELS.iter().copied().find(|panel| panel.tab.id == id)
}

/// Every command: those of the table, then those of the panels.
pub fn commands(state: &State) -> Vec<UiCommand> {
    let own = PANELS.iter().flat_map(|panel| (panel.commands)()).map(UiCommand::Panel);
    UiCommand::all(state).into_iter().chain(own).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use strum::IntoEnumIterator as _;

    use super::*;
    use crate::export::Format;
    use crate::model::Profile;

    fn state() -> State {
        State::new(vec![Profile::production()], Profile::production(), tabs())
    }

    #[test]
    fn no_two_commands_share_a_label_or_keys() {
        let state = state();
        let (mut labels, mut keys) = (HashMap::new(), HashMap::new());
        for command in commands(&state) {
            let row = command.row(&state);
            let clash = labels.insert(row.label.to_lowercase(), command);
            assert_eq!(clash, None, "{command:?} has the label of");
            if let Some(shortcut) = row.keys {
                let clash = keys.insert(format!("{shortcut:?}"), command);
                assert_eq!(clash, None, "{command:?} has the keys of");
            }
        }
    }

    #[test]
    fn no_two_panels_share_an_id() {
        let mut ids: Vec<_> = PANELS.iter().map(|panel| panel.tab.id.0).collect();
        ids.sort_unstable();
        assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "{ids:?}");
    }

    #[test]
    fn labels_follow_the_house_rules() {
        let state = state();
        for command in commands(&state) {
            let row = command.row(&state);
            assert!(!row.label.ends_with('.') && !row.explanation.ends_with('.'), "{command:?}");
            let names: Vec<_> = Format::iter().flat_map(|format| format.label().split_whitespace()).collect();
            let is_name =
                |word: &&str| ["JWT", "503:", "TCP", "FIN", "RST", "QA", "UTC"].contains(word) || names.contains(word);
            let words = row.label.split_whitespace().skip(1).filter(|word| !is_name(word));
            for word in words {
                assert!(!word.starts_with(char::is_uppercase), "{}: {word} is in Title Case", row.label);
            }
        }
    }
}
