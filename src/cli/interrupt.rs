//! Being asked to end.

use std::future::pending;

use tokio::sync::watch;

use crate::watchdog;

/// The exit code of a program that Ctrl-C ended at once.
const ENDED_AT_ONCE: i32 = 130;

/// Somebody wants the program to end: Ctrl-C, or the system's wish, as when its terminal is closed or its user logs off.
#[derive(Clone)]
pub struct Interrupt(watch::Receiver<bool>);

impl Interrupt {
    /// Listens from now on, on a thread of its own: nothing that the program waits for keeps it from hearing. Whoever asks a
    /// second time ends the program at once.
    pub fn listen() -> Self {
        let (tell, told) = watch::channel(false);
        let listen = move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
            runtime.block_on(async {
                let Ok(mut signals) = signals::Signals::new() else { return pending().await };
                signals.next().await;
                let _ = tell.send(true);
                signals.next().await;
                end_at_once();
            });
        };
        // Without a thread nobody can ask; then only the system's stronger means end the program.
        let _ = watchdog::spawn("interrupt", listen, |_, _| {});
        Self(told)
    }

    /// Does `act` as soon as somebody asks, on a thread of its own.
    pub fn then(mut self, act: impl FnOnce() + Send + 'static) {
        let wait = move || {
            if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().build() {
                runtime.block_on(self.asked());
                act();
            }
        };
        // Without a thread the program ends when its work does.
        let _ = watchdog::spawn_once("interrupted", wait);
    }

    /// Waits until somebody asks.
    pub async fn asked(&mut self) {
        if self.0.wait_for(|asked| *asked).await.is_err() {
            pending().await
        }
    }
}

#[expect(clippy::exit, reason = "whoever asks twice does not want to wait for sockets and files")]
fn end_at_once() -> ! {
    std::process::exit(ENDED_AT_ONCE)
}

#[cfg(unix)]
mod signals {
    use std::io;

    use tokio::signal::unix::{Signal, SignalKind, signal};

    /// `SIGXFSZ`, on Linux and on Apple's systems.
    const FILE_TOO_LARGE: i32 = 25;

    /// The signals that ask a program to end.
    pub struct Signals {
        interrupt: Signal,
        terminate: Signal,
        /// `None`: whoever started the program wants it to outlive its terminal (nohup).
        hangup: Option<Signal>,
    }

    impl Signals {
        pub fn new() -> io::Result<Self> {
            // A file that may not grow (ulimit -f) is an error of whoever writes, and no reason to die.
            let _ = signal(SignalKind::from_raw(FILE_TOO_LARGE));
            let hangup = if is_hangup_ignored() { None } else { Some(signal(SignalKind::hangup())?) };
            Ok(Self {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
                hangup,
            })
        }

        /// Waits for the next.
        pub async fn next(&mut self) {
            let hung_up = async {
                match &mut self.hangup {
                    Some(hangup) => _ = hangup.recv().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = self.interrupt.recv() => {}
                _ = self.terminate.recv() => {}
                () = hung_up => {}
            }
        }
    }

    /// Whether SIGHUP was ignored when the program began, as Linux tells (proc(5)).
    fn is_hangup_ignored() -> bool {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 != 0)
    }
}

#[cfg(windows)]
mod session_end;

#[cfg(windows)]
mod signals {
    use std::io;

    use tokio::signal::windows::{
        CtrlBreak, CtrlC, CtrlClose, CtrlLogoff, CtrlShutdown, ctrl_break, ctrl_c, ctrl_close, ctrl_logoff,
        ctrl_shutdown,
    };

    use crate::cli::interrupt::session_end::SessionEnd;

    /// What asks a program to end: keys, the console's window, and the end of the user's session. Those of the last three
    /// that a console tells of leave some seconds.
    pub struct Signals {
        interrupt: CtrlC,
        break_: CtrlBreak,
        close: CtrlClose,
        log_off: CtrlLogoff,
        shutdown: CtrlShutdown,
        session: SessionEnd,
    }

    impl Signals {
        pub fn new() -> io::Result<Self> {
            Ok(Self {
                interrupt: ctrl_c()?,
                break_: ctrl_break()?,
                close: ctrl_close()?,
                log_off: ctrl_logoff()?,
                shutdown: ctrl_shutdown()?,
                session: SessionEnd::listen(),
            })
        }

        /// Waits for the next.
        pub async fn next(&mut self) {
            tokio::select! {
                _ = self.interrupt.recv() => {}
                _ = self.break_.recv() => {}
                _ = self.close.recv() => {}
                _ = self.log_off.recv() => {}
                _ = self.shutdown.recv() => {}
                () = self.session.ends() => {}
            }
        }
    }
}
