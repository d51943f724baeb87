//! What it takes for a type of the file to stand beside one of the program.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::model::{AttemptId, CloseCode, CloseReason, FaultName, Fingerprint, MaskedId, Moment, SafeText, TraceId};

/// A type of the file that stands for one of the program's.
pub trait Mirror: Sized {
    /// The program's type.
    type Model;

    /// How `model` is written.
    fn of(model: &Self::Model) -> Self;

    /// What was written.
    fn model(self) -> Self::Model;
}

/// Types whose own form on the wire is fixed.
macro_rules! leaves {
    ($($leaf:ty),* $(,)?) => {$(
        impl Mirror for $leaf {
            type Model = Self;

            fn of(model: &Self) -> Self {
                model.clone()
            }

            fn model(self) -> Self {
                self
            }
        }
    )*};
}

leaves! {
    bool, f64, i32, i64, u8, u16, u32, u64, usize,
    AttemptId, CloseCode, CloseReason, DateTime<Utc>, FaultName, Fingerprint, IpAddr, MaskedId, Moment, NaiveDate, SafeText, SocketAddr,
    TraceId,
}

impl<T: Mirror> Mirror for Option<T> {
    type Model = Option<T::Model>;

    fn of(model: &Self::Model) -> Self {
        model.as_ref().map(T::of)
    }

    fn model(self) -> Self::Model {
        self.map(T::model)
    }
}

impl<T: Mirror> Mirror for Vec<T> {
    type Model = Vec<T::Model>;

    fn of(model: &Self::Model) -> Self {
        model.iter().map(T::of).collect()
    }

    fn model(self) -> Self::Model {
        self.into_iter().map(T::model).collect()
    }
}

impl<T: Mirror> Mirror for Box<T> {
    type Model = Box<T::Model>;

    fn of(model: &Self::Model) -> Self {
        Box::new(T::of(model))
    }

    fn model(self) -> Self::Model {
        Box::new((*self).model())
    }
}

impl<T: Mirror, E: Mirror> Mirror for Result<T, E> {
    type Model = Result<T::Model, E::Model>;

    fn of(model: &Self::Model) -> Self {
        model.as_ref().map(T::of).map_err(E::of)
    }

    fn model(self) -> Self::Model {
        self.map(T::model).map_err(E::model)
    }
}

/// A duration: whole nanoseconds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Nanos(u64);

impl Mirror for Nanos {
    type Model = Duration;

    fn of(model: &Duration) -> Self {
        Self(u64::try_from(model.as_nanos()).unwrap_or(u64::MAX))
    }

    fn model(self) -> Duration {
        Duration::from_nanos(self.0)
    }
}

/// Declares types of the file and how they stand for those of the program: a structure with the same fields, or an
/// enum with the same variants. A variant `A(x: T)` stands for one without names, and has the name on the wire.
macro_rules! mirror {
    () => {};
    (
        $(#[$meta:meta])*
        struct $name:ident = $model:ident { $($(#[$field_meta:meta])* $field:ident: $kind:ty),* $(,)? }
        $($rest:tt)*
    ) => {
        #[derive(Debug, ::serde::Serialize, ::serde::Deserialize)]
        $(#[$meta])*
        pub struct $name { $($(#[$field_meta])* pub $field: $kind),* }

        impl $crate::journal::recording::wire::mirror::Mirror for $name {
            type Model = $model;

            fn of(model: &$model) -> Self {
                let $model { $($field),* } = model;
                Self { $($field: $crate::journal::recording::wire::mirror::Mirror::of($field)),* }
            }

            fn model(self) -> $model {
                $model { $($field: self.$field.model()),* }
            }
        }

        mirror! { $($rest)* }
    };
    (
        $(#[$meta:meta])*
        enum $name:ident = $model:ident {
            $(
                $variant:ident
                $({ $($(#[$field_meta:meta])* $field:ident: $kind:ty),* $(,)? })?
                $(( $($(#[$item_meta:meta])* $item:ident: $item_kind:ty),* ))?
            ),* $(,)?
        }
        $($rest:tt)*
    ) => {
        #[derive(Debug, ::serde::Serialize, ::serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        $(#[$meta])*
        pub enum $name {
            $($variant $({ $($(#[$field_meta])* $field: $kind),* })? $({ $($(#[$item_meta])* $item: $item_kind),* })?),*
        }

        impl $crate::journal::recording::wire::mirror::Mirror for $name {
            type Model = $model;

            fn of(model: &$model) -> Self {
                match model {
                    $(
                        $model::$variant $({ $($field),* })? $(( $($item),* ))? => Self::$variant
                            $({ $($field: $crate::journal::recording::wire::mirror::Mirror::of($field)),* })?
                            $({ $($item: $crate::journal::recording::wire::mirror::Mirror::of($item)),* })?
                    ),*
                }
            }

            fn model(self) -> $model {
                match self {
                    $(
                        Self::$variant $({ $($field),* })? $({ $($item),* })? => $model::$variant
                            $({ $($field: $field.model()),* })?
                            $(( $($item.model()),* ))?
                    ),*
                }
            }
        }

        mirror! { $($rest)* }
    };
}
