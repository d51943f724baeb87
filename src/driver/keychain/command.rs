//! Running a command that prints a secret: no shell, nothing to read, and nothing of what it complains is shown.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::model::failure::{IoCause, SecretFault};
use crate::model::{CommandLine, decoded_text};

/// How long a command may take: some wait for a person's finger on a key.
pub const LIMIT: Duration = Duration::from_secs(10);

/// The longest secret that is taken, in bytes.
const MAX_BYTES: u64 = 64 << 10;

/// What `command` prints, without one line break at its end.
///
/// # Errors
/// Why there is nothing of use. The command is ended when this returns, or is dropped.
pub async fn output(command: &CommandLine, limit: Duration) -> Result<Zeroizing<String>, SecretFault> {
    let started = Command::new(command.program())
        .args(command.arguments())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        // It may quote what it was given.
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn();
    let mut child = started.map_err(|error| SecretFault::NotStarted { cause: IoCause::of(&error) })?;
    let printed = async {
        let bytes = match child.stdout.take() {
            Some(out) => read(out).await?,
            None => Zeroizing::default(),
        };
        let status = child.wait().await.map_err(|error| SecretFault::NotStarted { cause: IoCause::of(&error) })?;
        if !status.success() {
            return Err(SecretFault::Failed { code: status.code() });
        }
        let text = decoded_text(&bytes).map(Zeroizing::new).ok_or(SecretFault::NotText)?;
        let text = text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
        if text.is_empty() { Err(SecretFault::Empty) } else { Ok(Zeroizing::new(text.to_owned())) }
    };
    timeout(limit, printed).await.unwrap_or(Err(SecretFault::Slow { after: limit }))
}

/// All that `out` gives. Half of a secret is none.
async fn read(out: impl AsyncRead + Unpin) -> Result<Zeroizing<Vec<u8>>, SecretFault> {
    // As large as needed from the start: growing would leave a copy behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_BYTES as usize + 1));
    let read = out.take(MAX_BYTES + 1).read_to_end(&mut bytes).await;
    read.map_err(|error| SecretFault::Unread { cause: IoCause::of(&error) })?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(SecretFault::TooLong { limit_kib: (MAX_BYTES >> 10) as u32 });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use tokio::io::ReadBuf;

    use super::*;

    /// A pipe that breaks.
    struct Broken;

    impl AsyncRead for Broken {
        fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
        }
    }

    #[tokio::test]
    async fn half_of_what_a_command_prints_is_no_secret() {
        let half = read(b"half a sec".chain(Broken)).await;
        assert!(matches!(half, Err(SecretFault::Unread { .. })), "{half:?}");
        assert_eq!(**read(&b"a secret"[..]).await.unwrap(), *b"a secret");
    }

    async fn printed(words: &[&str]) -> Result<String, SecretFault> {
        let command = CommandLine::try_from(words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()).unwrap();
        output(&command, LIMIT).await.map(|text| text.to_string())
    }

    #[cfg(windows)]
    #[tokio::test]
    async fn what_a_command_of_windows_prints_is_a_secret_and_each_way_to_fail_has_its_cause() {
        assert_eq!(printed(&["cmd", "/c", "echo xapp-1"]).await, Ok("xapp-1".to_owned()));
        assert_eq!(printed(&["cmd", "/c", "rem"]).await, Err(SecretFault::Empty));
        assert_eq!(printed(&["cmd", "/c", "exit 3"]).await, Err(SecretFault::Failed { code: Some(3) }));
        assert!(matches!(printed(&["C:\\nowhere\\no-such-program"]).await, Err(SecretFault::NotStarted { .. })));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn one_line_break_is_no_part_of_a_secret() {
        assert_eq!(printed(&["printf", "xapp-1\n"]).await, Ok("xapp-1".to_owned()));
        assert_eq!(printed(&["printf", "a\r\n"]).await, Ok("a".to_owned()));
        assert_eq!(printed(&["printf", " a\n\n"]).await, Ok(" a\n".to_owned()));
        assert_eq!(printed(&["printf", "%s", "$HOME;`id`"]).await, Ok("$HOME;`id`".to_owned()), "no shell");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn each_way_to_fail_has_its_own_cause() {
        assert_eq!(printed(&["true"]).await, Err(SecretFault::Empty));
        assert_eq!(
            printed(&["sh", "-c", "echo secret; echo secret >&2; exit 3"]).await,
            Err(SecretFault::Failed { code: Some(3) })
        );
        assert_eq!(printed(&["sh", "-c", "kill -9 $$"]).await, Err(SecretFault::Failed { code: None }));
        assert_eq!(printed(&["printf", "\\377"]).await, Err(SecretFault::NotText));
        assert_eq!(printed(&["head", "-c", "70000", "/dev/zero"]).await, Err(SecretFault::TooLong { limit_kib: 64 }));
        assert!(matches!(printed(&["/nowhere/no-such-program"]).await, Err(SecretFault::NotStarted { .. })));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_command_that_does_not_end_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pid");
        let script = format!("echo $$ > {}; exec sleep 600", file.display());
        let words = ["sh", "-c", &script].map(str::to_owned).to_vec();
        let after = Duration::from_millis(500);
        let slow = output(&CommandLine::try_from(words).unwrap(), after).await;
        assert_eq!(slow, Err(SecretFault::Slow { after }));
        let pid = std::fs::read_to_string(&file).unwrap();
        let is_there = || std::path::Path::new(&format!("/proc/{}/cmdline", pid.trim())).exists();
        let ended = async {
            // Killed at once, reaped by the runtime soon.
            while is_there() && !std::fs::read(format!("/proc/{}/cmdline", pid.trim())).unwrap_or_default().is_empty() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(Duration::from_secs(60), ended).await.unwrap();
    }
}
