//! A server that sends a million messages a second for a minute, with the messages in view. Memory grows by at most
//! 64 MiB, none is unaccounted for, and a click is answered within 100 ms. `TICKETSCOPE_FLOOD` is the seconds.

use std::error::Error;
use std::thread::sleep;
use std::time::Duration;

use super::frame::resident;
use super::window::{Window, p99};
use crate::support::{Limits, Server, profile};
use egui::{Event, Key, Modifiers, PointerButton, pos2};
use ticketscope::journal::Journal;
use ticketscope::journal::recording::Header;
use ticketscope::model::{FlowCommand, Moment};
use ticketscope::session::{Command, Engine, KeychainChoice, Options, Session};
use tokio::time::Instant;

const RATE: u64 = 1_000_000;
/// As often as the window looks at messages.
const FRAME: Duration = Duration::from_millis(50);

/// The bench keeps the session as well, to ask it.
struct Shared(std::rc::Rc<Session>);

impl Engine for Shared {
    fn journal(&self) -> &Journal {
        self.0.journal()
    }

    fn now(&self) -> Moment {
        self.0.now()
    }

    fn header(&self) -> Header {
        self.0.header()
    }

    fn send(&self, command: Command) -> bool {
        self.0.send(command)
    }
}

/// Measures and prints.
pub fn run(limits: &mut Limits) -> Result<(), Box<dyn Error>> {
    let seconds: u64 = std::env::var("TICKETSCOPE_FLOOD").ok().map_or(Ok(60), |text| text.parse())?;
    let messages = seconds * RATE;
    let server = Server::start(messages)?;
    let options = Options { keychain: KeychainChoice::Memory, seed: Some(1), ..Options::default() };
    let session = std::rc::Rc::new(Session::start(profile(server.address), options, |_| {})?);
    let mut window = Window::new(profile(server.address), Box::new(Shared(session.clone())));
    window.press(Key::Num5);
    let (before, begin) = (resident()?, Instant::now());
    session.send(Command::Flow(FlowCommand::Connect));
    let (mut times, mut most) = (Vec::new(), before);
    while session.journal().with_traffic(|traffic| traffic.data().0) < messages {
        if begin.elapsed() > Duration::from_secs(seconds * 10) {
            return Err("the messages do not come".into());
        }
        sleep(FRAME);
        let click = |pressed| Event::PointerButton {
            pos: pos2(300.0, 600.0),
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        };
        // What a click does shows in the frame after the one that takes it in.
        let events = vec![Event::PointerMoved(pos2(300.0, 600.0)), click(true), click(false)];
        times.push(window.frame(events) + window.frame(Vec::new()));
        most = most.max(resident()?);
    }
    let took = begin.elapsed().as_secs_f64();
    let (p99, longest) = p99(&mut times);
    let (received, sent, kept, dropped) = session
        .journal()
        .with_traffic(|traffic| (traffic.received(), traffic.sent(), traffic.kept().len() as u64, traffic.dropped()));
    println!(
        "flood: {messages} messages in {took:.1} s, {:.0} a second (a million), {} MiB more (at most 64)",
        messages as f64 / took,
        (most - before) >> 20
    );
    println!("flood: a click is answered after {p99:.1} ms (p99), {longest:.1} ms at most (100)");
    println!(
        "flood: {received} received + {sent} sent = {kept} kept + {dropped} dropped: {}",
        received + sent == kept + dropped
    );
    limits.at_least("millions of messages a second", messages as f64 / took / 1e6, 1.0);
    limits.at_most("memory that a flood takes, MiB", ((most - before) >> 20) as f64, 64.0);
    limits.at_most("a click during a flood, ms", longest, 100.0);
    limits.at_most("messages of a flood unaccounted for", (received + sent).abs_diff(kept + dropped) as f64, 0.0);
    Ok(())
}
