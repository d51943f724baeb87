//! What peers say of a refusal, recognised in one place: findings are told by statuses, headers and causes, and these
//! hints only make the sentence, the owner and the next step more exact.

/// Something that the words of an answer or of a close say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum Hint {
    /// A network greets its guests.
    Guests,
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
    /// What the program puts around each answer keeps it from taking the connection over.
    Wrapped,
    /// A token against forged requests is missing.
    Csrf,
    /// A cookie is missing.
    Cookie,
    /// It is about a JWT or another token.
    Token,
    /// The keys that signatures are checked with cannot be fetched.
    KeysUnreachable,
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
    /// The request lacks a field that the program checks for.
    FieldMissing,
    /// A user, tenant, room or the like that the request names is not there.
    NotThere,
    /// The client of OAuth is not known, or its secret is wrong (RFC 6749 §5.2).
    ClientUnknown,
    /// The grant of OAuth is not one that is offered (RFC 6749 §5.2).
    GrantUnknown,
    /// The scope of OAuth is not one that is offered (RFC 6749 §5.2).
    ScopeUnknown,
    /// Name, password or the like is wrong (RFC 6749 §5.2: the grant).
    GrantRefused,
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
    /// What a plan or an account allows is used up.
    Quota,
    /// Too many connections.
    Connections,
    /// Too much load.
    Overload,
    /// A disk is full.
    Disk,
    /// Too many files or connections are open in the program.
    Files,
    /// The memory is used up.
    Memory,
    /// The database gives no more connections.
    DatabaseFull,
    /// The database takes no writes.
    DatabaseReadOnly,
    /// The address or country is blocked.
    Blocked,
    /// The country that the address is in is blocked.
    Country,
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
    /// The function that a platform runs failed or took too long.
    Function,
    /// A message was too big.
    TooBig,
    /// A certificate of the client's is wanted.
    ClientCertificate,
    /// Headers are too large.
    Headers,
    /// The address is too long.
    AddressTooLong,
    /// The address holds a character that is not taken.
    Characters,
    /// HTTP was spoken to a port of HTTPS.
    PlainHttp,
    /// The gateway could not make sense of what the server behind it said.
    InvalidAnswer,
    /// The gateway has no server behind it for this.
    NoBackend,
    /// TLS to what is behind it fails.
    TlsBehind,
    /// It is the page of a web server for which nothing was set up.
    DefaultPage,
    /// The gateway has no route for the path.
    NoRoute,
    /// The platform has no app of this host name.
    UnknownHost,
    /// The gateway finds no address of the server behind it.
    NameBehind,
    /// The CDN takes only requests for files at this path.
    MethodAtEdge,
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
    /// A server of SockJS has its WebSocket at another path.
    SockJs,
    /// A server of SignalR wants the id of a connection.
    SignalR,
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
    /// The client did not say in time what the server waits for.
    FirstMessage,
    /// The client is too old.
    ClientVersion,
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
    /// Redis: it does not know the command.
    RedisCommand,
    /// Redis: a password was sent, and it has none.
    RedisWithoutPassword,
    /// Redis: it takes connections from its own computer alone.
    RedisProtected,
    /// Redis: a key holds a value of another type.
    RedisType,
    /// Redis: a replica that has lost its primary.
    RedisPrimaryLost,
    /// Redis: its sentinels do not tell where the primary is.
    RedisSentinel,
    /// Redis: the requests of its plan are used up.
    RedisQuota,
    /// Redis: it has no database of that number.
    RedisDatabase,
    /// Redis: it does not know the script.
    RedisScript,
    /// Redis: it ran none of a transaction's commands.
    RedisTransaction,
    /// A store does not let the program in.
    StoreLogin,
    /// A store gives the program no right to what it wants to do.
    StoreRights,
    /// A table or column is not there.
    StoreSchema,
    /// A store takes no more requests than its capacity.
    StoreThrottled,
    /// A store is locked by others, or gave up one of two that wait for each other.
    StoreLocked,
    /// A cache has no room for what it is to keep.
    StoreFull,
    /// What was asked cannot be reached.
    Unreachable,
}
