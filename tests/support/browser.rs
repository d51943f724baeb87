//! A real browser without a screen, led by its DevTools protocol.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Longer than anything takes, on any machine.
const LIMIT: Duration = Duration::from_secs(60);

/// It asks nothing of anybody by itself, and finds no name.
const ARGUMENTS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--remote-debugging-port=0",
    "about:blank",
];

/// A browser with one page; it is gone when this is dropped.
pub struct Browser {
    process: Child,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    page: Option<String>,
    number: u64,
    /// The addresses that the page has asked for.
    pub requests: Vec<String>,
    _profile: TempDir,
}

impl Browser {
    /// A browser that shows nothing yet; `None`, with a note, if there is none on this computer.
    pub async fn start() -> Option<Self> {
        let profile = tempfile::tempdir().unwrap();
        let mut command = Command::new("chromium");
        command.args(ARGUMENTS).arg(format!("--user-data-dir={}", profile.path().display()));
        let Ok(mut process) = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn() else {
            assert!(std::env::var_os("TICKETSCOPE_TEST_ALL").is_none(), "needs chromium");
            println!("skipped: needs chromium");
            return None;
        };
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines().map_while(Result::ok);
        let address = lines.find_map(|line| Some(line.strip_prefix("DevTools listening on ")?.to_owned())).unwrap();
        // Whatever else it says must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let (socket, _) = connect_async(address).await.unwrap();
        let mut browser = Self { process, socket, page: None, number: 0, requests: Vec::new(), _profile: profile };
        let target = browser.ask("Target.createTarget", json!({ "url": "about:blank" })).await;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = browser.ask("Target.attachToTarget", attach).await;
        browser.page = session["sessionId"].as_str().map(str::to_owned);
        browser.ask("Page.enable", json!({})).await;
        browser.ask("Network.enable", json!({})).await;
        Some(browser)
    }

    /// Opens `url` on a screen of this size.
    pub async fn open(&mut self, url: &str, (width, height): (u32, u32)) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.ask("Emulation.setDeviceMetricsOverride", size).await;
        self.ask("Page.navigate", json!({ "url": url })).await;
        while self.evaluate("document.readyState").await != "complete" {}
    }

    /// Prefers what is asked for: `light` or `dark`, on `screen` or in `print`.
    pub async fn prefer(&mut self, scheme: &str, medium: &str) {
        let scheme = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.ask("Emulation.setEmulatedMedia", json!({ "media": medium, "features": scheme })).await;
    }

    /// The value of a JavaScript expression, or of what it promises, in the page.
    pub async fn evaluate(&mut self, expression: &str) -> Value {
        let asked = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let said = self.ask("Runtime.evaluate", asked).await;
        assert!(said["exceptionDetails"].is_null(), "{said}");
        said["result"]["value"].clone()
    }

    /// Touches the middle of what the CSS selector finds.
    pub async fn tap(&mut self, selector: &str) {
        let middle = format!(
            "(() => {{ const it = document.querySelector('{selector}'); it.scrollIntoView(); \
             const at = it.getBoundingClientRect(); return [at.x + at.width / 2, at.y + at.height / 2]; }})()"
        );
        let at = self.evaluate(&middle).await;
        for (kind, count) in [("mousePressed", 1), ("mouseReleased", 1)] {
            let event = json!({ "type": kind, "x": at[0], "y": at[1], "button": "left", "clickCount": count });
            self.ask("Input.dispatchMouseEvent", event).await;
        }
    }

    /// The whole page as PNG.
    pub async fn picture(&mut self) -> Vec<u8> {
        use base64::Engine as _;
        let said = self.ask("Page.captureScreenshot", json!({ "captureBeyondViewport": true })).await;
        base64::prelude::BASE64_STANDARD.decode(said["data"].as_str().unwrap()).unwrap()
    }

    /// Asks for something and waits for the answer; what the page asks for meanwhile is remembered.
    async fn ask(&mut self, method: &str, parameters: Value) -> Value {
        self.number += 1;
        let mut call = json!({ "id": self.number, "method": method, "params": parameters });
        if let Some(page) = &self.page {
            call["sessionId"] = page.as_str().into();
        }
        self.socket.send(Message::text(call.to_string())).await.unwrap();
        loop {
            let said = timeout(LIMIT, self.socket.next()).await.expect(method).unwrap().unwrap();
            let said: Value = serde_json::from_str(said.to_text().unwrap()).unwrap();
            if said["method"] == "Network.requestWillBeSent" {
                self.requests.push(said["params"]["request"]["url"].as_str().unwrap().to_owned());
            }
            if said["id"] == self.number {
                assert!(said["error"].is_null(), "{method}: {said}");
                return said["result"].clone();
            }
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
