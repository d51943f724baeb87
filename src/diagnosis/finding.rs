//! A problem with its proof.

use std::collections::VecDeque;
use std::fmt;

use serde::ser::{Serialize, SerializeStruct as _, Serializer};

use super::problem::{Problem, Severity};
use crate::model::{FaultName, Fingerprint, TraceId};

/// Something that was found wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What.
    pub problem: Problem,
    /// The numbers of the journal entries that prove it, oldest first, at most [`Self::MAX_EVIDENCE`].
    pub evidence: Vec<u64>,
    /// What finds it in the server's log.
    pub log_reference: Option<LogReference>,
    /// The fault that brought it about: if set, it is simulated.
    pub simulated: Option<FaultName>,
    /// What follows from it; none of them has symptoms of its own.
    pub symptoms: Vec<Finding>,
}

/// What the server's log can be searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogReference {
    /// The `x-trace-id` of a request.
    Trace(TraceId),
    /// The `ticketHash` of an upgrade.
    Ticket(Fingerprint),
}

/// The first and the newest entries of a proof.
#[derive(Clone, Debug, Default)]
pub(super) struct Evidence(VecDeque<u64>);

impl Evidence {
    /// Adds an entry.
    pub fn push(&mut self, seq: u64) {
        if self.0.len() == Finding::MAX_EVIDENCE {
            self.0.remove(1);
        }
        self.0.push_back(seq);
    }

    /// Their numbers, oldest first.
    pub fn to_vec(&self) -> Vec<u64> {
        self.0.iter().copied().collect()
    }
}

impl Finding {
    /// Proofs kept: the first and the newest.
    pub const MAX_EVIDENCE: usize = 16;

    /// A problem that these entries prove.
    pub fn new(problem: Problem, evidence: Vec<u64>) -> Self {
        Self { problem, evidence, log_reference: None, simulated: None, symptoms: Vec::new() }
    }

    /// How bad it is, with what follows from it.
    pub fn severity(&self) -> Severity {
        let symptoms = self.symptoms.iter().map(Self::severity);
        symptoms.fold(self.problem.severity, Severity::max)
    }

    /// This finding and what follows from it, each with how deep it lies.
    pub fn with_symptoms(&self) -> impl Iterator<Item = (usize, &Self)> {
        std::iter::once((0, self)).chain(self.symptoms.iter().map(|symptom| (1, symptom)))
    }

    /// How many findings this is, with those that follow from it.
    pub fn count(&self) -> usize {
        1 + self.symptoms.len()
    }

    /// Puts each of `found` that follows from another under that one. The order is kept: it is the order of
    /// importance.
    pub fn folded(found: Vec<Self>) -> Vec<Self> {
        let mut roots: Vec<Self> = Vec::new();
        let (symptoms, causes): (Vec<_>, Vec<_>) = found.iter().cloned().partition(|finding| {
            found.iter().any(|other| other != finding && finding.problem.is_symptom_of(&other.problem))
        });
        roots.extend(causes);
        for symptom in symptoms {
            // A symptom of a symptom belongs to the same cause.
            let at = roots.iter().position(|root| {
                symptom.problem.is_symptom_of(&root.problem)
                    || root.symptoms.iter().any(|other| symptom.problem.is_symptom_of(&other.problem))
            });
            match at {
                Some(at) => roots[at].symptoms.push(symptom),
                None => roots.push(symptom),
            }
        }
        roots
    }
}

impl fmt::Display for Finding {
    /// Severity, code, owner and proof in one line, with the codes of what follows from it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { problem, evidence, simulated, symptoms, .. } = self;
        let owner = problem.owner.sentence();
        write!(f, "{} {}: {owner}; entries {}", self.severity(), problem.code, Seqs(evidence))?;
        if let Some(fault) = simulated {
            write!(f, "; SIMULATED by {fault}")?;
        }
        let codes: Vec<_> = symptoms.iter().map(|symptom| symptom.problem.code.to_string()).collect();
        if codes.is_empty() { Ok(()) } else { write!(f, "; from it follows {}", codes.join(", ")) }
    }
}

/// Numbers of entries as people read them: the newest few.
struct Seqs<'a>(&'a [u64]);

impl fmt::Display for Seqs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 4;
        let left_out = self.0.len().saturating_sub(SHOWN);
        let shown: Vec<_> = self.0.iter().skip(left_out).map(ToString::to_string).collect();
        let shown = shown.join(", ");
        if left_out > 0 { write!(f, "{left_out} earlier, {shown}") } else { f.write_str(&shown) }
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (trace, ticket) = match &self.log_reference {
            Some(LogReference::Trace(trace)) => (Some(trace), None),
            Some(LogReference::Ticket(ticket)) => (None, Some(ticket)),
            None => (None, None),
        };
        let mut record = serializer.serialize_struct("Finding", 11)?;
        record.serialize_field("code", <&str>::from(self.problem.code))?;
        record.serialize_field("severity", &self.severity())?;
        record.serialize_field("owner", &self.problem.owner)?;
        record.serialize_field("title", &self.problem.title)?;
        record.serialize_field("cause", &self.problem.cause)?;
        record.serialize_field("next", &self.problem.next)?;
        record.serialize_field("evidence", &self.evidence)?;
        record.serialize_field("trace_id", &trace)?;
        record.serialize_field("ticket_hash", &ticket)?;
        record.serialize_field("simulated", &self.simulated)?;
        record.serialize_field("symptoms", &self.symptoms)?;
        record.end()
    }
}
