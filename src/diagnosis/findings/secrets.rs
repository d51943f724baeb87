//! What people, variables, files, commands and sign-ins in the browser have to give.

use crate::diagnosis::Code;
use crate::diagnosis::context::{Context, RequestKind};
use crate::diagnosis::problem::{Outlook, Owner, Problem};
use crate::diagnosis::words::sentence;
use crate::model::failure::{IdentityFault, SecretFault, SignInFault};
use crate::model::{CommandLine, DisplayDuration, SafeText, SecretOrigin};

/// A secret is missing that only a person can give, or see to.
pub fn missing(name: &SafeText, label: &SafeText, why: &SecretFault, context: &Context<'_>) -> Problem {
    let called = if label.is_empty() { name } else { label };
    let profile = argument(&context.profile.name);
    let source = context.service().and_then(|service| {
        service.secrets.iter().find(|(secret, _)| secret.as_str() == name.as_str()).map(|(_, source)| source)
    });
    let (title, cause, next) = match source.map_or(SecretOrigin::Person, |source| source.origin()) {
        SecretOrigin::Variable(_) | SecretOrigin::File(_) | SecretOrigin::Person if *why == SecretFault::NotAKey => {
            no_key(called)
        }
        SecretOrigin::Variable(variable) => (
            format!("The environment variable {variable} has no value"),
            format!("The profile takes “{called}” from it, and it is not set, empty or not UTF-8. Nothing was sent."),
            format!("The user can set {variable} where Ticketscope is started, and start it again."),
        ),
        SecretOrigin::File(file) => (
            format!("The file with “{called}” cannot be used"),
            format!("{file} is missing, empty, not a file of text, or not readable. Nothing was sent."),
            "The user can write the value into that file, and connect again.".to_owned(),
        ),
        SecretOrigin::Command(command) => of_command(name, called, command, why, &profile),
        SecretOrigin::Person if let SecretFault::Keychain { state } = why => (
            format!("The keychain does not give “{called}”"),
            format!(
                "{} The profile needs it to sign in, and nothing was sent without it.",
                sentence(&state.of_secrets())
            ),
            format!(
                "The user can unlock the keychain or start its service, and connect again; what is entered in the window \
                 (Secrets…) is known without it until the program ends. Where there is no keychain, [secret.{name}] of the \
                 profile can name env = \"…\" or file = \"…\"."
            ),
        ),
        SecretOrigin::Person if source.is_some_and(|source| source.once) => (
            format!("“{called}” has to be typed for this sign-in"),
            "It is good for one use, so nothing keeps it, and nothing was sent without it.".to_owned(),
            "The user can type a fresh one in the window (Secrets…) and connect at once, or run the command in a terminal, \
             which asks for it.".to_owned(),
        ),
        SecretOrigin::Person => (
            format!("“{called}” has not been given"),
            "The profile needs it to sign in, and nothing was sent without it.".to_owned(),
            format!(
                "The user can enter it in the window (Secrets…) or with `ticketscope secret set {profile} {name}`, and connect \
                 again."
            ),
        ),
    };
    Problem {
        code: Code::SecretMissing,
        owner: Owner::User,
        outlook: Outlook::Lasting,
        title,
        cause,
        next: next.into(),
        ..Problem::ALONE
    }
}

/// It is there, and nothing can be signed with it.
fn no_key(called: &SafeText) -> (String, String, String) {
    (
        format!("“{called}” is no private key that the profile can sign with"),
        "The profile signs with it, and what was given is not the PEM of such a key (“-----BEGIN … PRIVATE KEY-----”), is locked \
         with a password, or is of another kind (RSA for rs256, P-256 for es256, Ed25519 for eddsa). Nothing was sent."
            .to_owned(),
        "The user can give the whole file of the key, with its first and last line, as the service's console has it.".to_owned(),
    )
}

/// `name` as one argument of a command.
fn argument(name: &SafeText) -> String {
    let is_word = name.as_str().chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if is_word { name.to_string() } else { format!("\"{name}\"") }
}

fn of_command(
    name: &SafeText,
    called: &SafeText,
    command: &CommandLine,
    why: &SecretFault,
    profile: &str,
) -> (String, String, String) {
    let command = SafeText::new(&command.to_string());
    match why {
        SecretFault::NotGiven | SecretFault::NotAllowed => (
            format!("The command that gives “{called}” has not been allowed to run"),
            format!("The profile wants to run it on this computer: {command}. Nothing was run, and nothing was sent."),
            format!(
                "The user can read it and allow it in the window (Secrets…) or with `ticketscope secret allow {profile} {name}`, \
                 and connect again."
            ),
        ),
        SecretFault::NotAKey => no_key(called),
        SecretFault::Keychain { .. }
        | SecretFault::NotStarted { .. }
        | SecretFault::Unread { .. }
        | SecretFault::Failed { .. }
        | SecretFault::Slow { .. }
        | SecretFault::TooLong { .. }
        | SecretFault::NotText
        | SecretFault::Empty => (
            format!("The command that gives “{called}” failed"),
            format!("{} The profile says: {command}. Nothing was sent.", sentence(&why.to_string())),
            "The user can run the command in a terminal, where it says more, and see whether it prints the value and nothing \
             else; whoever wrote the profile can correct it."
                .to_owned(),
        ),
    }
}

/// An answer names a host that would get a secret of a person's.
pub fn other_host(name: &SafeText, label: &SafeText, host: &SafeText) -> Problem {
    let called = if label.is_empty() { name } else { label };
    Problem {
        code: Code::SecretForOtherHost,
        owner: Owner::ProfileAuthor,
        outlook: Outlook::Lasting,
        title: format!("“{called}” would go to a host that the profile does not name"),
        cause: format!(
            "An answer sends the client to {host}, and the profile sends “{called}” there. A server could get at the secret of \
             another one that way: nothing was sent."
        ),
        next: format!(
            "If {host} belongs to the service, whoever wrote the profile can say so: hosts = [\"{host}\"] in [secret.{name}]. If \
             not, the developers should know what the service answers."
        )
        .into(),
        ..Problem::ALONE
    }
}

/// The client's own certificate is of no use.
pub fn no_identity(file: &SafeText, fault: &IdentityFault) -> Problem {
    let next = match fault {
        IdentityFault::WrongPassword => {
            "The user can give its password anew (Secrets…): the one with which the file was exported, not that of the computer."
        }
        IdentityFault::Unreadable { .. }
        | IdentityFault::NotPkcs12
        | IdentityFault::UnknownEncryption
        | IdentityFault::NoKey
        | IdentityFault::Unfit => {
            "The user can export the certificate anew, with its private key, as PKCS#12; whoever gave it to them can help."
        }
    };
    Problem {
        code: Code::ClientCertificateUnusable,
        owner: Owner::User,
        outlook: Outlook::Lasting,
        title: "The client's certificate cannot be used".to_owned(),
        cause: format!("{file}: {fault}. Nothing was sent."),
        next: next.into(),
        ..Problem::ALONE
    }
}

/// Nobody signed in in the browser.
pub fn not_signed_in(fault: &SignInFault) -> Problem {
    let (code, owner, title, cause, next) = match fault {
        SignInFault::Denied => (
            Code::SignInRefused,
            Owner::User,
            "The sign-in was denied".to_owned(),
            "The person at the browser, or the authorization server for them, said no.".to_owned(),
            "The user can connect again and say yes; if the server says no by itself, operations can give them the right.",
        ),
        SignInFault::Refused { code } => (
            Code::SignInRefused,
            Owner::ProfileAuthor,
            format!("The authorization server refuses the sign-in: {code}"),
            format!("It answers with the code {code} instead of signing in (RFC 6749 §4.1.2.1)."),
            "Whoever wrote the profile can compare client_id, scopes and extra of its [oauth] with what is registered at the \
             authorization server.",
        ),
        SignInFault::NoCode => (
            Code::SignInRefused,
            Owner::ProfileAuthor,
            "The browser came back from the sign-in without a code".to_owned(),
            "The authorization server sent it back with neither a code nor an error (RFC 6749 §4.1.2): as it does at an address \
             that is not its authorization endpoint's, or for a client that it lets sign in in another way only."
                .to_owned(),
            "Whoever wrote the profile can compare authorize and extra of its [oauth] with that server's documentation; who runs \
             the server can allow this client the authorization code flow.",
        ),
        SignInFault::WrongState => (
            Code::SignInRefused,
            Owner::User,
            "The browser came back with an answer to another sign-in".to_owned(),
            "What came is not about the sign-in that this session has begun: a page of an earlier one was still open, or somebody \
             tries to sign the user in as somebody else."
                .to_owned(),
            "The user can close the browser's old pages and connect again.",
        ),
        SignInFault::Expired { after } => (
            Code::SignInUnanswered,
            Owner::User,
            "Nobody signed in in time".to_owned(),
            format!("The client waited {} for the sign-in in the browser.", DisplayDuration(*after)),
            "The user can connect again and sign in on the page that opens, or at the address that is shown.",
        ),
        SignInFault::NotAsked => (
            Code::SignInUnanswered,
            Owner::User,
            "Nobody has signed in yet".to_owned(),
            "The profile signs in in the browser, and a check asks nobody to.".to_owned(),
            "The user can connect once, in the window or with `ticketscope watch`, and sign in there: if the server gives a \
             refresh token, the keychain keeps it, and a check finds it.",
        ),
        SignInFault::NoListener { cause } => (
            Code::SignInUnanswered,
            Owner::UserIt,
            "The browser would have nowhere to come back to".to_owned(),
            format!("This computer gives no port for it on 127.0.0.1: {cause}."),
            "The user's IT can see what holds the port, or forbids it; whoever wrote the profile can leave port out of [oauth], \
             or sign in with flow = \"device\".",
        ),
    };
    Problem { code, owner, outlook: Outlook::Lasting, title, cause, next: next.into(), ..Problem::ALONE }
}

/// A value holds characters that no header can carry.
pub fn not_sendable(request: RequestKind) -> Problem {
    Problem {
        code: Code::SecretMissing,
        owner: Owner::User,
        outlook: Outlook::Lasting,
        title: format!("A value for the {request} cannot be sent"),
        cause: "It stands in a header, and holds characters that no header can carry, such as a line break or letters \
                outside of ASCII. Nothing was sent."
            .to_owned(),
        next: "The user can give the secret anew (Secrets…), without what was copied along with it; whoever wrote the profile \
               can encode it ({{name|base64}}), if the service wants that."
            .into(),
        ..Problem::ALONE
    }
}
