//! The stores that programs need, by the words in which drivers complain of them.

use super::Answer;
use crate::model::SafeText;

/// Words of drivers, and the ports that stores listen at: all of one are of small letters and digits.
const STORES: [(&str, &[&str]); 11] = [
    (
        "Redis",
        &[
            "redis",
            "ioredis",
            "sentinels",
            "6379",
            "6380",
            "26379",
            "maxretriesperrequest",
            "jedis",
            "lettuce",
            "valkey",
        ],
    ),
    ("PostgreSQL", &["postgres", "postgresql", "5432", "psycopg2", "npgsql"]),
    ("MySQL", &["mysql", "mariadb", "3306"]),
    (
        "MongoDB",
        &["mongo", "mongodb", "27017", "mongoose", "mongoerror", "mongoservererror", "mongoserverselectionerror"],
    ),
    ("RabbitMQ", &["rabbitmq", "amqp", "5672", "5671"]),
    ("Kafka", &["kafka", "9092"]),
    ("Memcached", &["memcached", "11211"]),
    ("DynamoDB", &["dynamodb", "provisionedthroughputexceededexception"]),
    ("SQLite", &["sqlite", "sqlite3"]),
    ("SQL Server", &["mssql", "sqlclient", "1433"]),
    ("Elasticsearch", &["elasticsearch", "opensearch", "9200"]),
];

impl Answer {
    /// The store that it names, as a program does that does not reach it.
    pub fn named_store(&self) -> Option<&'static str> {
        let text = self.body.excerpt.as_ref().map_or("", SafeText::as_str).to_lowercase();
        let words: Vec<_> = text.split(|c: char| !c.is_alphanumeric()).collect();
        // ioredis names an option of its own, and not the store.
        let is_ioredis = text.contains("max retries per request");
        let named = |names: &[&str]| names.iter().any(|name| words.contains(name));
        STORES.iter().find(|(store, names)| named(names) || is_ioredis && *store == "Redis").map(|(store, _)| *store)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_named_by_its_driver_or_its_port() {
        for (said, expected) in [
            ("connect ECONNREFUSED 127.0.0.1:6379", Some("Redis")),
            ("Reached the max retries per request limit (which is 20).", Some("Redis")),
            ("dial tcp 10.0.0.5:5432: connect: connection refused", Some("PostgreSQL")),
            ("MongoServerSelectionError: connect ECONNREFUSED ::1:27017", Some("MongoDB")),
            ("connect ECONNREFUSED 10.0.0.5:8080", None),
            ("request a6379b: redistribution failed", None),
            ("", None),
        ] {
            assert_eq!(Answer::of_text(500, &[], said).named_store(), expected, "{said}");
        }
    }
}
