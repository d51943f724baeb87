//! A code that is good for one sign-in, at a console.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::stand_in::{Answer, Gone, Limits, Peer, Request, Service, StandIn};

const CODE: &str = "482913";

/// It wants the code.
struct Login;

impl Service for Login {
    fn http(&self, request: &Request) -> Answer {
        match request.json()["code"] == CODE {
            true => Answer::json(200, r#"{"session":"s-0123456789abcdef"}"#),
            false => Answer::json(401, r#"{"message":"wrong code"}"#),
        }
    }

    fn talk(&self, _: &Request, peer: &mut Peer) -> Result<(), Gone> {
        peer.serve(Limits { silence: std::time::Duration::from_secs(60), ..Limits::default() }, None, |_, _| Ok(true))
            .map(drop)
    }
}

/// A stand-in, and a home with a profile for it in which `words` are run.
fn program(words: &str) -> (StandIn<Login>, TempDir, Command) {
    let server = StandIn::start(Login);
    let address = server.address;
    let home = tempfile::tempdir().unwrap();
    let profile = format!(
        "name = 'codes'\napi = 'http://{address}'\nwebsocket = 'ws://{address}'\nwithout = ['greeting', 'heartbeat']\n\
         [secret.code]\nlabel = 'Code of the app'\nonce = true\n\
         [[login]]\npost = '/login'\njson = {{ code = '{{{{code}}}}' }}\nerror = '/message'\ntake = {{ session = '/session' }}\n\
         [socket]\npath = '/ws'\nquery = {{ s = '{{{{session}}}}' }}\n"
    );
    let file = home.path().join("codes.toml");
    std::fs::write(&file, profile).unwrap();
    let line =
        format!("'{}' {words} --profile '{}' --keychain memory", env!("CARGO_BIN_EXE_ticketscope"), file.display());
    let mut command = Command::new("sh");
    command.args(["-c", &line]).current_dir(home.path()).env("HOME", home.path()).stdin(Stdio::null());
    for name in ["XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"] {
        command.env(name, home.path());
    }
    (server, home, command)
}

#[test]
fn where_nobody_can_be_asked_a_line_says_where_a_code_can_be_typed() {
    let (_server, _home, mut command) = program("check");
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("“Code of the app” is typed for each sign-in") && errors.contains("terminal"), "{errors}");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("“Code of the app” has to be typed for this sign-in"), "{said}");
}

#[test]
fn at_a_terminal_it_is_asked_for_and_not_shown() {
    let (_server, _home, command) = program("watch --until connected --for 60s");
    let line = command.get_args().nth(1).unwrap().to_str().unwrap().to_owned();
    let mut shell = Command::new("script");
    shell.args(["-qec", &line, "/dev/null"]).envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let (mut typed, mut shown) = (shell.stdin.take().unwrap(), shell.stdout.take().unwrap());
    let mut said = String::new();
    let mut buffer = [0; 4096];
    let mut is_typed = false;
    while let Ok(count @ 1..) = shown.read(&mut buffer) {
        said.push_str(&String::from_utf8_lossy(&buffer[..count]));
        if said.contains("it is not shown") && !std::mem::replace(&mut is_typed, true) {
            typed.write_all(format!("{CODE}\n").as_bytes()).unwrap();
        }
    }
    assert!(shell.wait().unwrap().success(), "{said}");
    assert!(said.contains("type “Code of the app”") && said.contains("CONNECTED"), "{said}");
}
