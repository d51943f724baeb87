//! Who can fix it that an open socket ended, and how: by its close code where that has a meaning of its own, else by the words of
//! the reason beside it.

use crate::diagnosis::context::{Context, JUST_OPENED};
use crate::diagnosis::findings::store_words::StoreTrouble;
use crate::diagnosis::problem::Owner;
use crate::model::failure::{Hint, Hints, LastWord, Protocol};
use crate::model::{Close, Service, WellKnown};

/// The end of an open socket, and what tells whose it is.
pub struct End<'a> {
    /// How it ended.
    pub close: &'a Close,
    /// What the server said just before.
    pub word: Option<&'a LastWord>,
    /// Whether the JWT in use was issued a moment ago.
    pub is_jwt_fresh: bool,
    /// Whether the socket had been let in and used: what was accepted then may have expired since.
    pub was_in_use: bool,
    /// The well-known protocol that the profile speaks.
    pub protocol: Option<WellKnown>,
}

impl<'a> End<'a> {
    /// The end of a connection with `context`.
    pub(super) fn of(close: &'a Close, context: &Context<'a>) -> Self {
        Self {
            close,
            word: context.last_word,
            is_jwt_fresh: context.is_jwt_fresh(),
            was_in_use: context.is_end_timed && context.open_for >= JUST_OPENED,
            protocol: context.service().and_then(Service::well_known),
        }
    }

    /// Its close code, or 0 if that is a number of the server's own: what others mean by it says nothing then.
    pub fn code(&self) -> u16 {
        let code = self.close.code;
        let is_protocols = self.protocol.is_some_and(|protocol| protocol.has_code(code));
        if self.close.is_of_nobody_known() && !is_protocols { 0 } else { code.0 }
    }

    /// What happened, in words.
    pub fn meaning(&self) -> String {
        match self.close.is_of_nobody_known() && self.code() != 0 {
            true => self.close.code.entry().meaning.to_owned(),
            false => self.close.meaning(),
        }
    }

    /// Whether the reason says more than the code, which several have for different things.
    pub fn is_told_by_reason(&self) -> bool {
        let is_shared = matches!(self.close.code.0, 4000..=4014) && self.protocol.is_none();
        self.close.code.is_private() && !self.close.reason.is_empty() && (is_shared || self.code() == 0)
    }

    fn hints(&self) -> Hints {
        Hints::in_texts([self.close.reason.as_str(), self.word.map_or("", |word| word.reason.as_str())])
    }

    /// What its words say of the store behind the server.
    pub fn store_trouble(&self) -> Option<&'static StoreTrouble> {
        StoreTrouble::of(&self.hints())
    }

    /// Whether what opened the connection had been accepted, and has expired since.
    pub fn is_expired_in_use(&self) -> bool {
        let hints = self.hints();
        let is_expired = hints.has(Hint::Expired) && !hints.has(Hint::Suspended) || self.code() == 3005;
        self.was_in_use && is_expired && !hints.has(Hint::Restart)
    }
}

/// Who can fix it and how, by the code, and where that tells nothing by the reason's words.
pub fn remedy(end: &End<'_>) -> Option<(Owner, &'static str)> {
    let hints = end.hints();
    let credential = || match end.is_jwt_fresh {
        true => (
            Owner::Developers,
            "The developers can see why the server does not accept a credential that it has just given out; New session \
             gets another one meanwhile.",
        ),
        false => (Owner::User, "The user can try New session; if that does not help, the developers can look why."),
    };
    let says = |wanted: &[Hint]| wanted.iter().any(|hint| hints.has(*hint));
    if let Some(found) = of_pusher(end) {
        return Some(found);
    }
    if let Some(trouble) = end.store_trouble() {
        return Some((trouble.owner, trouble.next));
    }
    Some(match end.code() {
        1013 => (Owner::Operations, "Operations can add capacity: the server is overloaded."),
        1011 if says(&[Hint::Idle]) => (
            Owner::Operations,
            "Operations can see why pings or their answers get lost on the way to the server, or raise its ping timeout.",
        ),
        1011 if says(&[Hint::Connections]) => {
            (Owner::Operations, "Operations can raise the limit of connections, or find out who holds so many.")
        }
        0 | 1000..=1008 | 1011 | 3000..=4999 if end.is_expired_in_use() => (
            Owner::Developers,
            "The developers can let the client fetch a new JWT before the old one expires, or let it live longer; the client comes \
             back with a new one by itself.",
        ),
        1011 if says(&[Hint::Expired, Hint::Key, Hint::Signature]) => credential(),
        1011 if says(&[Hint::Unreachable]) => (
            Owner::Operations,
            "Operations can see whether what its reason names runs, and whether the server reaches it.",
        ),
        1011 | 1014 => (Owner::Operations, "Operations can fix it: the server's load and log tell why."),
        1009 => {
            (Owner::Developers, "The developers can send smaller messages, or operations raise the server's limit.")
        }
        _ if says(&[Hint::Connections]) => {
            (Owner::Operations, "Operations can raise the limit of connections, or find out who holds so many.")
        }
        _ if says(&[Hint::Rate]) => {
            (Owner::Operations, "Operations own the limit of requests and messages, and can raise it.")
        }
        _ if says(&[Hint::Overload]) => (Owner::Operations, "Operations can add capacity: the server is overloaded."),
        _ if says(&[Hint::Restart]) => {
            (Owner::Nobody, "Nobody has to do anything, unless it stays away: then operations.")
        }
        _ if says(&[Hint::Maintenance]) => {
            (Owner::Operations, "Operations can say how long the maintenance takes; the client comes back by itself.")
        }
        _ if is_switched_off(end.word) => {
            (Owner::Developers, "The developers can switch Socket Mode on again in the settings of their app at Slack.")
        }
        _ if is_moving(end.word) => {
            (Owner::Nobody, "Nobody has to do anything: the service moves its connections, and the client comes back.")
        }
        _ if says(&[Hint::FirstMessage]) || end.code() == 3502 => (
            Owner::Developers,
            "The developers can say which message the server waits for after opening, and how long; whoever wrote the profile can \
             send it (greeting).",
        ),
        _ if says(&[Hint::ClientVersion]) => (
            Owner::Developers,
            "The developers can say which clients the server still takes, and how it tells them apart.",
        ),
        _ if says(&[Hint::SessionElsewhere]) => (
            Owner::Operations,
            "Operations can let all requests of a client reach one server (sticky sessions), or let the servers share their \
             sessions; one that was restarted may have lost them.",
        ),
        _ if says(&[Hint::NotThere]) => (
            Owner::Developers,
            "The developers can say where the program looks for what its reason names, and what has to be there first.",
        ),
        _ if says(&[Hint::Suspended]) => {
            (Owner::Operations, "Operations can look up the service's account or licence: it ran out, or was stopped.")
        }
        _ if says(&[Hint::Origin]) => {
            (Owner::Operations, "Operations can add the profile's origin to the server's list of allowed origins.")
        }
        _ if says(&[Hint::Subprotocol]) || end.code() == 4406 => {
            (Owner::Developers, "The developers can say which subprotocol the server expects.")
        }
        _ if says(&[Hint::Replaced]) => (
            Owner::User,
            "The user can close the web app in the other tab or on the other device: the server allows one connection.",
        ),
        _ if says(&[Hint::MaxAge]) => (
            Owner::Operations,
            "Operations can say whether that limit is meant: the server ends each connection that has been open for so long, and \
             the client comes back by itself.",
        ),
        _ if says(&[Hint::Removed]) || is_removed(end.word) => (
            Owner::Operations,
            "Operations can say who, or which part of the program, ended it on purpose; the developers know when it does that.",
        ),
        _ if says(&[Hint::TooBig]) => {
            (Owner::Developers, "The developers can send smaller messages, or raise the limit.")
        }
        _ if says(&[Hint::NoCredential]) => (
            Owner::Developers,
            "The developers can let the server take the ticket from the address: no browser can send a header Authorization with a \
             WebSocket.",
        ),
        _ if says(&[Hint::Idle]) => (
            Owner::Operations,
            "Operations can raise the limit of idle time; the developers can let the web app send something more often.",
        ),
        _ if says(&[Hint::Unauthorized, Hint::Expired, Hint::Key, Hint::Signature, Hint::Audience, Hint::Issuer])
            || says(&[Hint::BadCredential, Hint::NotAJwt]) =>
        {
            credential()
        }
        3003 | 4003 | 4403 => (Owner::Operations, "Operations can look up why this login may not connect."),
        3001 => (Owner::Nobody, "Nobody has to do anything, unless it stays away: then operations."),
        3004 => (Owner::Operations, "Operations can fix it: the server's log tells why."),
        3009..=3012 => {
            (Owner::Operations, "Operations can see in the server's log why it lets clients go, and how often.")
        }
        3508 => (Owner::Operations, "Operations can allow in the server's settings what the client asks for."),
        3509 | 4002 | 4005..=4007 | 4010..=4014 => (
            Owner::Developers,
            "The developers can say what this code means in their server, and what of the client's it answers.",
        ),
        3000 | 3005 | 3500 | 4004 | 4009 | 4401 => credential(),
        4409 => (Owner::Developers, "The developers can see why the client begins the same subscription twice."),
        4200 | 4205 => {
            (Owner::Nobody, "Nobody has to do anything: the service moves its connections, and the client comes back.")
        }
        4100 => (Owner::Operations, "Operations can add capacity: the server is full."),
        4408 => {
            (Owner::Developers, "The developers can say what the server waits for after opening (connection_init).")
        }
        3013 | 4008 | 4301 | 4429 => {
            (Owner::Operations, "Operations own the limit of requests and messages, and can raise it.")
        }
        4404 | 4410 => (
            Owner::Developers,
            "The developers can say where the program looks for what the client asks for, and what has to be there first.",
        ),
        4413 => (Owner::Developers, "The developers can send smaller messages, or raise the limit."),
        4500 | 4502..=4504 => (Owner::Operations, "Operations can fix it: the server's log tells why."),
        _ => return None,
    })
}

/// What a close code of Pusher's asks for, after an error event of Pusher's.
fn of_pusher(end: &End<'_>) -> Option<(Owner, &'static str)> {
    end.word.filter(|word| word.protocol == Protocol::Pusher)?;
    Some(match end.close.code.0 {
        4000 => (Owner::ProfileAuthor, "Whoever wrote the profile can write wss:// instead of ws://."),
        4001 | 4003 => (
            Owner::ProfileAuthor,
            "Whoever wrote the profile can compare app key and cluster in the WebSocket's address with those of the service's app; \
             operations can see there whether the app is switched on.",
        ),
        4005..=4008 => (
            Owner::ProfileAuthor,
            "Whoever wrote the profile can put path, version and protocol into the WebSocket's address as Pusher has them \
             (/app/KEY?protocol=7).",
        ),
        4004 | 4100 => (Owner::Operations, "Operations can raise the app's limit of connections in its plan."),
        _ => return None,
    })
}

/// Whether the program disconnected the client on purpose, as Action Cable says.
fn is_removed(word: Option<&LastWord>) -> bool {
    word.is_some_and(|word| word.protocol == Protocol::ActionCable && word.reason.as_str() == "remote")
}

/// Whether Slack lets no client of this app in any more.
fn is_switched_off(word: Option<&LastWord>) -> bool {
    word.is_some_and(|word| word.protocol == Protocol::Slack && word.reason.as_str() == "link_disabled")
}

/// Whether Slack asks for another connection in the place of this one, as it does with all from time to time.
fn is_moving(word: Option<&LastWord>) -> bool {
    let is_for_another = |word: &LastWord| matches!(word.reason.as_str(), "" | "warning" | "refresh_requested");
    word.is_some_and(|word| word.protocol == Protocol::Slack && is_for_another(word))
}
