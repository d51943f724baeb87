//! TLS and certificates.

use crate::diagnosis::Code;
use crate::diagnosis::findings::{network, unseen};
use crate::diagnosis::problem::{ForUser, Outlook, Owner, Problem, Severity};
use crate::diagnosis::words::sentence;
use crate::model::Remedy;
use crate::model::failure::{CertificateFault, IoCause, Issuer, IssuerKind, TlsAlert, TlsCause, TlsFailure};

/// A TLS handshake failed.
pub fn of_failure(failure: &TlsFailure) -> Problem {
    match &failure.cause {
        TlsCause::Certificate(fault) => of_certificate(fault, failure),
        TlsCause::NotTls => Problem {
            code: Code::TlsFailed,
            severity: Severity::Error,
            owner: Owner::ProfileAuthor,
            title: "The port does not speak TLS".to_owned(),
            cause: sentence(&failure.to_string()),
            next: "Whoever wrote the profile can check the port, or http:// and ws:// instead of https:// and wss:// for a \
                   server that is meant to be without TLS; operations, if the port should speak TLS."
                .into(),
            ..Problem::ALONE
        },
        TlsCause::Io(IoCause::NoAnswer) => network::tls_unanswered(&format!("TLS: {failure}")),
        TlsCause::Unseen => Problem {
            code: Code::TlsFailed,
            severity: Severity::Error,
            owner: Owner::Unknown,
            outlook: Outlook::Lasting,
            title: "No secure connection to the server; why is not in this file".to_owned(),
            cause: "The browser tells no more than that: a certificate of the server's that is wrong, a proxy or virus scanner \
                    that opens TLS, or the date of the user's computer."
                .to_owned(),
            next: unseen::ask(Remedy::NetLog).into(),
            asks: Some(Remedy::NetLog),
            ..Problem::ALONE
        },
        TlsCause::Refused(_)
        | TlsCause::NothingInCommon(_)
        | TlsCause::EndedByServer
        | TlsCause::NotAHostName
        | TlsCause::Io(_)
        | TlsCause::Other(_) => Problem {
            code: Code::TlsFailed,
            severity: Severity::Error,
            owner: Owner::Operations,
            title: "No secure connection to the server".to_owned(),
            cause: sentence(&failure.to_string()),
            next: next_step(&failure.cause).into(),
            ..Problem::ALONE
        },
    }
}

/// What helps against a handshake that failed, as far as the server says why.
fn next_step(cause: &TlsCause) -> &'static str {
    match cause {
        TlsCause::Refused(TlsAlert::ProtocolVersion) => {
            "Operations can let the server speak TLS 1.2 or newer, as every browser needs; the user's IT, if a proxy of theirs \
             stands before it."
        }
        TlsCause::Refused(TlsAlert::HandshakeFailure) => {
            "Operations can let the server offer ciphers of today (ECDHE with AES-GCM or ChaCha20), and exempt the API from client \
             certificates if it wants any; whoever wrote the profile can name the client's own."
        }
        TlsCause::Refused(TlsAlert::UnrecognisedName) => {
            "Operations can set the host name up where TLS ends, with its certificate; whoever wrote the profile can check the \
             host."
        }
        TlsCause::Refused(TlsAlert::CertificateRequired) => {
            "Operations can exempt the API from client certificates (mutual TLS); whoever wrote the profile can name the client's \
             own."
        }
        TlsCause::Refused(TlsAlert::Other(_))
        | TlsCause::NothingInCommon(_)
        | TlsCause::EndedByServer
        | TlsCause::NotAHostName
        | TlsCause::Io(_)
        | TlsCause::Other(_)
        | TlsCause::Unseen
        | TlsCause::NotTls
        | TlsCause::Certificate(_) => "Operations can fix it, or the user's IT if only this user is affected.",
    }
}

fn of_certificate(fault: &CertificateFault, failure: &TlsFailure) -> Problem {
    // A browser has one error for both.
    let is_either = *fault == CertificateFault::Expired { on: None };
    match fault {
        CertificateFault::UnknownIssuer | CertificateFault::SelfSigned => {
            match failure.issuer.as_ref().filter(|issuer| issuer.kind == IssuerKind::Interceptor) {
                Some(issuer) => intercepted_and_refused(issuer),
                None if *fault == CertificateFault::SelfSigned => not_the_servers_own(failure),
                None => not_trusted(failure),
            }
        }
        CertificateFault::SelfSignedAuthority | CertificateFault::Authority | CertificateFault::Forged => {
            not_the_servers_own(failure)
        }
        CertificateFault::ChainIncomplete => Problem {
            owner: Owner::Operations,
            next: "Operations can let the server send the certificates between its own and the authority's as well (the full \
                   chain); browsers often fetch what is missing, and so hide it."
                .into(),
            ..not_trusted(failure)
        },
        CertificateFault::Revoked => Problem {
            owner: Owner::Operations,
            next: "Operations can fix it: the server needs a new certificate, its authority has withdrawn this one.".into(),
            ..not_trusted(failure)
        },
        CertificateFault::Other(_) => not_trusted(failure),
        CertificateFault::Expired { .. } | CertificateFault::NotValidYet { .. } => Problem {
            code: Code::CertificateOutOfDate,
            severity: Severity::Error,
            owner: Owner::Operations,
            outlook: Outlook::Lasting,
            title: if is_either {
                "No secure connection: the certificate has expired or is not valid yet"
            } else {
                "No secure connection: the certificate is out of date"
            }
            .to_owned(),
            cause: sentence(&failure.to_string()),
            next: "First check this computer's date; if it is right, operations can fix it: renew the certificate."
                .into(),
            for_user: ForUser::SaidOfFiles(
                "By the date of your computer the certificate of our server is not valid. Please tell us which date and time your \
                 computer shows; if they are wrong, set them right and load the page again (F5). If they are right, it is ours to \
                 fix.",
            ),
            ..Problem::ALONE
        },
        CertificateFault::WrongHost { .. } => Problem {
            code: Code::CertificateForAnotherHost,
            severity: Severity::Error,
            owner: Owner::Operations,
            outlook: Outlook::Lasting,
            title: "No secure connection: the certificate is another host's".to_owned(),
            cause: sentence(&failure.to_string()),
            next: "Operations can give the server a certificate for this name, unless the profile's address is wrong; where \
                   only this user is affected, a network that wants a login or their IT's proxy answers in its place."
                .into(),
            ..Problem::ALONE
        },
    }
}

/// The issuer of the certificate is not trusted.
fn not_trusted(failure: &TlsFailure) -> Problem {
    Problem {
        code: Code::CertificateNotTrusted,
        severity: Severity::Error,
        owner: Owner::UserIt,
        outlook: Outlook::Lasting,
        title: "No secure connection: the certificate is not trusted".to_owned(),
        cause: sentence(&failure.to_string()),
        next: "The user's IT can install the authority that signed it, if it is their own or their proxy's; operations, if \
               every user is affected: the server's certificate is by an authority that computers do not know."
            .into(),
        ..Problem::ALONE
    }
}

/// It is the server's own doing: the certificate is self-signed, or no server's at all.
fn not_the_servers_own(failure: &TlsFailure) -> Problem {
    Problem {
        owner: Owner::Operations,
        next:
            "Operations can fix it: the server needs a certificate that an authority signed for it. Whoever wrote the \
               profile can name a self-signed one in tls.extra_roots."
                .into(),
        ..not_trusted(failure)
    }
}

fn intercepted_and_refused(issuer: &Issuer) -> Problem {
    Problem {
        severity: Severity::Error,
        outlook: Outlook::Lasting,
        cause:
            "A company's proxy or a virus scanner shows a certificate of its own, which this computer does not trust."
                .to_owned(),
        next: "The user's IT can install that proxy's or scanner's authority on this computer, or exempt this server."
            .into(),
        ..intercepted(issuer)
    }
}

/// Something on the way opens TLS and reads along, and this computer accepts that.
pub fn intercepted(issuer: &Issuer) -> Problem {
    Problem {
        code: Code::TlsIntercepted,
        severity: Severity::Notice,
        owner: Owner::UserIt,
        title: format!("The secure connection is opened on the way by {issuer}"),
        cause:
            "A company's proxy or a virus scanner shows a certificate of its own and reads along; the connection may \
                work, but such devices break WebSockets and cut idle ones."
                .to_owned(),
        next: "Nothing to do while it works. If connections break, the user's IT can exempt this server.".into(),
        explains: &[Code::CertificateNotTrusted, Code::BlockedOnTheWay, Code::BadHandshake, Code::NotWebSocket],
        ..Problem::ALONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SafeText;

    fn failed(fault: CertificateFault, issuer: &str) -> Problem {
        let issuer = Some(Issuer::new(SafeText::new(issuer), None));
        of_failure(&TlsFailure { cause: TlsCause::Certificate(fault), issuer })
    }

    #[test]
    fn what_is_wrong_decides_and_not_what_the_certificate_calls_itself() {
        let names = ["Example has expired Ltd", "for another host", "self-signed unknown issuer revoked"];
        for name in names {
            let found = |fault| failed(fault, name);
            assert_eq!(found(CertificateFault::UnknownIssuer).code, Code::CertificateNotTrusted, "{name}");
            assert_eq!(found(CertificateFault::UnknownIssuer).owner, Owner::UserIt, "{name}");
            assert_eq!(found(CertificateFault::SelfSigned).owner, Owner::Operations, "{name}");
            assert_eq!(found(CertificateFault::Expired { on: None }).code, Code::CertificateOutOfDate, "{name}");
            let (expected, presented) = (SafeText::new("a.example"), vec![SafeText::new(name)]);
            let wrong = found(CertificateFault::WrongHost { expected, presented });
            assert_eq!(wrong.code, Code::CertificateForAnotherHost, "{name}");
        }
    }

    #[test]
    fn a_maker_of_such_devices_is_the_users_it() {
        let found = failed(CertificateFault::UnknownIssuer, "Zscaler Root CA");
        assert_eq!((found.code, found.owner, found.outlook), (Code::TlsIntercepted, Owner::UserIt, Outlook::Lasting));
        assert_eq!(found.title, "The secure connection is opened on the way by Zscaler Root CA");
        let expired = failed(CertificateFault::Expired { on: None }, "Zscaler Root CA");
        assert_eq!(expired.code, Code::CertificateOutOfDate, "its date is what is wrong with it");
    }
}
