//! The way from token to socket as a script for k6, the load tester. Secrets come from its environment, and neither the
//! ticket nor an answer gets into its metrics or its log.

use super::session::Session;
use super::writer::Writer;
use crate::model::{Profile, Service};

pub(super) const K6: Writer = Writer {
    name: "k6",
    label: "k6 script",
    explanation: "Token, ticket and WebSocket as a load test for k6; the JWT comes from its environment",
    write: |session: Session<'_>| script(&session.header.profile),
};

const HEAD: &str = r#"// Token, ticket, WebSocket, as the web app takes them: k6 run FILE
// One user does it once. Ask the service's owner before you choose more with --vus and --duration.
//   -e JWT=…     a JWT, instead of asking for a new one
//   -e HOLD=30   how many seconds each socket stays open; 10 unless given
import http from 'k6/http';
import ws from 'k6/ws';
import { check, fail } from 'k6';

"#;

/// What follows the profile's values.
const STEPS: &str = r#"
// The value at a JSON pointer (RFC 6901).
function at(pointer, answer) {
  let value = answer.json();
  for (const part of pointer.split('/').slice(1)) {
    value = value === null || value === undefined ? undefined : value[part.replace(/~1/g, '/').replace(/~0/g, '~')];
  }
  return value;
}

// The value that a request is made for.
function ask(what, step, headers) {
  if (step.method === 'POST') {
    headers['Content-Type'] = 'application/json';
  }
  const body = step.method === 'POST' ? '{}' : null;
  const answer = http.request(step.method, step.url, body, { headers, redirects: 0 });
  check(answer, { [`${what}: status 200`]: ({ status }) => status === 200 }) || fail(`${what}: ${answer.status}`);
  return at(step.field, answer) || fail(`${what}: nothing at ${step.field} in the answer`);
}

export default function () {
  const jwt = __ENV.JWT || ask('token', token, { Origin: origin });
  const once = ask('ticket', ticket, { Origin: origin, Authorization: `Bearer ${jwt}` });
  // Metrics are named after the address, in which the ticket would be.
  const tags = { name: socket.url, url: socket.url };
  const address = `${socket.url}?${encodeURIComponent(socket.query)}=${encodeURIComponent(once)}`;
  const answer = ws.connect(address, { headers: { Origin: origin }, tags }, (opened) => {
    opened.on('open', () => opened.setTimeout(() => opened.close(), 1000 * Number(__ENV.HOLD || 10)));
  });
  check(answer, { 'socket: status 101': (answer) => answer && answer.status === 101 });
}
"#;

fn script(profile: &Profile) -> String {
    if let Some(service) = &profile.service {
        return script_of_steps(profile, service);
    }
    let Profile { api, websocket, origin, endpoints, .. } = profile;
    let (token, ticket, socket) = (&endpoints.token, &endpoints.ticket, &endpoints.socket);
    let step = |method, path, field| serde_json::json!({ "method": method, "url": api.join(path), "field": field });
    let values = [
        ("origin", serde_json::json!(origin)),
        ("token", step(token.method, &token.path, &token.field)),
        ("ticket", step(ticket.method, &ticket.path, &ticket.field)),
        ("socket", serde_json::json!({ "url": websocket.join(&socket.path), "query": socket.query })),
    ];
    // JSON is JavaScript (ECMA-262 since 2019).
    let values = values.map(|(name, value)| format!("const {name} = {value};\n"));
    format!("{HEAD}{}{STEPS}", values.concat())
}

/// What takes the steps of a service of another kind, which are data.
const OTHER_STEPS: &str = include_str!("k6_steps.js");

fn script_of_steps(profile: &Profile, service: &Service) -> String {
    // JSON is JavaScript (ECMA-262 since 2019).
    let data = serde_json::json!({
        "api": profile.api.to_string().trim_end_matches('/'),
        "websocket": profile.websocket,
        "origin": profile.sent_origin(),
        "login": service.login,
        "ticket": service.ticket,
        "socket": service.socket,
        "hello": service.hello,
        "frame": service.frame,
        "heartbeat": service.heartbeat,
        "answer": service.answers,
    });
    format!("const profile = {data};\n\n{OTHER_STEPS}")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_steps_of_another_service_get_into_the_script_as_data() {
        let text = "name = 'x'\napi = 'http://127.0.0.1/a/'\n[secret.key]\n[[ticket]]\npost = '/t'\n\
                    auth = 'Bearer {{key}}'\ntake = { url = '/url' }\n[socket]\nurl = '{{url}}'\n\
                    [[hello]]\nexpect = { '/type' = \"`';throw 1//\" }\n";
        let script = script(&Profile::from_toml(text).unwrap());
        let (data, rest) = script.strip_prefix("const profile = ").unwrap().split_once(";\n").unwrap();
        let data: Value = serde_json::from_str(data).unwrap();
        assert_eq!((&data["api"], &data["origin"]), (&"http://127.0.0.1/a".into(), &Value::Null));
        assert_eq!((&data["ticket"][0]["post"], &data["ticket"][0]["auth"]), (&"/t".into(), &"Bearer {{key}}".into()));
        assert_eq!(data["hello"][0]["expect"]["/type"], "`';throw 1//");
        assert!(rest.contains("export default function") && !rest.contains("throw 1"));
    }

    #[test]
    fn the_profile_gets_into_the_script_as_data() {
        let text = r#"
            name = "x"
            api = "http://127.0.0.1/a"
            websocket = "ws://127.0.0.1/b"
            origin = "http://localhost"
            endpoints.token = { method = "POST", path = "/`'${x}\"", field = "/\"'`;throw 1//" }
            endpoints.socket = { path = "/w", query = "t\"';throw 2//" }
        "#;
        let script = script(&Profile::from_toml(text).unwrap());
        let constants: Vec<_> = script.lines().filter(|line| line.starts_with("const ")).collect();
        let [origin, token, ticket, socket] = constants[..] else { panic!("{script}") };
        let value = |line: &str| {
            let (_, json) = line.split_once(" = ").unwrap();
            serde_json::from_str::<Value>(json.strip_suffix(';').unwrap()).unwrap()
        };
        assert_eq!(value(origin), "http://localhost");
        assert_eq!(value(token)["field"], "/\"'`;throw 1//");
        assert_eq!(value(ticket)["url"], "http://127.0.0.1/a/api/v1/ws-ticket");
        assert_eq!(value(socket)["query"], "t\"';throw 2//");
    }
}
