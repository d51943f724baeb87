//! What an answer asks for in `WWW-Authenticate` (RFC 9110 §11.6.1).

use super::Answer;

/// The first challenge of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Challenge {
    scheme: String,
    parameters: Vec<(String, String)>,
}

impl Challenge {
    fn read(header: &str) -> Option<Self> {
        let header = header.trim();
        let (scheme, mut rest) = header.split_once([' ', ',']).unwrap_or((header, ""));
        let mut parameters = Vec::new();
        while let Some((name, after)) = rest.split_once('=') {
            let name = name.trim().trim_start_matches(',').trim();
            // The next challenge begins.
            if name.contains(char::is_whitespace) {
                break;
            }
            let after = after.trim_start();
            let (value, left) = match after.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
                None => after.split_once(',').unwrap_or((after, "")),
            };
            parameters.push((name.to_ascii_lowercase(), value.trim().to_owned()));
            rest = left;
        }
        (!scheme.is_empty()).then(|| Self { scheme: scheme.to_ascii_lowercase(), parameters })
    }

    /// Its scheme, in lower case.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Whether it asks for a bearer token as if none had come: what refuses one that came says why (RFC 6750 §3.1).
    pub fn is_for_missing_bearer(&self) -> bool {
        self.scheme == "bearer" && !self.has("error") && !self.has("error_description")
    }

    /// Why `header`, the value of a `WWW-Authenticate`, refuses what was sent (RFC 6750 §3); `None` if it only says what it
    /// wants: a realm is the name of a place.
    pub fn reason(header: &str) -> Option<String> {
        let challenge = Self::read(header)?;
        let said =
            |name: &str| challenge.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        let is_of_place = |(name, _): &(String, String)| matches!(&**name, "realm" | "charset" | "scope");
        let whole = || (!challenge.parameters.iter().all(is_of_place)).then(|| header.to_owned());
        said("error").or_else(|| said("error_description")).or_else(whole)
    }

    /// Whether it wants a name and a password, and says no more than where.
    fn is_realm_alone(&self) -> bool {
        matches!(&*self.scheme, "basic" | "digest") && !self.has("error") && !self.has("error_description")
    }

    fn has(&self, parameter: &str) -> bool {
        self.parameter(parameter).is_some()
    }

    fn parameter(&self, parameter: &str) -> Option<&str> {
        self.parameters.iter().find(|(name, _)| name == parameter).map(|(_, value)| &**value)
    }

    /// Why it refuses a token, in its own words (RFC 6750 §3): the error's name and what is said of it.
    pub(super) fn described(&self) -> Option<String> {
        let words = self.parameter("error_description").filter(|words| !words.is_empty())?;
        Some(self.parameter("error").map_or_else(|| words.to_owned(), |error| format!("{error}: {words}")))
    }

    /// Whether it says in words why a token is refused, or who wants a name and a password.
    pub(super) fn is_explained(&self) -> bool {
        self.has("error_description") || matches!(&*self.scheme, "basic" | "digest") && self.has("realm")
    }

    /// Whether it says more than which scheme it wants: why a token is refused, or who wants a name and a password.
    pub(super) fn is_telling(&self) -> bool {
        let wants_password = matches!(&*self.scheme, "basic" | "digest");
        self.parameters.iter().any(|(name, _)| match &**name {
            "realm" => wants_password,
            "charset" | "scope" => false,
            _ => true,
        })
    }
}

impl Answer {
    /// What it asks for, if it asks for a login.
    pub fn challenge(&self) -> Option<Challenge> {
        self.header("www-authenticate").and_then(Challenge::read)
    }

    /// Its own words to whoever has sent a name and a password: the name of what wants them is none.
    pub fn words_to_login(&self) -> Option<String> {
        let is_realm = self.challenge().is_some_and(|challenge| challenge.is_realm_alone());
        if is_realm { self.first_words() } else { self.own_words() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_realm_is_no_reason() {
        for (header, reason) in [
            ("Basic realm=\"Cockpit\", charset=\"UTF-8\"", None),
            ("Bearer realm=\"api\"", None),
            ("Negotiate", None),
            ("Bearer realm=\"api\", error=\"invalid_token\"", Some("invalid_token")),
            ("Bearer error_description=\"The token expired\"", Some("The token expired")),
            ("Digest realm=\"a\", stale=true", Some("Digest realm=\"a\", stale=true")),
        ] {
            assert_eq!(Challenge::reason(header).as_deref(), reason, "{header}");
        }
    }

    #[test]
    fn a_challenge_is_read_by_its_parts() {
        for (header, scheme, is_for_missing, is_telling) in [
            ("Bearer", "bearer", true, false),
            ("bearer realm=\"api, error=none\"", "bearer", true, false),
            ("Bearer realm=api,charset=\"UTF-8\"", "bearer", true, false),
            ("Bearer realm=\"api\", Basic realm=\"x\"", "bearer", true, false),
            ("Bearer error=\"invalid_token\"", "bearer", false, true),
            ("Bearer realm=\"api\" , error = invalid_token", "bearer", false, true),
            ("Key realm=\"kong\"", "key", false, false),
            ("Negotiate", "negotiate", false, false),
            ("Basic realm=\"Staging\", charset=\"UTF-8\"", "basic", false, true),
            ("Bearer error=\"cut off", "bearer", false, true),
        ] {
            let challenge = Challenge::read(header).unwrap();
            assert_eq!(
                (challenge.scheme(), challenge.is_for_missing_bearer(), challenge.is_telling()),
                (scheme, is_for_missing, is_telling),
                "{header}"
            );
        }
        assert_eq!((Challenge::read(""), Challenge::read(" , ")), (None, None));
    }
}
