//! What is different on macOS: the name of the key for commands, and shortcuts that the system keeps for itself.

use egui::{Key, KeyboardShortcut, Modifiers};

/// Whether the window is one of macOS.
const IS_MAC: bool = cfg!(target_os = "macos");

/// The key that is held for a command.
pub const COMMAND: &str = if IS_MAC { "⌘" } else { "Ctrl" };
/// The keys that send what was typed.
pub const COMMAND_ENTER: &str = if IS_MAC { "⌘Enter" } else { "Ctrl+Enter" };
/// The keys that paste.
pub const PASTE: &str = if IS_MAC { "⌘V" } else { "Ctrl+V" };
/// What zooming in does.
pub const ZOOM_IN: &str = if IS_MAC {
    "Less time in more detail; also with ⌘ and the wheel"
} else {
    "Less time in more detail; also with Ctrl and the wheel"
};
/// What zooming out does.
pub const ZOOM_OUT: &str = if IS_MAC {
    "More time in less detail; also with ⌘ and the wheel"
} else {
    "More time in less detail; also with Ctrl and the wheel"
};

/// `keys`, or others where the system owns them.
pub fn available(keys: KeyboardShortcut) -> KeyboardShortcut {
    if IS_MAC { on_mac(keys) } else { keys }
}

/// What stands for `keys` on macOS: Spotlight and the Dock never let theirs through, ⌘H hides the program, and ⌘W would
/// close what nobody meant.
fn on_mac(keys: KeyboardShortcut) -> KeyboardShortcut {
    match keys.logical_key {
        // “Play” and “Machine” keep their letter.
        Key::Space if keys.modifiers == Modifiers::COMMAND => {
            KeyboardShortcut::new(Modifiers::COMMAND | Modifiers::SHIFT, Key::P)
        }
        Key::M | Key::H | Key::W if keys.modifiers == Modifiers::COMMAND => {
            KeyboardShortcut::new(Modifiers::COMMAND | Modifiers::SHIFT, keys.logical_key)
        }
        _ => keys,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::model::Profile;
    use crate::ui::panels;
    use crate::ui::state::State;

    /// What macOS and its menus take for themselves, by "Mac keyboard shortcuts" of Apple's.
    fn is_the_systems(keys: KeyboardShortcut) -> bool {
        let KeyboardShortcut { modifiers, logical_key } = keys;
        let command = Modifiers::COMMAND;
        match logical_key {
            Key::Space | Key::Tab | Key::Backtick => modifiers.command,
            Key::M | Key::H | Key::W => modifiers == command || modifiers == command | Modifiers::ALT,
            Key::Num3 | Key::Num4 | Key::Num5 | Key::Num6 | Key::Q => modifiers == command | Modifiers::SHIFT,
            Key::D | Key::Escape => modifiers == command | Modifiers::ALT,
            Key::F11 | Key::F12 => modifiers.is_none(),
            _ => false,
        }
    }

    #[test]
    fn no_shortcut_is_one_of_the_systems_and_none_is_there_twice() {
        let state = State::new(vec![Profile::production()], Profile::production(), panels::tabs());
        let mut seen = HashMap::new();
        for command in panels::commands(&state) {
            let Some(keys) = command.row(&state).keys else { continue };
            let keys = on_mac(keys);
            assert!(!is_the_systems(keys), "{keys:?}: {}", command.label(&state));
            if let Some(other) = seen.insert(keys, command.label(&state)) {
                panic!("{keys:?}: {} and {other}", command.label(&state));
            }
        }
        assert!(seen.len() > 20, "{seen:?}");
    }
}
