//! One row of the table of commands, as things are at this moment.

use std::borrow::Cow;

use egui::{Key, KeyboardShortcut, Modifiers};

use super::super::mac;
use super::context::CommandContext;

/// A command as it is now: its words, keys and obstacle, and what it does.
pub struct Row {
    /// What the button and the palette's row say.
    pub label: Cow<'static, str>,
    /// What it does, for a tooltip.
    pub explanation: &'static str,
    /// The keys, if it has some.
    pub keys: Option<KeyboardShortcut>,
    /// Why it cannot be done now; `None` if it can.
    pub obstacle: Option<&'static str>,
    /// Whether it is a switch that is on.
    pub is_on: bool,
    /// Whether what it does can be seen on the start page, which stays then.
    pub stays_on_start_page: bool,
    /// Does it.
    pub run: Box<dyn FnOnce(&mut CommandContext<'_>)>,
}

impl Row {
    /// A command without keys that can always be done.
    pub fn new(
        label: impl Into<Cow<'static, str>>,
        explanation: &'static str,
        run: impl FnOnce(&mut CommandContext<'_>) + 'static,
    ) -> Self {
        Self {
            label: label.into(),
            explanation,
            keys: None,
            obstacle: None,
            is_on: false,
            stays_on_start_page: false,
            run: Box::new(run),
        }
    }

    /// It has this key, with Ctrl or ⌘.
    pub fn key(self, key: Key) -> Self {
        self.keys(Modifiers::COMMAND, key)
    }

    /// It has this key, with these modifiers, unless the system owns it.
    pub fn keys(mut self, modifiers: Modifiers, key: Key) -> Self {
        self.keys = Some(mac::available(KeyboardShortcut::new(modifiers, key)));
        self
    }

    /// It cannot be done if there is an obstacle; of several, the first is named.
    pub fn unless(mut self, obstacle: Option<&'static str>) -> Self {
        self.obstacle = self.obstacle.or(obstacle);
        self
    }

    /// What it does can be seen on the start page.
    pub fn on_start_page(self) -> Self {
        Self { stays_on_start_page: true, ..self }
    }

    /// It is a switch, and on or off.
    pub fn on(mut self, is_on: bool) -> Self {
        self.is_on = is_on;
        self
    }
}
