//! TLS that something on the way opens, and that works all the same.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::ServerConfig;
use ticketscope::check::{Step, StepState, text};
use ticketscope::view::Tone;
use tokio_rustls::TlsAcceptor;

use crate::limit::{attend, secured};
use crate::{check_of, run, step};
use support::server::listen;

/// A certificate for 127.0.0.1 by a company's proxy, and the proxy's own.
fn of_proxy() -> (TlsAcceptor, tempfile::NamedTempFile) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "Zscaler Root CA");
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let root = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(root.path(), issuer.pem()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key.into());
    (TlsAcceptor::from(Arc::new(config.unwrap())), root)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_reads_along_is_a_warning_and_no_step_after_it_is_called_not_run() {
    let (acceptor, root) = of_proxy();
    let listener = listen().await;
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    attend(stream, |_| false).await;
                }
            });
        }
    });
    let mut profile = secured(address);
    profile.tls.extra_roots = vec![root.path().to_owned().into()];
    let outcome = run(check_of(profile)).await;
    let tls = step(&outcome, Step::Tls);
    assert_eq!(tls.state, StepState::Warning, "{:#?}", outcome.steps);
    assert!(tls.found.as_str().starts_with("it works, but Zscaler Root CA opens it on the way · TLS 1.3"), "{tls:?}");
    for result in outcome.steps.iter().filter(|result| result.step != Step::Tls) {
        assert_eq!(result.state, StepState::Passed, "{:#?}", outcome.steps);
        assert!(result.took < outcome.took, "{result:?}");
    }
    let conclusion = outcome.conclusion();
    assert_eq!((conclusion.status, conclusion.tone, outcome.is_well()), ("WORKS, BUT", Tone::Warning, false));
    let text = text(&outcome);
    for part in [
        "▲ TLS            warning ",
        "WORKS, BUT: The secure connection is opened on the way by Zscaler Root CA",
        "Who can fix it: the user's IT",
        "Next step: Nothing to do while it works",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}
