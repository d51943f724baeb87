//! What users send instead of their computer: HAR files, network logs, consoles, servers' logs, reports. They are read
//! into the entries of a recording, so that verdict, time line, log, comparison and report work as if Ticketscope had been
//! there, and what nobody saw is said to be *not in this file*.
//!
//! Secrets are used to find out which requests belong together, and are dropped before [`open`] returns: only
//! fingerprints are left.

mod browser_error;
mod clean;
mod console;
mod entries;
mod exchange;
mod har;
mod input;
mod join;
mod lanes;
mod netlog;
mod opening;
mod paths;
mod probe_code;
mod profile;
mod roles;
mod secrets;
mod server_log;
mod sighting;
mod stand_in;

use std::collections::BTreeSet;

use url::Url;

use crate::journal::recording::Recording;
use crate::model::{
    Browser, ClockOffset, FileKind, Profile, Redactor, RequestFailureKind, SafeText, SourceFile, Timing,
};
pub use clean::{CleanCopy, clean};
use entries::Account;
use exchange::Exchanges;
pub use input::{Input, InputError};
use input::{Material, Unpacked};
use join::FileObservation;
pub use opening::OpenError;
use opening::Read;
use roles::Places;
use secrets::Secrets;
use sighting::Sighting;

/// What was opened.
pub struct Opened {
    /// The session that the files tell of.
    pub recording: Recording,
    /// WebSockets at other addresses in the same files, and other things to know.
    pub notes: Vec<SafeText>,
    /// Secrets that were found, used as fingerprints and dropped.
    pub secrets: usize,
}

/// Opens what a user sent. `hint` is the profile of the service, if the person chose one.
///
/// # Errors
/// See [`OpenError`].
pub fn open(inputs: Vec<Input>, hint: Option<&Profile>) -> Result<Opened, OpenError> {
    let mapping = hint.map(|profile| profile.log.clone()).unwrap_or_default();
    let (mut all, mut left_out) = (Vec::new(), Vec::new());
    for input in inputs {
        let name = input.name();
        let wrong = |problem| OpenError::Input { name: name.clone(), problem };
        let Some(Unpacked { members, left_out: packed, unseen }) = input.members().map_err(wrong)? else {
            all.push(Read::new(name.clone(), input.read(&mapping).map_err(wrong)?));
            continue;
        };
        let before = all.len();
        let out = |member: &SafeText, problem: &dyn std::fmt::Display| {
            SafeText::new(&format!("{member} in {name} is left out: {problem}"))
        };
        left_out.extend(packed.iter().map(|(member, problem)| out(member, problem)));
        if unseen > 0 {
            let files = if unseen == 1 { "file" } else { "files" };
            let text =
                format!("{unseen} more {files} in {name} are not looked at: there are too many; open them alone.");
            left_out.push(SafeText::new(&text));
        }
        for member in members {
            match member.read(&mapping) {
                Ok(material) => all.push(Read::new(member.name(), material)),
                Err(problem) => left_out.push(out(&member.name(), &problem)),
            }
        }
        if all.len() == before {
            return Err(wrong(InputError::ForeignZip));
        }
    }
    if let Some(at) = all.iter().position(|read| matches!(read.material, Material::Recording(..))) {
        let read = all.swap_remove(at);
        let name = read.file.name;
        return match read.material {
            Material::Recording(recording, _) if all.is_empty() => {
                Ok(Opened { recording: *recording, notes: Vec::new(), secrets: 0 })
            }
            _ => Err(OpenError::Mixed { name }),
        };
    }
    let Some(first) = all.first() else { return Err(OpenError::Nothing) };
    let first_name = first.file.name.clone();
    let mut secrets = Secrets::default();
    hint.into_iter().flat_map(addresses).for_each(|address| secrets.know(&address));
    all.iter().for_each(|read| read.tell_addresses(&mut secrets));
    all.iter().for_each(|read| read.take_secrets(&mut secrets));
    let (count, redactor) = (secrets.count(), secrets.into_redactor());

    let hosts = hosts(&all);
    // What belongs to the user is known only when the user's own files are read.
    all.sort_by_key(|read| read.file.kind == FileKind::ServerLog);
    let mut found = Found { notes: left_out, ..Found::default() };
    for read in all {
        found.add(read, hint, &redactor);
    }
    if found.base.as_ref().is_none_or(|base| base.sightings.is_empty()) {
        return Err(OpenError::NoSocket { name: first_name, hosts });
    }
    found.finish(hint, &redactor, count)
}

/// The same for an unknown service: a log of another form is read with the mapping of one of `profiles`.
///
/// # Errors
/// See [`OpenError`].
pub fn open_of_any(inputs: Vec<Input>, profiles: &[Profile]) -> Result<Opened, OpenError> {
    let hints: Vec<_> = profiles.iter().filter(|profile| !profile.log.is_empty()).collect();
    if hints.is_empty() {
        return open(inputs, None);
    }
    let unnamed = open(inputs.clone(), None);
    let is_of_other_form = |problem: &InputError| {
        matches!(problem, InputError::ForeignText | InputError::ForeignJson | InputError::ForeignZip)
    };
    if !matches!(&unnamed, Err(OpenError::Input { problem, .. }) if is_of_other_form(problem)) {
        return unnamed;
    }
    hints.into_iter().find_map(|profile| open(inputs.clone(), Some(profile)).ok()).map_or(unnamed, Ok)
}

/// The addresses of a profile.
fn addresses(profile: &Profile) -> [String; 3] {
    [profile.api.to_string(), profile.websocket.to_string(), profile.origin.to_string()]
}

/// The hosts of all files, the most frequent first.
fn hosts(all: &[Read]) -> Vec<SafeText> {
    const SHOWN: usize = 8;
    let mut hosts: Vec<_> = all.iter().filter_map(Read::exchanges).flat_map(|exchanges| &exchanges.hosts).collect();
    hosts.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    hosts.into_iter().take(SHOWN).map(|(host, _)| SafeText::new(host)).collect()
}

/// A login that was refused and then worked: it explains nothing of what failed later, and is looked for all the same.
fn refused_before(sightings: &[Sighting]) -> Option<SafeText> {
    let (last, earlier) = sightings.split_last()?;
    let is_granted = last.ticket.as_ref().is_some_and(sighting::RequestSeen::is_granted);
    let refusals = earlier.iter().filter_map(|earlier| earlier.ticket.as_ref()?.failure());
    let is_401 =
        |kind: &&RequestFailureKind| matches!(kind, RequestFailureKind::Status(answer) if answer.status == 401);
    let count = refusals.filter(is_401).count();
    (is_granted && count > 0).then(|| {
        let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
        SafeText::new(&format!("Before, the ticket request was answered 401 {times}; later it worked."))
    })
}

/// What the files told so far.
#[derive(Default)]
struct Found {
    base: Option<FileObservation>,
    files: Vec<SourceFile>,
    places: Places,
    browser: Option<Browser>,
    /// How far the user's clock is ahead of the server's, in milliseconds, and how exact that is.
    clock: Option<(i64, std::time::Duration)>,
    dropped: u64,
    /// What else is to be known.
    notes: Vec<SafeText>,
}

impl Found {
    fn add(&mut self, read: Read, hint: Option<&Profile>, redactor: &Redactor) {
        let Read { mut file, material, browser } = read;
        let (mut sightings, places) = match material {
            Material::Har(archive) => self.of_exchanges(&archive.exchanges, hint, redactor),
            Material::NetLog(log) => {
                if log.is_unfinished {
                    let text = "The network log was copied before \"Stop Logging\" was pressed: what came last may be missing.";
                    self.notes.push(text.into());
                }
                self.of_exchanges(&log.exchanges, hint, redactor)
            }
            Material::Console(console) => {
                let mut parsed = console.parse(redactor);
                if let Some(mut untimed) = console.untimed.as_ref().map(|untimed| untimed.parse(redactor)) {
                    parsed.others.append(&mut untimed.others);
                    let mut all =
                        FileObservation { sightings: std::mem::take(&mut parsed.sightings), timing: file.timing };
                    join::join(&mut all, FileObservation { sightings: untimed.sightings, timing: Timing::Order });
                    parsed.sightings = all.sightings;
                    parsed.socket = parsed.socket.or(untimed.socket);
                }
                let request = parsed.request.map(|url| roles::Place { method: String::new(), url });
                let is_of_ticket = request.as_ref().is_some_and(|place| paths::is_of_ticket(place.url.path()));
                let (ticket, token) = if is_of_ticket { (request, None) } else { (None, request) };
                let (socket, origin, others) = (parsed.socket, parsed.origin, parsed.others);
                let places = Places { token, ticket, socket, origin, others, ..Places::default() };
                (parsed.sightings, places)
            }
            Material::ServerLog(log) => {
                let places = Places { socket: log.socket(), ..Places::default() };
                (self.of_log(log.sightings(redactor), file.timing, &file.name), places)
            }
            Material::Probe(code) => {
                let origin = Some(code.origin.to_string()).filter(|origin| origin.starts_with("http"));
                self.clock = self.clock.or(probe_code::ahead(&code));
                (probe_code::sightings(&code, redactor), Places { origin, ..Places::default() })
            }
            Material::Recording(..) => return,
        };
        self.browser = self.browser.or(browser);
        self.places.fill(places);
        sightings.iter_mut().for_each(|sighting| sighting.tell_by(file.kind));
        let testimony = FileObservation { sightings, timing: file.timing };
        match &mut self.base {
            None => self.base = Some(testimony),
            // The file with dates counts.
            Some(base) if base.timing != Timing::Dated && testimony.timing == Timing::Dated => {
                let other = std::mem::replace(base, testimony);
                let ahead = join::join(base, other);
                for earlier in self.files.iter_mut().filter(|earlier| earlier.timing == Timing::TimeOfDay) {
                    earlier.ahead_millis = ahead.map(join::without_zone);
                }
            }
            Some(base) => {
                let is_of_day = file.timing == Timing::TimeOfDay;
                let ahead = join::join(base, testimony);
                file.ahead_millis = ahead.map(|ahead| if is_of_day { join::without_zone(ahead) } else { ahead });
            }
        }
        self.files.push(file);
    }

    /// What of a server's log is about the attempts of the other files; if there are none, those that failed.
    fn of_log(&mut self, mut sightings: Vec<Sighting>, timing: Timing, name: &SafeText) -> Vec<Sighting> {
        let (kept, others) = match &self.base {
            Some(base) => {
                let testimony = FileObservation { sightings, timing };
                let join::OfLog { testimony, others } = join::of_log(base, testimony, self.places.origin.as_deref());
                (testimony.sightings, others)
            }
            None => {
                let all = sightings.len();
                if sightings.iter().any(lanes::is_failed) {
                    sightings.retain(lanes::is_failed);
                }
                let others = all - sightings.len();
                (sightings, others)
            }
        };
        if others > 0 {
            let text = match (self.base.is_some(), others) {
                (true, 1) => "1 more attempt, which belongs to another connection: it is left out".to_owned(),
                (true, others) => format!("{others} more attempts that belong to other connections: they are left out"),
                (false, 1) => "1 more attempt, which did not fail: it is left out".to_owned(),
                (false, others) => format!("{others} more attempts that did not fail: they are left out"),
            };
            self.notes.push(SafeText::new(&format!("{name} tells of {text}.")));
        }
        let origin = kept.iter().rev().find_map(|sighting| sighting.origin.clone());
        self.places.origin = self.places.origin.take().or(origin);
        kept
    }

    fn of_exchanges(
        &mut self,
        exchanges: &Exchanges,
        hint: Option<&Profile>,
        redactor: &Redactor,
    ) -> (Vec<Sighting>, Places) {
        self.dropped += exchanges.dropped;
        let roles::Found { sightings, places, notes } = roles::find(exchanges, hint, redactor);
        self.notes.extend(notes.iter().map(|note| redactor.text(note.as_bytes(), 400)));
        self.clock = self.clock.or_else(|| exchanges.ahead(&places.steps()));
        (sightings, places)
    }

    fn finish(self, hint: Option<&Profile>, redactor: &Redactor, secrets: usize) -> Result<Opened, OpenError> {
        let Self { base, files, places, browser, clock, dropped, notes: further } = self;
        let FileObservation { sightings, timing } =
            base.unwrap_or(FileObservation { sightings: Vec::new(), timing: Timing::Order });
        let mut notes: Vec<_> = places
            .others
            .iter()
            .map(|other| SafeText::new(&format!("There is another WebSocket in the file, at {other}: it is left out.")))
            .collect();
        notes.extend(further);
        if dropped > 0 {
            notes.push(SafeText::new(&format!("{dropped} requests were left out: there are more than are kept.")));
        }
        let lanes::Lanes { chosen: sightings, beside } = lanes::of(sightings);
        notes.extend(refused_before(&sightings));
        notes.extend(beside.into_iter().map(|lane| redactor.text(lane.as_bytes(), 400)));
        let notes = notes.iter().map(|note| SafeText::with_limit(&secrets::without_told(note.as_str()), 400)).collect();
        let profile = profile::of(&places, hint, redactor);
        let clock = clock.map(|(ahead_millis, within)| ClockOffset { ahead_millis, within });
        let account = Account { sightings, files, timing, browser, clock };
        let internal = |problem: &dyn std::fmt::Display| OpenError::Internal(SafeText::new(&problem.to_string()));
        let bytes = entries::recording(&account, &profile, redactor).map_err(|error| internal(&error))?;
        let recording = Recording::from_bytes(bytes).map_err(|error| internal(&error))?;
        Ok(Opened { recording, notes, secrets })
    }
}

impl Places {
    /// The addresses of the service's requests.
    fn steps(&self) -> Vec<&Url> {
        [&self.token, &self.ticket].into_iter().flatten().map(|place| &place.url).collect()
    }

    /// Takes from `other` what is not known yet.
    fn fill(&mut self, other: Self) {
        let Self { token, ticket, socket, query, origin, others } = other;
        self.token = self.token.take().or(token);
        self.ticket = self.ticket.take().or(ticket);
        self.socket = self.socket.take().or(socket);
        self.query = self.query.take().or(query);
        self.origin = self.origin.take().or(origin);
        self.others = self.others.union(&others).cloned().collect::<BTreeSet<_>>();
    }
}
