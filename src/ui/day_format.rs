//! How days are written here: by the locale, as far as that is numbers in some order.

use chrono::NaiveDateTime;
use pure_rust_locales::{Locale, locale_match};

/// How days are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DayFormat {
    /// `22 Jan 2026`, unambiguous everywhere.
    #[default]
    Words,
    /// As `strftime` spells it; a year is written with four digits all the same.
    Numbers(&'static str),
}

impl DayFormat {
    /// As this user's system says.
    pub fn of_this_system() -> Self {
        let named = |variable| std::env::var(variable).ok().filter(|name| !name.is_empty());
        // The order of POSIX; systems without these variables have a way of their own.
        let name = named("LC_ALL").or_else(|| named("LC_TIME")).or_else(|| named("LANG"));
        name.or_else(sys_locale::get_locale).map_or(Self::Words, |name| Self::of(&name))
    }

    /// As the locale called `name` has it, such as `de_CH.UTF-8` or `de-CH`.
    pub fn of(name: &str) -> Self {
        let plain = name.split(['.', '@']).next().unwrap_or_default().replace('-', "_");
        // Without a country there is no telling: `en` is two of them.
        let locale = Locale::try_from(&*plain).ok().filter(|_| plain.contains('_'));
        let format = locale.map(|locale| locale_match!(locale => LC_TIME::D_FMT));
        format.filter(|format| is_numbers(format)).map_or(Self::Words, Self::Numbers)
    }

    /// The day of `date`.
    pub fn write(self, date: NaiveDateTime) -> String {
        match self {
            Self::Words => date.format("%-d %b %Y").to_string(),
            Self::Numbers(format) => date.format(&format.replace("%y", "%Y")).to_string(),
        }
    }
}

/// Whether `format` is made of day, month and year as numbers, and of signs.
fn is_numbers(format: &str) -> bool {
    format.split('%').skip(1).all(|part| part.trim_start_matches('-').starts_with(['Y', 'y', 'm', 'd', 'e', 'F']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_as_the_locale_has_them_and_years_in_full() {
        let date = chrono::DateTime::from_timestamp(1_769_090_531, 0).unwrap().naive_utc();
        for (locale, day) in [
            ("de_CH.UTF-8", "22.01.2026"),
            ("en-US", "01/22/2026"),
            ("en_GB.UTF-8", "22/01/2026"),
            ("sv_SE", "2026-01-22"),
            ("ja_JP.UTF-8", "2026年01月22日"),
            ("C.UTF-8", "22 Jan 2026"),
            ("POSIX", "22 Jan 2026"),
            ("en", "22 Jan 2026"),
            ("xx_YY", "22 Jan 2026"),
            ("", "22 Jan 2026"),
        ] {
            assert_eq!(DayFormat::of(locale).write(date), day, "{locale}");
        }
    }
}
