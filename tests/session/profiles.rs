//! `ticketscope profile` and `ticketscope secret`, as scripts see them.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::program::command;

const SLACK: &str = "name = 'Slack'\napi = 'https://slack.example'\n[secret.app_token]\nlabel = 'App-level token'\n\
                     hint = 'Basic Information, App-Level Tokens'\n[secret.other]\nenv = 'TICKETSCOPE_TEST_OTHER'\n\
                     [[ticket]]\npost = '/open'\nauth = 'Bearer {{app_token}}'\ntake = { url = '/url' }\n\
                     [socket]\nurl = '{{url}}'\n";

const SECRET: &str = "xapp-1-A0123456789-very-secret";

/// Exit code, output and errors.
fn ran(home: &Path, arguments: &[&str], input: &str) -> (Option<i32>, String, String) {
    let mut command = command(home, arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.env("TICKETSCOPE_TEST_OTHER", SECRET).spawn().unwrap();
    // Who refuses before it reads closes the pipe.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (out, errors) = (text(&output.stdout), text(&output.stderr));
    assert!(!out.contains(SECRET) && !errors.contains(SECRET), "{arguments:?}: {out}{errors}");
    (output.status.code(), out, errors)
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn a_new_profile_is_listed_shown_and_never_overwritten() {
    let home = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| ran(home.path(), arguments, "");
    let (code, path, errors) = run(&["profile", "new", "My Bot", "--url", "wss://gw.example/x?v=1&token=abc"]);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    let file = home.path().join("config/ticketscope/profiles/my-bot.toml");
    assert_eq!(Path::new(path.trim()), file);
    let text = fs::read_to_string(&file).unwrap();
    let (code, _, errors) = run(&["profile", "new", "my bot"]);
    assert!(code == Some(2) && errors.contains("already"), "{errors}");
    assert_eq!(fs::read_to_string(&file).unwrap(), text);

    let folder = file.parent().unwrap();
    fs::write(folder.join("broken.toml"), "name = 'x'\napi = 'x'\n").unwrap();
    let (code, out, _) = run(&["profile", "list"]);
    assert_eq!(code, Some(0));
    for expected in ["Local demo  a server inside", "wss://gw.example", "my-bot.toml", "broken.toml:2:7: "] {
        assert!(out.contains(expected), "{expected} is not in\n{out}");
    }
    let list = json(&run(&["profile", "list", "--format", "json"]).1);
    assert_eq!(list["profiles"][2]["name"], "My Bot");
    assert_eq!((&list["broken"][0]["line"], &list["broken"][0]["column"]), (&2.into(), &7.into()));

    let (code, out, _) = run(&["profile", "show", "my bot"]);
    assert!(code == Some(0) && out.contains("[secret.token]") && out.contains("query token = {{token}}"), "{out}");
    let shown = json(&run(&["profile", "show", "Production", "--format", "json"]).1);
    assert_eq!((&shown["file"], &shown["parts"][0]["part"]), (&Value::Null, &"Sign-in".into()));
}

#[test]
fn a_wrong_profile_is_2_and_names_file_line_and_column() {
    let home = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| ran(home.path(), arguments, "");
    fs::write(home.path().join("good.toml"), SLACK).unwrap();
    for (name, text, place, expected) in [
        ("path.toml", SLACK.replace("'/open'", "'/open?x'"), ":9:8: ", "?, & or #"),
        ("value.toml", SLACK.replace("{{app_token}}", "{{ap_token}}"), ":10:16: ", "app_token"),
        ("filter.toml", SLACK.replace("{{url}}", "{{url|x}}"), ":13:7: ", "base64url"),
        ("pointer.toml", SLACK.replace("'/url'", "'url'"), ":11:", "JSON pointer"),
        ("key.toml", SLACK.replace("post", "pots"), ":9:1: ", "pots"),
    ] {
        fs::write(home.path().join(name), text).unwrap();
        let (code, _, errors) = run(&["profile", "check", name]);
        assert!(code == Some(2) && errors.contains(&format!("{name}{place}")), "{errors}");
        assert!(errors.contains(expected), "{errors}");
        let (code, out, _) = run(&["profile", "check", name, "--format", "json"]);
        assert_eq!((code, &json(&out)["ok"]), (Some(2), &false.into()));
    }
    let (code, out, _) = run(&["profile", "check", "good.toml"]);
    assert!(code == Some(0) && out.starts_with("OK: Slack"), "{out}");
    assert_eq!(run(&["profile", "check", "missing.toml"]).0, Some(2));
}

#[test]
fn presets_are_listed_and_printed_and_are_profiles() {
    let home = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| ran(home.path(), arguments, "");
    let presets = json(&run(&["profile", "presets", "--format", "json"]).1);
    for preset in presets["presets"].as_array().unwrap() {
        let name = preset["name"].as_str().unwrap();
        let (code, text, _) = run(&["profile", "preset", name]);
        assert_eq!(code, Some(0));
        fs::write(home.path().join("preset.toml"), text).unwrap();
        assert_eq!(run(&["profile", "check", "preset.toml"]).0, Some(0), "{name}");
        let (code, path, _) = run(&["profile", "new", &format!("My {name}"), "--preset", name]);
        assert_eq!((code, run(&["profile", "check", path.trim()]).0), (Some(0), Some(0)), "{name}");
    }
    let (code, _, errors) = run(&["profile", "preset", "no-such"]);
    assert!(code == Some(2) && errors.contains("`profile presets` lists all"), "{errors}");
    let (code, _, errors) = run(&["profile", "preset", "socket-oi"]);
    assert!(code == Some(2) && errors.contains("did you mean socket-io?"), "{errors}");
}

#[cfg(unix)]
#[test]
fn a_command_runs_only_after_somebody_has_read_and_allowed_it() {
    let home = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| ran(home.path(), arguments, "y\n");
    let ran_once = home.path().join("ran");
    let profile = |word: &str| {
        format!(
            "name = 'Bot'\napi = 'http://127.0.0.1:1'\n[secret.key]\n\
             command = ['sh', '-c', 'echo {word} > {}; echo printed; exit 3']\n\
             [[ticket]]\npost = '/open'\nauth = 'Bearer {{{{key}}}}'\ntake = {{ url = '/url' }}\n[socket]\nurl = '{{{{url}}}}'\n",
            ran_once.display()
        )
    };
    fs::write(home.path().join("bot.toml"), profile("one")).unwrap();
    let watch = ["watch", "--profile", "bot.toml"];
    let (_, out, _) = run(&watch);
    assert!(out.contains("has not been allowed to run") && out.contains("secret-missing"), "{out}");
    assert!(!ran_once.exists(), "nobody has allowed it");
    let (code, out, errors) = run(&["secret", "allow", "bot.toml", "key"]);
    assert!(code == Some(2) && out.contains("sh -c \"echo one > ") && errors.contains("--yes"), "{out}{errors}");
    assert!(run(&["secret", "list", "bot.toml"]).1.contains("✗ its command has not been allowed"));
    assert_eq!(run(&["secret", "allow", "bot.toml", "key", "--yes"]).0, Some(0));
    assert!(run(&["secret", "list", "bot.toml"]).1.contains("✓ given by a command"));
    assert!(!ran_once.exists(), "listing runs nothing");
    let (_, out, _) = run(&watch);
    assert!(ran_once.exists() && out.contains("failed with exit code 3"), "{out}");

    fs::remove_file(&ran_once).unwrap();
    fs::write(home.path().join("bot.toml"), profile("two")).unwrap();
    run(&watch);
    assert!(!ran_once.exists(), "another word is another command");
    fs::write(home.path().join("bot.toml"), profile("one")).unwrap();
    assert_eq!(run(&["secret", "forget", "bot.toml", "key"]).0, Some(0));
    run(&watch);
    assert!(!ran_once.exists(), "it is not allowed any more");
}

#[test]
fn a_secret_comes_from_standard_input_and_goes_to_no_output() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("slack.toml"), SLACK).unwrap();
    let run = |arguments: &[&str], input: &str| ran(home.path(), arguments, input);
    let set = ["secret", "set", "slack.toml", "app_token"];
    // There is no keychain here: it says so, and what else can be done.
    let (code, out, errors) = run(&set, &format!("{SECRET}\n"));
    assert!(code == Some(1) && out.is_empty() && errors.contains("no keychain service"), "{errors}");
    let (code, _, errors) = run(&set, "\n");
    assert!(code == Some(2) && errors.contains("nothing came"), "{errors}");
    let (code, _, errors) = run(&set, &format!("a\n{SECRET}\n"));
    assert!(code == Some(2) && errors.contains("one line"), "{errors}");
    let (code, _, errors) = run(&["secret", "set", "slack.toml", "app_tokn"], SECRET);
    assert!(code == Some(2) && errors.contains("did you mean app_token"), "{errors}");
    let (code, _, errors) = run(&["secret", "set", "slack.toml", "other"], SECRET);
    assert!(code == Some(2) && errors.contains("environment variable TICKETSCOPE_TEST_OTHER"), "{errors}");
    let (code, out, _) = run(&["secret", "list", "slack.toml"], "");
    assert!(code == Some(1) && out.contains("other      ✓ given") && out.contains("? not known"), "{out}");
    let list = json(&run(&["secret", "list", "slack.toml", "--format", "json"], "").1);
    assert_eq!((&list["secrets"][0]["given"], &list["secrets"][1]["given"]), (&Value::Null, &true.into()));
    let (code, out, _) = run(&["secret", "list", "Production"], "");
    assert_eq!((code, out.as_str()), (Some(0), "Production wants no secrets\n"));
}
