//! The icon in the tray of a desktop, for which a message bus with a stand-in for its watcher does.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::Duration;

use support::bus::Bus;
use tokio::time::Instant;
use zbus::blocking::{Connection, Proxy, connection};
use zbus::zvariant::{OwnedValue, Value};

use crate::LIMIT;
use crate::desktop::{Person, program};
use crate::screen::{Desktop, Screen};

/// What panels are told of icons.
struct Watcher(Arc<Mutex<Vec<String>>>);

#[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    fn register_status_notifier_item(&self, service: &str) {
        self.0.lock().unwrap().push(service.to_owned());
    }

    fn register_status_notifier_host(&self, _service: &str) {}

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }
}

/// A desktop with a tray.
struct Panel {
    connection: Connection,
    items: Arc<Mutex<Vec<String>>>,
}

impl Panel {
    fn on(bus: &Bus) -> Self {
        let items: Arc<Mutex<Vec<String>>> = Arc::default();
        let builder = connection::Builder::address(bus.address()).unwrap();
        let builder = builder.serve_at("/StatusNotifierWatcher", Watcher(Arc::clone(&items))).unwrap();
        let connection = builder.name("org.kde.StatusNotifierWatcher").unwrap().build().unwrap();
        Self { connection, items }
    }

    /// The part of the newest icon at `path`; `None` if there is no icon.
    fn part(&self, path: &'static str, interface: &'static str) -> Option<Proxy<'static>> {
        let item = self.items.lock().unwrap().last()?.clone();
        let uncached = zbus::proxy::CacheProperties::No;
        let proxy = zbus::blocking::proxy::Builder::new(&self.connection).destination(item).unwrap();
        let proxy = proxy.path(path).unwrap().interface(interface).unwrap().cache_properties(uncached);
        Some(proxy.build().unwrap())
    }

    fn title(&self) -> Option<String> {
        self.part("/StatusNotifierItem", "org.kde.StatusNotifierItem")?.get_property("Title").ok()
    }

    /// The icon's pixels: opacity, red, green, blue of each.
    fn pixels(&self) -> Option<Vec<u8>> {
        let item = self.part("/StatusNotifierItem", "org.kde.StatusNotifierItem")?;
        let icons: Vec<(i32, i32, Vec<u8>)> = item.get_property("IconPixmap").ok()?;
        icons.into_iter().next().map(|(_, _, pixels)| pixels)
    }

    /// Names and numbers of the menu's rows that can be used.
    fn rows(&self) -> Option<Vec<(String, i32)>> {
        let menu = self.part("/MenuBar", "com.canonical.dbusmenu")?;
        let rows: Vec<(i32, HashMap<String, OwnedValue>)> =
            menu.call("GetGroupProperties", &(Vec::<i32>::new(), Vec::<String>::new())).ok()?;
        let usable = rows.into_iter().filter(|(_, row)| row.get("enabled").is_none_or(|on| **on != Value::Bool(false)));
        let named =
            usable.filter_map(|(id, row)| Some((String::try_from(row.get("label")?.try_clone().ok()?).ok()?, id)));
        Some(named.collect())
    }

    fn choose(&self, row: &str) {
        let id = wait(row, || self.rows()?.into_iter().find(|(name, _)| name == row).map(|(_, id)| id));
        let menu = self.part("/MenuBar", "com.canonical.dbusmenu").unwrap();
        menu.call::<_, _, ()>("Event", &(id, "clicked", Value::I32(0), 0_u32)).unwrap();
    }
}

#[track_caller]
fn wait<T>(what: &str, find: impl Fn() -> Option<T>) -> T {
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited for {what}");
        sleep(Duration::from_millis(40));
    }
}

fn has_bus() -> bool {
    let found = std::process::Command::new("dbus-daemon").arg("--version").output().is_ok();
    assert!(found || std::env::var_os("TICKETSCOPE_TEST_ALL").is_none(), "dbus-daemon is missing");
    found
}

#[test]
fn the_tray_has_the_states_colour_and_ends_connection_and_program() {
    let Some(screen) = Screen::start("1400x900").filter(|_| has_bus()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let bus = Bus::start(folder.path());
    let panel = Panel::on(&bus);
    let mut command = program();
    command.env("DBUS_SESSION_BUS_ADDRESS", bus.address());
    let person = Person(Desktop::start(screen, command));
    person.sees("CONNECTED:");
    assert!(panel.items.lock().unwrap().is_empty(), "nobody asked for an icon");

    person.chooses("Tray icon");
    let title = wait("the icon", || panel.title().filter(|title| title.contains("Connected")));
    assert!(title.starts_with("✓ Connected · Local demo"), "{title}");
    let well = wait("the icon's picture", || panel.pixels());
    assert!(well.chunks(4).any(|pixel| pixel[0] == 255), "there is something to see");
    let rows = wait("the menu", || panel.rows().filter(|rows| rows.len() == 3));
    let names: Vec<_> = rows.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["Show the window", "Disconnect", "Quit"]);

    panel.choose("Disconnect");
    wait("the window to say so", || panel.title().filter(|title| !title.contains("Connected")));
    assert_ne!(wait("the picture", || panel.pixels()), well, "another state has another colour");
    wait("a menu without it", || panel.rows().filter(|rows| !rows.iter().any(|(name, _)| name == "Disconnect")));

    panel.choose("Quit");
    assert_eq!(person.0.end().code(), Some(0));
}

#[test]
fn a_desktop_without_a_tray_is_told_about() {
    let Some(screen) = Screen::start("1400x900").filter(|_| has_bus()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let bus = Bus::start(folder.path());
    let mut command = program();
    command.env("DBUS_SESSION_BUS_ADDRESS", bus.address());
    let person = Person(Desktop::start(screen, command));
    person.sees("CONNECTED:");
    person.chooses("Tray icon");
    person.0.wait("what is missing", |contents| contents.says("", "No tray icon: this desktop has no tray"));
    person.leaves();
}
