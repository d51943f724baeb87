//! A conversation over an open socket, and when it is its turn.

use std::collections::VecDeque;
use std::future::pending;
use std::time::Duration;

use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until};
use zeroize::Zeroizing;

use crate::driver::conversation::{Conversation, Reaction};
use crate::model::{Announcement, Redactor};

/// Messages that wait for the greeting to look at them, at most.
const MAX_UNREAD: usize = 256;

/// A conversation and when it is its turn.
pub struct Talk {
    /// What is said.
    pub conversation: Conversation,
    /// The client's own heartbeat.
    pub heartbeat: Option<Interval>,
    /// When the server's silence is too long.
    silence: Option<(Duration, Instant)>,
    /// Messages that are to be sent.
    pub replies: Vec<Zeroizing<String>>,
    /// How the server has announced the end, and where it sends its client.
    pub ended: Option<(Announcement, Option<Zeroizing<String>>)>,
    /// Whole messages that the greeting has not looked at.
    pub unread: VecDeque<Zeroizing<String>>,
    /// The greeting is going on.
    pub is_greeting: bool,
}

/// Whose turn it is in a conversation.
pub enum Turn {
    /// The client's heartbeat is due.
    Heartbeat,
    /// The server has been silent for so long.
    TooSilent(Duration),
}

impl Talk {
    /// Of which the greeting is to come.
    pub fn new(conversation: Conversation) -> Self {
        let (replies, unread) = (Vec::new(), VecDeque::new());
        Self { conversation, heartbeat: None, silence: None, replies, ended: None, unread, is_greeting: true }
    }

    /// The greeting is over: heartbeats go out, and silence counts.
    pub fn begin(&mut self) {
        self.is_greeting = false;
        self.unread.clear();
        self.heartbeat = self.conversation.heartbeat_every().map(|every| {
            let mut beats = interval_at(Instant::now() + every, every);
            beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
            beats
        });
        self.silence = self.conversation.silence().map(|after| (after, Instant::now() + after));
    }

    /// Takes in what the service said.
    pub fn hear(&mut self, frame: &str, secrets: &Redactor) {
        if let Some((after, deadline)) = &mut self.silence {
            *deadline = Instant::now() + *after;
        }
        for message in self.conversation.messages(frame) {
            for reaction in self.conversation.hear(&message, secrets) {
                match reaction {
                    Reaction::Send(text) => self.replies.push(text),
                    Reaction::End(announced, elsewhere) => self.ended = Some((announced, elsewhere)),
                }
            }
            if self.is_greeting {
                if self.unread.len() == MAX_UNREAD {
                    self.unread.pop_front();
                }
                self.unread.push_back(Zeroizing::new(message));
            }
        }
    }
}

/// Waits until it is somebody's turn, for ever if it never is.
pub async fn turn(talk: &mut Option<Talk>) -> Turn {
    let Some(Talk { heartbeat, silence, .. }) = talk else { return pending().await };
    let beat = async {
        match heartbeat {
            Some(beats) => _ = beats.tick().await,
            None => pending().await,
        }
    };
    let silence = async {
        match silence {
            Some((after, deadline)) => {
                sleep_until(*deadline).await;
                *after
            }
            None => pending().await,
        }
    };
    tokio::select! {
        () = beat => Turn::Heartbeat,
        after = silence => Turn::TooSilent(after),
    }
}
