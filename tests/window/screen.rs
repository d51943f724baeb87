//! A screen without a monitor, and the real program in a window on it: used with a real pointer and keyboard, and asked
//! for what it shows by name, as a screen reader would.

use std::cell::{Cell, RefCell};
use std::io::{BufRead as _, BufReader, Result};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::rc::Rc;
use std::thread::sleep;
use std::time::Duration;

use egui::accesskit::{Action, ActionRequest, Node, NodeId, Role, Toggled, TreeId};
use egui::{Event, Rect, pos2};
use egui_kittest::inspection::protocol::read_handshake;
use egui_kittest::inspection::{INSPECTION_ENV_VAR, PROTOCOL_VERSION, Request, Response, read_message, write_message};
use image::RgbImage;
use support::replayed::assert_replayed;
use tempfile::TempDir;
use tokio::time::Instant;

use crate::LIMIT;

/// Between two looks at what is waited for.
const PAUSE: Duration = Duration::from_millis(40);

/// How often something has to be seen at the same place to be taken as being there.
const SETTLED: usize = 4;

/// A screen; it is gone when this is dropped.
pub struct Screen {
    xvfb: Child,
    display: String,
}

impl Screen {
    /// A screen of `size`; `None`, with a note, if the tools for it are missing.
    pub fn start(size: &str) -> Option<Self> {
        for tool in ["Xvfb", "xdotool", "import", "xclip"] {
            let found = Command::new("which").arg(tool).stdout(Stdio::null()).status().is_ok_and(|s| s.success());
            if !found {
                assert!(std::env::var_os("TICKETSCOPE_TEST_ALL").is_none(), "{tool} is not installed");
                println!("skipped: needs {tool} (Debian: xvfb xdotool imagemagick xclip)");
                return None;
            }
        }
        let mut xvfb = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", &format!("{size}x24"), "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut display = String::new();
        BufReader::new(xvfb.stdout.take().unwrap()).read_line(&mut display).unwrap();
        Some(Self { xvfb, display: format!(":{}", display.trim()) })
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Vec<u8> {
        let output = Command::new(program).args(arguments).env("DISPLAY", &self.display).output().unwrap();
        output.stdout
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.xvfb.kill();
        let _ = self.xvfb.wait();
    }
}

/// Something in the window, as it tells screen readers of it.
#[derive(Clone, Debug)]
pub struct Element {
    pub role: Role,
    /// Its label; for a text, the text.
    pub name: String,
    /// What is written in a field.
    pub value: Option<String>,
    /// Where it is in the window, in pixels.
    pub rect: Rect,
    pub is_enabled: bool,
    /// Whether it is a switch that is on, or the tab that is shown.
    pub is_on: bool,
    id: NodeId,
}

/// Everything that can be seen in the window.
pub struct Contents(Vec<Element>);

impl Contents {
    /// What has this name and can be used; a text with the name if there is no such thing.
    pub fn find(&self, name: &str) -> Option<&Element> {
        let named = || self.0.iter().filter(|element| element.name == name);
        named().find(|element| element.role != Role::Label).or_else(|| named().next())
    }

    /// Whether there is something of which the name begins with `beginning` and holds `part`; `None` if not.
    pub fn says(&self, beginning: &str, part: &str) -> Option<()> {
        let mut begun = self.0.iter().filter(|element| element.name.starts_with(beginning));
        begun.any(|element| element.name.contains(part)).then_some(())
    }

    /// The first of which the name begins with `beginning`.
    pub fn begins(&self, beginning: &str) -> Option<&Element> {
        self.0.iter().find(|element| element.name.starts_with(beginning))
    }
}

/// The program in its window.
pub struct Desktop {
    program: Child,
    window: String,
    screen: Screen,
    home: Rc<TempDir>,
    inspection: RefCell<TcpStream>,
}

impl Desktop {
    /// Starts `command` on `screen`, with a home of its own, and waits for its window.
    pub fn start(screen: Screen, command: Command) -> Self {
        Self::start_in(screen, command, tempfile::tempdir().unwrap())
    }

    /// The same, with `home` as its home.
    pub fn start_in(screen: Screen, command: Command, home: TempDir) -> Self {
        Self::start_at(screen, command, Rc::new(home))
    }

    /// The same, with the home of `other`.
    pub fn start_beside(screen: Screen, command: Command, other: &Self) -> Self {
        Self::start_at(screen, command, Rc::clone(&other.home))
    }

    fn start_at(screen: Screen, mut command: Command, home: Rc<TempDir>) -> Self {
        let address = free_address();
        command.env("DISPLAY", &screen.display).env_remove("WAYLAND_DISPLAY").env("HOME", home.path());
        command.env(INSPECTION_ENV_VAR, address.to_string());
        for folder in ["XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"] {
            command.env_remove(folder);
        }
        let program = command.stderr(Stdio::null()).spawn().unwrap();
        let found = screen.run("xdotool", &["search", "--sync", "--onlyvisible", "--name", "Ticketscope( [0-9]+)?$"]);
        let window = String::from_utf8(found).unwrap().lines().last().unwrap().to_owned();
        screen.run("xdotool", &["windowfocus", "--sync", &window]);
        let inspection = RefCell::new(connect(address));
        Self { program, window, screen, home, inspection }
    }

    /// What can be seen now; `None` if the window is too busy to tell.
    fn look(&self) -> Option<Contents> {
        let Response::Tree { pixels_per_point, accesskit, .. } = self.ask(&Request::GetTree) else { return None };
        let element = |(id, node): &(NodeId, Node)| {
            let text = |text: Option<&str>| text.map(str::to_owned);
            let (label, value) = (text(node.label()), text(node.value()));
            let is_text = node.role() == Role::Label;
            let rect = node.bounds().map_or(Rect::NOTHING, |bounds| {
                let at = |x, y| pos2(x as f32, y as f32) * pixels_per_point;
                Rect::from_min_max(at(bounds.x0, bounds.y0), at(bounds.x1, bounds.y1))
            });
            Element {
                role: node.role(),
                name: if is_text { value.clone().or(label) } else { label }.unwrap_or_default(),
                value: value.filter(|_| !is_text),
                rect,
                is_enabled: !node.is_disabled(),
                is_on: node.toggled() == Some(Toggled::True) || node.is_selected() == Some(true),
                id: *id,
            }
        };
        Some(Contents(accesskit?.nodes.iter().map(element).collect()))
    }

    /// Waits for what `find` finds in the window.
    #[track_caller]
    pub fn wait<T>(&self, what: &str, find: impl Fn(&Contents) -> Option<T>) -> T {
        let deadline = Instant::now() + LIMIT;
        loop {
            let contents = self.look();
            if let Some(found) = contents.as_ref().and_then(&find) {
                return found;
            }
            if Instant::now() > deadline {
                let names: Vec<_> =
                    contents.iter().flat_map(|contents| &contents.0).map(|element| &element.name).collect();
                panic!("not in the window within {LIMIT:?}: {what}; there are {names:#?}");
            }
            sleep(PAUSE);
        }
    }

    /// Waits until what `find` finds stays where it is.
    #[track_caller]
    fn settled(&self, what: &str, find: impl Fn(&Contents) -> Option<Element>) -> Element {
        let seen = Cell::new((Rect::NOTHING, 0));
        self.wait(what, |contents| {
            let found = find(contents)?;
            let (before, times) = seen.get();
            let times = if found.rect == before { times + 1 } else { 1 };
            seen.set((found.rect, times));
            (times >= SETTLED).then_some(found)
        })
    }

    /// Clicks on what has this name, once it is there and can be used.
    #[track_caller]
    pub fn click(&self, name: &str) {
        let element = self.settled(name, |contents| contents.find(name).filter(|found| found.is_enabled).cloned());
        self.click_at(&element);
    }

    /// Clicks on the first thing of which the name begins with `beginning`, again and again until `is_done`. It is
    /// brought into view as a whole before, as far as some of it can be seen.
    #[track_caller]
    pub fn click_until(&self, beginning: &str, is_done: impl Fn(&Contents) -> bool) {
        let deadline = Instant::now() + LIMIT;
        while !self.look().is_some_and(|contents| is_done(&contents)) {
            assert!(Instant::now() < deadline, "clicks on “{beginning}” have no effect");
            let element = self.wait(beginning, |contents| contents.begins(beginning).cloned());
            self.scroll_into_view(&element);
            let element = self.settled(beginning, |contents| contents.begins(beginning).cloned());
            self.click_at(&element);
        }
    }

    fn scroll_into_view(&self, element: &Element) {
        let request = ActionRequest {
            action: Action::ScrollIntoView,
            target_node: element.id,
            target_tree: TreeId::ROOT,
            data: None,
        };
        self.ask(&Request::ApplyEvents { events: vec![Event::AccessKitActionRequest(request)] });
    }

    fn ask(&self, request: &Request) -> Response {
        let stream = &mut *self.inspection.borrow_mut();
        write_message(&mut *stream, request).unwrap();
        read_message(stream).unwrap()
    }

    fn click_at(&self, element: &Element) {
        let (x, y) = pixel(element);
        // Without `--sync`, which waits for long where the pointer is there already.
        self.screen.run("xdotool", &["mousemove", "--window", &self.window, &x, &y, "click", "1"]);
    }

    /// Turns the wheel down over what has this name until something of which the name begins with `beginning` can be
    /// seen, or a part of it.
    #[track_caller]
    pub fn scroll_to(&self, name: &str, beginning: &str) {
        let over = self.settled(name, |contents| contents.find(name).cloned());
        let (x, y) = pixel(&over);
        self.wait(beginning, |contents| {
            if contents.begins(beginning).is_none() {
                let wheel = ["click", "--repeat", "3", "--delay", "10", "5"];
                self.screen.run("xdotool", &[&["mousemove", "--window", &self.window, &x, &y][..], &wheel].concat());
                return None;
            }
            Some(())
        });
    }

    /// Presses keys, as xdotool spells them.
    pub fn press(&self, keys: &str) {
        self.screen.run("xdotool", &["key", "--clearmodifiers", keys]);
    }

    /// Types a text.
    pub fn write(&self, text: &str) {
        self.screen.run("xdotool", &["type", text]);
    }

    /// Makes the window this large.
    pub fn resize(&self, width: u32, height: u32) {
        let (width, height) = (width.to_string(), height.to_string());
        self.screen.run("xdotool", &["windowsize", "--sync", &self.window, &width, &height]);
    }

    /// What the window shows.
    pub fn picture(&self) -> RgbImage {
        let png = self.screen.run("import", &["-window", &self.window, "png:-"]);
        image::load_from_memory(&png).unwrap().to_rgb8()
    }

    /// What is on the clipboard.
    pub fn clipboard(&self) -> String {
        String::from_utf8(self.screen.run("xclip", &["-out", "-selection", "clipboard"])).unwrap()
    }

    /// What the window is called.
    pub fn title(&self) -> String {
        String::from_utf8(self.screen.run("xdotool", &["getwindowname", &self.window])).unwrap().trim().to_owned()
    }

    /// The program's home.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// What the program's threads are called.
    #[cfg(target_os = "linux")]
    pub fn threads(&self) -> Vec<String> {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.program.id())).into_iter().flatten().flatten();
        let names = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
        names.map(|name| name.trim().to_owned()).collect()
    }

    /// Sends the program a signal, as kill(1) spells it.
    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.program.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for the program to end.
    pub fn end(self) -> ExitStatus {
        self.end_and(|_| ())
    }

    /// The same, and looks at what is in its home then.
    pub fn end_and(mut self, look: impl FnOnce(&Path)) -> ExitStatus {
        let deadline = Instant::now() + LIMIT;
        loop {
            if let Some(status) = self.program.try_wait().unwrap() {
                look(self.home.path());
                return status;
            }
            assert!(Instant::now() < deadline, "the program does not end");
            sleep(PAUSE);
        }
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
        if !std::thread::panicking() {
            assert_replayed(self.home.path());
        }
    }
}

/// The middle of `element`, as xdotool wants it.
fn pixel(element: &Element) -> (String, String) {
    let middle = element.rect.center();
    (middle.x.round().to_string(), middle.y.round().to_string())
}

/// A loopback address on which nobody listens.
fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

/// Connects to the inspection port of the program, which opens with its window.
fn connect(address: SocketAddr) -> TcpStream {
    let try_connect = || -> Result<TcpStream> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let version = read_handshake(&stream)?;
        assert_eq!(version, PROTOCOL_VERSION);
        Ok(stream)
    };
    let deadline = Instant::now() + LIMIT;
    loop {
        match try_connect() {
            Ok(stream) => return stream,
            Err(error) => assert!(Instant::now() < deadline, "the window cannot be asked: {error}"),
        }
        sleep(PAUSE);
    }
}
