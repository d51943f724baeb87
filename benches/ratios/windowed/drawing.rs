//! What drawing costs where the processor draws: a countdown, a message a second and a reconnect storm, each beside a bare
//! eframe window that is drawn ten times a second; and how long the first frame takes beside that window's.

use std::error::Error;
use std::time::Duration;

use eframe::egui;

use super::screen::{FRAME, Screen, Watched};
use crate::support::{After, Limits, Server};

const WATCH: Duration = Duration::from_secs(30);

/// The argument that makes a bench binary the bare window.
const DRAW: &str = "--bare-window";

/// Shares of what the bare window takes. It takes 4 % of a core here: 5 %, 1.5 % and 20 %.
const COUNTDOWN: f64 = 1.25;
const MESSAGE: f64 = 0.375;
const STORM: f64 = 5.0;
const FIRST: f64 = 1.5;

/// What a profile waits between attempts in a storm.
const STORM_BACKOFF: &str = "[backoff]\nbase = '100ms'\nfactor = 1.0\ncap = '100ms'\nreset_after = '0s'\n";

/// A window with a few words, ten frames a second.
struct Bare;

impl eframe::App for Bare {
    fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
        eprintln!("{FRAME}");
        ui.label(format!("{:.1} s", ui.input(|input| input.time)));
        ui.ctx().request_repaint_after(Duration::from_millis(100));
    }
}

/// Draws the bare window until it is ended, if this process was started to.
pub fn draw_if_asked() -> Result<(), String> {
    if !std::env::args().any(|argument| argument == DRAW) {
        return Ok(());
    }
    let viewport = egui::ViewportBuilder::default().with_inner_size([1_360.0, 860.0]);
    let options = eframe::NativeOptions { viewport, renderer: eframe::Renderer::Glow, ..Default::default() };
    let window = eframe::run_native("bare", options, Box::new(|_| Ok(Box::new(Bare))));
    window.map_err(|error| error.to_string())?;
    std::process::exit(0)
}

/// Measures and prints.
pub fn run(limits: &mut Limits) -> Result<(), Box<dyn Error>> {
    let Some(screen) = Screen::start("drawing") else { return Ok(()) };
    let mut bare = std::process::Command::new(std::env::current_exe()?);
    bare.arg(DRAW);
    let bare = screen.watch(bare, WATCH)?;
    println!("drawing: a bare window takes {:.1} % of a core, its first frame {:?}", bare.share, bare.first);
    let (talking, ending) = (Server::start_with(After::EachSecond)?, Server::start_with(After::End)?);
    let at = |address: std::net::SocketAddr| {
        format!("name = 'B'\napi = 'http://{address}'\nwebsocket = 'ws://{address}'\norigin = 'http://localhost'\n")
    };
    let nobody = at(([127, 0, 0, 1], 9).into());
    let storm = at(ending.address) + STORM_BACKOFF;
    let cases = [
        ("countdown", nobody, COUNTDOWN),
        ("a message a second", at(talking.address), MESSAGE),
        ("a storm", storm, STORM),
    ];
    for (name, profile, most) in cases {
        let file = std::env::temp_dir().join(format!("ticketscope-drawing-{}.toml", std::process::id()));
        std::fs::write(&file, profile)?;
        let watched = screen.watch(Screen::program(&["--profile", &file.to_string_lossy()]), WATCH);
        std::fs::remove_file(&file)?;
        let Watched { first, frames, share, .. } = watched?;
        let (rate, ratio) = (frames as f64 / WATCH.as_secs_f64(), share / bare.share);
        println!(
            "drawing: {name}: {share:.1} % of a core, {ratio:.2} of the bare window (at most {most}), {rate:.1} frames a second"
        );
        limits.at_most(&format!("{name}, of what a bare window takes"), ratio, most);
        let slower = first.as_secs_f64() / bare.first.as_secs_f64();
        println!("drawing: {name}: the first frame after {first:?}, {slower:.2} of the bare window (at most {FIRST})");
        limits.at_most("the first frame, of a bare window's", slower, FIRST);
    }
    Ok(())
}
