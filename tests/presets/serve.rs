//! The stand-ins for somebody else's client: `tests/extended/presets.sh` runs the vendors' own against them.

use std::io::{Read as _, Write as _};

use crate::action_cable::ActionCable;
use crate::centrifugo::Centrifugo;
use crate::dingtalk::DingTalk;
use crate::graphql::GraphQl;
use crate::home_assistant::HomeAssistant;
use crate::phoenix::Phoenix;
use crate::pusher::Pusher;
use crate::signalr::SignalR;
use crate::socket_io::SocketIo;
use crate::stand_in::{Limits, StandIn};
use support::slack::Slack;

/// Prints the address of each stand-in and serves until standard input ends.
#[test]
#[ignore = "for tests/extended/presets.sh"]
fn serve_until_standard_input_ends() {
    // Vendors' clients have intervals of their own, and connect once.
    let limits = Limits { silence: std::time::Duration::from_secs(90), ..Limits::default() };
    let slack = StandIn::start(Slack { limits, ..Slack::default() });
    let signalr = StandIn::start(SignalR { limits, ..SignalR::default() });
    let azure = StandIn::start(SignalR { limits, is_azure: true, ..SignalR::default() });
    let socket_io = StandIn::start(SocketIo { limits });
    let home_assistant = StandIn::start(HomeAssistant { limits, ..HomeAssistant::default() });
    let phoenix = StandIn::start(Phoenix { limits, is_supabase: false });
    let dingtalk = StandIn::start(DingTalk { limits, ..DingTalk::default() });
    let action_cable = StandIn::start(ActionCable { limits, ..ActionCable::default() });
    let centrifugo = StandIn::start(Centrifugo { limits, ..Centrifugo::default() });
    let pusher = StandIn::start(Pusher { limits });
    let graphql = StandIn::start(GraphQl { limits });
    let addresses = [
        ("slack", slack.address),
        ("signalr", signalr.address),
        ("azure", azure.address),
        ("socket_io", socket_io.address),
        ("home_assistant", home_assistant.address),
        ("phoenix", phoenix.address),
        ("dingtalk", dingtalk.address),
        ("action_cable", action_cable.address),
        ("centrifugo", centrifugo.address),
        ("pusher", pusher.address),
        ("graphql", graphql.address),
    ];
    let addresses: serde_json::Map<_, _> =
        addresses.into_iter().map(|(name, address)| (name.to_owned(), address.to_string().into())).collect();
    let mut out = std::io::stderr();
    writeln!(out, "STAND-INS {}", serde_json::Value::from(addresses)).unwrap();
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}
