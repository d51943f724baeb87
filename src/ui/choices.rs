//! What a command leaves to choose.

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
