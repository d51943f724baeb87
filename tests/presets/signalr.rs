//! SignalR: a negotiation, an id for one socket, a handshake, heartbeats both ways. Azure's: your own server only redirects.

use std::time::Duration;

use ticketscope::diagnosis::Code;

use crate::client::Client;
use crate::stand_in::{Answer, Gone, Limits, Mood, Peer, Request, Service, StandIn, Tickets, Why};
use crate::{GOOD, WRONG};

#[derive(Default)]
pub struct SignalR {
    pub limits: Limits,
    /// Whether the hub is Azure's.
    pub is_azure: bool,
    /// Whether the hub does not go on for good.
    pub is_final: bool,
    pub ids: Tickets,
}

impl SignalR {
    fn negotiate(&self) -> Answer {
        let id = self.ids.issue("c");
        Answer::json(
            200,
            format!(
                r#"{{"negotiateVersion":1,"connectionId":"x{id}","connectionToken":"{id}","availableTransports":[{{"transport":"WebSockets","transferFormats":["Text","Binary"]}}]}}"#
            ),
        )
    }
}

impl Service for SignalR {
    fn http(&self, request: &Request) -> Answer {
        match (request.method.as_str(), request.path.as_str(), self.is_azure) {
            ("POST", "/hub/negotiate", false) if request.bearer() == GOOD => self.negotiate(),
            ("POST", "/hub/negotiate", true) if request.bearer() == GOOD => {
                let url = format!("http://{}/client/?hub=chat", request.server);
                Answer::json(200, format!(r#"{{"url":"{url}","accessToken":"azure-0123456789abcdef"}}"#))
            }
            ("POST", "/client/negotiate", true) if request.parameter("hub") == "chat" => match request.bearer() {
                "azure-0123456789abcdef" => self.negotiate(),
                _ => Answer::empty(401),
            },
            ("POST", "/hub/negotiate", _) => Answer::empty(401),
            _ => Answer::empty(404),
        }
    }

    fn upgrade(&self, request: &Request) -> Result<Option<&'static str>, Answer> {
        let token = if self.is_azure { "azure-0123456789abcdef" } else { GOOD };
        let path = if self.is_azure { "/client/" } else { "/hub" };
        if request.path != path || !self.ids.spend(request.parameter("id")) {
            return Err(Answer::text(404, "No Connection with that ID"));
        }
        // A page can only use the query; a program sends the header.
        let is_in = request.parameter("access_token") == token || request.bearer() == token;
        if is_in { Ok(None) } else { Err(Answer::empty(401)) }
    }

    fn talk(&self, _: &Request, peer: &mut Peer) -> Result<(), Gone> {
        let within = Duration::from_secs(if self.limits.mood == Mood::NoGreeting { 1 } else { 15 });
        let hello = peer.hear(within)?;
        match hello.as_deref() {
            Some(hello) if hello.ends_with('\u{1e}') && self.limits.mood != Mood::NoGreeting => {
                let hello: serde_json::Value =
                    serde_json::from_str(hello.trim_end_matches('\u{1e}')).unwrap_or_default();
                if hello["protocol"] != "json" || hello["version"] != 1 {
                    peer.say("{\"error\":\"The protocol 'x' is not supported.\"}\u{1e}")?;
                    return peer.close(1000, "");
                }
            }
            _ => {
                peer.say("{\"error\":\"Handshake was canceled.\"}\u{1e}")?;
                return peer.close(1000, "");
            }
        }
        peer.say("{}\u{1e}")?;
        if self.limits.mood == Mood::Silent {
            return peer.be_silent();
        }
        let mut beat = |peer: &mut Peer| peer.say("{\"type\":6}\u{1e}");
        let is_beat = |_: &mut Peer, message: &str| Ok(message == "{\"type\":6}\u{1e}");
        match peer.serve(self.limits, Some((Duration::from_secs(1), &mut beat)), is_beat)? {
            Why::Lasted if self.is_final => {
                peer.say("{\"type\":7,\"error\":\"Connection closed with an error.\"}\u{1e}")?
            }
            Why::Lasted => peer.say("{\"type\":7,\"allowReconnect\":true}\u{1e}")?,
            Why::Silence => {
                let error = "Connection closed with an error. OperationCanceledException: Client hasn't sent a message/ping within the configured ClientTimeoutInterval.";
                peer.say(format!("{{\"type\":7,\"error\":\"{error}\",\"allowReconnect\":true}}\u{1e}"))?;
            }
        }
        peer.close(1000, "")
    }
}

/// A heartbeat that goes out as often as the stand-in wants it.
const FAST: (&str, &str) = ("every = \"15s\"", "every = \"1s\"");

fn client(signalr: SignalR, changes: &[(&str, &str)], token: &str) -> Client {
    let preset = if signalr.is_azure { "azure-signalr" } else { "signalr" };
    let signalr = StandIn::start(signalr);
    Client::connect(preset, signalr.address, changes, &[("token", token)])
}

#[test]
fn comes_back_with_a_new_negotiation() {
    for is_azure in [false, true] {
        let signalr = StandIn::start(SignalR { is_azure, ..SignalR::default() });
        let preset = if is_azure { "azure-signalr" } else { "signalr" };
        Client::connect(preset, signalr.address, &[FAST], &[("token", GOOD)]).comes_back();
        assert_eq!(signalr.service.ids.issued(), 2);
    }
}

#[test]
fn a_wrong_token_is_refused_at_the_negotiation() {
    for is_azure in [false, true] {
        let client = client(SignalR { is_azure, ..SignalR::default() }, &[], WRONG);
        client.stops();
        client.refused_as(Code::RefusedByApi);
    }
}

#[test]
fn an_id_of_another_server_is_unknown() {
    let changes = [("id = \"{{connection}}\"", "id = \"x{{connection}}\"")];
    let words = client(SignalR::default(), &changes, GOOD).refused_as(Code::UpgradeRefused);
    assert!(words.contains("No Connection with that ID"), "{words}");
}

#[test]
fn a_handshake_that_is_refused_is_told_in_the_hubs_words() {
    let changes = [("\"protocol\":\"json\"", "\"protocol\":\"other\"")];
    let words = client(SignalR::default(), &changes, GOOD).refused_as(Code::RefusedByMessage);
    assert!(words.contains("is not supported"), "{words}");
    let mood = Limits::with_mood(Mood::NoGreeting);
    let words = client(SignalR { limits: mood, ..SignalR::default() }, &[], GOOD).refused_as(Code::RefusedByMessage);
    assert!(words.contains("Handshake was canceled"), "{words}");
}

#[test]
fn without_the_end_of_message_nothing_is_understood() {
    let changes = [("[frame]\nsplit = \"\\u001e\"\n", ""), ("within = \"15s\"", "within = \"1s\"")];
    let limits = Limits::with_mood(Mood::NoGreeting);
    client(SignalR { limits, ..SignalR::default() }, &changes, GOOD).refused_as(Code::RefusedByMessage);
}

#[test]
fn without_a_heartbeat_the_hub_says_so() {
    let signalr = SignalR { limits: Limits::impatient(), ..SignalR::default() };
    let words = client(signalr, &[], GOOD).loses_it(Code::ServerRestarting);
    assert!(words.contains("ClientTimeoutInterval"), "{words}");
}

#[test]
fn a_hub_that_is_silent_is_dead() {
    let signalr = SignalR { limits: Limits::with_mood(Mood::Silent), ..SignalR::default() };
    client(signalr, &[FAST, ("after = \"30s\"", "after = \"1s\"")], GOOD).loses_it(Code::HeartbeatUnanswered);
}

#[test]
fn an_end_for_good_is_one() {
    let limits = Limits { first_lasts: Duration::from_secs(1), ..Limits::default() };
    let client = client(SignalR { is_final: true, limits, ..SignalR::default() }, &[FAST], GOOD);
    client.stops();
    client.loses_it(Code::RefusedByMessage);
}
