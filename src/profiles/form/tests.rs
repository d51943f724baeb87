//! Every preset as a form, and what a change leaves alone.

use std::collections::BTreeSet;

use strum::IntoEnumIterator as _;

use super::*;
use crate::model::Profile;

const TEXT: &str = r#"# What it is for
name = "Customer A" # and who
api = 'https://a.example'

# The app's
[secret.app_token]
label = "App (xapp-…)"

[[ticket]]
post = "/open"   # here
auth = "Bearer {{app_token}}"
ok = { "/ok" = true, "/n" = 5, "/s" = "5" }
take = { url = "/url" }
[ticket.query]
v = "{{app_token|url}}"

# Both are asked
[[ticket]]
get = "{{url}}/more"
json = { a = [1, 2] }
life = { seconds = "?/expires_in" }

[socket]
url = "{{url}}"
protocols = [
  "one", # the first
  "two",
]
origin = false

[classify.codes]
not_authed = "stop"
"#;

fn read(text: &str) -> ProfileText {
    ProfileText::read(text).unwrap()
}

fn key(part: Part, place: Place, name: &str) -> &'static Key {
    let section = part.sections().iter().find(|section| section.place == place).unwrap();
    section.keys.iter().find(|key| key.name == name).unwrap()
}

fn section(part: Part, place: Place) -> &'static Section {
    part.sections().iter().find(|section| section.place == place).unwrap()
}

const EACH_TICKET: Place = Place::Each("ticket");
const FIRST: At = At::Each("ticket", 0);
const SECOND: At = At::Each("ticket", 1);

fn ticket(name: &str) -> &'static Key {
    key(Part::Ticket, EACH_TICKET, name)
}

fn socket(name: &str) -> (At, &'static Key) {
    (At::Table(vec!["socket".to_owned()]), key(Part::Socket, Place::Table(&["socket"]), name))
}

/// The lines that `edit` takes out and puts in.
#[track_caller]
fn changed(at: &At, key: &Key, edit: Edit) -> (Vec<String>, Vec<String>) {
    let new = read(TEXT).edited(at, key, &edit).unwrap();
    assert!(ProfileText::read(&new).is_some(), "{new}");
    let (old, new): (Vec<&str>, Vec<&str>) = (TEXT.lines().collect(), new.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - same;
    let end = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let owned = |lines: &[&str]| lines.iter().map(|&line| line.to_owned()).collect();
    (owned(&old[same..old.len() - end]), owned(&new[same..new.len() - end]))
}

#[test]
fn fields_hold_what_the_file_says() {
    let text = read(TEXT);
    let pairs = |pairs: &[(&str, &str)]| {
        Held::Pairs(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    };
    assert_eq!(text.held(&FIRST, ticket("post")), Held::Request("post", "/open".to_owned()));
    assert_eq!(text.held(&SECOND, ticket("post")), Held::Request("get", "{{url}}/more".to_owned()));
    assert_eq!(text.held(&FIRST, ticket("ok")), pairs(&[("/ok", "true"), ("/n", "5"), ("/s", "\"5\"")]));
    assert_eq!(text.held(&FIRST, ticket("query")), pairs(&[("v", "{{app_token|url}}")]));
    assert_eq!(text.held(&FIRST, ticket("json")), Held::Nothing);
    assert_eq!(text.held(&SECOND, ticket("json")), Held::Text("{ a = [1, 2] }".to_owned()));
    assert_eq!(text.held(&SECOND, ticket("life")), Held::Unit("seconds", "?/expires_in".to_owned()));
    let (at, protocols) = socket("protocols");
    assert_eq!(text.held(&at, protocols), Held::List(vec!["one".to_owned(), "two".to_owned()]));
    assert_eq!(text.held(&at, socket("origin").1), Held::Text("none".to_owned()));
    let classify = At::Table(vec!["classify".to_owned()]);
    let codes = key(Part::Ends, Place::Table(&["classify"]), "codes");
    assert_eq!(text.held(&classify, codes), pairs(&[("not_authed", "stop")]));
}

#[test]
fn a_change_touches_only_its_own_line() {
    let lines = |lines: &[&str]| lines.iter().map(|&line| line.to_owned()).collect::<Vec<_>>();
    let text = |text: &str| Edit::Text(text.to_owned());
    let name = key(Part::Service, Place::Top, "name");
    for (at, key, edit, out, put) in [
        (At::Top, name, text("B \"b\""), &["name = \"Customer A\" # and who"][..], &["name = 'B \"b\"' # and who"][..]),
        (At::Top, key(Part::Service, Place::Top, "origin"), text("https://o"), &[], &["origin = \"https://o\""]),
        (FIRST, ticket("post"), Edit::Method("get"), &["post = \"/open\"   # here"], &["get = \"/open\"   # here"]),
        (FIRST, ticket("post"), text("/b"), &["post = \"/open\"   # here"], &["post = \"/b\"   # here"]),
        (FIRST, ticket("auth"), text(""), &["auth = \"Bearer {{app_token}}\""], &[]),
        (FIRST, ticket("reusable"), Edit::Flag(true), &[], &["reusable = true"]),
        (
            FIRST,
            ticket("ok"),
            Edit::Pair(1, "/n".to_owned(), "yes".to_owned()),
            &["ok = { \"/ok\" = true, \"/n\" = 5, \"/s\" = \"5\" }"],
            &["ok = { \"/ok\" = true, \"/n\" = \"yes\", \"/s\" = \"5\" }"],
        ),
        (
            FIRST,
            ticket("ok"),
            Edit::Pair(0, "/fine".to_owned(), "true".to_owned()),
            &["ok = { \"/ok\" = true, \"/n\" = 5, \"/s\" = \"5\" }"],
            &["ok = { \"/fine\" = true, \"/n\" = 5, \"/s\" = \"5\" }"],
        ),
        (FIRST, ticket("query"), Edit::AddPair, &[], &["name = \"{{value}}\""]),
        (FIRST, ticket("query"), Edit::RemovePair(0), &["v = \"{{app_token|url}}\""], &[]),
        (FIRST, ticket("take"), Edit::RemovePair(0), &["take = { url = \"/url\" }"], &[]),
        (
            FIRST,
            ticket("take"),
            Edit::AddPair,
            &["take = { url = \"/url\" }"],
            &["take = { url = \"/url\" , value = \"/ticket\" }"],
        ),
        (FIRST, ticket("headers"), Edit::AddPair, &[], &["headers = { X-Name = \"{{value}}\" }"]),
        (
            SECOND,
            ticket("life"),
            Edit::Unit(Some("millis")),
            &["life = { seconds = \"?/expires_in\" }"],
            &["life = { millis = \"?/expires_in\" }"],
        ),
        (
            SECOND,
            ticket("life"),
            text("/x"),
            &["life = { seconds = \"?/expires_in\" }"],
            &["life = { seconds = \"/x\" }"],
        ),
    ] {
        let (removed, added) = changed(&at, key, edit.clone());
        assert_eq!((removed, added), (lines(out), lines(put)), "{} {edit:?}", key.name);
    }
    let (at, protocols) = socket("protocols");
    let (out, put) = changed(&at, protocols, Edit::Entry(1, "three".to_owned()));
    assert_eq!((out, put), (lines(&["  \"two\","]), lines(&["  \"three\","])));
    let gone = read(TEXT).edited(&at, protocols, &Edit::RemoveEntry(0)).unwrap();
    assert_eq!(read(&gone).held(&at, protocols), Held::List(vec!["two".to_owned()]));
}

#[test]
fn what_is_no_value_yet_changes_nothing() {
    let text = read(TEXT);
    let json = ticket("json");
    assert!(text.edited(&SECOND, json, &Edit::Text("{ a = ".to_owned())).is_err());
    let twice = Edit::Pair(0, "/n".to_owned(), "true".to_owned());
    assert_eq!(text.edited(&FIRST, ticket("ok"), &twice), Err("there is one of this name already"));
}

#[test]
fn tables_are_made_where_they_belong_and_go_with_what_is_theirs() {
    let (new, at) = read(TEXT).with_new(section(Part::Greeting, Place::Each("hello")));
    assert_eq!(at, At::Each("hello", 0));
    let order: Vec<&str> = new.lines().filter(|line| line.starts_with('[')).collect();
    let expected = [
        "[secret.app_token]",
        "[[ticket]]",
        "[ticket.query]",
        "[[ticket]]",
        "[socket]",
        "[[hello]]",
        "[classify.codes]",
    ];
    assert_eq!(order, expected);
    let (again, at) = read(&new).with_new(section(Part::Greeting, Place::Each("hello")));
    assert_eq!(
        (read(&again).places(section(Part::Greeting, Place::Each("hello"))).len(), &at),
        (2, &At::Each("hello", 1))
    );
    assert_eq!(read(&again).without(&at), new);
    assert_eq!(read(&new).without(&At::Each("hello", 0)), TEXT);

    let without = read(TEXT).without(&FIRST);
    assert!(!without.contains("/open") && !without.contains("[ticket.query]"), "{without}");
    assert!(without.contains("# Both are asked\n[[ticket]]\nget ="), "{without}");
    let last = read(TEXT).without(&SECOND);
    assert!(
        !last.contains("# Both are asked") && last.contains("[ticket.query]\nv = \"{{app_token|url}}\"\n\n[socket]")
    );

    let (secret, at) = read(TEXT).with_new(section(Part::Secrets, Place::Named("secret")));
    assert!(secret.contains("label = \"App (xapp-…)\"\n\n[secret.secret]\nlabel = \"\"\n\n[[ticket]]"), "{secret}");
    assert_eq!(read(&secret).without(&at), TEXT);
    // A table that is not there is made for its first key.
    let timeouts = At::Table(vec!["timeouts".to_owned()]);
    let http = key(Part::Waiting, Place::Table(&["timeouts"]), "http");
    let limited = read(TEXT).edited(&timeouts, http, &Edit::Text("3s".to_owned())).unwrap();
    assert!(limited.ends_with("not_authed = \"stop\"\n\n[timeouts]\nhttp = \"3s\"\n"), "{limited}");
}

#[test]
fn a_secret_that_is_renamed_is_renamed_where_it_is_used() {
    let at = At::Table(vec!["secret".to_owned(), "app_token".to_owned()]);
    let text = read(TEXT).renamed(&at, "key").unwrap();
    assert_eq!(text, TEXT.replace("app_token", "key"));
    assert!(read(TEXT).renamed(&at, "Key 1").is_err());
}

#[test]
fn a_line_is_found_in_the_form() {
    let text = read(TEXT);
    let line_of = |part: &str| TEXT.lines().position(|line| line.starts_with(part)).unwrap() + 1;
    let spot = |begin: &str| text.spot(line_of(begin)).map(|spot| (spot.part, spot.at, spot.key)).unwrap();
    assert_eq!(spot("api"), (Part::Service, At::Top, Some("api")));
    assert_eq!(spot("label"), (Part::Secrets, At::Table(vec!["secret".into(), "app_token".into()]), Some("label")));
    assert_eq!(spot("post"), (Part::Ticket, FIRST, Some("post")));
    assert_eq!(spot("[ticket.query]").1, FIRST);
    assert_eq!(spot("v ="), (Part::Ticket, FIRST, Some("query")));
    assert_eq!(spot("get"), (Part::Ticket, SECOND, Some("post")));
    assert_eq!(spot("  \"two\""), (Part::Socket, At::Table(vec!["socket".into()]), Some("protocols")));
    assert_eq!(spot("not_authed"), (Part::Ends, At::Table(vec!["classify".into()]), Some("codes")));
    assert_eq!(text.spot(TEXT.lines().count() + 1).map(|spot| spot.key), Some(Some("codes")));
    assert_eq!(text.line_of(&SECOND, Some("life")), Some(line_of("life")));
    assert_eq!(text.line_of(&SECOND, None), Some(line_of("[[ticket]]") + 9));
}

/// Every field of a file, with what it holds.
fn fields(text: &ProfileText) -> Vec<(At, &'static Key, Held)> {
    let mut fields = Vec::new();
    for section in Part::iter().flat_map(|part| part.sections()) {
        for at in text.places(section) {
            fields.extend(section.keys.iter().map(|key| (at.clone(), key, text.held(&at, key))));
        }
    }
    fields
}

#[test]
fn every_preset_is_a_form_and_can_be_typed_again() {
    let mut seen = BTreeSet::new();
    for preset in crate::presets::all() {
        let text = read(preset.text);
        let profile = Profile::from_toml(preset.text).unwrap();
        for (at, key, held) in fields(&text) {
            let edits = match held {
                Held::Nothing => continue,
                Held::InFile => {
                    // What a person would not type into one line either.
                    assert_eq!((preset.name, key.name), ("dingtalk-stream", "json"), "{at:?}");
                    continue;
                }
                Held::Text(text) | Held::Unit(_, text) | Held::Request(_, text) => vec![Edit::Text(text)],
                Held::Flag(flag) => vec![Edit::Flag(flag)],
                Held::List(list) => list.into_iter().enumerate().map(|(at, text)| Edit::Entry(at, text)).collect(),
                Held::Pairs(pairs) => {
                    pairs.into_iter().enumerate().map(|(at, (name, value))| Edit::Pair(at, name, value)).collect()
                }
            };
            seen.insert(key.name);
            for edit in edits {
                let again = text.edited(&at, key, &edit).unwrap();
                assert_eq!(Profile::from_toml(&again).as_ref(), Ok(&profile), "{} {at:?} {}", preset.name, key.name);
            }
        }
    }
    assert!(seen.len() > 20, "{seen:?}");
}

#[test]
fn the_path_of_the_health_check_is_typed_as_it_is() {
    let at = At::Table(vec!["endpoints".to_owned()]);
    let health = key(Part::Service, Place::Table(&["endpoints"]), "health");
    for (said, shown) in [("false", "none"), ("{ path = \"/up\" }", "/up")] {
        let text = format!("name = \"A\"\n[endpoints]\nhealth = {said}\n");
        assert_eq!(read(&text).held(&at, health), Held::Text(shown.to_owned()));
        let before = read("name = \"A\"\n[endpoints]\nhealth = { path = \"/healthz\" }\n");
        assert_eq!(before.edited(&at, health, &Edit::Text(shown.to_owned())).unwrap(), text);
    }
}
