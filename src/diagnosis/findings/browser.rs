//! Where this program and a browser differ: what ours refuses and a browser takes, what a browser refuses and ours
//! does not even notice.

use crate::diagnosis::Code;
use crate::diagnosis::context::RequestKind;
use crate::diagnosis::problem::{Owner, Problem, Severity};
use crate::diagnosis::words::sentence;
use crate::model::failure::ProtocolFault;

/// A message was longer than the profile lets through.
pub fn message_too_long(fault: &ProtocolFault) -> Problem {
    Problem {
        code: Code::OwnLimit,
        severity: Severity::Warning,
        owner: Owner::ProfileAuthor,
        title: "A message is larger than Ticketscope takes in".to_owned(),
        cause: format!(
            "{} Nothing is wrong with the server: a browser takes such a message. Ticketscope hung up because of its \
             own limit.",
            sentence(&fault.to_string())
        ),
        next: "Whoever wrote the profile can raise message under [limits] in it, up to \"256MiB\".".into(),
        ..Problem::ALONE
    }
}

/// An answer was longer than is read.
pub fn answer_too_long(request: RequestKind, limit_kib: u32) -> Problem {
    Problem {
        code: Code::OwnLimit,
        severity: Severity::Error,
        owner: Owner::Developers,
        title: format!("The answer to the {request} is larger than Ticketscope reads"),
        cause: format!(
            "It has more than {limit_kib} KiB, where a token or a ticket has one or two. That limit is Ticketscope's \
             own: a browser reads such an answer."
        ),
        next: "The developers can tell whether this answer is meant to be so large; a wrong address answers so too."
            .into(),
        ..Problem::ALONE
    }
}
