//! Who is connected, and who makes room for others: whoever has said nothing for longest, and four times as soon who has not
//! yet asked for anything. Only WebSockets stay, and leave room for requests.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::AbortHandle;
use tokio::time::{Instant, Sleep, sleep};

/// Connections at a time.
pub const MAX_CONNECTIONS: usize = 512;
/// WebSockets among them: the rest is for requests.
pub const MAX_SOCKETS: usize = 448;
/// The same of one address.
const MAX_OF_ADDRESS: usize = 384;
/// Who has not yet asked for anything makes room as if it had been here so many times as long.
const IMPATIENCE: u32 = 4;
/// How long a client may take nothing of an answer.
const WRITE_LIMIT: Duration = Duration::from_secs(10);

/// The connections of a server. Cheap to clone.
#[derive(Clone, Default)]
pub struct Visitors(Arc<Mutex<Present>>);

#[derive(Default)]
struct Present {
    next: u64,
    of_address: HashMap<IpAddr, usize>,
    /// Those that have not yet asked for anything, oldest first.
    silent: VecDeque<Guest>,
    /// Those that have, whoever asked longest ago first: they may take their time with what belongs to it.
    asked: VecDeque<Guest>,
    /// The WebSockets, by their numbers.
    sockets: HashSet<u64>,
}

/// A connection that can be made to go.
struct Guest {
    number: u64,
    address: IpAddr,
    /// When it came, or asked last.
    since: Instant,
    handle: Option<AbortHandle>,
}

/// A connection, until it is dropped.
pub struct Visit {
    visitors: Visitors,
    number: u64,
    address: IpAddr,
}

impl Visitors {
    /// A connection from `address` has come as one more than `others`. It makes another one go where there are too many; `None` if there is no room for it.
    pub fn enter(&self, address: IpAddr, others: usize) -> Option<Visit> {
        let mut present = self.lock();
        let is_crowded = present.of_address.get(&address).is_some_and(|count| *count >= MAX_OF_ADDRESS);
        if is_crowded {
            present.end_oldest(|guest| guest.address == address)?;
        } else if others >= MAX_CONNECTIONS {
            present.end_oldest(|_| true)?;
        }
        let number = present.next;
        present.next += 1;
        *present.of_address.entry(address).or_default() += 1;
        present.silent.push_back(Guest { number, address, since: Instant::now(), handle: None });
        Some(Visit { visitors: self.clone(), number, address })
    }

    /// Whether one more can be accepted beside `others`.
    pub fn have_room(&self, others: usize) -> bool {
        let present = self.lock();
        others < MAX_CONNECTIONS || !present.silent.is_empty() || !present.asked.is_empty()
    }

    /// What ends the connection with this number.
    pub fn is_ended_by(&self, number: u64, handle: AbortHandle) {
        let mut present = self.lock();
        let Present { silent, asked, .. } = &mut *present;
        if let Some(guest) = silent.iter_mut().chain(asked).find(|guest| guest.number == number) {
            guest.handle = Some(handle);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Present> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Present {
    /// Makes the first of those that are `meant` go; `None` if all of them stay.
    fn end_oldest(&mut self, meant: impl Fn(&Guest) -> bool) -> Option<()> {
        let place = |guests: &VecDeque<Guest>| guests.iter().position(&meant);
        let waited = |guests: &VecDeque<Guest>, place: Option<usize>| place.map(|place| guests[place].since.elapsed());
        let (silent, asked) = (place(&self.silent), place(&self.asked));
        let is_silent = waited(&self.silent, silent).map(|waited| IMPATIENCE * waited) >= waited(&self.asked, asked);
        let guest = if is_silent { self.silent.remove(silent?) } else { self.asked.remove(asked?) }?;
        if let Some(handle) = guest.handle {
            handle.abort();
        }
        Some(())
    }

    fn take(&mut self, number: u64) -> Option<Guest> {
        let Self { silent, asked, .. } = self;
        [silent, asked].into_iter().find_map(|guests| {
            let place = guests.iter().position(|guest| guest.number == number)?;
            guests.remove(place)
        })
    }
}

impl Visit {
    /// Its number.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// It asks for something.
    pub fn speaks(&self) {
        let mut present = self.visitors.lock();
        if let Some(guest) = present.take(self.number) {
            present.asked.push_back(Guest { since: Instant::now(), ..guest });
        }
    }

    /// It is a WebSocket from now on; `false` if there are as many as there may be.
    #[must_use]
    pub fn stays(&self) -> bool {
        let mut present = self.visitors.lock();
        present.take(self.number);
        present.sockets.len() < MAX_SOCKETS && present.sockets.insert(self.number)
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut present = self.visitors.lock();
        present.take(self.number);
        present.sockets.remove(&self.number);
        if let Some(count) = present.of_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                present.of_address.remove(&self.address);
            }
        }
    }
}

/// A connection whose other side has to read.
pub struct Impatient<S> {
    stream: S,
    /// Runs while nothing is taken.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<S> Impatient<S> {
    /// Over `stream`.
    pub fn new(stream: S) -> Self {
        Self { stream, stalled: None }
    }

    fn limited<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let limit = self.stalled.get_or_insert_with(|| Box::pin(sleep(WRITE_LIMIT)));
        match limit.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Impatient<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Impatient<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.limited(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.limited(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ended = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.limited(cx, ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_silent_makes_room_first_then_whoever_asked_longest_ago_and_sockets_stay() {
        let visitors = Visitors::default();
        let [here, there] = [[127, 0, 0, 1], [127, 0, 0, 2]].map(IpAddr::from);
        let numbers = |guests: &VecDeque<Guest>| guests.iter().map(|guest| guest.number).collect::<Vec<_>>();
        let mut present: Vec<_> = (0..MAX_OF_ADDRESS).map(|others| visitors.enter(here, others).unwrap()).collect();
        present[1..].iter().rev().for_each(Visit::speaks);
        // The first is silent and goes; it leaves when its task is dropped.
        let newest = visitors.enter(here, MAX_OF_ADDRESS).unwrap();
        assert_eq!(numbers(&visitors.lock().silent), [newest.number()]);
        newest.speaks();
        let another = visitors.enter(here, MAX_OF_ADDRESS).unwrap();
        let last = present.last().unwrap().number();
        assert!(!numbers(&visitors.lock().asked).contains(&last), "it asked first");
        assert!(visitors.have_room(MAX_CONNECTIONS));
        // Whoever speaks again is the newest.
        present[300].speaks();
        assert_eq!(visitors.lock().asked.back().unwrap().number, present[300].number());
        assert!(present.iter().chain([&newest, &another]).all(Visit::stays));
        assert!(visitors.enter(here, MAX_OF_ADDRESS).is_none(), "an address has no more than its share");
        assert!(!visitors.have_room(MAX_CONNECTIONS) && visitors.enter(there, MAX_CONNECTIONS).is_none());
        let elsewhere: Vec<_> =
            (MAX_OF_ADDRESS + 2..MAX_SOCKETS).map(|others| visitors.enter(there, others).unwrap()).collect();
        assert!(elsewhere.iter().all(Visit::stays));
        let further = visitors.enter(there, MAX_SOCKETS).unwrap();
        assert!(!further.stays(), "the rest is for requests");
        drop(elsewhere);
        assert!(visitors.enter(there, MAX_OF_ADDRESS + 2).unwrap().stays());
        present.truncate(9);
        assert!(visitors.enter(here, 11).is_some());
    }
}
