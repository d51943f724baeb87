//! What happened, and how to do it again, in the words of other programs. A format is one file of this folder and a row
//! below; menu, palette and `ticketscope export` take it from there.
//!
//! Exports are pure functions over a [`Session`]. Nothing secret is in them, because no journal holds anything secret.

#![warn(clippy::wildcard_enum_match_arm)]

mod attempts;
mod csv;
mod har;
mod json;
mod junit;
mod k6;
mod powershell;
mod sent;
mod session;
mod shell;
mod trace;
mod writer;

pub use har::write_har;
pub use powershell::powershell_of;
pub use sent::{curl_of_head, request_of_head};
pub use session::Session;
pub use shell::{curl_of, request_of};
use writer::Writer;

macro_rules! formats {
    ($first:ident = $first_writer:path, $($format:ident = $writer:path,)*) => {
        /// What can be written, in the order of the menu.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, strum::EnumIter)]
        pub enum Format {
            #[doc = concat!("As `", stringify!($first_writer), "` says.")]
            #[default]
            $first,
            $(
                #[doc = concat!("As `", stringify!($writer), "` says.")]
                $format,
            )*
        }

        impl Format {
            const fn writer(self) -> &'static Writer {
                match self {
                    Self::$first => &$first_writer,
                    $(Self::$format => &$writer,)*
                }
            }
        }
    };
}

formats! {
    Curl = shell::CURL,
    Websocat = shell::WEBSOCAT,
    PowerShell = powershell::POWERSHELL,
    K6 = k6::K6,
    Json = json::JSON,
    Csv = csv::CSV,
    Junit = junit::JUNIT,
    Har = har::HAR,
    Trace = trace::TRACE,
}

impl Format {
    /// What the console calls it.
    pub const fn name(self) -> &'static str {
        self.writer().name
    }

    /// What people call it.
    pub const fn label(self) -> &'static str {
        self.writer().label
    }

    /// What it is for.
    pub const fn explanation(self) -> &'static str {
        self.writer().explanation
    }

    /// Writes `session`.
    pub fn write(self, session: Session<'_>) -> String {
        (self.writer().write)(session)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use strum::IntoEnumIterator as _;

    use super::*;

    #[test]
    fn names_and_labels_are_distinct_and_fit_the_console() {
        let count = Format::iter().count();
        let names: HashSet<_> = Format::iter().map(Format::name).collect();
        let labels: HashSet<_> = Format::iter().map(Format::label).collect();
        assert_eq!((names.len(), labels.len()), (count, count));
        let is_plain = |name: &&str| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        assert!(names.iter().all(is_plain), "{names:?}");
    }
}
