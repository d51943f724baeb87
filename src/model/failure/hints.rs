//! What the words of an answer or of a close say, as far as it is known.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::Hint;
use super::hint_words::{REDIS, WORDS};
use super::product_names::spaced;

/// The phrases of all rows, to be looked for at once.
struct Phrases {
    search: AhoCorasick,
    /// Of each row the places of its phrases among those that are searched for.
    rows: Vec<(Vec<usize>, Hint)>,
    count: usize,
}

static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    let mut all = Vec::new();
    let mut places = HashMap::new();
    let rows = WORDS.iter().map(|(phrases, hint)| {
        let place = |phrase: &&'static str| {
            *places.entry(*phrase).or_insert_with(|| {
                all.push(*phrase);
                all.len() - 1
            })
        };
        (phrases.iter().map(place).collect(), *hint)
    });
    let rows = rows.collect();
    let search = AhoCorasick::new(&all).expect("a few hundred phrases of the program's own");
    Phrases { search, rows, count: all.len() }
});

impl Phrases {
    /// A shorter phrase is found as a word of its own alone.
    const MIN_PART: usize = 4;

    /// Which of them are in `words`.
    fn said(&self, words: &str) -> Vec<bool> {
        let mut said = vec![false; self.count];
        for found in self.search.find_overlapping_iter(words) {
            let is_word =
                !words[..found.start()].ends_with(|c| c != ' ') && !words[found.end()..].starts_with(|c| c != ' ');
            said[found.pattern().as_usize()] |= is_word || found.len() >= Self::MIN_PART;
        }
        said
    }
}

thread_local! {
    /// What was said lately, each text with its hints: a dozen findings ask about one answer, and a storm repeats it.
    static LATELY: RefCell<VecDeque<(String, Vec<Hint>)>> = const { RefCell::new(VecDeque::new()) };
}

/// Texts that are remembered.
const REMEMBERED: usize = 16;

/// As [`hints_in`], looked up if `text` came lately.
fn remembered(text: &str) -> Vec<Hint> {
    LATELY.with_borrow_mut(|lately| match lately.iter().find(|(known, _)| known == text) {
        Some((_, hints)) => hints.clone(),
        None => {
            let hints = hints_in(text);
            if lately.len() == REMEMBERED {
                lately.pop_front();
            }
            lately.push_back((text.to_owned(), hints.clone()));
            hints
        }
    })
}

/// The hints in one text.
fn hints_in(text: &str) -> Vec<Hint> {
    let is_word = |at: usize, name: &str| {
        let is_part = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
        !is_part(text[..at].chars().next_back()) && !is_part(text[at + name.len()..].chars().next())
    };
    let is_named = |name: &str| text.match_indices(name).any(|(at, name)| is_word(at, name));
    let redis = REDIS.iter().filter(|(name, _)| is_named(name)).map(|(_, hint)| *hint);
    let said = PHRASES.said(&plain(text));
    let is_said = |row: &[usize]| row.iter().all(|&phrase| said[phrase]);
    redis.chain(PHRASES.rows.iter().filter(|(row, _)| is_said(row)).map(|(_, hint)| *hint)).collect()
}

/// The hints in what a peer said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hints(Vec<Hint>);

impl Hints {
    /// What `texts` say.
    pub fn in_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        Self(texts.into_iter().flat_map(remembered).collect())
    }

    /// Whether nothing that is known was said.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this was said.
    pub fn has(&self, hint: Hint) -> bool {
        self.0.contains(&hint)
    }
}

/// `text` in small letters, with single spaces between words and numbers.
fn plain(text: &str) -> String {
    // Of two causes that are named as one or the other, none is told.
    spaced(text)
        .replace("maintenance downtime or capacity problems", "capacity problems")
        .replace("invalid or expired", "invalid")
        .replace("expired or invalid", "invalid")
        // How often somebody connects is a rate, and not how many are connected.
        .replace("connection attempts", "attempts")
        .replace("connect attempts", "attempts")
        .replace("connection requests", "requests")
        .replace("connection rate", "rate")
        .replace("new connections", "requests")
        .replace("connections per second", "requests per second")
        .replace("connections per minute", "requests per minute")
        .replace("connections per hour", "requests per hour")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_peers_say_is_recognised() {
        for (said, expected) in [
            ("Origin not allowed", Hint::Origin),
            ("Missing expected sec-websocket-protocol header", Hint::Subprotocol),
            ("Can \"Upgrade\" only to \"WebSocket\".", Hint::UpgradeHeaders),
            ("WebSockets are not supported", Hint::NoWebSockets),
            ("Unable to find key with kid: 7", Hint::Key),
            ("Bearer error=\"invalid_token\", error_description=\"The audience 'x' is invalid\"", Hint::Audience),
            ("Token is not valid yet", Hint::NotYet),
            ("READONLY You can't write against a read only replica.", Hint::RedisReadOnly),
            ("ERR: OOM command not allowed when used memory > 'maxmemory'.", Hint::RedisMemory),
            ("Too many connections from this IP", Hint::Connections),
            ("error code: 1020", Hint::Blocked),
            ("Scheduled maintenance", Hint::Maintenance),
            ("CSRF cookie missing", Hint::Csrf),
            ("MissingAuthenticationTokenException", Hint::NoRoute),
            ("AccessDenied: Access Denied", Hint::Storage),
            ("error code: 1016", Hint::NoOriginServer),
            ("Could not validate credentials", Hint::BadCredential),
            ("No API key found in request", Hint::ApiKey),
            ("Session ID unknown", Hint::SessionElsewhere),
            ("Ticket already used", Hint::TicketUsed),
            ("ticket query parameter missing", Hint::TicketMissing),
            ("Jwt is missing", Hint::NoCredential),
            ("Token is missing the \"sub\" claim", Hint::Claim),
            ("You don't have permission to access \"x\" on this server. Reference #18.5d3d", Hint::Blocked),
            ("connect ECONNREFUSED 10.0.0.5:6379", Hint::Unreachable),
            ("max connection age reached", Hint::MaxAge),
            ("request Origin \"http://x\" is not authorized for Host \"y\"", Hint::Origin),
            ("URL Blocked because of CORS. Url: http://x", Hint::Origin),
            ("Invalid or expired token", Hint::BadCredential),
            ("Jwks remote fetch is failed", Hint::KeysUnreachable),
            ("The token is not valid before '11/30/2026'", Hint::NotYet),
            ("ERR unknown command 'GETDEL', with args", Hint::RedisCommand),
            ("FATAL: sorry, too many clients already", Hint::DatabaseFull),
            ("ENOSPC: no space left on device, write", Hint::Disk),
            ("Session not found", Hint::SessionElsewhere),
            ("User not found", Hint::NotThere),
            ("connection unused", Hint::FirstMessage),
            ("Tunnel abc.example not found ERR_NGROK_3200", Hint::Tunnel),
            ("http.ResponseWriter does not implement http.Hijacker", Hint::Wrapped),
            ("Too many connection attempts, please try again later", Hint::Rate),
            ("Too many connections per minute", Hint::Rate),
            ("Connection rate exceeded", Hint::Rate),
            ("You're speaking plain HTTP to an SSL-enabled server port.", Hint::PlainHttp),
            ("Client sent an HTTP request to an HTTPS server.", Hint::PlainHttp),
            ("field required", Hint::FieldMissing),
            ("The email field is required.", Hint::FieldMissing),
            ("param is missing or the value is empty: user", Hint::FieldMissing),
            ("must have required property 'device'", Hint::FieldMissing),
        ] {
            assert!(Hints::in_texts([said]).has(expected), "{said}");
        }
        for said in ["error code: 1001", "zoom loading", "", "so it is", "the shipping blocked"] {
            let hints = Hints::in_texts([said]);
            assert!(!hints.has(Hint::RedisLoading) && !hints.has(Hint::Blocked), "{said}");
        }
        for said in ["Too many connection attempts", "too many new connections", "Too many connections per second"] {
            let hints = Hints::in_texts([said]);
            assert!(hints.has(Hint::Rate) && !hints.has(Hint::Connections), "how often, not how many: {said}");
        }
        for said in ["Too many connections", "max connections per user reached", "too many open connections"] {
            let hints = Hints::in_texts([said]);
            assert!(hints.has(Hint::Connections) && !hints.has(Hint::Rate), "how many, not how often: {said}");
        }
        let apache = "unable to service your request due to maintenance downtime or capacity problems";
        assert!(!Hints::in_texts([apache]).has(Hint::Maintenance));
        assert!(!Hints::in_texts(["Token is invalid or expired"]).has(Hint::Expired));
    }
}
