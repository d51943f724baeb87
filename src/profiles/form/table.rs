//! The table of a profile's keys: which parts a form has, which tables of the file belong to each, and how a key is edited.
//! Forms are drawn from it.

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
    /// How the service's log is read.
    Log,
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
            Self::Log => "Its log",
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
            Self::Log => {
                "How lines of the service's log are read, when one is opened that has not the contract's form."
            }
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
    pub kind: KeyKind,
    /// What it means.
    pub help: &'static str,
    /// What may stand there.
    pub example: &'static str,
    /// Whether its field is there only where it is used, or asked for.
    pub is_rare: bool,
}

/// How a key is edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// A text on one line.
    Text,
    /// A text, or the word `none` for `false`.
    TextOrNone,
    /// A path alone in a table, or the word `none` for `false`.
    PathOrNone,
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
    /// Texts, and lists of them.
    TextsOrLists,
    /// Texts, numbers, `true` and `false`.
    Any,
}

pub(super) const fn key(
    name: &'static str,
    label: &'static str,
    kind: KeyKind,
    help: &'static str,
    example: &'static str,
) -> Key {
    Key { name, label, kind, help, example, is_rare: false }
}

pub(super) const fn rare(
    name: &'static str,
    label: &'static str,
    kind: KeyKind,
    help: &'static str,
    example: &'static str,
) -> Key {
    Key { is_rare: true, ..key(name, label, kind, help, example) }
}

pub(super) const fn table(path: &'static [&'static str], label: &'static str, keys: &'static [Key]) -> Section {
    Section { place: Place::Table(path), label, keys, beginning: None, is_short_form: false }
}

pub(super) const fn short_form(path: &'static [&'static str], label: &'static str, keys: &'static [Key]) -> Section {
    Section { is_short_form: true, ..table(path, label, keys) }
}

pub(super) const fn each(
    name: &'static str,
    label: &'static str,
    beginning: &'static str,
    keys: &'static [Key],
) -> Section {
    Section { place: Place::Each(name), label, keys, beginning: Some(beginning), is_short_form: false }
}

pub(super) const fn optional(
    path: &'static [&'static str],
    label: &'static str,
    beginning: &'static str,
    keys: &'static [Key],
) -> Section {
    Section { beginning: Some(beginning), ..table(path, label, keys) }
}
