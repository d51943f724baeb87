//! What people ask of the client, and where it takes its JWT from.

/// What a person can ask of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum FlowCommand {
    /// Connect, with the JWT that is there.
    Connect,
    /// End the connection or the attempt, and do not reconnect.
    Disconnect,
    /// Begin a new attempt now, whatever is going on; what a page refresh is to the seed's web client.
    RetryNow,
    /// Drop JWT and session, then connect.
    NewSession,
}

/// Where the JWT of an attempt came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenSource {
    /// Read from the OS keychain at the session's first attempt.
    Keychain,
    /// Kept in memory since an earlier attempt.
    Memory,
    /// Fetched from the token endpoint.
    Server,
}
