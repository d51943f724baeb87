//! The drill of each preset, against the stand-in of its service.

use std::net::SocketAddr;

use support::watcher::LIMIT;
use ticketscope::drill::{DrillLibrary, run};
use ticketscope::presets;

use crate::GOOD;
use crate::action_cable::ActionCable;
use crate::centrifugo::Centrifugo;
use crate::client::profile;
use crate::dingtalk::DingTalk;
use crate::graphql::GraphQl;
use crate::home_assistant::HomeAssistant;
use crate::jupyter::Jupyter;
use crate::phoenix::Phoenix;
use crate::pusher::Pusher;
use crate::rest_ticket::Rest;
use crate::signalr::SignalR;
use crate::socket_io::SocketIo;
use crate::stand_in::{Limits, StandIn};
use support::slack::Slack;

/// A patient server of the preset's kind, and the secrets that it accepts.
fn server(preset: &str) -> (SocketAddr, &'static [(&'static str, &'static str)]) {
    let limits = Limits { silence: 10 * LIMIT, first_lasts: 10 * LIMIT, ..Limits::default() };
    let token: &[_] = &[("token", GOOD)];
    match preset {
        "rest-ticket" => (StandIn::start(Rest::with(limits)).address, &[("username", "ada"), ("password", GOOD)]),
        "slack-socket-mode" => (StandIn::start(Slack { limits, ..Slack::default() }).address, &[("app_token", GOOD)]),
        "signalr" => (StandIn::start(SignalR { limits, ..SignalR::default() }).address, token),
        "azure-signalr" => (StandIn::start(SignalR { limits, is_azure: true, ..SignalR::default() }).address, token),
        "socket-io" => (StandIn::start(SocketIo { limits }).address, token),
        "home-assistant" => (StandIn::start(HomeAssistant { limits, ..HomeAssistant::default() }).address, token),
        "phoenix" => (StandIn::start(Phoenix { limits, is_supabase: false }).address, token),
        "supabase-realtime" => (StandIn::start(Phoenix { limits, is_supabase: true }).address, &[("api_key", GOOD)]),
        "dingtalk-stream" => {
            let address = StandIn::start(DingTalk { limits, ..DingTalk::default() }).address;
            (address, &[("client_id", "id"), ("client_secret", GOOD)])
        }
        "jupyter" => (StandIn::start(Jupyter { limits, ..Jupyter::default() }).address, token),
        "action-cable" => (StandIn::start(ActionCable { limits, ..ActionCable::default() }).address, token),
        "centrifugo" => (StandIn::start(Centrifugo { limits, ..Centrifugo::default() }).address, token),
        "pusher" => (StandIn::start(Pusher { limits }).address, token),
        "graphql-ws" => (StandIn::start(GraphQl { limits }).address, token),
        other => panic!("no stand-in for {other}"),
    }
}

#[test]
fn each_preset_has_a_drill_that_a_service_of_its_kind_passes() {
    let library = DrillLibrary::shipped();
    let drills: Vec<_> = presets::all().iter().map(|preset| library.choose(preset.name).unwrap()).collect();
    std::thread::scope(|scope| {
        for (preset, drill) in presets::all().iter().zip(&drills) {
            scope.spawn(move || {
                let (address, secrets) = server(preset.name);
                let own = format!("http://{address}");
                let changes: &[_] =
                    if preset.name == "jupyter" { &[("https://jupyter.example.com", own.as_str())] } else { &[] };
                let (profile, _secrets) = profile(preset.name, address, changes, secrets);
                let outcome = run(drill, &profile, None);
                let failures: Vec<_> =
                    outcome.failures().map(|(what, why)| format!("{what}: {}", why.reason)).collect();
                assert!(outcome.passed(), "{}: {failures:#?} {:?}", preset.name, outcome.not_run);
                let not_run = run(drill, &DrillLibrary::usual_profile(), None).not_run;
                assert!(not_run.is_some_and(|why| why.contains("--profile")), "{not_run:?}");
            });
        }
    });
}
