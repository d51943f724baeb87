//! What secrets look like, whatever they are called.

use std::ops::Range;

/// What a JWT begins with: `{"` in base64 (RFC 7515 §3.1).
const JWT_START: &str = "eyJ";
/// A shorter run, in bytes, is a word, a number or a name.
const MIN_RUN: usize = 16;
/// How often letters and digits take turns in a run that nobody wrote by hand.
const MIN_TURNS: usize = 4;

/// Where in `text` something stands that only a program would write: a JWT, or a long run in which letters and digits take
/// turns, as in keys, ids and hashes. They are in order.
pub fn secret_parts(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut from) = (Vec::new(), 0);
    for word in text.split_inclusive(|c: char| !(is_part(c) || c == '.')) {
        let word_at = from;
        from += word.len();
        let word = word.trim_end_matches(|c: char| !(is_part(c) || c == '.'));
        if word.starts_with(JWT_START) && word.len() >= MIN_RUN {
            found.push(word_at..word_at + word.len());
            continue;
        }
        let mut at = word_at;
        for run in word.split('.') {
            if is_opaque(run) {
                found.push(at..at + run.len());
            }
            at += run.len() + 1;
        }
    }
    found
}

/// Whether [`secret_parts`] finds something in `text`.
pub fn has_secret_shape(text: &str) -> bool {
    !secret_parts(text).is_empty()
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}

fn is_opaque(run: &str) -> bool {
    let pairs = run.bytes().zip(run.bytes().skip(1));
    let is_turn = |(one, next): &(u8, u8)| {
        one.is_ascii_alphanumeric() && next.is_ascii_alphanumeric() && one.is_ascii_digit() != next.is_ascii_digit()
    };
    run.len() >= MIN_RUN && pairs.filter(is_turn).count() >= MIN_TURNS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_jwts_are_told_from_words_and_paths() {
        for (text, parts) in [
            ("/hooks/eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln/ws", &["eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln"][..]),
            ("/bot123:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/x", &["AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"]),
            ("a=4c1f0e9a7b3d4e5f&b=k9X2mQ7vB4nL8pR1", &["4c1f0e9a7b3d4e5f", "k9X2mQ7vB4nL8pR1"]),
            ("sk.live.4eC39HqLyjWDarjtT1zdp7dc", &["4eC39HqLyjWDarjtT1zdp7dc"]),
            ("/api/v1/terminals/websocket/getUserSessionTicketForWebSocket", &[]),
            ("aws-appsync-event-ws pusher:connection_established eyJ", &[]),
            ("/api2/json/nodes/pve1/qemu/100/vncwebsocket", &[]),
            ("2026-11-28T22:44:57Z", &[]),
        ] {
            let found: Vec<_> = secret_parts(text).into_iter().map(|part| &text[part]).collect();
            assert_eq!(found, parts, "{text}");
        }
    }
}
