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
pub struct Connections(Arc<Mutex<Present>>);

#[derive(Default)]
struct Present {
    next: u64,
    of_address: HashMap<IpAddr, usize>,
    /// Those that have not yet asked for anything, oldest first.
    silent: VecDeque<OpenConnection>,
    /// Those that have, whoever asked longest ago first: they may take their time with what belongs to it.
    asked: VecDeque<OpenConnection>,
    /// The WebSockets, by their numbers.
    sockets: HashSet<u64>,
}

/// A connection that can be made to go.
struct OpenConnection {
    number: u64,
    address: IpAddr,
    /// When it came, or asked last.
    since: Instant,
    handle: Option<AbortHandle>,
}

/// A connection, until it is dropped.
pub struct ConnectionGuard {
    connections: Connections,
    number: u64,
    address: IpAddr,
}

impl Connections {
    /// A connection from `address` has come as one more than `others`. It makes another one go where there are too many; `None` if there is no room for it.
    pub fn enter(&self, address: IpAddr, others: usize) -> Option<ConnectionGuard> {
        let mut present = self.lock();
        let is_crowded = present.of_address.get(&address).is_some_and(|count| *count >= MAX_OF_ADDRESS);
        if is_crowded {
            present.end_oldest(|open| open.address == address)?;
        } else if others >= MAX_CONNECTIONS {
            present.end_oldest(|_| true)?;
        }
        let number = present.next;
        present.next += 1;
        *present.of_address.entry(address).or_default() += 1;
        present.silent.push_back(OpenConnection { number, address, since: Instant::now(), handle: None });
        Some(ConnectionGuard { connections: self.clone(), number, address })
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
        if let Some(open) = silent.iter_mut().chain(asked).find(|open| open.number == number) {
            open.handle = Some(handle);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Present> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Present {
    /// Makes the first of those that are `meant` go; `None` if all of them stay.
    fn end_oldest(&mut self, meant: impl Fn(&OpenConnection) -> bool) -> Option<()> {
        let place = |queue: &VecDeque<OpenConnection>| queue.iter().position(&meant);
        let waited =
            |queue: &VecDeque<OpenConnection>, place: Option<usize>| place.map(|place| queue[place].since.elapsed());
        let (silent, asked) = (place(&self.silent), place(&self.asked));
        let is_silent = waited(&self.silent, silent).map(|waited| IMPATIENCE * waited) >= waited(&self.asked, asked);
        let open = if is_silent { self.silent.remove(silent?) } else { self.asked.remove(asked?) }?;
        if let Some(handle) = open.handle {
            handle.abort();
        }
        Some(())
    }

    fn take(&mut self, number: u64) -> Option<OpenConnection> {
        let Self { silent, asked, .. } = self;
        [silent, asked].into_iter().find_map(|queue| {
            let place = queue.iter().position(|open| open.number == number)?;
            queue.remove(place)
        })
    }
}

impl ConnectionGuard {
    /// Its number.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// It asks for something.
    pub fn speaks(&self) {
        let mut present = self.connections.lock();
        if let Some(open) = present.take(self.number) {
            present.asked.push_back(OpenConnection { since: Instant::now(), ..open });
        }
    }

    /// It is a WebSocket from now on; `false` if there are as many as there may be.
    #[must_use]
    pub fn stays(&self) -> bool {
        let mut present = self.connections.lock();
        present.take(self.number);
        present.sockets.len() < MAX_SOCKETS && present.sockets.insert(self.number)
    }
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        let mut present = self.connections.lock();
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
pub struct WriteDeadline<S> {
    stream: S,
    /// Runs while nothing is taken.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<S> WriteDeadline<S> {
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

impl<S: AsyncRead + Unpin> AsyncRead for WriteDeadline<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WriteDeadline<S> {
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
        let connections = Connections::default();
        let [here, there] = [[127, 0, 0, 1], [127, 0, 0, 2]].map(IpAddr::from);
        let numbers = |queue: &VecDeque<OpenConnection>| queue.iter().map(|open| open.number).collect::<Vec<_>>();
        let mut present: Vec<_> = (0..MAX_OF_ADDRESS).map(|others| connections.enter(here, others).unwrap()).collect();
        present[1..].iter().rev().for_each(ConnectionGuard::speaks);
        // The first is silent and goes; it leaves when its task is dropped.
        let newest = connections.enter(here, MAX_OF_ADDRESS).unwrap();
        assert_eq!(numbers(&connections.lock().silent), [newest.number()]);
        newest.speaks();
        let another = connections.enter(here, MAX_OF_ADDRESS).unwrap();
        let last = present.last().unwrap().number();
        assert!(!numbers(&connections.lock().asked).contains(&last), "it asked first");
        assert!(connections.have_room(MAX_CONNECTIONS));
        // Whoever speaks again is the newest.
        present[300].speaks();
        assert_eq!(connections.lock().asked.back().unwrap().number, present[300].number());
        assert!(present.iter().chain([&newest, &another]).all(ConnectionGuard::stays));
        assert!(connections.enter(here, MAX_OF_ADDRESS).is_none(), "an address has no more than its share");
        assert!(!connections.have_room(MAX_CONNECTIONS) && connections.enter(there, MAX_CONNECTIONS).is_none());
        let elsewhere: Vec<_> =
            (MAX_OF_ADDRESS + 2..MAX_SOCKETS).map(|others| connections.enter(there, others).unwrap()).collect();
        assert!(elsewhere.iter().all(ConnectionGuard::stays));
        let further = connections.enter(there, MAX_SOCKETS).unwrap();
        assert!(!further.stays(), "the rest is for requests");
        drop(elsewhere);
        assert!(connections.enter(there, MAX_OF_ADDRESS + 2).unwrap().stays());
        present.truncate(9);
        assert!(connections.enter(here, 11).is_some());
    }
}
