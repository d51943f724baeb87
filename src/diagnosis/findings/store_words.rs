//! What stores say of a request that they do not serve: Redis by the words with which its errors begin, others by their drivers'.

use crate::diagnosis::findings::explanation::Explanation;
use crate::diagnosis::problem::Owner;
use crate::diagnosis::words::sentence;
use crate::model::failure::{Hint, Hints};

/// What is the matter with the store behind a program, and who can do what about it.
#[derive(Clone, Copy, Debug)]
pub struct StoreTrouble {
    hint: Hint,
    /// Who can fix it.
    pub owner: Owner,
    /// What is the matter, of the store that keeps tickets.
    pub title: &'static str,
    /// Why, as a part of a sentence.
    why: &'static str,
    /// What to do, in a sentence that begins with who.
    pub next: &'static str,
}

impl StoreTrouble {
    /// What a peer's words show of a store.
    pub fn of(hints: &Hints) -> Option<&'static Self> {
        REDIS.iter().chain(&OTHERS).find(|trouble| hints.has(trouble.hint))
    }

    /// The same of those that are no error of Redis'.
    pub fn of_others(hints: &Hints) -> Option<&'static Self> {
        OTHERS.iter().find(|trouble| hints.has(trouble.hint))
    }

    /// The same of those that are an error of Redis'.
    pub fn of_redis(hints: &Hints) -> Option<&'static Self> {
        REDIS.iter().find(|trouble| hints.has(trouble.hint))
    }

    /// Why, as a sentence without its full stop. The store is behind `program`: the API, the server.
    pub fn why(&self, program: &str) -> String {
        match REDIS.iter().any(|known| known.hint == self.hint) {
            true => format!("Redis behind {program} answers, and refuses: {}", self.why),
            false => self.why.to_owned(),
        }
    }
}

impl From<&StoreTrouble> for Explanation {
    fn from(trouble: &StoreTrouble) -> Self {
        Self::new(trouble.owner, sentence(&trouble.why("the server")), trouble.next)
    }
}

const fn of_operations(hint: Hint, title: &'static str, why: &'static str, next: &'static str) -> StoreTrouble {
    StoreTrouble { hint, owner: Owner::Operations, title, why, next }
}

const fn of_developers(hint: Hint, title: &'static str, why: &'static str, next: &'static str) -> StoreTrouble {
    StoreTrouble { hint, owner: Owner::Developers, title, why, next }
}

/// Errors of Redis and of those that offer it. The first that was said decides.
const REDIS: [StoreTrouble; 20] = [
    of_operations(
        Hint::RedisReadOnly,
        "The ticket store takes no writes: its Redis is a replica",
        "READONLY, it is a replica, as after a failover",
        "Operations can let the API write to the primary Redis (by Sentinel, or the primary's address).",
    ),
    of_operations(
        Hint::RedisMemory,
        "The ticket store is full: Redis is out of memory",
        "OOM, its maxmemory is used up and nothing may be evicted",
        "Operations can give Redis more memory (maxmemory), or another maxmemory-policy.",
    ),
    of_operations(
        Hint::RedisPassword,
        "The ticket store wants a password",
        "NOAUTH or WRONGPASS, it wants a password, or another one than the API has",
        "Operations can give the API the password of Redis.",
    ),
    of_operations(
        Hint::RedisDisk,
        "The ticket store takes no writes: Redis cannot save to its disk",
        "MISCONF, it cannot save its data to the disk and takes no writes until it can",
        "Operations can make room on the disk of Redis, or see its log for why saving fails.",
    ),
    of_operations(
        Hint::RedisLoading,
        "The ticket store is still starting",
        "LOADING, it reads its data after a start",
        "Operations can wait until Redis has loaded; it takes longer the more data there is.",
    ),
    of_operations(
        Hint::RedisMoved,
        "The ticket store is a cluster, and the API asks it as one server",
        "MOVED or CROSSSLOT, the key is on another node of the cluster",
        "Operations can switch the API's Redis client to cluster mode.",
    ),
    of_operations(
        Hint::RedisCluster,
        "The ticket store's cluster does not work",
        "CLUSTERDOWN or NOREPLICAS, a part of its nodes is gone",
        "Operations can bring back the nodes of the Redis cluster.",
    ),
    of_operations(
        Hint::RedisPrimaryLost,
        "The ticket store is a replica that has lost its primary",
        "MASTERDOWN, it is a replica whose link to the primary is down, and answers nothing until that is back \
         (replica-serve-stale-data no)",
        "Operations can bring back the primary Redis or the replica's link to it, or let the API ask the primary.",
    ),
    of_operations(
        Hint::RedisRights,
        "The ticket store does not give the API the right",
        "NOPERM, the API's user in Redis has no right to the command or the key",
        "Operations can extend the rights (ACL) of the API's user in Redis.",
    ),
    of_operations(
        Hint::RedisClients,
        "The ticket store has too many clients",
        "it has as many clients as maxclients, or the plan of a hosted Redis, allows",
        "Operations can raise maxclients or the plan's limit, or see who holds so many connections to Redis.",
    ),
    of_operations(
        Hint::RedisBusy,
        "The ticket store is busy with a script",
        "BUSY, a script runs in it for too long",
        "Operations can end the script (SCRIPT KILL), and see whose it is.",
    ),
    of_operations(
        Hint::RedisCommand,
        "The ticket store does not know a command of the API's",
        "it does not know the command, as an older Redis does, or one in which it is switched off",
        "Operations can update Redis to the version that the API needs (GETDEL: 6.2), or allow the command.",
    ),
    of_operations(
        Hint::RedisWithoutPassword,
        "The ticket store has no password, and the API sends one",
        "the API sends a password, and none is set there",
        "Operations can set the password in Redis (requirepass), or take it out of the API's settings.",
    ),
    of_operations(
        Hint::RedisProtected,
        "The ticket store lets no other computer in: its Redis is in protected mode",
        "DENIED, it has no password, and takes connections from its own computer alone (protected mode)",
        "Operations can set a password in Redis (requirepass) and give it to the API; without one, protected-mode no lets in whoever \
         reaches the port.",
    ),
    of_operations(
        Hint::RedisSentinel,
        "The API does not learn where its ticket store is: Redis Sentinel does not tell",
        "the API asks Redis Sentinel where the primary is, and no sentinel answers, or none knows a primary of that name",
        "Operations can see whether the sentinels run and the API reaches them (port 26379), and compare the primary's name in the \
         API's settings with theirs.",
    ),
    of_operations(
        Hint::RedisQuota,
        "The ticket store's plan is used up",
        "the hosted Redis counts requests, and the limit of its plan is reached",
        "Operations can raise the plan of the hosted Redis, or see what sends it so many requests; a restart does not help.",
    ),
    of_developers(
        Hint::RedisType,
        "The ticket store has something else where the API looks",
        "WRONGTYPE, the key holds a value of another type than the API's command is for: another program, or an older version of \
         the API, uses the same key",
        "The developers can give the API's keys a prefix of their own; operations can delete the old keys meanwhile.",
    ),
    of_operations(
        Hint::RedisDatabase,
        "The ticket store has no database of that number",
        "the API chooses a database by a number (SELECT) that it does not have; a Redis cluster has the number 0 alone",
        "Operations can set the database to 0 in the API's settings, or raise databases in redis.conf.",
    ),
    of_developers(
        Hint::RedisScript,
        "The ticket store does not know a script of the API's",
        "NOSCRIPT, the API calls a script that is not loaded there (any more), as after a restart or a failover",
        "The developers can let the API load its scripts again when Redis does not know them (EVAL after NOSCRIPT).",
    ),
    of_operations(
        Hint::RedisTransaction,
        "The ticket store refused a part of what the API asked",
        "EXECABORT, it refused one of the commands of a transaction (MULTI), and so ran none of them",
        "Operations can see in the API's log which error came before EXEC: that is the cause.",
    ),
];

/// Errors of databases and caches that are not Redis. The first that was said decides.
const OTHERS: [StoreTrouble; 12] = [
    of_operations(
        Hint::DatabaseFull,
        "The ticket store gives no more connections",
        "the database behind the server gives it no more connections, or the server's own pool of them is used up",
        "Operations can raise the database's limit of connections, or find out who holds so many (a pool that is too small, or \
         connections that nobody gives back).",
    ),
    of_operations(
        Hint::DatabaseReadOnly,
        "The ticket store takes no writes",
        "the database behind the server takes no writes: it is a replica or read-only",
        "Operations can let the server write to the primary database, or make its files writable.",
    ),
    of_operations(
        Hint::StoreFull,
        "The ticket store is full",
        "the cache behind the server has no room for what it is to keep",
        "Operations can give the cache more memory (in Memcached: -m).",
    ),
    of_operations(
        Hint::StoreLogin,
        "The ticket store does not let the API in",
        "the database behind the server does not let it in: name, password or address is none that it accepts, or it wants TLS",
        "Operations can compare name and password in the server's settings with the database's (in PostgreSQL: pg_hba.conf too).",
    ),
    of_operations(
        Hint::StoreRights,
        "The ticket store does not give the API the right",
        "the database behind the server lets it in and gives it no right to what it wants to read or write",
        "Operations can give the server's user or role in the database the right that the answer names (GRANT, in AWS: the IAM \
         policy).",
    ),
    of_operations(
        Hint::StoreSchema,
        "The ticket store lacks a table of the API's",
        "the database behind the server lacks a table or column: it is another database, or its schema is not the one of this \
         version",
        "Operations can run the migrations of the version that is deployed, and check which database the server uses.",
    ),
    of_operations(
        Hint::StoreThrottled,
        "The ticket store takes no more requests than its capacity",
        "the database behind the server has a capacity of requests for a second, and that is used up (throttling)",
        "Operations can raise that capacity (in DynamoDB: on-demand or more capacity units; in Cosmos DB: RU/s).",
    ),
    of_developers(
        Hint::StoreLocked,
        "The ticket store is locked by other requests",
        "several requests write the same in the database behind the server at the same time, and this one lost",
        "The developers can let the server try such a request again, and keep its transactions short (in SQLite: WAL and \
         busy_timeout).",
    ),
    of_operations(
        Hint::TlsBehind,
        "The API has no TLS connection to its ticket store",
        "TLS between the API and its store fails: one of them speaks none, or the store's certificate is not accepted",
        "Operations can compare what the API speaks to the store (in Redis: rediss:// or redis://, and the port) with what that \
         expects, and give the API the authority of the store's certificate.",
    ),
    of_operations(
        Hint::Disk,
        "A disk is full behind the API",
        "a disk of the server's, or of its store, is full",
        "Operations can make room on that disk.",
    ),
    of_operations(
        Hint::Files,
        "The API has too many files and connections open",
        "the server has as many files and connections open as it may",
        "Operations can raise its limit of open files (ulimit -n, LimitNOFILE), or find out what it does not close.",
    ),
    of_operations(
        Hint::Memory,
        "The API's memory is used up",
        "the server's memory is used up",
        "Operations can give the server more memory, or see what needs so much.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_stores_are_told_by_what_they_say() {
        for (said, owner, words) in [
            (
                "DENIED Redis is running in protected mode because protected mode is enabled",
                Owner::Operations,
                "protected",
            ),
            ("WRONGTYPE Operation against a key holding the wrong kind of value", Owner::Developers, "another type"),
            ("MASTERDOWN Link with MASTER is down", Owner::Operations, "link to the primary"),
            ("All sentinels are unreachable. Last error: connect ETIMEDOUT", Owner::Operations, "Sentinel"),
            ("No master found for 'mymaster'", Owner::Operations, "Sentinel"),
            ("ERR max daily request limit exceeded. Limit: 10000, Usage: 10000.", Owner::Operations, "plan"),
            ("ERR max requests limit exceeded. Limit: 500000", Owner::Operations, "plan"),
            ("EXECABORT Transaction discarded because of previous errors.", Owner::Operations, "MULTI"),
            ("EXECABORT Transaction discarded: OOM command not allowed", Owner::Operations, "maxmemory"),
            ("ERR DB index is out of range", Owner::Operations, "SELECT"),
            ("NOSCRIPT No matching script.", Owner::Developers, "script"),
            ("FATAL: password authentication failed for user \"app\"", Owner::Operations, "does not let it in"),
            ("relation \"tickets\" does not exist", Owner::Operations, "schema"),
            ("ProvisionedThroughputExceededException: exceeded", Owner::Operations, "throttling"),
            ("SQLITE_BUSY: database is locked", Owner::Developers, "at the same time"),
            ("SERVER_ERROR out of memory storing object", Owner::Operations, "cache"),
            ("MongoServerError: not primary", Owner::Operations, "no writes"),
            ("redis: x509: certificate signed by unknown authority", Owner::Operations, "TLS"),
        ] {
            let trouble = StoreTrouble::of(&Hints::in_texts([said])).unwrap();
            assert_eq!(trouble.owner, owner, "{said}");
            assert!(trouble.why("the API").contains(words), "{said}: {}", trouble.why("the API"));
        }
        for said in
            ["the moon is full", "Failed to generate ticket", "connect ECONNREFUSED 10.0.0.1:6379", "room denied"]
        {
            assert!(StoreTrouble::of(&Hints::in_texts([said])).is_none(), "{said}");
        }
    }
}
