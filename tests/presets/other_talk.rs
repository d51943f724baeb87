//! Services that talk otherwise than in JSON objects: answers to a challenge, arrays of messages, lines, bytes.

use std::time::Duration;

use ticketscope::diagnosis::Code;
use ticketscope::model::Profile;

use crate::client::{Client, at};
use crate::stand_in::{Answer, Gone, Limits, Mood, Peer, Request, Service, StandIn, Tickets};
use crate::{GOOD, WRONG};

/// A service of `services/` against its stand-in; its secrets are all `secret`.
pub fn client<S: Service>(text: &str, service: S, secret: &str) -> Client {
    let server = StandIn::start(service);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, secret).unwrap();
    let mut profile = at(text, server.address);
    if !profile.contains("websocket = ") {
        profile = profile.replacen("\napi = ", &format!("\nwebsocket = 'ws://{}'\napi = ", server.address), 1);
    }
    let lines = profile.lines().map(|line| match line.starts_with("[secret.") {
        true => format!("{line}\nfile = '{}'", file.display()),
        false => line.to_owned(),
    });
    let text = lines.collect::<Vec<_>>().join("\n") + "\n[backoff]\nbase = '10ms'\ncap = '20ms'\n";
    // A greeting that does not come costs a test no more than this.
    let text = text.replace("[[hello]]\n", "[[hello]]\nwithin = '2s'\n");
    Client::keeping(Profile::from_toml(&text).unwrap(), folder)
}

/// OBS Studio: the password is never sent, only what is made of it and of the server's challenge.
struct Obs;

impl Service for Obs {
    fn upgrade(&self, request: &Request) -> Result<Option<&'static str>, Answer> {
        Ok(request.offers("obswebsocket.json").then_some("obswebsocket.json"))
    }

    fn talk(&self, _: &Request, peer: &mut Peer) -> Result<(), Gone> {
        peer.say(r#"{"op":0,"d":{"rpcVersion":1,"authentication":{"challenge":"challenge-1","salt":"salt-1"}}}"#)?;
        let Some(identify) = peer.hear(Duration::from_secs(10))? else { return peer.close(4009, "") };
        // base64(sha256(base64(sha256(password + salt)) + challenge)), of the password that is accepted.
        let is_right = identify.contains("\"WNZdct+J2ronAR06lIQZ9fF+moeWWUcDIlpM3A574o4=\"");
        if !is_right {
            return peer.close(4009, "Authentication failed.");
        }
        peer.say(r#"{"op":2,"d":{"negotiatedRpcVersion":1}}"#)?;
        peer.serve(Limits { silence: Duration::from_secs(60), ..Limits::default() }, None, |_, _| Ok(true))?;
        peer.close(1001, "")
    }
}

#[test]
fn a_challenge_is_answered_with_what_is_made_of_it() {
    client(include_str!("services/obs-studio.toml"), Obs, GOOD).comes_back();
    let wrong = client(include_str!("services/obs-studio.toml"), Obs, WRONG);
    wrong.stops();
    let words = wrong.refused_as(Code::GreetingRefused);
    assert!(words.contains("Authentication failed"), "{words}");
    let means = "\n[classify.means]\n4009 = { says = \"the password is wrong\", owner = \"operations\" }\n";
    let text = include_str!("services/obs-studio.toml").to_owned() + means;
    let words = client(&text, Obs, WRONG).refused_as(Code::GreetingRefused);
    assert!(words.contains("| The password is wrong. ") && words.contains("| Operations: "), "{words}");
}

/// Bayeux: each frame is an array, and an answer need not be its first message.
struct Bayeux(Mood);

impl Service for Bayeux {
    fn talk(&self, _: &Request, peer: &mut Peer) -> Result<(), Gone> {
        let limits = Limits { silence: Duration::from_secs(2), ..Limits::default() };
        let mood = self.0;
        // The second is held until there is news, and there is none.
        let mut is_first = true;
        peer.serve(limits, None, |peer, message| {
            if message.contains("/meta/handshake") {
                let is_right = message.contains(GOOD);
                peer.say(format!(
                    r#"[{{"channel":"/news","data":1}},{{"channel":"/meta/handshake","successful":{is_right},"clientId":"c1"}}]"#
                ))?;
            } else if message.contains("/meta/connect") && message.contains("\"c1\"") && mood == Mood::Well && is_first {
                is_first = false;
                peer.say(r#"[{"channel":"/meta/connect","successful":true}]"#)?;
            }
            Ok(true)
        })?;
        peer.close(1001, "")
    }
}

#[test]
fn a_message_is_found_wherever_it_stands_in_an_array() {
    let text = include_str!("services/bayeux.toml");
    client(text, Bayeux(Mood::Well), GOOD).comes_back();
    client(text, Bayeux(Mood::Silent), GOOD).refused_as(Code::GreetingMissing);
    client(text, Bayeux(Mood::Well), WRONG).refused_as(Code::RefusedByMessage);
}

/// STOMP: lines, and a heartbeat that is one.
struct Stomp;

impl Service for Stomp {
    fn upgrade(&self, request: &Request) -> Result<Option<&'static str>, Answer> {
        Ok(request.offers("v12.stomp").then_some("v12.stomp"))
    }

    fn talk(&self, _: &Request, peer: &mut Peer) -> Result<(), Gone> {
        let connect = peer.hear(Duration::from_secs(10))?.unwrap_or_default();
        if !connect.starts_with("CONNECT\n") || !connect.contains(&format!("\nAuthorization:Bearer {GOOD}\n")) {
            peer.say("ERROR\nversion:1.2\nmessage:Bad credentials\n\n\0")?;
            return peer.close(1002, "");
        }
        peer.say("CONNECTED\nversion:1.2\nheart-beat:10000,10000\n\n\0")?;
        peer.serve(Limits { silence: Duration::from_secs(60), ..Limits::default() }, None, |_, _| Ok(true))?;
        peer.close(1001, "")
    }
}

#[test]
fn the_reason_is_read_off_a_line() {
    client(include_str!("services/stomp.toml"), Stomp, GOOD).comes_back();
    let words = client(include_str!("services/stomp.toml"), Stomp, WRONG).refused_as(Code::RefusedByMessage);
    assert!(words.contains("Bad credentials") && !words.contains("version:1.2"), "{words}");
}

/// MQTT: packets of bytes.
struct Mqtt;

impl Service for Mqtt {
    fn upgrade(&self, request: &Request) -> Result<Option<&'static str>, Answer> {
        Ok(request.offers("mqtt").then_some("mqtt"))
    }

    fn talk(&self, _: &Request, peer: &mut Peer) -> Result<(), Gone> {
        let connect = peer.hear(Duration::from_secs(10))?.unwrap_or_default();
        let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
        let password = format!("{:04x}{}", GOOD.len(), hex(GOOD));
        let packet = connect.strip_prefix("10").unwrap_or_default();
        let length = usize::from_str_radix(packet.get(..2).unwrap_or("0"), 16).unwrap();
        assert_eq!(packet.len(), 2 * (1 + length), "its own length: {connect}");
        if !packet.contains("00044d51545404c2003c") || !packet.ends_with(&password) {
            peer.say_bytes(&[0x20, 0x02, 0x00, 0x04])?;
            return peer.be_silent();
        }
        peer.say_bytes(&[0x20, 0x02, 0x00, 0x00])?;
        let limits = Limits { silence: Duration::from_secs(2), ..Limits::default() };
        peer.serve(limits, None, |peer, message| {
            if message == "c000" {
                peer.say_bytes(&[0xd0, 0x00])?;
            }
            Ok(message == "c000")
        })?;
        peer.close(1001, "")
    }
}

#[test]
fn packets_of_bytes_are_spelt_in_digits() {
    let text = include_str!("services/mqtt.toml").replace("every = \"30s\"", "every = \"500ms\"");
    client(&text, Mqtt, GOOD).comes_back();
    let wrong = client(&text, Mqtt, WRONG);
    wrong.stops();
    let words = wrong.refused_as(Code::RefusedByMessage);
    assert!(words.contains("does not accept user or password"), "{words}");
    client(&text.replace("send = \"c000\"", "send = \"d000\""), Mqtt, GOOD).loses_it(Code::HeartbeatUnanswered);
}

/// Feishu: Protocol Buffers, and a number in the address that every ping has to hold.
#[derive(Default)]
struct Feishu(Tickets);

impl Service for Feishu {
    fn http(&self, request: &Request) -> Answer {
        if !request.is("POST", "/callback/ws/endpoint") {
            return Answer::empty(404);
        }
        if request.json()["AppSecret"] != GOOD {
            return Answer::json(200, r#"{"code":514,"msg":"auth failed"}"#);
        }
        let url = format!("ws://{}/ws/v2?ticket={}&service_id=33554678", request.server, self.0.issue("t"));
        let config = r#"{"PingInterval":1,"ReconnectCount":-1}"#;
        Answer::json(200, format!(r#"{{"code":0,"data":{{"URL":"{url}","ClientConfig":{config}}}}}"#))
    }

    fn talk(&self, _: &Request, peer: &mut Peer) -> Result<(), Gone> {
        let limits = Limits { silence: Duration::from_secs(3), ..Limits::default() };
        peer.serve(limits, None, |peer, message| {
            assert_eq!(message, "0800100018f681801020002a0c0a0474797065120470696e67");
            peer.say_bytes(b"\x08\x00\x10\x00\x18\xf6\x81\x80\x10\x20\x01\x2a\x0c\x0a\x04type\x12\x04pong")?;
            Ok(true)
        })?;
        peer.close(1001, "")
    }
}

#[test]
fn a_number_out_of_the_address_is_said_in_bytes() {
    let text = include_str!("services/03-feishu-lark.toml");
    client(text, Feishu::default(), GOOD).comes_back();
    let words = client(text, Feishu::default(), WRONG).refused_as(Code::RefusedInside);
    assert!(words.contains("514"), "{words}");
}
