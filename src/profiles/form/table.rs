//! The keys of a profile's file, each declared once: which part of a form it belongs to, how it is edited, and what it
//! means. Forms are drawn from this table.

use crate::model::{Backoff, Parameter};

/// A part of a profile, in the order in which things happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum Part {
    /// What it is called, and where it is.
    #[default]
    Service,
    /// What people have to give.
    Secrets,
    /// The login, whose values are kept.
    SignIn,
    /// What is asked for at each attempt.
    Ticket,
    /// The upgrade.
    Socket,
    /// What is said before the socket is of use.
    Greeting,
    /// What the client answers.
    Messages,
    /// What keeps the connection, and when it is dead.
    Heartbeat,
    /// What each end is followed by.
    Ends,
    /// Waits and limits.
    Waiting,
    /// Certificates.
    Trust,
}

impl Part {
    /// What people call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Service => "Service",
            Self::Secrets => "Secrets",
            Self::SignIn => "1 · Sign-in",
            Self::Ticket => "2 · Ticket",
            Self::Socket => "3 · WebSocket",
            Self::Greeting => "4 · Greeting",
            Self::Messages => "Messages",
            Self::Heartbeat => "Heartbeat",
            Self::Ends => "How it ends",
            Self::Waiting => "Waiting and limits",
            Self::Trust => "Trust",
        }
    }

    /// What it is about, in a sentence.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Service => "What people call it, and where it is.",
            Self::Secrets => {
                "What people have to give. A value is never in the file; it is used in the other parts as {{name}}."
            }
            Self::SignIn => "Done once; what is taken is kept until it is refused or expires.",
            Self::Ticket => "Asked for anew at each attempt. What is taken here can be used below as {{name}}.",
            Self::Socket => "Where the WebSocket is, and what the upgrade carries.",
            Self::Greeting => "What is said over the open socket before it is of use. Only then is it connected.",
            Self::Messages => "How messages stand in frames, and what the client answers while it is connected.",
            Self::Heartbeat => "What the client says again and again, and after which silence the connection is dead.",
            Self::Ends => "What follows when the server announces an end, closes, or refuses.",
            Self::Waiting => "The wait between attempts, and the limits of everything.",
            Self::Trust => "Certificates beyond those of this system.",
        }
    }

    /// The tables of the file that belong to it.
    pub const fn sections(self) -> &'static [Section] {
        match self {
            Self::Service => SERVICE,
            Self::Secrets => SECRETS,
            Self::SignIn => SIGN_IN,
            Self::Ticket => TICKET,
            Self::Socket => SOCKET,
            Self::Greeting => GREETING,
            Self::Messages => MESSAGES,
            Self::Heartbeat => HEARTBEAT,
            Self::Ends => ENDS,
            Self::Waiting => WAITING,
            Self::Trust => TRUST,
        }
    }
}

/// A table of the file, or several of the same kind.
#[derive(Debug)]
pub struct Section {
    /// Where it is.
    pub place: Place,
    /// What people call one of them.
    pub label: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
    /// What a new one holds, as lines of the file; `None` if it need not be made before a key is set.
    pub beginning: Option<&'static str>,
    /// Whether it is of the short form, which a file without steps of its own has.
    pub is_short_form: bool,
}

/// Where in a file a section is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Above all tables.
    Top,
    /// In the table of this path.
    Table(&'static [&'static str]),
    /// In each table of this array: `[[ticket]]`.
    Each(&'static str),
    /// In each table below this one: `[secret.NAME]`.
    Named(&'static str),
}

/// A key of a table.
#[derive(Debug)]
pub struct Key {
    /// As the file has it.
    pub name: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// How it is edited.
    pub kind: Kind,
    /// What it means.
    pub help: &'static str,
    /// What may stand there.
    pub example: &'static str,
    /// Whether its field is there only where it is used, or asked for.
    pub is_rare: bool,
}

/// How a key is edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text on one line.
    Text,
    /// A text, or the word `none` for `false`.
    TextOrNone,
    /// A number.
    Number,
    /// A switch, which is so without the key.
    Flag(bool),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Several texts or numbers.
    List(Values),
    /// Names with a value each; a new one begins with this name.
    Pairs(Values, &'static str),
    /// A duration, or one of these units and where it is said: `"30s"`, `{ seconds = "/expires_in" }`.
    Time(&'static [&'static str]),
    /// A method and where the request goes: `get = "…"` or `post = "…"`.
    Request,
    /// Anything, as the file spells it.
    Toml,
}

/// What may stand in a list, or beside a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// Texts alone.
    Texts,
    /// Texts, numbers, `true` and `false`.
    Any,
}

const fn key(name: &'static str, label: &'static str, kind: Kind, help: &'static str, example: &'static str) -> Key {
    Key { name, label, kind, help, example, is_rare: false }
}

const fn rare(name: &'static str, label: &'static str, kind: Kind, help: &'static str, example: &'static str) -> Key {
    Key { is_rare: true, ..key(name, label, kind, help, example) }
}

const fn table(path: &'static [&'static str], label: &'static str, keys: &'static [Key]) -> Section {
    Section { place: Place::Table(path), label, keys, beginning: None, is_short_form: false }
}

const fn short_form(path: &'static [&'static str], label: &'static str, keys: &'static [Key]) -> Section {
    Section { is_short_form: true, ..table(path, label, keys) }
}

const fn each(name: &'static str, label: &'static str, beginning: &'static str, keys: &'static [Key]) -> Section {
    Section { place: Place::Each(name), label, keys, beginning: Some(beginning), is_short_form: false }
}

const fn optional(
    path: &'static [&'static str],
    label: &'static str,
    beginning: &'static str,
    keys: &'static [Key],
) -> Section {
    Section { beginning: Some(beginning), ..table(path, label, keys) }
}

const SERVICE: &[Section] = &[
    Section {
        place: Place::Top,
        label: "Service",
        keys: &[
            key("name", "name", Kind::Text, "What people call it", "Customer A"),
            key("api", "API", Kind::Text, "Where the requests go", "https://api.example.com"),
            key(
                "websocket",
                "WebSocket",
                Kind::Text,
                "Where the socket is, unless an answer says it",
                "wss://api.example.com",
            ),
            key(
                "origin",
                "origin",
                Kind::Text,
                "The page's own address, which servers check; without it none is sent, as by a program",
                "https://app.example.com",
            ),
        ],
        beginning: None,
        is_short_form: false,
    },
    table(
        &["endpoints"],
        "Health",
        &[rare(
            "health",
            "health check",
            Kind::Toml,
            "Where the service says how it is, or false if it has no such place",
            "{ path = \"/healthz\" }",
        )],
    ),
];

const SECRETS: &[Section] = &[Section {
    place: Place::Named("secret"),
    label: "Secret",
    keys: &[
        key("label", "label", Kind::Text, "What people call it", "App-level token (xapp-…)"),
        key("hint", "where it is", Kind::Text, "Where a person finds it", "In the web app: Settings → Tokens"),
        rare(
            "env",
            "from variable",
            Kind::Text,
            "The environment variable that holds it; nobody is asked then",
            "EXAMPLE_TOKEN",
        ),
        rare("file", "from file", Kind::Text, "The file that holds it; nobody is asked then", "/run/secrets/token"),
        rare(
            "command",
            "from command",
            Kind::List(Values::Texts),
            "The program that prints it, with its arguments; it runs once a person has allowed it",
            "pass",
        ),
        rare(
            "hosts",
            "may go to",
            Kind::List(Values::Texts),
            "Hosts beside those that the profile itself names",
            "*.example.com",
        ),
        key("optional", "may be missing", Kind::Flag(false), "The service also works without it", ""),
        key("forget", "New session forgets it", Kind::Flag(false), "It is asked for again after New session", ""),
    ],
    beginning: Some("label = \"\"\n"),
    is_short_form: false,
}];

const REQUEST: Key =
    key("post", "request", Kind::Request, "The method, and a path below the API or a whole address", "/auth/login");
const AUTH: Key = key("auth", "sign with", Kind::Text, "The header Authorization", "Bearer {{token}}");
const JSON: Key = key(
    "json",
    "JSON body",
    Kind::Toml,
    "What is sent as application/json, as TOML spells it",
    "{ user = \"{{user}}\" }",
);
const FORM: Key = rare(
    "form",
    "form body",
    Kind::Pairs(Values::Texts, "field"),
    "What is sent as a form, as HTML forms do",
    "{{user}}",
);
const QUERY: Key = rare("query", "query", Kind::Pairs(Values::Texts, "name"), "Parameters of the address", "{{value}}");
const HEADERS: Key = rare("headers", "headers", Kind::Pairs(Values::Texts, "X-Name"), "Further headers", "{{value}}");
const MAKE: Key = rare(
    "make",
    "make first",
    Kind::Pairs(Values::Texts, "made"),
    "Values made of others, such as what a signature is of",
    "{{a}}.{{b}}",
);
const OK: Key = key(
    "ok",
    "worked if",
    Kind::Pairs(Values::Any, "/ok"),
    "What has to stand in the answer beside any 2xx, or it is a refusal",
    "true",
);
const ERROR: Key = key("error", "reason is at", Kind::Text, "Where an answer holds the server's own reason", "/error");
const TAKE: Key = key(
    "take",
    "take",
    Kind::Pairs(Values::Texts, "value"),
    "What is kept of the answer, and where it stands: a JSON pointer, header:Name, cookie:name or text",
    "/ticket",
);
const LIFE: Key = key(
    "life",
    "lives",
    Kind::Time(&["seconds", "millis", "unix", "unix_ms", "jwt"]),
    "How long what was taken is good for",
    "/expires_in",
);
const SESSION: Key =
    rare("session", "with session's id", Kind::Flag(false), "Sends the session's id once the server has named one", "");

const SHORT_REQUEST: [Key; 3] = [
    key("method", "method", Kind::OneOf(&["GET", "POST"]), "The request's method", ""),
    key("path", "path", Kind::Text, "The path below the API", "/api/v1/auth/token"),
    key("field", "take", Kind::Text, "Where the answer holds it", "/token"),
];

const SIGN_IN: &[Section] = &[
    short_form(&["endpoints", "token"], "Request", &SHORT_REQUEST),
    each(
        "login",
        "Request",
        "post = \"/auth/login\"\ntake = { token = \"/access_token\" }\n",
        &[
            REQUEST,
            QUERY,
            AUTH,
            HEADERS,
            JSON,
            FORM,
            SESSION,
            MAKE,
            OK,
            ERROR,
            TAKE,
            LIFE,
            rare(
                "refresh_on",
                "done again on",
                Kind::List(Values::Any),
                "Refusals of a later request that a new sign-in cures: a status, a code, or both",
                "401",
            ),
        ],
    ),
    optional(
        &["oauth"],
        "Sign-in in the browser",
        "authorize = \"https://login.example.com/authorize\"\ntoken = \"https://login.example.com/token\"\nclient_id = \"\"\n",
        &[
            key(
                "flow",
                "in which way",
                Kind::OneOf(&["browser", "device"]),
                "In this computer's browser, or in any with a code that is typed there",
                "",
            ),
            key(
                "authorize",
                "browser goes to",
                Kind::Text,
                "For the way through the browser",
                "https://login.example.com/authorize",
            ),
            rare(
                "device",
                "code comes from",
                Kind::Text,
                "For the way with a code",
                "https://login.example.com/device",
            ),
            key(
                "token",
                "tokens come from",
                Kind::Text,
                "The server's token endpoint",
                "https://login.example.com/token",
            ),
            key("client_id", "client id", Kind::Text, "Who asks", "my-app"),
            rare(
                "client_secret",
                "client secret",
                Kind::Text,
                "Where the server wants one: a secret",
                "{{client_secret}}",
            ),
            key(
                "scopes",
                "scopes",
                Kind::List(Values::Texts),
                "What is asked for; offline_access or the like, if the sign-in is to last",
                "openid",
            ),
            rare(
                "extra",
                "further parameters",
                Kind::Pairs(Values::Texts, "audience"),
                "Of the first request",
                "https://api.example.com",
            ),
            rare(
                "port",
                "comes back to port",
                Kind::Number,
                "Where the server wants to know it before; else any that is free",
                "8400",
            ),
        ],
    ),
];

const TICKET: &[Section] = &[
    short_form(
        &["endpoints", "ticket"],
        "Request",
        &[
            key("method", "method", Kind::OneOf(&["GET", "POST"]), "The request's method", ""),
            key("path", "path", Kind::Text, "The path below the API", "/api/v1/ws-ticket"),
            key("field", "take", Kind::Text, "Where the answer holds the ticket", "/ticket"),
            key(
                "ttl_field",
                "lives",
                Kind::Text,
                "Where the answer holds how many seconds it lives",
                "/expiresInSeconds",
            ),
        ],
    ),
    each(
        "ticket",
        "Request",
        "post = \"/ws-ticket\"\ntake = { ticket = \"/ticket\" }\n",
        &[
            REQUEST,
            QUERY,
            AUTH,
            HEADERS,
            JSON,
            FORM,
            SESSION,
            MAKE,
            OK,
            ERROR,
            TAKE,
            LIFE,
            key("reusable", "can be used again", Kind::Flag(false), "The same one may come again", ""),
        ],
    ),
];

const SOCKET: &[Section] = &[
    short_form(
        &["endpoints", "socket"],
        "Address",
        &[
            key("path", "path", Kind::Text, "The path of the WebSocket", "/ws"),
            key("query", "ticket goes into", Kind::Text, "The parameter that carries the ticket", "ticket"),
        ],
    ),
    table(
        &["socket"],
        "Address",
        &[
            key(
                "url",
                "whole address",
                Kind::Text,
                "If an answer gives it; else the service's WebSocket and the path",
                "{{url}}",
            ),
            key("path", "path", Kind::Text, "Below the WebSocket's address", "/ws"),
            Key { is_rare: false, ..QUERY },
            key(
                "protocols",
                "subprotocols",
                Kind::List(Values::Texts),
                "What is offered as Sec-WebSocket-Protocol",
                "graphql-transport-ws",
            ),
            HEADERS,
            MAKE,
            rare(
                "origin",
                "origin",
                Kind::TextOrNone,
                "Another origin than the service's, or none",
                "https://app.example.com",
            ),
            rare(
                "ping",
                "ping every",
                Kind::TextOrNone,
                "How often the open socket is pinged, or none where the server answers no pings",
                "10s",
            ),
            rare(
                "max_message",
                "longest message",
                Kind::Text,
                "Longer ones end the connection: a limit of this program",
                "16MiB",
            ),
        ],
    ),
];

const EXPECT: Key = key(
    "expect",
    "expect",
    Kind::Pairs(Values::Any, "/type"),
    "What the server has to say: a JSON pointer with its value, * for any, or text for its beginning",
    "hello",
);
const WHEN: Key = key(
    "when",
    "when",
    Kind::Pairs(Values::Any, "/type"),
    "Which message: a JSON pointer with its value, * for any, or text for its beginning",
    "ping",
);
const SEND: Key = key("send", "send", Kind::Text, "What is sent", "{\"type\":\"ping\"}");

const GREETING: &[Section] = &[each(
    "hello",
    "Step",
    "expect = { \"/type\" = \"hello\" }\n",
    &[
        rare(
            "request",
            "request",
            Kind::Toml,
            "A request between two messages, as TOML spells it",
            "{ post = \"/auth\", take = { signature = \"/auth\" } }",
        ),
        SEND,
        EXPECT,
        key("within", "within", Kind::Text, "By when", "10s"),
        Key { is_rare: true, ..TAKE },
    ],
)];

const MESSAGES: &[Section] = &[
    table(
        &["frame"],
        "Frames",
        &[rare(
            "split",
            "messages end with",
            Kind::Text,
            "What ends each message, where a frame may hold several",
            "\u{1e}",
        )],
    ),
    each(
        "answer",
        "Answer",
        "when = { \"/type\" = \"ping\" }\nsend = '{\"type\":\"pong\"}'\n",
        &[WHEN, Key { is_rare: true, ..TAKE }, SEND],
    ),
];

/// In which units a server says how often.
const SAID: &[&str] = &["seconds", "millis"];

const HEARTBEAT: &[Section] = &[
    optional(
        &["heartbeat"],
        "Heartbeat",
        "every = \"30s\"\nsend = '{\"type\":\"ping\"}'\n",
        &[
            key("every", "every", Kind::Time(SAID), "How often", "30s"),
            SEND,
            Key { help: "What has to come back before the next one is due", ..EXPECT },
        ],
    ),
    optional(
        &["silence"],
        "Silence",
        "after = \"60s\"\n",
        &[key("after", "dead after", Kind::Time(SAID), "How long the server may say nothing", "60s")],
    ),
];

const THEN: &str =
    "stop: wait for a person. retry: after the usual wait. renew: at once. login: at once, after a new sign-in";

const ENDS: &[Section] = &[
    each(
        "end",
        "Message",
        "when = { \"/type\" = \"disconnect\" }\nthen = \"retry\"\n",
        &[
            WHEN,
            key("then", "then", Kind::OneOf(&["stop", "retry", "renew", "login", "go"]), THEN, ""),
            rare("to", "go to", Kind::Text, "Where the message holds the address, for go", "/url"),
            key("reason", "reason is at", Kind::Text, "Where the message holds the server's own reason", "/reason"),
            key("says", "it means", Kind::Text, "In words for people", "the server wants its client to come again"),
            key(
                "owner",
                "who can help",
                Kind::OneOf(&["user", "operations", "developers", "network"]),
                "Whom the finding names",
                "",
            ),
        ],
    ),
    table(
        &["classify"],
        "Closes and refusals",
        &[
            key(
                "close",
                "close codes",
                Kind::Pairs(Values::Texts, "4000"),
                "What follows a close code: stop, retry, renew or login",
                "stop",
            ),
            key(
                "reasons",
                "close reasons",
                Kind::Pairs(Values::Texts, "REASON"),
                "What follows a close reason, whatever the code",
                "stop",
            ),
            key(
                "codes",
                "refusals",
                Kind::Pairs(Values::Texts, "code"),
                "What follows a refused request, by the code that the answer names",
                "stop",
            ),
            key(
                "upgrade",
                "refused upgrade",
                Kind::Pairs(Values::Texts, "401"),
                "What a status is about: ticket, login, stop or retry",
                "ticket",
            ),
            rare(
                "hard_reasons",
                "hard reasons",
                Kind::List(Values::Texts),
                "Close reasons after which a person has to ask",
                "NOT_AUTHORIZED",
            ),
            rare(
                "hard_statuses",
                "hard statuses",
                Kind::List(Values::Any),
                "Statuses of requests after which a person has to ask",
                "401",
            ),
            rare(
                "refresh_codes",
                "codes that a new JWT cures",
                Kind::List(Values::Texts),
                "Of a 401 to the ticket request",
                "INVALID_TOKEN",
            ),
        ],
    ),
];

const fn wait(
    Parameter { key: name, name: label, help, .. }: &'static Parameter,
    kind: Kind,
    example: &'static str,
) -> Key {
    key(name, label, kind, help, example)
}

const WAITING: &[Section] = &[
    table(
        &["backoff"],
        "Wait between attempts",
        &[
            wait(&Backoff::PARAMETERS[0], Kind::Text, "250ms"),
            wait(&Backoff::PARAMETERS[1], Kind::Number, "2.0"),
            wait(&Backoff::PARAMETERS[2], Kind::Text, "5s"),
            wait(&Backoff::PARAMETERS[3], Kind::Number, "0.25"),
            wait(&Backoff::PARAMETERS[4], Kind::Text, "5s"),
        ],
    ),
    table(
        &["timeouts"],
        "Limits of waits",
        &[
            key("http", "request", Kind::Text, "A whole request, from its start to the end of the answer", "10s"),
            key("dial", "connection", Kind::Text, "Each of DNS, TCP, proxy and TLS", "5s"),
            key("upgrade", "upgrade", Kind::Text, "The WebSocket handshake", "10s"),
            key("ping", "ping every", Kind::Text, "How often the open socket is pinged; none: as in a browser", "10s"),
        ],
    ),
    table(
        &["limits"],
        "Limits of sizes",
        &[key(
            "message",
            "longest message",
            Kind::Text,
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
            Kind::Flag(true),
            "Cookies are sent back until the session ends, as by a browser",
            "",
        )],
    ),
];

const TRUST: &[Section] = &[table(
    &["tls"],
    "Certificates",
    &[
        key(
            "extra_roots",
            "further roots",
            Kind::List(Values::Texts),
            "PEM files with a company's own authority",
            "company-ca.pem",
        ),
        key(
            "client_certificate",
            "own certificate",
            Kind::Text,
            "The PEM file that is shown to servers that ask for one",
            "client.pem",
        ),
        key(
            "client_key",
            "its key",
            Kind::Text,
            "The PEM file with its key, unless that is in the same file",
            "client-key.pem",
        ),
        rare(
            "client_pkcs12",
            "both in one file",
            Kind::Text,
            "The PKCS#12 file with certificate and key, in their place",
            "client.p12",
        ),
        rare("client_password", "what opens it", Kind::Text, "A secret", "{{client_password}}"),
    ],
)];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use strum::IntoEnumIterator as _;

    use super::*;
    use crate::model::Profile;

    /// The keys that the reader of profiles takes at the place of `section`, by what it says of one that it does not.
    fn taken(section: &Section) -> BTreeSet<String> {
        let header = match section.place {
            Place::Top => String::new(),
            Place::Table(path) => format!("[{}]\n", path.join(".")),
            Place::Each(name) => format!("[[{name}]]\n"),
            Place::Named(name) => format!("[{name}.x]\n"),
        };
        let error = Profile::from_toml(&format!("{header}no_such_key = 1\n")).unwrap_err().problem;
        let (_, expected) = error.as_str().split_once("expected ").unwrap_or_else(|| panic!("{header}: {error}"));
        expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }

    #[test]
    fn every_key_that_a_file_may_have_is_in_the_table_once() {
        let all: Vec<_> = Part::iter().flat_map(|part| part.sections()).collect();
        for section in &all {
            let mut known: Vec<&str> = section.keys.iter().map(|key| key.name).collect();
            if section.keys.iter().any(|key| key.kind == Kind::Request) {
                known.push("get");
            }
            let tables = |other: &&&Section| match other.place {
                Place::Top => None,
                Place::Table(path) => Some(path[0]),
                Place::Each(name) | Place::Named(name) => Some(name),
            };
            match section.place {
                // Its other keys are tables that are sections.
                Place::Top => known.extend(all.iter().filter_map(|other| tables(&other))),
                Place::Table(["endpoints"]) => known.extend(["token", "ticket", "socket"]),
                Place::Table(_) | Place::Each(_) | Place::Named(_) => {
                    assert_eq!(known.iter().collect::<BTreeSet<_>>().len(), known.len(), "twice: {known:?}");
                }
            }
            let known: BTreeSet<String> = known.into_iter().map(str::to_owned).collect();
            let mut taken = taken(section);
            match section.place {
                // Requests are read alike; what makes no sense is no field.
                Place::Each("login") => assert!(taken.remove("reusable")),
                Place::Each("ticket") => assert!(taken.remove("refresh_on")),
                Place::Top | Place::Table(_) | Place::Each(_) | Place::Named(_) => {}
            }
            assert_eq!(known, taken, "{:?}", section.place);
        }
    }

    #[test]
    fn every_key_says_what_it_means() {
        for key in Part::iter().flat_map(|part| part.sections()).flat_map(|section| section.keys) {
            assert!(!key.label.is_empty() && !key.help.is_empty() && !key.help.ends_with('.'), "{key:?}");
        }
    }
}
