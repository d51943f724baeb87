//! TLS and certificates.

use crate::diagnosis::Code;
use crate::diagnosis::findings::{network, unseen};
use crate::diagnosis::problem::{ForUser, Outlook, Owner, Problem, Severity};
use crate::diagnosis::words::sentence;
use crate::model::Remedy;
use crate::model::failure::{
    CertificateFault, Interception, IoCause, Issuer, IssuerKind, TlsAlert, TlsCause, TlsFailure,
};

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
    let interceptor = failure.issuer.as_ref().filter(|issuer| issuer.kind == IssuerKind::Interceptor);
    let of_nobody = failure.issuer.as_ref().and_then(|issuer| of_no_authority(issuer, failure));
    match fault {
        CertificateFault::UnknownIssuer
        | CertificateFault::CameAlone
        | CertificateFault::ChainIncomplete
        | CertificateFault::SelfSigned
        | CertificateFault::Other(_)
            if let Some(issuer) = interceptor =>
        {
            intercepted_and_refused(issuer)
        }
        CertificateFault::UnknownIssuer
        | CertificateFault::CameAlone
        | CertificateFault::ChainIncomplete
        | CertificateFault::SelfSigned
        | CertificateFault::SelfSignedAuthority
            if let Some(problem) = of_nobody =>
        {
            problem
        }
        CertificateFault::UnknownIssuer
            if failure.issuer.as_ref().is_some_and(|issuer| issuer.kind == IssuerKind::Public) =>
        {
            Problem {
                owner: Owner::Operations,
                next: "Operations can let the server send the certificates that its authority gave out with this one \
                       (fullchain.pem), and no older ones; if others get through, the user's IT can bring this computer's list of \
                       authorities up to date."
                    .into(),
                ..not_trusted(failure)
            }
        }
        CertificateFault::UnknownIssuer => not_trusted(failure),
        CertificateFault::SelfSigned
        | CertificateFault::SelfSignedAuthority
        | CertificateFault::Authority
        | CertificateFault::Forged
        | CertificateFault::Other(_) => not_the_servers_own(failure),
        CertificateFault::ChainIncomplete => Problem {
            owner: Owner::Operations,
            next: "Operations can let the server send its full chain, the intermediate certificates between its own and the \
                   authority's included (fullchain.pem instead of cert.pem); browsers often fetch what is missing, and so hide it."
                .into(),
            ..not_trusted(failure)
        },
        CertificateFault::CameAlone => Problem {
            owner: Owner::Operations,
            cause: format!(
                "{} Either an intermediate certificate is missing in the chain that it sends, or that is an authority of a \
                 company's own, which signed it directly.",
                sentence(&failure.to_string())
            ),
            next: "Operations can let the server send its full chain (fullchain.pem instead of cert.pem). If the authority is a \
                   company's own, the user's IT can install its root on this computer, and whoever wrote the profile can name it \
                   in tls.extra_roots."
                .into(),
            ..not_trusted(failure)
        },
        CertificateFault::Revoked => Problem {
            owner: Owner::Operations,
            next: "Operations can fix it: the server needs a new certificate, its authority has withdrawn this one.".into(),
            ..not_trusted(failure)
        },
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

/// Issuers that are no authority's by design, by words of their names: what such a certificate is, and what to do.
const OF_NO_AUTHORITY: [(&str, &str, &str); 7] = [
    (
        "staging",
        "It is by the staging environment of a public authority, for trying things out, which no client trusts.",
        "Operations can get one from the authority's production environment (certbot without --test-cert; in cert-manager an \
         issuer with the production server).",
    ),
    (
        "fake le",
        "It is by the staging environment of Let's Encrypt, for trying things out, which no client trusts.",
        "Operations can get one from the authority's production environment (certbot without --test-cert; in cert-manager an \
         issuer with the production server).",
    ),
    (
        "cloudflare origin",
        "It is by Cloudflare's Origin CA, which Cloudflare alone trusts: this computer reached the server without going through \
         Cloudflare.",
        "Operations can let the name's DNS record be proxied by Cloudflare again, or give the server a certificate of a public \
         authority.",
    ),
    (
        "kubernetes ingress controller fake certificate",
        "It is the one that ingress-nginx shows where it has none for a host name.",
        "Operations can name a TLS secret for this host in the Ingress (spec.tls), and see whether that secret is there.",
    ),
    (
        "traefik default cert",
        "It is the one that Traefik shows where it has none for a host name.",
        "Operations can give the router of this host a certificate in Traefik (tls.certResolver, or a file).",
    ),
    (
        "caddy local authority",
        "It is by the authority that Caddy makes itself for names that are not public.",
        "Operations can let Caddy get a public certificate for this host name; if it is meant to be internal, whoever wrote the \
         profile can name Caddy's root in tls.extra_roots.",
    ),
    (
        "mkcert",
        "It is by mkcert, a tool of developers: only the computer where it was made trusts it.",
        "Operations can get one from a public authority; for a developer's own server whoever wrote the profile can name mkcert's \
         root in tls.extra_roots.",
    ),
];

/// A certificate that stands for one that is missing, or is for something else than the service's users.
fn of_no_authority(issuer: &Issuer, failure: &TlsFailure) -> Option<Problem> {
    let (_, what, next) = OF_NO_AUTHORITY.iter().find(|(words, ..)| issuer.has_words(words))?;
    let cause = format!("The certificate is signed by {issuer}. {what}");
    Some(Problem { owner: Owner::Operations, cause, next: (*next).into(), ..not_trusted(failure) })
}

fn intercepted_and_refused(issuer: &Issuer) -> Problem {
    Problem {
        severity: Severity::Error,
        outlook: Outlook::Lasting,
        cause: format!("{} shows a certificate of its own, which this computer does not trust.", reader(issuer)),
        next: match issuer.interception() {
            Interception::Scanner => {
                "The user can exempt this server in the virus scanner's settings for encrypted connections, or install the scanner \
                 anew, which brings its authority along."
            }
            Interception::Debugger => {
                "The user can end that program, or install its authority on this computer as its manual says."
            }
            Interception::Network => {
                "The user's IT can install that proxy's or scanner's authority on this computer, or exempt this server."
            }
        }
        .into(),
        ..intercepted(issuer, &[])
    }
}

/// What opens TLS, by the name of its authority, at the beginning of a sentence.
fn reader(issuer: &Issuer) -> &'static str {
    match issuer.interception() {
        Interception::Scanner => "A virus scanner on this computer",
        Interception::Debugger => "A program on this computer with which somebody looks into its connections",
        Interception::Network => "A company's proxy or a virus scanner",
    }
}

/// Something on the way opens TLS and reads along, and this computer accepts that; `found` is wrong beside it.
pub fn intercepted(issuer: &Issuer, found: &[Code]) -> Problem {
    const BREAKS: &[Code] = &[Code::CertificateNotTrusted, Code::BadHandshake, Code::NotWebSocket];
    const MAY_BREAK: &[Code] =
        &[Code::BlockedOnTheWay, Code::RequestBroken, Code::NoAnswer, Code::ConnectionLost, Code::HalfOpenLink];
    let has = |codes: &[Code]| found.iter().any(|code| codes.contains(code));
    let is_on_this_computer = match issuer.interception() {
        Interception::Scanner | Interception::Debugger => true,
        Interception::Network => false,
    };
    let who = if is_on_this_computer { "the user" } else { "the user's IT" };
    let start = if is_on_this_computer { "The user" } else { "The user's IT" };
    Problem {
        code: Code::TlsIntercepted,
        severity: Severity::Notice,
        owner: if is_on_this_computer { Owner::User } else { Owner::UserIt },
        title: format!("The secure connection is opened on the way by {issuer}"),
        cause: format!(
            "{} shows a certificate of its own and reads along; the connection may work, but what does so can break WebSockets \
             and cut idle ones.",
            reader(issuer)
        ),
        next: if has(BREAKS) {
            format!("{start} can exempt this server from that inspection: it breaks the WebSocket.")
        } else if has(MAY_BREAK) {
            format!(
                "{start} can exempt this server from that inspection, to see whether it is what stops the connection."
            )
        } else {
            format!("Nothing to do while it works. If connections break, {who} can exempt this server.")
        }
        .into(),
        explains: BREAKS,
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

    #[test]
    fn who_has_to_fix_a_chain_follows_from_its_issuer_and_from_what_came_with_it() {
        use CertificateFault as F;
        for (fault, issuer, owner, says) in [
            (F::ChainIncomplete, "R11 Let's Encrypt", Owner::Operations, &["intermediate", "fullchain.pem"][..]),
            (
                F::CameAlone,
                "ACME Corp Issuing CA 1",
                Owner::Operations,
                &["intermediate", "fullchain.pem", "extra_roots"],
            ),
            (F::UnknownIssuer, "R10 Let's Encrypt", Owner::Operations, &["do not lead to", "fullchain.pem"]),
            (F::UnknownIssuer, "ACME Corp Issuing CA 1", Owner::UserIt, &["not trusted", "install the authority"]),
            (F::UnknownIssuer, "(STAGING) Puzzling Parsnip E7", Owner::Operations, &["staging", "production"]),
            (
                F::ChainIncomplete,
                "CloudFlare Origin SSL Certificate Authority",
                Owner::Operations,
                &["Origin CA", "proxied"],
            ),
            (F::SelfSigned, "Kubernetes Ingress Controller Fake Certificate", Owner::Operations, &["spec.tls"]),
            (F::Other("it is damaged".into()), "ACME Corp Issuing CA 1", Owner::Operations, &["damaged"]),
            // Whatever came with it: its maker opens connections.
            (F::UnknownIssuer, "ACME Corp SSL Inspection CA", Owner::UserIt, &["exempt this server"]),
            (F::SelfSigned, "Fortinet", Owner::UserIt, &["exempt this server"]),
            (F::CameAlone, "Zscaler Root CA", Owner::UserIt, &["exempt this server"]),
        ] {
            let Problem { owner: said, cause, next, .. } = failed(fault.clone(), issuer);
            assert_eq!(said, owner, "{fault:?} {issuer}: {cause} {next}");
            for word in says {
                assert!(format!("{cause} {next}").contains(word), "{fault:?} {issuer}: no {word:?} in {cause} {next}");
            }
        }
    }
}
