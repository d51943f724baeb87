//! `report.html` in a real browser: on a phone and on a desk, light and dark, on paper, and without any network.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use ticketscope::check::{Ending, Outcome, Step, StepState, waiting};
use ticketscope::journal::recording::{Header, Recording, write_line};
use ticketscope::model::*;
use ticketscope::report::{Own, Report};

use crate::browser::Browser;

const PHONE: (u32, u32) = (390, 844);
const DESK: (u32, u32) = (1360, 860);

/// A host name as long as some clouds make them.
const HOST: &str = "websocket-gateway.production-europe-central.internal.a-company-with-a-very-long-name.example.com";

/// A session in which much went wrong, and a check of it.
fn eventful() -> (Recording, Outcome) {
    let start = "2026-01-25T14:02:07Z".parse().unwrap();
    let mut profile = Profile::production();
    profile.api = format!("https://{HOST}").try_into().unwrap();
    profile.websocket = format!("wss://{HOST}").try_into().unwrap();
    let mut events = Vec::new();
    for number in 0..30 {
        events.push(Event::Flow(FlowEvent::AttemptStarted { trigger: Trigger::Backoff }));
        events.push(Event::Driver(DriverEvent::PhaseFinished {
            phase: Phase::Dns,
            took: Duration::from_millis(12),
            ok: true,
            detail: format!("{HOST}: 203.0.113.7, 2001:db8::7").as_str().into(),
            lookup: Some(Lookup {
                host: HOST.into(),
                addresses: vec!["203.0.113.7".parse().unwrap(), "2001:db8::7".parse().unwrap()],
            }),
        }));
        events.push(Event::Flow(FlowEvent::Connected));
        let reason =
            "a reason of the application's own that is as long as a reason may be: <b>123 bytes</b> &amp; so on";
        events.push(Event::Flow(FlowEvent::Disconnected {
            close: Close::received(Some(4242), reason),
            class: Some(Class::Soft),
        }));
        let trace = TraceId::of(ReportId::of(7), number);
        let kind = RequestFailureKind::Status(Box::new(Answer::of_status(503).with_code("REDIS_UNAVAILABLE")));
        let failure = Failure::Ticket(RequestFailure { trace, kind });
        events.push(Event::Flow(FlowEvent::AttemptFailed { failure, class: Class::Soft }));
    }
    let offset = ClockOffset { ahead_millis: -7_245_000, within: Duration::from_millis(512) };
    events.push(Event::Driver(DriverEvent::ClockCompared { offset }));
    events.push(Event::Driver(DriverEvent::HealthAnswered {
        health: Health { status: 503, server: Component::Up, redis: Component::Down },
        page: None,
    }));
    let mut bytes = Vec::new();
    write_line(&mut bytes, &Header::new(&profile, 7, start)).unwrap();
    for (seq, event) in (0..).zip(events) {
        let (elapsed, attempt, source) = (Moment::from_millis(seq * 900), Some(AttemptId(seq / 5)), Source::Flow);
        let entry =
            Entry { seq, elapsed, time: start + elapsed.since_start(), attempt, source, simulated: None, event };
        write_line(&mut bytes, &entry).unwrap();
    }
    let mut steps = waiting();
    for step in &mut steps {
        (step.state, step.found) = match step.step {
            Step::Tls => {
                (StepState::Warning, "it works, but Zscaler Root CA (Zscaler Inc.) opens it on the way".into())
            }
            Step::Ticket => (StepState::Failed, "the ticket request failed: 503 REDIS_UNAVAILABLE".into()),
            later if later > Step::Ticket => (StepState::NotRun, "Ticket failed".into()),
            _ => (StepState::Passed, "well".into()),
        };
        step.details = vec![format!("{HOST}: 203.0.113.7, 2001:db8::7").as_str().into()];
    }
    let outcome = Outcome {
        profile,
        started: start,
        took: Duration::from_secs(6),
        seed: 7,
        ending: Ending::Complete,
        steps,
        findings: Vec::new(),
        repeats: None,
        armed: Vec::new(),
        entries: Vec::<Arc<Entry>>::new(),
    };
    (Recording::from_bytes(bytes).unwrap(), outcome)
}

/// What is wrong with the page as it is laid out, each in a few words: text that is cut or wider than the screen, that
/// can hardly be told from its ground (WCAG 2.1, 1.4.3), and places to touch that are too small (2.5.5).
const FLAWS: &str = r#"(() => {
  const flaws = [], wide = innerWidth, paper = matchMedia('print').matches;
  if (document.documentElement.scrollWidth > wide) flaws.push('scrolls to ' + document.documentElement.scrollWidth);
  const light = colour => {
    const [r, g, b] = colour.match(/[\d.]+/g).map(Number).map(c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = it => {
    for (; it; it = it.parentElement) {
      const colour = getComputedStyle(it).backgroundColor;
      if (colour !== 'rgba(0, 0, 0, 0)') return colour;
    }
    return matchMedia('(prefers-color-scheme: dark)').matches && !paper ? 'rgb(0, 0, 0)' : 'rgb(255, 255, 255)';
  };
  for (const it of document.body.querySelectorAll('*')) {
    if (!it.checkVisibility()) continue;
    const at = it.getBoundingClientRect(), what = it.tagName + ' ' + it.textContent.slice(0, 40);
    if (at.right > wide + 0.5 || at.left < -0.5) flaws.push('is beyond the edge: ' + what);
    if (it.scrollWidth > it.clientWidth + 1 && it.clientWidth) flaws.push('is cut: ' + what);
    if (it.matches('summary, a, button') && (at.height < 44 || at.width < 44)) flaws.push('is small: ' + what);
    const own = [...it.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    if (!own) continue;
    const [a, b] = [light(getComputedStyle(it).color), light(ground(it))].sort((a, b) => b - a);
    if ((a + 0.05) / (b + 0.05) < 4.5) flaws.push('is hard to read: ' + what);
  }
  return flaws;
})()"#;

/// What is seen of the log: hidden text is none.
const LOG: &str = "[...document.querySelectorAll('pre span')].filter(it => it.checkVisibility({ contentVisibilityAuto: \
                   true }) && it.getBoundingClientRect().height > 0).length";

fn keep(picture: &[u8], name: &str) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../pictures");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{name}.png")), picture).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_whole_on_a_phone_and_on_a_desk_in_light_and_dark_and_asks_the_network_for_nothing() {
    let Some(mut browser) = Browser::start().await else { return };
    let (recording, check) = eventful();
    let report = Report::new(&recording, Some(&check), Own::new(None, &[], &[]), recording.header().start);
    let page = &report.files().iter().find(|file| file.name == "report.html").unwrap().text;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.html");
    std::fs::write(&path, page.as_str()).unwrap();
    let url = format!("file://{}", path.display());

    for (name, size) in [("phone", PHONE), ("desk", DESK)] {
        for scheme in ["light", "dark"] {
            browser.prefer(scheme, "screen").await;
            browser.open(&url, size).await;
            assert_eq!(browser.evaluate("innerWidth").await, size.0, "the control: it is as narrow as it should be");
            assert_eq!(browser.evaluate(FLAWS).await, json!([]), "{name} {scheme}, folded");
            assert_eq!(browser.evaluate(LOG).await, 0, "the log is folded");
            browser.tap("summary").await;
            assert!(browser.evaluate(LOG).await.as_u64().unwrap() >= 60, "the log is unfolded");
            assert_eq!(browser.evaluate(FLAWS).await, json!([]), "{name} {scheme}, unfolded");
            keep(&browser.picture().await, &format!("report page {name} {scheme}"));
        }
    }
    let text = browser.evaluate("document.body.innerText").await;
    for part in ["REDIS_UNAVAILABLE", HOST, "Last attempts", "Closes", "Steps of the check", "▲ warning", "∅ not run"]
    {
        assert!(text.as_str().unwrap().contains(part), "{part} is not in {text}");
    }

    browser.prefer("light", "print").await;
    browser.open(&url, DESK).await;
    assert!(browser.evaluate(LOG).await.as_u64().unwrap() >= 60, "paper cannot be unfolded");
    assert_eq!(browser.evaluate(FLAWS).await, json!([]), "on paper");

    assert!(browser.requests.len() >= 5, "the control: {:?}", browser.requests);
    assert!(browser.requests.iter().all(|asked| *asked == url), "{:?}", browser.requests);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let fetch = format!("fetch('http://{address}/').then(() => 'fetched', error => error.name)");
    assert_eq!(browser.evaluate(&fetch).await, "TypeError", "its own policy lets it fetch nothing");
    let image = format!(
        "new Promise(end => {{ const it = new Image(); it.onload = it.onerror = event => end(event.type); \
         it.src = 'http://{address}/'; }})"
    );
    assert_eq!(browser.evaluate(&image).await, Value::from("error"));
    let asked = tokio::time::timeout(Duration::from_millis(1), listener.accept()).await;
    assert!(asked.is_err(), "somebody came");
}
