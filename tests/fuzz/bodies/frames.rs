//! What a server sends over an open socket, against a reading of RFC 6455 §5 that was written for this alone.

use ticketscope::driver::net::Net;
use ticketscope::driver::socket::{Handle, Socket};
use ticketscope::driver::{Clock, Recorder};
use ticketscope::journal::{Direction, Journal, MessageKind};
use ticketscope::model::failure::ProtocolFault;
use ticketscope::model::{AttemptId, Close, CloseCause, Profile, Redactor, TraceId};

use super::head::{RUNTIME, Says, scope};

/// Larger messages are not made here.
const LIMIT: usize = 1 << 16;

/// What arrives, and how it ends.
#[derive(Debug, PartialEq)]
struct Story {
    messages: Vec<(MessageKind, usize)>,
    end: End,
}

#[derive(Debug, PartialEq)]
enum End {
    /// A close frame with this code, or none.
    Closed(u16),
    /// A close frame with a code that no server may send.
    BadCode(u16),
    /// Something that is not WebSocket.
    Violation,
    /// Without a goodbye.
    Cut,
}

/// What RFC 6455 makes of `bytes` that a server sends.
fn model(mut bytes: &[u8]) -> Story {
    let mut messages = Vec::new();
    let mut begun: Option<(bool, Vec<u8>, usize)> = None;
    let end = loop {
        let [first, second, rest @ ..] = bytes else { break End::Cut };
        let (opcode, is_last) = (first & 0x0f, first & 0x80 != 0);
        let (length, rest) = match second & 0x7f {
            126 => match rest.split_first_chunk() {
                Some((length, rest)) => (u64::from(u16::from_be_bytes(*length)), rest),
                None => break End::Cut,
            },
            127 => match rest.split_first_chunk() {
                Some((length, rest)) => (u64::from_be_bytes(*length), rest),
                None => break End::Cut,
            },
            short => (u64::from(short), rest),
        };
        let mask = if second & 0x80 == 0 { 0 } else { 4 };
        if rest.len() < mask {
            break End::Cut;
        }
        // These are seen when the header is whole, all others when the frame is.
        if matches!(opcode, 3..=7 | 11..) || length > LIMIT as u64 {
            break End::Violation;
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if rest.len() < mask + length {
            break End::Cut;
        }
        if mask != 0 || first & 0x70 != 0 || opcode >= 8 && (!is_last || length > 125) {
            break End::Violation;
        }
        let (payload, rest) = rest.split_at(length);
        bytes = rest;
        match (opcode, &mut begun) {
            (8, _) => {
                break match payload {
                    [] => End::Closed(1005),
                    [_] => End::Violation,
                    [_, _, reason @ ..] if str::from_utf8(reason).is_err() => End::Violation,
                    [high, low, ..] => match u16::from_be_bytes([*high, *low]) {
                        code @ (1000..=1003 | 1007..=1014 | 3000..=4999) => End::Closed(code),
                        code => End::BadCode(code),
                    },
                };
            }
            (9, _) => messages.push((MessageKind::Ping, length)),
            (10, _) => messages.push((MessageKind::Pong, length)),
            (0, None) | (1 | 2, Some(_)) => break End::Violation,
            (0, Some((is_text, text, empty))) => {
                text.extend_from_slice(payload);
                *empty += usize::from(payload.is_empty() && !is_last);
                if text.len() > LIMIT || *empty > 10_000 || *is_text && is_wrong(text) {
                    break End::Violation;
                }
                if is_last {
                    let kind = if *is_text { MessageKind::Text } else { MessageKind::Binary };
                    if *is_text && str::from_utf8(text).is_err() {
                        break End::Violation;
                    }
                    messages.push((kind, text.len()));
                    begun = None;
                }
            }
            (kind, None) => {
                let is_text = kind == 1;
                match is_last {
                    false if is_text && is_wrong(payload) => break End::Violation,
                    true if is_text && str::from_utf8(payload).is_err() => break End::Violation,
                    true => messages.push((if is_text { MessageKind::Text } else { MessageKind::Binary }, length)),
                    false => begun = Some((is_text, payload.to_vec(), usize::from(payload.is_empty()))),
                }
            }
            (_, Some(_)) => break End::Violation,
        }
    };
    Story { messages, end }
}

/// Whether no more bytes make a text of these.
fn is_wrong(text: &[u8]) -> bool {
    str::from_utf8(text).is_err_and(|error| error.error_len().is_some())
}

fn end(close: &Close) -> End {
    match &close.cause {
        CloseCause::PeerFrame => End::Closed(close.code.0),
        CloseCause::Protocol(ProtocolFault::CloseCode { code, .. }) => End::BadCode(code.0),
        CloseCause::Protocol(_) => End::Violation,
        CloseCause::EndOfStream => End::Cut,
        other => panic!("no server does this: {other:?}"),
    }
}

/// The bytes come behind the answer to the upgrade.
#[cfg_attr(
    windows,
    expect(clippy::missing_const_for_thread_local, reason = "it is const; clippy does not see that for this system")
)]
pub fn body(data: &[u8]) {
    let head = b"HTTP/1.1 101 x\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: {accept}\r\n\r\n";
    let mut profile = Profile::local_demo(([127, 0, 0, 1], 1).into());
    profile.limits.message = LIMIT as u64;
    thread_local! {
        static NET: std::cell::OnceCell<Net> = const { std::cell::OnceCell::new() };
    }
    let net = NET.with(|net| net.get_or_init(|| Net::new(&profile).expect("a profile that can be used")).clone());
    let story = RUNTIME.block_on(async {
        let (trace, mut secrets, scope) = (TraceId::new(1, 1), Redactor::default(), scope());
        let says = Says::new(&[&head[..], data].concat());
        let stream = net.upgrade(says, &scope, None, &trace, &mut secrets, &mut |_| {}).await.expect("it is accepted");
        let journal = Journal::new(|_| {});
        let recorder = Recorder::new(journal.clone(), Clock::start());
        let (socket, handle) = Socket::new(stream, AttemptId(0), recorder, None, Redactor::default(), |_| false, None);
        let close = socket.run().await.close;
        let Handle { .. } = handle;
        let messages = journal.with_traffic(|traffic| {
            let heard = traffic.kept().iter().filter(|message| message.direction == Direction::In);
            heard.map(|message| (message.kind, message.len)).collect()
        });
        Story { messages, end: end(&close) }
    });
    let expected = model(data);
    // Of very many only the newest are kept.
    if expected.messages.len() < 1_000 {
        assert_eq!(story, expected);
    }
}
