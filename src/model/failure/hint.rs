//! What peers say of a refusal, recognised in one place: findings are told by statuses, headers and causes, and these
//! hints only make the sentence, the owner and the next step more exact.

use serde_json::Value;

use super::{Answer, BodyKind};
use crate::model::SafeText;

/// Something that the words of an answer or of a close say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum Hint {
    /// The origin is not allowed.
    Origin,
    /// The host name is not one of the server's.
    Host,
    /// A subprotocol is missing or not supported.
    Subprotocol,
    /// The upgrade's own headers did not arrive.
    UpgradeHeaders,
    /// WebSockets are not supported there at all.
    NoWebSockets,
    /// A token against forged requests is missing.
    Csrf,
    /// A cookie is missing.
    Cookie,
    /// The key that signed the JWT is not known there.
    Key,
    /// The JWT's signature does not fit.
    Signature,
    /// The JWT is for another audience.
    Audience,
    /// The JWT is by another issuer.
    Issuer,
    /// The JWT is not valid yet.
    NotYet,
    /// The credential has expired.
    Expired,
    /// What was sent is no JWT, or a damaged one.
    NotAJwt,
    /// A right or scope is missing.
    Scope,
    /// No credential arrived.
    NoCredential,
    /// There is no credential that is accepted.
    Unauthorized,
    /// A credential arrived and is not accepted.
    BadCredential,
    /// Too many requests.
    Rate,
    /// Too many connections.
    Connections,
    /// Too much load.
    Overload,
    /// The address or country is blocked.
    Blocked,
    /// The client has to prove that it is no robot.
    Challenge,
    /// The service is being maintained.
    Maintenance,
    /// A message was too big.
    TooBig,
    /// Headers are too large.
    Headers,
    /// HTTP was spoken to a port of HTTPS.
    PlainHttp,
    /// The gateway could not make sense of what the server behind it said.
    InvalidAnswer,
    /// The gateway has no server behind it for this.
    NoBackend,
    /// The gateway has no route for the path.
    NoRoute,
    /// A storage of files answers, and not a program.
    Storage,
    /// The CDN does not find the server that belongs to the host name.
    NoOriginServer,
    /// The tunnel between CDN and server is down.
    Tunnel,
    /// The gateway wants a key of its own.
    ApiKey,
    /// A server of socket.io wants its parameters in the address.
    SocketIo,
    /// The connection was begun on another server.
    SessionElsewhere,
    /// The program took the request for an ordinary one.
    Ordinary,
    /// The program behind the platform's router crashed or sleeps.
    AppCrashed,
    /// The server stops or restarts.
    Restart,
    /// The connection was idle for too long.
    Idle,
    /// Somebody else took the connection's place.
    Replaced,
    /// Redis: it is a replica and takes no writes.
    RedisReadOnly,
    /// Redis: out of memory.
    RedisMemory,
    /// Redis: wants a password, or another one.
    RedisPassword,
    /// Redis: cannot save to its disk and takes no writes.
    RedisDisk,
    /// Redis: still loading its data.
    RedisLoading,
    /// Redis: a cluster is asked as if it were one server.
    RedisMoved,
    /// Redis: the cluster does not work.
    RedisCluster,
    /// Redis: its user has no right to the command or key.
    RedisRights,
    /// Redis: too many clients.
    RedisClients,
}

/// Phrases of small letters, digits and single spaces; all of one row have to be there.
const WORDS: &[(&[&str], Hint)] = &[
    (&["origin", "not allowed"], Hint::Origin),
    (&["origin", "forbidden"], Hint::Origin),
    (&["origin", "denied"], Hint::Origin),
    (&["origin", "invalid"], Hint::Origin),
    (&["origin", "not permitted"], Hint::Origin),
    (&["origin", "mismatch"], Hint::Origin),
    (&["origin", "does not match"], Hint::Origin),
    (&["origin", "rejected"], Hint::Origin),
    (&["origin", "blocked"], Hint::Origin),
    (&["origin", "not accepted"], Hint::Origin),
    (&["origin", "disallowed"], Hint::Origin),
    (&["origin", "not in"], Hint::Origin),
    (&["bad origin"], Hint::Origin),
    (&["unknown origin"], Hint::Origin),
    (&["unauthorized origin"], Hint::Origin),
    (&["check origin"], Hint::Origin),
    (&["origin check"], Hint::Origin),
    (&["not allowed by cors"], Hint::Origin),
    (&["invalid cors request"], Hint::Origin),
    (&["invalid host"], Hint::Host),
    (&["http host header"], Hint::Host),
    (&["direct ip access"], Hint::Host),
    (&["disallowed host"], Hint::Host),
    (&["disallowedhost"], Hint::Host),
    (&["host", "not allowed"], Hint::Host),
    (&["blocked host"], Hint::Host),
    (&["unknown host"], Hint::Host),
    (&["subprotocol"], Hint::Subprotocol),
    (&["sub protocol"], Hint::Subprotocol),
    (&["sec websocket protocol"], Hint::Subprotocol),
    (&["upgrade required"], Hint::UpgradeHeaders),
    (&["can upgrade only to websocket"], Hint::UpgradeHeaders),
    (&["can only upgrade to websocket"], Hint::UpgradeHeaders),
    (&["upgrade header"], Hint::UpgradeHeaders),
    (&["connection header"], Hint::UpgradeHeaders),
    (&["missing upgrade"], Hint::UpgradeHeaders),
    (&["invalid upgrade"], Hint::UpgradeHeaders),
    (&["not a websocket"], Hint::UpgradeHeaders),
    (&["not websocket"], Hint::UpgradeHeaders),
    (&["expected websocket"], Hint::UpgradeHeaders),
    (&["websocket", "handshake"], Hint::UpgradeHeaders),
    (&["websocket protocol handshake"], Hint::UpgradeHeaders),
    (&["sec websocket key"], Hint::UpgradeHeaders),
    (&["sec websocket version"], Hint::UpgradeHeaders),
    (&["hop by hop"], Hint::UpgradeHeaders),
    (&["websockets are not supported"], Hint::NoWebSockets),
    (&["websocket is not supported"], Hint::NoWebSockets),
    (&["websockets not supported"], Hint::NoWebSockets),
    (&["websocket not supported"], Hint::NoWebSockets),
    (&["does not support websocket"], Hint::NoWebSockets),
    (&["websocket", "not enabled"], Hint::NoWebSockets),
    (&["websockets", "disabled"], Hint::NoWebSockets),
    (&["websocket", "disabled"], Hint::NoWebSockets),
    (&["csrf"], Hint::Csrf),
    (&["xsrf"], Hint::Csrf),
    (&["forgery"], Hint::Csrf),
    (&["page expired"], Hint::Csrf),
    (&["cookie", "missing"], Hint::Cookie),
    (&["cookie", "required"], Hint::Cookie),
    (&["no cookie"], Hint::Cookie),
    (&["session cookie"], Hint::Cookie),
    (&["enable cookies"], Hint::Cookie),
    (&["key with kid"], Hint::Key),
    (&["unknown kid"], Hint::Key),
    (&["signing key"], Hint::Key),
    (&["matching key"], Hint::Key),
    (&["key not found"], Hint::Key),
    (&["key", "kid"], Hint::Key),
    (&["jwks"], Hint::Key),
    (&["applicable key"], Hint::Key),
    (&["signature"], Hint::Signature),
    (&["audience"], Hint::Audience),
    (&["aud claim"], Hint::Audience),
    (&["claim aud"], Hint::Audience),
    (&["issuer"], Hint::Issuer),
    (&["iss claim"], Hint::Issuer),
    (&["claim iss"], Hint::Issuer),
    (&["not valid yet"], Hint::NotYet),
    (&["not yet valid"], Hint::NotYet),
    (&["in the future"], Hint::NotYet),
    (&["used before issued"], Hint::NotYet),
    (&["not active"], Hint::NotYet),
    (&["before nbf"], Hint::NotYet),
    (&["nbf"], Hint::NotYet),
    (&["immature"], Hint::NotYet),
    (&["expired"], Hint::Expired),
    (&["session timed out"], Hint::Expired),
    (&["jwt malformed"], Hint::NotAJwt),
    (&["malformed", "token"], Hint::NotAJwt),
    (&["not enough segments"], Hint::NotAJwt),
    (&["not a jwt"], Hint::NotAJwt),
    (&["invalid number of segments"], Hint::NotAJwt),
    (&["cannot be decoded"], Hint::NotAJwt),
    (&["insufficient scope"], Hint::Scope),
    (&["permission"], Hint::Scope),
    (&["missing scope"], Hint::Scope),
    (&["required scope"], Hint::Scope),
    (&["rate limit"], Hint::Rate),
    (&["ratelimit"], Hint::Rate),
    (&["too many requests"], Hint::Rate),
    (&["throttl"], Hint::Rate),
    (&["slow down"], Hint::Rate),
    (&["quota"], Hint::Rate),
    (&["max number of clients reached"], Hint::RedisClients),
    (&["too many", "connection"], Hint::Connections),
    (&["too many", "client"], Hint::Connections),
    (&["too many", "socket"], Hint::Connections),
    (&["too many", "session"], Hint::Connections),
    (&["connection limit"], Hint::Connections),
    (&["connections limit"], Hint::Connections),
    (&["limit of connections"], Hint::Connections),
    (&["max connections"], Hint::Connections),
    (&["maximum", "connections"], Hint::Connections),
    (&["connections per"], Hint::Connections),
    (&["overload"], Hint::Overload),
    (&["server busy"], Hint::Overload),
    (&["at capacity"], Hint::Overload),
    (&["over capacity"], Hint::Overload),
    (&["try again later"], Hint::Overload),
    (&["backpressure"], Hint::Overload),
    (&["slow consumer"], Hint::Overload),
    (&["buffer", "full"], Hint::Overload),
    (&["error code 1005"], Hint::Blocked),
    (&["error code 1006"], Hint::Blocked),
    (&["error code 1007"], Hint::Blocked),
    (&["error code 1008"], Hint::Blocked),
    (&["error code 1009"], Hint::Blocked),
    (&["error code 1010"], Hint::Blocked),
    (&["error code 1012"], Hint::Blocked),
    (&["error code 1015"], Hint::Rate),
    (&["error code 1020"], Hint::Blocked),
    (&["error 1020"], Hint::Blocked),
    (&["error 1010"], Hint::Blocked),
    (&["error 1006"], Hint::Blocked),
    (&["restrict access"], Hint::Blocked),
    (&["you have been blocked"], Hint::Blocked),
    (&["ip", "blocked"], Hint::Blocked),
    (&["ip", "banned"], Hint::Blocked),
    (&["ip address", "not allowed"], Hint::Blocked),
    (&["ip", "not whitelisted"], Hint::Blocked),
    (&["not available in your country"], Hint::Blocked),
    (&["not available in your region"], Hint::Blocked),
    (&["just a moment"], Hint::Challenge),
    (&["checking your browser"], Hint::Challenge),
    (&["captcha"], Hint::Challenge),
    (&["verify you are human"], Hint::Challenge),
    (&["are you a robot"], Hint::Challenge),
    (&["enable javascript and cookies"], Hint::Challenge),
    (&["maintenance"], Hint::Maintenance),
    (&["be back soon"], Hint::Maintenance),
    (&["be right back"], Hint::Maintenance),
    (&["under construction"], Hint::Maintenance),
    (&["scheduled downtime"], Hint::Maintenance),
    (&["message", "too big"], Hint::TooBig),
    (&["message", "too large"], Hint::TooBig),
    (&["payload", "too large"], Hint::TooBig),
    (&["frame", "too large"], Hint::TooBig),
    (&["max payload"], Hint::TooBig),
    (&["header", "too large"], Hint::Headers),
    (&["header", "too long"], Hint::Headers),
    (&["header", "too big"], Hint::Headers),
    (&["header", "exceed"], Hint::Headers),
    (&["plain http request was sent to https"], Hint::PlainHttp),
    (&["plain http request", "https port"], Hint::PlainHttp),
    (&["http request to an https server"], Hint::PlainHttp),
    (&["combination of host and port requires tls"], Hint::PlainHttp),
    (&["invalid or incomplete response"], Hint::InvalidAnswer),
    (&["invalid response"], Hint::InvalidAnswer),
    (&["protocol error"], Hint::InvalidAnswer),
    (&["upstream connect error"], Hint::NoBackend),
    (&["no healthy upstream"], Hint::NoBackend),
    (&["no server is available"], Hint::NoBackend),
    (&["no available server"], Hint::NoBackend),
    (&["default backend"], Hint::NoBackend),
    (&["ring balancer"], Hint::NoBackend),
    (&["name resolution failed"], Hint::NoBackend),
    (&["no route matched"], Hint::NoRoute),
    (&["404 page not found"], Hint::NoRoute),
    (&["application not found"], Hint::NoRoute),
    (&["missing authentication token"], Hint::NoRoute),
    (&["missingauthenticationtoken"], Hint::NoRoute),
    (&["no such app"], Hint::NoRoute),
    (&["accessdenied access denied"], Hint::Storage),
    (&["nosuchkey the specified key"], Hint::Storage),
    (&["nosuchbucket the specified bucket"], Hint::Storage),
    (&["methodnotallowed the specified method"], Hint::Storage),
    (&["distribution", "not configured to allow the http request method"], Hint::Storage),
    (&["error code 1000"], Hint::NoOriginServer),
    (&["error code 1001"], Hint::NoOriginServer),
    (&["error code 1014"], Hint::NoOriginServer),
    (&["error code 1016"], Hint::NoOriginServer),
    (&["error code 1018"], Hint::NoOriginServer),
    (&["origin dns error"], Hint::NoOriginServer),
    (&["dns resolution error"], Hint::NoOriginServer),
    (&["error code 1033"], Hint::Tunnel),
    (&["tunnel error"], Hint::Tunnel),
    (&["no api key"], Hint::ApiKey),
    (&["api key", "missing"], Hint::ApiKey),
    (&["api key", "required"], Hint::ApiKey),
    (&["invalid api key"], Hint::ApiKey),
    (&["transport unknown"], Hint::SocketIo),
    (&["unsupported protocol version"], Hint::SocketIo),
    (&["session id unknown"], Hint::SessionElsewhere),
    (&["no connection with that id"], Hint::SessionElsewhere),
    (&["cannot get"], Hint::Ordinary),
    (&["cannot post"], Hint::Ordinary),
    (&["application error"], Hint::AppCrashed),
    (&["application failed to respond"], Hint::AppCrashed),
    (&["shutting down"], Hint::Restart),
    (&["server shutdown"], Hint::Restart),
    (&["restart"], Hint::Restart),
    (&["going away"], Hint::Restart),
    (&["deploy"], Hint::Restart),
    (&["idle"], Hint::Idle),
    (&["inactiv"], Hint::Idle),
    (&["ping timeout"], Hint::Idle),
    (&["pong timeout"], Hint::Idle),
    (&["keepalive"], Hint::Idle),
    (&["heartbeat"], Hint::Idle),
    (&["replaced"], Hint::Replaced),
    (&["another session"], Hint::Replaced),
    (&["another location"], Hint::Replaced),
    (&["another device"], Hint::Replaced),
    (&["another connection"], Hint::Replaced),
    (&["duplicate connection"], Hint::Replaced),
    (&["logged in elsewhere"], Hint::Replaced),
    (&["not provided"], Hint::NoCredential),
    (&["no token"], Hint::NoCredential),
    (&["no authorization"], Hint::NoCredential),
    (&["missing authorization"], Hint::NoCredential),
    (&["authorization header", "missing"], Hint::NoCredential),
    (&["authorization header", "required"], Hint::NoCredential),
    (&["missing bearer"], Hint::NoCredential),
    (&["could not validate"], Hint::BadCredential),
    (&["invalid token"], Hint::BadCredential),
    (&["invalid credentials"], Hint::BadCredential),
    (&["token is invalid"], Hint::BadCredential),
    (&["token is not valid"], Hint::BadCredential),
    (&["bad token"], Hint::BadCredential),
    (&["token", "revoked"], Hint::BadCredential),
    (&["unauthor"], Hint::Unauthorized),
    (&["unauthenticated"], Hint::Unauthorized),
    (&["not authenticated"], Hint::Unauthorized),
    (&["not authorized"], Hint::Unauthorized),
    (&["authentication"], Hint::Unauthorized),
    (&["invalid token"], Hint::Unauthorized),
    (&["invalid_token"], Hint::Unauthorized),
    (&["bad token"], Hint::Unauthorized),
    (&["forbidden"], Hint::Unauthorized),
    (&["access denied"], Hint::Unauthorized),
];

/// The words with which Redis begins its errors, in capitals.
const REDIS: &[(&str, Hint)] = &[
    ("READONLY", Hint::RedisReadOnly),
    ("OOM", Hint::RedisMemory),
    ("NOAUTH", Hint::RedisPassword),
    ("WRONGPASS", Hint::RedisPassword),
    ("MISCONF", Hint::RedisDisk),
    ("LOADING Redis", Hint::RedisLoading),
    ("BUSYLOADING", Hint::RedisLoading),
    ("MASTERDOWN", Hint::RedisCluster),
    ("MOVED", Hint::RedisMoved),
    ("CROSSSLOT", Hint::RedisMoved),
    ("CLUSTERDOWN", Hint::RedisCluster),
    ("NOREPLICAS", Hint::RedisCluster),
    ("NOPERM", Hint::RedisRights),
];

/// The hints in what a peer said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hints(Vec<Hint>);

impl Hints {
    /// What `texts` say.
    pub fn in_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut found = Vec::new();
        for text in texts {
            let is_word = |at: usize, name: &str| {
                let is_part = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
                !is_part(text[..at].chars().next_back()) && !is_part(text[at + name.len()..].chars().next())
            };
            let said = |name: &str| text.match_indices(name).any(|(at, name)| is_word(at, name));
            found.extend(REDIS.iter().filter(|(name, _)| said(name)).map(|(_, hint)| *hint));
            let words = format!(" {} ", plain(text));
            let fits =
                |phrase: &&str| words.contains(phrase) && (phrase.len() > 3 || words.contains(&format!(" {phrase} ")));
            found.extend(WORDS.iter().filter(|(all, _)| all.iter().all(fits)).map(|(_, hint)| *hint));
        }
        Self(found)
    }

    /// Whether this was said.
    pub fn has(&self, hint: Hint) -> bool {
        self.0.contains(&hint)
    }

    /// What Redis said, if it was quoted.
    pub fn redis(&self) -> Option<Hint> {
        self.0.iter().copied().find(|hint| REDIS.iter().any(|(_, known)| known == hint) || *hint == Hint::RedisClients)
    }
}

/// `text` in small letters, with single spaces between words and numbers.
fn plain(text: &str) -> String {
    let lower = text.to_lowercase();
    lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

impl Answer {
    /// What it says, as far as its words are known.
    pub fn hints(&self) -> Hints {
        let body = [&self.body.title, &self.body.excerpt, &self.body.code];
        let headers =
            ["www-authenticate", "x-amzn-errortype", "cf-mitigated"].into_iter().filter_map(|name| self.header(name));
        Hints::in_texts(body.into_iter().flatten().map(SafeText::as_str).chain(headers))
    }

    /// Its own words, to be quoted: of a page its title, of JSON its message, else what it begins with, else why a
    /// credential is refused.
    pub fn own_words(&self) -> Option<String> {
        let excerpt = self.body.excerpt.as_ref().and_then(|excerpt| match self.body.kind {
            BodyKind::Json => message(excerpt.as_str()),
            BodyKind::Empty | BodyKind::Page | BodyKind::Text | BodyKind::Binary => Some(excerpt.as_str().to_owned()),
        });
        let words = self.body.title.as_ref().map(|title| title.as_str().to_owned()).or(excerpt);
        // What refuses a credential says why in the header, and at most a name in the body.
        let is_telling = self.status == 401 && self.challenge().is_some_and(|challenge| challenge.is_telling());
        let challenge = self.header("www-authenticate").map(str::to_owned);
        challenge.filter(|_| is_telling).or(words).filter(|words| !words.trim().is_empty())
    }
}

/// What JSON says to people.
fn message(json: &str) -> Option<String> {
    const KEYS: [&str; 9] =
        ["message", "error_description", "detail", "description", "reason", "msg", "title", "error", "messages"];
    let json = serde_json::from_str::<Value>(json).ok()?;
    let inner = json.get("error").filter(|error| error.is_object()).unwrap_or(&json);
    KEYS.iter().find_map(|key| inner.get(*key)?.as_str()).map(str::to_owned)
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
        ] {
            assert!(Hints::in_texts([said]).has(expected), "{said}");
        }
        for said in ["error code: 1001", "zoom loading", "", "so it is", "the shipping blocked"] {
            let hints = Hints::in_texts([said]);
            assert_eq!((hints.redis(), hints.has(Hint::Blocked)), (None, false), "{said}");
        }
    }
}
