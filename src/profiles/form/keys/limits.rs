//! The keys of waits, limits and trust.

use super::super::table::{Key, KeyKind, Section, Values, key, rare, table};
use crate::model::{Backoff, Parameter};

const fn wait(
    Parameter { key: name, name: label, help, .. }: &'static Parameter,
    kind: KeyKind,
    example: &'static str,
) -> Key {
    key(name, label, kind, help, example)
}

pub const WAITING: &[Section] = &[
    table(
        &["backoff"],
        "Wait between attempts",
        &[
            wait(&Backoff::PARAMETERS[0], KeyKind::Text, "250ms"),
            wait(&Backoff::PARAMETERS[1], KeyKind::Number, "2.0"),
            wait(&Backoff::PARAMETERS[2], KeyKind::Text, "5s"),
            wait(&Backoff::PARAMETERS[3], KeyKind::Number, "0.25"),
            wait(&Backoff::PARAMETERS[4], KeyKind::Text, "5s"),
        ],
    ),
    table(
        &["timeouts"],
        "Limits of waits",
        &[
            key("http", "request", KeyKind::Text, "A whole request, from its start to the end of the answer", "10s"),
            key("dial", "connection", KeyKind::Text, "Each of DNS, TCP, proxy and TLS", "5s"),
            key("upgrade", "upgrade", KeyKind::Text, "The WebSocket handshake", "10s"),
            key(
                "ping",
                "ping every",
                KeyKind::Text,
                "How often the open socket is pinged; none: as in a browser",
                "10s",
            ),
        ],
    ),
    table(
        &["limits"],
        "Limits of sizes",
        &[key(
            "message",
            "longest message",
            KeyKind::Text,
            "Longer ones end the connection: a limit of this program",
            "16MiB",
        )],
    ),
    table(
        &["http"],
        "Requests",
        &[key(
            "cookies",
            "keep cookies",
            KeyKind::Flag(true),
            "Cookies are sent back until the session ends, as by a browser",
            "",
        )],
    ),
];

pub const TRUST: &[Section] = &[table(
    &["tls"],
    "Certificates",
    &[
        key(
            "extra_roots",
            "further roots",
            KeyKind::List(Values::Texts),
            "PEM files with a company's own authority",
            "company-ca.pem",
        ),
        key(
            "client_certificate",
            "own certificate",
            KeyKind::Text,
            "The PEM file that is shown to servers that ask for one",
            "client.pem",
        ),
        key(
            "client_key",
            "its key",
            KeyKind::Text,
            "The PEM file with its key, unless that is in the same file",
            "client-key.pem",
        ),
        rare(
            "client_pkcs12",
            "both in one file",
            KeyKind::Text,
            "The PKCS#12 file with certificate and key, in their place",
            "client.p12",
        ),
        rare("client_password", "what opens it", KeyKind::Text, "A secret", "{{client_password}}"),
    ],
)];
