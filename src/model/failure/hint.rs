//! What peers say of a refusal, recognised in one place: findings are told by statuses, headers and causes, and these
//! hints only make the sentence, the owner and the next step more exact.

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
    /// The JWT is signed by an algorithm that is not accepted.
    Algorithm,
    /// The JWT lacks a claim.
    Claim,
    /// The ticket did not arrive.
    TicketMissing,
    /// The ticket has been used before.
    TicketUsed,
    /// The ticket is not known there.
    TicketUnknown,
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
    /// The service was suspended: a bill, a plan, or whoever owns it.
    Suspended,
    /// An authorization policy of Envoy's refuses.
    Policy,
    /// The program of a gateway that decides who may pass failed.
    Authorizer,
    /// A message was too big.
    TooBig,
    /// A certificate of the client's is wanted.
    ClientCertificate,
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
    /// There is no such page.
    NoPage,
    /// The program behind the platform's router crashed or sleeps.
    AppCrashed,
    /// The server stops or restarts.
    Restart,
    /// The connection was idle for too long.
    Idle,
    /// The connection was open for as long as any may be.
    MaxAge,
    /// Somebody ended the connection on purpose.
    Removed,
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
    /// Redis: busy with a script.
    RedisBusy,
    /// What was asked cannot be reached.
    Unreachable,
}
