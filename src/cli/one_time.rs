//! One-time codes, which nothing keeps: on a console they are typed for each sign-in.

use std::io::{self, IsTerminal as _};

use zeroize::Zeroizing;

use super::outcome::complain;
use crate::model::{Profile, SecretOrigin, Values};

/// Asks at the terminal for the one-time codes of `profile`. Nothing is asked where nobody can answer: then a line says
/// where a code can be typed, and the connection says that it is missing.
pub(super) fn ask(profile: &Profile) -> Values {
    let mut given = Values::default();
    let service = profile.steps();
    for (name, source) in &service.secrets {
        if !source.once || !matches!(source.origin(), SecretOrigin::Person) {
            continue;
        }
        let called = if source.label.is_empty() { name.to_string() } else { source.label.to_string() };
        if !io::stdin().is_terminal() {
            complain(&format!(
                "“{called}” is typed for each sign-in, and standard input is no terminal: run the command in a terminal, or \
                 connect in the window and type it there (Secrets…)"
            ));
            continue;
        }
        complain(&format!("type “{called}” and press Enter; it is not shown. Enter alone: go on without it"));
        match rpassword::read_password().map(Zeroizing::new) {
            Ok(typed) if !typed.trim().is_empty() => given.set(name.clone(), typed.trim()),
            Ok(_) => {}
            Err(error) => complain(&format!("“{called}” cannot be read: {error}")),
        }
    }
    given
}
