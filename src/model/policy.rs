//! What of a profile decides: the rules that the state machine follows, and a recording keeps.

use serde::{Deserialize, Serialize};

use super::{Backoff, Classify, Profile, RefreshRule, Service};

/// The rules of a profile that the machine follows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// The wait between attempts.
    pub backoff: Backoff,
    /// Which answers stop the client.
    pub classify: Classify,
    /// Which steps there are.
    #[serde(default)]
    pub steps: StepsOfFlow,
}

impl From<&Profile> for Policy {
    fn from(profile: &Profile) -> Self {
        let steps = profile.service.as_deref().map_or(StepsOfFlow::CONTRACT, StepsOfFlow::from);
        let mut classify = profile.classify.clone();
        // What a person gave is no better the next time, and services lock accounts for it.
        if profile.service.is_some() && classify.hard_statuses == Classify::default().hard_statuses {
            classify.hard_statuses = vec![400, 401, 403, 422];
        }
        Self { backoff: profile.backoff.clone(), classify, steps }
    }
}

/// The steps of a service that the machine has to know of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepsOfFlow {
    /// Whether there is a login, whose token is kept.
    pub login: bool,
    /// Whether each attempt needs a ticket.
    pub ticket: bool,
    /// Whether the open socket is of no use before a greeting.
    pub greeting: bool,
    /// Whether they are a profile's own and not the contract's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_service: bool,
    /// Whether a refusal inside of a success stops a client that was never connected: what has never worked is no better the
    /// next time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub refused_inside_stops: bool,
    /// Refusals of the ticket request that a new login cures, beside the contract's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refresh: Vec<RefreshRule>,
}

impl StepsOfFlow {
    /// The contract's (§1).
    pub const CONTRACT: Self = Self {
        login: true,
        ticket: true,
        greeting: false,
        is_service: false,
        refused_inside_stops: false,
        refresh: Vec::new(),
    };
}

impl Default for StepsOfFlow {
    fn default() -> Self {
        Self::CONTRACT
    }
}

impl From<&Service> for StepsOfFlow {
    fn from(service: &Service) -> Self {
        let said: Vec<_> = service.login.iter().flat_map(|step| step.refresh_on.iter().cloned()).collect();
        let refresh = match service.signs_in() {
            false => Vec::new(),
            true if said.is_empty() => vec![RefreshRule::UNAUTHORIZED],
            true => said,
        };
        Self {
            login: service.signs_in(),
            ticket: !service.ticket.is_empty(),
            greeting: !service.hello.is_empty(),
            is_service: true,
            refused_inside_stops: true,
            refresh,
        }
    }
}
