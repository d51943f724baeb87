//! What a command leaves to choose: how often, which messages, which tab.

/// How often faults in the ticket request act.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum Repeat {
    /// At one ticket request.
    #[default]
    Once,
    /// At three.
    Thrice,
    /// Until it is switched off.
    UntilOff,
}

impl Repeat {
    /// The number for [`crate::session::Command::Arm`].
    pub const fn times(self) -> Option<u32> {
        match self {
            Self::Once => Some(1),
            Self::Thrice => Some(3),
            Self::UntilOff => None,
        }
    }

    /// What the choice says.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Once => "1×",
            Self::Thrice => "3×",
            Self::UntilOff => "until off",
        }
    }
}

/// Sorts of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum MessageFilter {
    /// From the server.
    #[default]
    Received,
    /// To the server.
    Sent,
    /// UTF-8 text.
    Text,
    /// Bytes.
    Binary,
    /// Pings and pongs.
    Heartbeats,
}

impl MessageFilter {
    /// What its switch says.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Received => "In",
            Self::Sent => "Out",
            Self::Text => "Text",
            Self::Binary => "Binary",
            Self::Heartbeats => "Ping and pong",
        }
    }
}

/// The tabs below the cards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum Tab {
    /// The console.
    #[default]
    Log,
    /// Every close so far.
    Closes,
    /// What passed over the socket.
    Messages,
    /// The client's state diagram.
    Machine,
    /// What the local server logged.
    Server,
    /// What a reconnect rule does to a server.
    Herd,
    /// Round trips and rates.
    Rates,
    /// The console of a drill.
    Drill,
    /// The check that is going on or was the last.
    Check,
}

impl Tab {
    /// Whether the pane makes room for it.
    pub const fn wants_room(self) -> bool {
        match self {
            Self::Log | Self::Closes | Self::Server | Self::Drill => false,
            Self::Messages | Self::Rates | Self::Machine | Self::Herd | Self::Check => true,
        }
    }

    /// Whether it shows lines, which can be filtered and copied.
    pub const fn is_log(self) -> bool {
        match self {
            Self::Log | Self::Server | Self::Drill | Self::Messages => true,
            Self::Closes | Self::Rates | Self::Machine | Self::Herd | Self::Check => false,
        }
    }
}
