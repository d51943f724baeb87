//! Being asked to end.

use std::future::pending;

use tokio::signal::ctrl_c;
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};

/// Somebody wants the program to end: Ctrl-C, or the system's SIGTERM.
pub(super) async fn interrupted() {
    #[cfg(unix)]
    if let Ok(mut terminate) = signal(SignalKind::terminate()) {
        tokio::select! {
            _ = ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        return;
    }
    // An error means that nobody can ask; then only the limits end the program.
    if ctrl_c().await.is_err() {
        pending::<()>().await;
    }
}
