//! How long a JWT is still good for.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::model::Claims;

/// How long a JWT is still good for, by its own claims.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Validity {
    /// It does not say when it expires.
    Unlimited,
    /// It expires then, and what time it is now is not known.
    Until(DateTime<Utc>),
    /// It has expired.
    Expired {
        /// When.
        at: DateTime<Utc>,
        /// How long ago that is.
        ago: Duration,
    },
    /// It is valid.
    Valid {
        /// When it expires.
        until: DateTime<Utc>,
        /// How long that is from now.
        left: Duration,
        /// The share of its life that is left, from 0 to 1; `None` if it does not say when it was issued.
        share: Option<f32>,
    },
}

impl Validity {
    /// What `claims` say, if it is `now`.
    pub fn of(claims: &Claims, now: Option<DateTime<Utc>>) -> Self {
        let Some(until) = claims.expires_at else { return Self::Unlimited };
        let Some(now) = now else { return Self::Until(until) };
        let Some(left) = (until - now).to_std().ok().filter(|left| !left.is_zero()) else {
            return Self::Expired { at: until, ago: (now - until).to_std().unwrap_or_default() };
        };
        let life = claims.issued_at.and_then(|issued| (until - issued).to_std().ok());
        let share = life.map(|life| left.as_secs_f32() / life.as_secs_f32().max(1.0));
        Self::Valid { until, left, share: share.map(|share| share.min(1.0)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jwt_is_valid_up_to_its_expiry_and_by_no_clock_longer_than_its_life() {
        let at = |seconds: i64| DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap();
        let claims = |issued, expires| Claims { issued_at: issued, expires_at: expires, ..Claims::default() };
        let hour = claims(Some(at(0)), Some(at(3_600)));
        let seconds = Duration::from_secs;
        let valid = |left, share| Validity::Valid { until: at(3_600), left: seconds(left), share };
        assert_eq!(Validity::of(&hour, Some(at(2_700))), valid(900, Some(0.25)));
        assert_eq!(Validity::of(&hour, Some(at(-3_600))), valid(7_200, Some(1.0)), "this computer's clock is slow");
        assert_eq!(Validity::of(&hour, Some(at(3_600))), Validity::Expired { at: at(3_600), ago: seconds(0) });
        assert_eq!(Validity::of(&hour, Some(at(3_660))), Validity::Expired { at: at(3_600), ago: seconds(60) });
        assert_eq!(Validity::of(&claims(None, Some(at(3_600))), Some(at(0))), valid(3_600, None));
        assert_eq!(Validity::of(&hour, None), Validity::Until(at(3_600)));
        assert_eq!(Validity::of(&claims(Some(at(0)), None), Some(at(9))), Validity::Unlimited);
    }
}
