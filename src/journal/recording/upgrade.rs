//! Lines of format 1.0 to 1.2, in which causes were sentences, brought to what is written now.
//!
//! This is the one place that reads sentences: those of this program's own earlier versions. What an issuer, a
//! server or the system had said stood in them as well, so a sentence is known by how it begins, never by a word
//! somewhere in it.

mod answers;
mod transports;
mod values;

use serde_json::Value;

use values::{io, nanos, text};

use super::format::Version;
use super::wire;
use crate::model::failure::{
    Close, CloseCause, CloseCode, Failure, Issuer, ProtocolFault, RequestFailure, SetupCause, SetupFailure,
};
use crate::model::{Lookup, SafeText, TraceId};

/// The first version in which causes are data.
const TYPED: Version = Version { major: 1, minor: 3 };

/// Whether a file of `version` needs this.
pub fn is_needed(version: Version) -> bool {
    version < TYPED
}

/// Whether `line` may hold anything that was written otherwise.
pub fn concerns(line: &[u8]) -> bool {
    const CHANGED: [&[u8]; 4] = [b"\"failure\":", b"\"close\":", b"\"lost\":", b"\"issuer\":"];
    CHANGED.iter().any(|name| memchr::memmem::find(line, name).is_some())
        || memchr::memmem::find(line, b"\"Err\":").is_some()
}

/// Brings the entry in `line` up to date; what is not as an earlier version wrote it stays as it is, and is complained
/// about when it is read.
pub fn entry(mut line: Value) -> Value {
    if let Some(event) = line.get_mut("event") {
        self::event(event);
    }
    line
}

/// What was looked up, of which earlier programs wrote the words alone: `host: 192.0.2.1, 192.0.2.2`, or the address that it was.
pub fn lookup(ok: bool, detail: &SafeText) -> Option<Lookup> {
    let said = detail.as_str();
    if let Ok(address) = said.parse() {
        return Some(Lookup { host: detail.clone(), addresses: vec![address] });
    }
    let (host, rest) = said.split_once(": ")?;
    let addresses = if ok { rest.split(", ").filter_map(|address| address.parse().ok()).collect() } else { Vec::new() };
    Some(Lookup { host: host.into(), addresses })
}

fn event(event: &mut Value) {
    replace(event, "/failure", |old| Some(wire::failure_value(&failure(old)?)));
    replace(event, "/close", |old| Some(wire::close_value(&close(old)?)));
    replace(event, "/issuer", |old| Some(wire::issuer_value(&issuer(old)?)));
    replace(event, "/lost", |old| {
        let lost = old.as_array()?.iter().map(transports::lost_address).collect::<Option<Vec<_>>>()?;
        Some(wire::lost_value(&lost))
    });
    replace(event, "/input/close", |old| Some(wire::close_value(&close(old)?)));
    replace(event, "/input/result/Err", |old| Some(wire::request_value(&request(old)?)));
    let is_dial = event.pointer("/input/what").and_then(Value::as_str) == Some("dialled");
    replace(event, "/input/failure", |old| {
        let dialled = || Some(wire::dial_value(&transports::dial(old)?));
        if is_dial { dialled() } else { Some(wire::failure_value(&failure(old)?)) }
    });
}

/// Replaces the value at `pointer` by what `upgrade` returns for it, if it returns something.
fn replace(value: &mut Value, pointer: &str, upgrade: impl FnOnce(&Value) -> Option<Value>) {
    let Some(old) = value.pointer_mut(pointer).filter(|old| !old.is_null()) else { return };
    if let Some(new) = upgrade(old) {
        *old = new;
    }
}

fn failure(old: &Value) -> Option<Failure> {
    let inner = old.get("failure")?;
    Some(match old.get("step")?.as_str()? {
        // The earlier versions did not tell what it was about.
        "setup" => Failure::Setup(SetupFailure { cause: SetupCause::Other, said: text(inner)? }),
        "token" => Failure::Token(request(inner)?),
        "ticket" => Failure::Ticket(request(inner)?),
        "ticket_expired" => {
            Failure::TicketExpired { age: nanos(inner.get("age")?)?, lifetime: nanos(inner.get("lifetime")?)? }
        }
        "dial" => Failure::Dial(transports::dial(inner)?),
        "upgrade_refused" => Failure::UpgradeRefused(Box::new(answers::refusal(inner)?)),
        "closed" => Failure::Closed(close(inner)?),
        _ => return None,
    })
}

fn request(old: &Value) -> Option<RequestFailure> {
    let trace: TraceId = serde_json::from_value(old.get("trace")?.clone()).ok()?;
    Some(RequestFailure { trace, kind: answers::request_kind(old.get("kind")?)? })
}

fn close(old: &Value) -> Option<Close> {
    let code = u16::try_from(old.get("code")?.as_u64()?).ok()?;
    let was_clean = old.get("was_clean")?.as_bool()?;
    let cause = old.get("cause")?;
    let cause = match cause.as_str() {
        Some("peer_frame") => CloseCause::PeerFrame,
        Some("own_frame") => CloseCause::OwnFrame,
        Some("end_of_stream") => CloseCause::EndOfStream,
        Some(_) => return None,
        None => {
            let (kind, inner) = cause.as_object()?.iter().next()?;
            match kind.as_str() {
                "io" => broken_socket(inner.as_str()?),
                "no_pong" => CloseCause::NoPong { silent_for: nanos(inner.get("silent_for")?)?, was_heard: None },
                "protocol" => CloseCause::Protocol(protocol(inner.as_str()?)),
                _ => return None,
            }
        }
    };
    Some(Close { code: CloseCode(code), reason: text(old.get("reason")?)?.into(), was_clean, cause })
}

fn broken_socket(said: &str) -> CloseCause {
    const UNANSWERED: &str = "no answer to the close frame within ";
    match said {
        "cut on purpose" => CloseCause::CutOnPurpose,
        _ if said.starts_with(UNANSWERED) => CloseCause::Unanswered { after: std::time::Duration::from_secs(2) },
        _ => CloseCause::Io(io(said)),
    }
}

/// What the WebSocket library had said.
fn protocol(said: &str) -> ProtocolFault {
    let said = said.strip_prefix("WebSocket protocol error: ").unwrap_or(said);
    let number = |before: &str| said.strip_prefix(before).and_then(|number| number.parse().ok());
    let opcode = ["Encountered invalid opcode: ", "Unknown control frame type: ", "Unknown data frame type: "];
    if let Some(opcode) = opcode.into_iter().find_map(number) {
        return ProtocolFault::ReservedOpcode(opcode);
    }
    if let Some(sizes) = said.strip_prefix("Space limit exceeded: Message too long: ") {
        let sizes = sizes.split_once(" > ").and_then(|(bytes, limit)| Some((bytes.parse().ok()?, limit.parse().ok()?)));
        if let Some((bytes, limit)) = sizes {
            return ProtocolFault::TooLong { bytes, limit };
        }
    }
    match said {
        "Reserved bits are non-zero" => ProtocolFault::ReservedBits,
        "Received a masked frame from server" => ProtocolFault::Masked,
        "Fragmented control frame" | "Control frame too big (payload must be 125 bytes or less)" => {
            ProtocolFault::ControlFrame
        }
        "Continue frame but nothing to continue" => ProtocolFault::Fragments,
        "Invalid close sequence" | "Remote sent after having closed" => ProtocolFault::CloseFrame,
        _ if said.starts_with("While waiting for more fragments received: ") => ProtocolFault::Fragments,
        _ if said.starts_with("UTF-8 encoding error: ") => ProtocolFault::NotUtf8,
        _ => ProtocolFault::Other(SafeText::new(said)),
    }
}

fn issuer(old: &Value) -> Option<Issuer> {
    Some(Issuer::new(text(old.get("name")?)?, old.get("organization").and_then(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_looked_up_is_told_by_the_words_of_earlier_programs() {
        let looked_up = |ok, detail: &str| {
            lookup(ok, &detail.into()).map(|Lookup { host, addresses }| (host.to_string(), addresses.len()))
        };
        for (ok, detail, expected) in [
            (true, "api.example: 192.0.2.1, 2001:db8::1", Some(("api.example", 2))),
            (true, "127.0.0.1", Some(("127.0.0.1", 1))),
            (true, "2001:db8::1", Some(("2001:db8::1", 1))),
            (false, "api.example: there is no such name", Some(("api.example", 0))),
            (false, "DNS took longer than 5 s", None),
            (true, "", None),
        ] {
            let expected = expected.map(|(host, count)| (host.to_owned(), count));
            assert_eq!(looked_up(ok, detail), expected, "{detail}");
        }
    }
}
