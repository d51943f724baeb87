//! The types of the lines, apart from those that the program works with, so that either can change without the other.
//!
//! Whatever a line has and its type does not is skipped, in the header as in entries. What is missing takes its
//! default where there is one, so that files of this major version stay readable whichever way they travel.
//!
//! Format 1.3. Files of earlier versions are brought to it by [`super::upgrade`] before they are read.

#[macro_use]
mod mirror;
mod event;
mod facts;
mod failure;
mod profile;

pub use event::EventKind;
use mirror::Mirror;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model;

/// Makes `$model` readable and writable by its mirror.
macro_rules! by_mirror {
    ($($model:ty => $mirror:ty),* $(,)?) => {$(
        impl Serialize for $model {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                <$mirror>::of(self).serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $model {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <$mirror>::deserialize(deserializer).map(Mirror::model)
            }
        }
    )*};
}

by_mirror! {
    model::Entry => event::Entry,
    model::Event => event::Event,
    model::InputRecord => event::InputRecord,
    model::Failure => failure::Failure,
    model::Close => failure::Close,
    model::Phase => facts::Phase,
    model::Trigger => facts::Trigger,
    model::Class => facts::Class,
    model::ClockOffset => facts::ClockOffset,
    model::FlowCommand => facts::FlowCommand,
    model::KeychainState => facts::KeychainState,
    model::TokenSource => facts::TokenSource,
}

/// What [`super::upgrade`] writes in the place of what earlier versions wrote. Each can be JSON.
macro_rules! values {
    ($($name:ident: $model:ty => $mirror:ty),* $(,)?) => {$(
        pub(super) fn $name(model: &$model) -> serde_json::Value {
            serde_json::to_value(<$mirror>::of(model)).unwrap_or_default()
        }
    )*};
}

values! {
    failure_value: model::Failure => failure::Failure,
    request_value: model::RequestFailure => failure::RequestFailure,
    dial_value: model::DialFailure => failure::DialFailure,
    close_value: model::Close => failure::Close,
    issuer_value: model::Issuer => facts::Issuer,
    lost_value: Vec<model::LostAddress> => Vec<failure::LostAddress>,
}
