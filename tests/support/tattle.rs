//! A server that repeats what is secret, in every spelling and wherever a server can say something, and a search
//! for what of it comes out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ticketscope::backend::core::hex;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::script::{Request, Script, Secrets, Step};

/// What must not come out. `Authorization` is the JWT. What tells who and where the user is reaches no server from
/// here, and what one says of it is for the user's own eyes; a report hides it, and is tested with all twelve kinds.
pub const KINDS: [&str; 5] = ["JWT claims", "JWT signature", "ticket", "session id", "cookie"];

const CLAIMS: &str = r#"{"sessionId":"sess_8f3c0a1b2c3d4e5f60718293","iat":1769349600,"exp":1771941600}"#;
const SIGNATURE: &str = "Zk9fQWx3YXlzLWtlZXAtdGhpcy1zZWNyZXQtMTIzNDU";
const TICKET: &str = "4b7d2e9f8a1c3d5e6f708192a3b4c5d6";
const SESSION: &str = "sess_8f3c0a1b2c3d4e5f60718293";
const COOKIE: &str = "c00k1e-7f1e2d3c4b5a69788796a5b4c3d2e1f0";

/// The spellings in which a text gets about.
pub const SPELLINGS: [fn(&str) -> String; 10] = [
    |text| text.to_owned(),
    |text| text.to_ascii_uppercase(),
    |text| text.bytes().map(|byte| format!("%{byte:02X}")).collect(),
    |text| BASE64_STANDARD.encode(text),
    |text| BASE64_URL_SAFE_NO_PAD.encode(format!("-{text}")),
    |text| hex(text.as_bytes()),
    |text| hex(text.as_bytes()).to_uppercase(),
    |text| text.bytes().map(|byte| format!("\\u{byte:04x}")).collect(),
    |text| text.bytes().map(|byte| format!("&#{byte};")).collect(),
    |text| text.chars().rev().collect(),
];

/// So much of a secret's spelling is found wherever it stands.
const PIECE: usize = 12;

fn kinds() -> [String; KINDS.len()] {
    let claims = BASE64_URL_SAFE_NO_PAD.encode(CLAIMS);
    [&claims, SIGNATURE, TICKET, SESSION, COOKIE].map(ToOwned::to_owned)
}

fn secrets() -> Secrets {
    let jwt = format!("eyJhbGciOiJIUzI1NiJ9.{}.{SIGNATURE}", BASE64_URL_SAFE_NO_PAD.encode(CLAIMS));
    Secrets { jwt, ticket: TICKET.to_owned(), session_id: SESSION.to_owned() }
}

/// Each kind in each spelling.
pub fn combinations() -> Vec<String> {
    kinds().iter().flat_map(|secret| SPELLINGS.map(|spell| spell(secret))).collect()
}

fn one_of_each_kind() -> Vec<String> {
    combinations().into_iter().step_by(SPELLINGS.len() + 1).collect()
}

/// Finds pieces of secrets.
pub struct Search(HashMap<Vec<u8>, usize>);

impl Default for Search {
    fn default() -> Self {
        let mut pieces = HashMap::new();
        for (number, said) in combinations().iter().enumerate() {
            pieces.extend(said.as_bytes().windows(PIECE).map(|piece| (piece.to_vec(), number)));
        }
        Self(pieces)
    }
}

impl Search {
    /// What `text` holds, as the number of the combination and what is around it. Escaped twice counts as once.
    pub fn hits(&self, text: &str) -> Vec<(usize, String)> {
        let plain = text.replace(r"\\", r"\");
        let windows = plain.as_bytes().windows(PIECE).enumerate();
        let found = windows.filter_map(|(at, piece)| {
            let around = plain.floor_char_boundary(at.saturating_sub(120))..plain.ceil_char_boundary(at + 60);
            Some((*self.0.get(piece)?, plain[around].to_owned()))
        });
        found.collect()
    }

    #[track_caller]
    pub fn assert_clean(&self, what: &str, text: &str) {
        if let Some((number, around)) = self.hits(text).first() {
            let (kind, spelling) = (KINDS[number / SPELLINGS.len()], number % SPELLINGS.len());
            panic!("{what} holds the {kind} in spelling {spelling}: …{around}…");
        }
    }

    /// The control: `told` holds every kind in every spelling.
    pub fn assert_finds_all(&self, told: &str) {
        for (number, said) in combinations().iter().enumerate() {
            assert!(told.contains(said), "combination {number} was not said");
            let whole = self.hits(&format!("before {said} behind"));
            assert!(whole.len() >= said.replace(r"\\", r"\").len() - PIECE, "combination {number} is not found");
        }
        assert!(self.hits(told).len() > combinations().len() * 10);
    }
}

/// A running server that tattles, and what it has said.
pub struct Tattle {
    pub script: Script,
    told: Arc<Mutex<String>>,
}

impl Tattle {
    /// Says each combination in each place, one attempt each, and then ends the client with a hard failure.
    pub fn start() -> Self {
        Self::saying(combinations(), |_| true)
    }

    /// The same with one combination of each kind.
    pub fn briefly() -> Self {
        Self::saying(one_of_each_kind(), |_| true)
    }

    /// The same to a client that begins anew each time, and cannot know a ticket that it was never given.
    pub fn to_strangers() -> Self {
        Self::saying(one_of_each_kind(), |text| !SPELLINGS.iter().any(|spell| spell(TICKET) == text))
    }

    /// `is_known` tells what may be said in place of a ticket.
    fn saying(texts: Vec<String>, is_known: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        let told = Arc::new(Mutex::new(String::new()));
        let telling = Arc::clone(&told);
        let script = Script::with_secrets(secrets(), move |request| {
            let number = request.number;
            let text = |number: usize| {
                let text = texts.get(number)?;
                telling.lock().unwrap().push_str(&format!("{text}\n"));
                Some(text.as_str())
            };
            match request.step {
                Step::Token => {
                    let Secrets { jwt, session_id, .. } = secrets();
                    let headers =
                        format!("content-type: application/json\r\nset-cookie: sid={COOKIE}; Path=/; HttpOnly\r\n");
                    request.answer(200, &headers, &format!(r#"{{"token":"{jwt}","sessionId":"{session_id}"}}"#));
                }
                Step::Ticket if number % 7 < 4 && texts.get(number / 7).is_some_and(|text| is_known(text)) => {
                    let text = text(number / 7).unwrap_or_default();
                    refuse_ticket(request, number % 7, text);
                }
                Step::Ticket | Step::Health => request.contract(),
                Step::Socket => match text(number / 3) {
                    Some(text) => socket(request, number % 3, text),
                    None => request.open_and_close(1008, "NOT_AUTHORIZED"),
                },
            }
        });
        Self { script, told }
    }

    /// Everything that was said.
    pub fn told(&self) -> String {
        self.told.lock().unwrap().clone()
    }
}

fn refuse_ticket(request: Request, way: usize, text: &str) {
    let in_json = serde_json::to_string(text).unwrap();
    match way {
        0 => request.json(503, &format!(r#"{{"code":{in_json},"message":{in_json}}}"#)),
        1 => request.answer(500, "content-type: text/plain\r\n", &format!("no ticket for {text} today")),
        2 => {
            let page = format!("<!doctype html><title>{text}</title>{text}");
            request.answer(200, &format!("content-type: text/html; {text}\r\n"), &page);
        }
        _ => request.answer(302, &format!("location: http://127.0.0.1/?ticket={text}\r\n"), text),
    }
}

fn socket(request: Request, way: usize, text: &str) {
    let cut = &text[..text.len().min(110)];
    match way {
        0 => {
            let names = ["location", "server", "via", "retry-after", "www-authenticate", "x-echo", "set-cookie"];
            let headers: String = names.iter().map(|name| format!("{name}: a={text}\r\n")).collect();
            request.answer(401, &headers, &format!("<p>{text}"));
        }
        1 => request.raw(&format!("{text} is not HTTP\r\n\r\n")),
        _ => request.open(|socket| {
            // The client may have gone by then.
            let (first, second) = text.split_at(text.len() / 2);
            for said in [&format!("you are {text} to us"), first, second] {
                let _ = socket.send(Message::text(said));
            }
            let _ = socket.send(Message::binary(text.as_bytes().to_vec()));
            let _ = socket.send(Message::Ping(cut.as_bytes().to_vec().into()));
            let _ = socket.close(Some(CloseFrame { code: 4000.into(), reason: format!("of {cut}").into() }));
        }),
    }
}
