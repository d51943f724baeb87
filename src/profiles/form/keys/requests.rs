//! The keys of addresses, secrets, requests and the upgrade.

use super::super::table::{Key, KeyKind, Place, Section, Values, each, key, optional, rare, short_form, table};

pub const SERVICE: &[Section] = &[
    Section {
        place: Place::Top,
        label: "Service",
        keys: &[
            key("name", "name", KeyKind::Text, "What people call it", "Customer A"),
            key("api", "API", KeyKind::Text, "Where the requests go", "https://api.example.com"),
            key(
                "websocket",
                "WebSocket",
                KeyKind::Text,
                "Where the socket is, unless an answer says it",
                "wss://api.example.com",
            ),
            key(
                "origin",
                "origin",
                KeyKind::Text,
                "The page's own address, which servers check; without it none is sent, as by a program",
                "https://app.example.com",
            ),
            rare(
                "without",
                "does without",
                KeyKind::List(Values::Texts),
                "What the service does without: greeting, heartbeat; else a check says what it cannot tell",
                "heartbeat",
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
            KeyKind::PathOrNone,
            "The path at which the service says how it is; none if there is no such path",
            "/healthz",
        )],
    ),
];

pub const SECRETS: &[Section] = &[Section {
    place: Place::Named("secret"),
    label: "Secret",
    keys: &[
        key("label", "label", KeyKind::Text, "What people call it", "App-level token (xapp-…)"),
        key("hint", "where it is", KeyKind::Text, "Where a person finds it", "In the web app: Settings → Tokens"),
        rare(
            "env",
            "from variable",
            KeyKind::Text,
            "The environment variable that holds it; nobody is asked then",
            "EXAMPLE_TOKEN",
        ),
        rare("file", "from file", KeyKind::Text, "The file that holds it; nobody is asked then", "/run/secrets/token"),
        rare(
            "command",
            "from command",
            KeyKind::List(Values::Texts),
            "The program that prints it, with its arguments; it runs once a person has allowed it",
            "pass",
        ),
        rare(
            "hosts",
            "may go to",
            KeyKind::List(Values::Texts),
            "Hosts beside those that the profile itself names",
            "*.example.com",
        ),
        key("optional", "may be missing", KeyKind::Flag(false), "The service also works without it", ""),
        rare(
            "once",
            "for one use",
            KeyKind::Flag(false),
            "It is typed for each sign-in, as a one-time code, and never kept",
            "",
        ),
        key("forget", "New session forgets it", KeyKind::Flag(false), "It is asked for again after New session", ""),
    ],
    beginning: Some("label = \"\"\n"),
    is_short_form: false,
}];

const REQUEST: Key =
    key("post", "request", KeyKind::Request, "The method, and a path below the API or a whole address", "/auth/login");
const AUTH: Key = key("auth", "sign with", KeyKind::Text, "The header Authorization", "Bearer {{token}}");
const JSON: Key = key(
    "json",
    "JSON body",
    KeyKind::Toml,
    "What is sent as application/json, as TOML spells it",
    "{ user = \"{{user}}\" }",
);
const FORM: Key = rare(
    "form",
    "form body",
    KeyKind::Pairs(Values::TextsOrLists, "field"),
    "What is sent as a form, as HTML forms do",
    "{{user}}",
);
const QUERY: Key = rare(
    "query",
    "query",
    KeyKind::Pairs(Values::TextsOrLists, "name"),
    "Parameters of the address; a list is several of the same name",
    "{{value}}",
);
const TEXT: Key = rare(
    "text",
    "text body",
    KeyKind::Text,
    "What is sent as text/plain, unless the header Content-Type says more",
    "{{jwt}}",
);
const OK_STATUSES: Key =
    rare("ok_statuses", "worked with", KeyKind::List(Values::Any), "Statuses that are a success as any 2xx is", "409");
const HEADERS: Key =
    rare("headers", "headers", KeyKind::Pairs(Values::Texts, "X-Name"), "Further headers", "{{value}}");
pub(super) const MAKE: Key = rare(
    "make",
    "make first",
    KeyKind::Pairs(Values::Texts, "made"),
    "Values made of others, such as what a signature is of",
    "{{a}}.{{b}}",
);
const OK: Key = key(
    "ok",
    "worked if",
    KeyKind::Pairs(Values::Any, "/ok"),
    "What has to stand in the answer beside any 2xx, or it is a refusal",
    "true",
);
const UNTIL: Key = rare(
    "until",
    "again until",
    KeyKind::Pairs(Values::Any, "/ready"),
    "The request is sent again until its answer says this",
    "true",
);
const EVERY: Key = rare("every", "again every", KeyKind::Text, "How long after an answer it is sent again", "2s");
const WITHIN: Key = rare("within", "at most for", KeyKind::Text, "By when its answer has to say that", "60s");
const ERROR: Key =
    key("error", "reason is at", KeyKind::Text, "Where an answer holds the server's own reason", "/error");
pub(super) const TAKE: Key = key(
    "take",
    "take",
    KeyKind::Pairs(Values::Texts, "value"),
    "What is kept of the answer, and where it stands: a JSON pointer, header:Name, cookie:name, after:TEXT, \
     query:NAME of VALUE or text",
    "/ticket",
);
const LIFE: Key = key(
    "life",
    "lives",
    KeyKind::Time(&["seconds", "millis", "unix", "unix_ms", "date", "jwt"]),
    "How long what was taken is good for",
    "/expires_in",
);
const SESSION: Key = rare(
    "session",
    "with session's id",
    KeyKind::Flag(false),
    "Sends the session's id once the server has named one",
    "",
);

const SHORT_REQUEST: [Key; 3] = [
    key("method", "method", KeyKind::OneOf(&["GET", "POST"]), "The request's method", ""),
    key("path", "path", KeyKind::Text, "The path below the API", "/api/v1/auth/token"),
    key("field", "take", KeyKind::Text, "Where the answer holds it", "/token"),
];

pub const SIGN_IN: &[Section] = &[
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
            TEXT,
            SESSION,
            MAKE,
            OK_STATUSES,
            OK,
            UNTIL,
            EVERY,
            WITHIN,
            ERROR,
            TAKE,
            LIFE,
            rare(
                "refresh_on",
                "done again on",
                KeyKind::List(Values::Any),
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
                KeyKind::OneOf(&["browser", "device"]),
                "In this computer's browser, or in any with a code that is typed there",
                "",
            ),
            key(
                "authorize",
                "browser goes to",
                KeyKind::Text,
                "For the way through the browser",
                "https://login.example.com/authorize",
            ),
            rare(
                "device",
                "code comes from",
                KeyKind::Text,
                "For the way with a code",
                "https://login.example.com/device",
            ),
            key(
                "token",
                "tokens come from",
                KeyKind::Text,
                "The server's token endpoint",
                "https://login.example.com/token",
            ),
            key("client_id", "client id", KeyKind::Text, "Who asks", "my-app"),
            rare(
                "client_secret",
                "client secret",
                KeyKind::Text,
                "Where the server wants one: a secret",
                "{{client_secret}}",
            ),
            key(
                "scopes",
                "scopes",
                KeyKind::List(Values::Texts),
                "What is asked for; offline_access or the like, if the sign-in is to last",
                "openid",
            ),
            rare(
                "extra",
                "further parameters",
                KeyKind::Pairs(Values::Texts, "audience"),
                "Of the first request",
                "https://api.example.com",
            ),
            rare(
                "port",
                "comes back to port",
                KeyKind::Number,
                "Where the server wants to know it before; else any that is free",
                "8400",
            ),
        ],
    ),
];

pub const TICKET: &[Section] = &[
    short_form(
        &["endpoints", "ticket"],
        "Request",
        &[
            key("method", "method", KeyKind::OneOf(&["GET", "POST"]), "The request's method", ""),
            key("path", "path", KeyKind::Text, "The path below the API", "/api/v1/ws-ticket"),
            key("field", "take", KeyKind::Text, "Where the answer holds the ticket", "/ticket"),
            key(
                "ttl_field",
                "lives",
                KeyKind::Text,
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
            TEXT,
            SESSION,
            MAKE,
            OK_STATUSES,
            OK,
            UNTIL,
            EVERY,
            WITHIN,
            ERROR,
            TAKE,
            LIFE,
            key("reusable", "can be used again", KeyKind::Flag(false), "The same one may come again", ""),
        ],
    ),
];

pub const SOCKET: &[Section] = &[
    short_form(
        &["endpoints", "socket"],
        "Address",
        &[
            key("path", "path", KeyKind::Text, "The path of the WebSocket", "/ws"),
            key("query", "ticket goes into", KeyKind::Text, "The parameter that carries the ticket", "ticket"),
        ],
    ),
    table(
        &["socket"],
        "Address",
        &[
            key(
                "url",
                "whole address",
                KeyKind::Text,
                "If an answer gives it; else the service's WebSocket and the path",
                "{{url}}",
            ),
            key("path", "path", KeyKind::Text, "Below the WebSocket's address", "/ws"),
            Key { is_rare: false, ..QUERY },
            key(
                "protocols",
                "subprotocols",
                KeyKind::List(Values::Texts),
                "What is offered as Sec-WebSocket-Protocol",
                "graphql-transport-ws",
            ),
            HEADERS,
            MAKE,
            rare(
                "origin",
                "origin",
                KeyKind::TextOrNone,
                "Another origin than the service's, or none",
                "https://app.example.com",
            ),
            rare(
                "ping",
                "ping every",
                KeyKind::TextOrNone,
                "How often the open socket is pinged, or none where the server answers no pings",
                "10s",
            ),
            rare(
                "max_message",
                "longest message",
                KeyKind::Text,
                "Longer ones end the connection: a limit of this program",
                "16MiB",
            ),
        ],
    ),
];
