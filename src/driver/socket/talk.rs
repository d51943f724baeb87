//! A conversation over an open socket, and what is due in it.

use std::collections::VecDeque;
use std::future::pending;
use std::time::Duration;

use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until};
use zeroize::Zeroizing;

use crate::driver::conversation::{Conversation, Reaction, needed};
use crate::model::{Announcement, Redactor, SafeText};

/// Messages that wait for the greeting to look at them, at most.
const MAX_UNREAD: usize = 256;

/// By when a heartbeat has to be answered that goes out at once, so that a check sees whether it is.
const AT_ONCE_WITHIN: Duration = Duration::from_secs(4);

/// A conversation and what is due in it.
pub struct Talk {
    /// What is said.
    pub conversation: Conversation,
    /// The client's own heartbeat.
    pub heartbeat: Option<Interval>,
    /// The first heartbeat goes out at once, and its answer is not waited for as long as for those that follow.
    is_trying: bool,
    /// By when that one has to be answered.
    answer_due: Option<Instant>,
    /// When the server's silence is too long.
    silence: Option<(Duration, Instant)>,
    /// Messages that are to be sent.
    pub replies: Vec<Zeroizing<String>>,
    /// Why an answer could not be made.
    pub problem: Option<SafeText>,
    /// The first end that the server has announced.
    pub ended: Option<Ending>,
    /// What the greeting has not looked at.
    pub unread: VecDeque<Unread>,
    /// The greeting is going on.
    pub is_greeting: bool,
}

/// How the server has announced the end, and where it sends its client.
type Ending = (Announcement, Option<Zeroizing<String>>);

/// A whole message that the greeting has not looked at.
pub struct Unread {
    /// It.
    pub message: Zeroizing<String>,
    /// The end that it announces, unless the greeting waits for this very message.
    pub ending: Option<Ending>,
}

/// What is due in a conversation.
pub enum TalkTimer {
    /// The client's heartbeat is due.
    Heartbeat,
    /// The server has been silent for so long.
    ServerSilent(Duration),
    /// The heartbeat that went out at once was not answered for so long.
    AnswerOverdue(Duration),
}

impl Talk {
    /// Of which the greeting is to come.
    pub fn new(conversation: Conversation) -> Self {
        let (replies, unread) = (Vec::new(), VecDeque::new());
        Self {
            conversation,
            heartbeat: None,
            is_trying: false,
            answer_due: None,
            silence: None,
            replies,
            problem: None,
            ended: None,
            unread,
            is_greeting: true,
        }
    }

    /// The greeting is over: heartbeats go out, the first of them at once if that is wanted and it has to be answered, and
    /// silence counts.
    pub fn begin(&mut self, beats_at_once: bool) {
        self.end_greeting();
        let now = Instant::now();
        self.is_trying = beats_at_once && self.conversation.expects_answer();
        let is_trying = self.is_trying;
        self.heartbeat = self.conversation.heartbeat_every().map(|every| {
            let mut beats = interval_at(if is_trying { now } else { now + every }, every);
            beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
            beats
        });
        self.silence = self.conversation.silence().map(|after| (after, now + after));
    }

    /// Nobody waits for any message any more: an end that was announced is one.
    pub fn end_greeting(&mut self) {
        self.is_greeting = false;
        let announced = self.unread.drain(..).find_map(|unread| unread.ending);
        self.ended = self.ended.take().or(announced);
    }

    /// The greeting has waited for `message`, which is not the end that it would announce otherwise.
    pub fn receive_awaited(&mut self, message: &str) {
        let reactions = self.conversation.answer(message);
        reactions.into_iter().for_each(|reaction| _ = self.react(reaction));
    }

    /// Keeps what is to be done; the end that is announced, if one is.
    fn react(&mut self, reaction: Reaction) -> Option<Ending> {
        match reaction {
            Reaction::Send(text) => self.replies.push(text),
            Reaction::End(announced, elsewhere) => return Some((announced, elsewhere)),
            Reaction::Missing(missing) => self.problem = Some(needed("an answer ([[answer]])", &missing)),
        }
        None
    }

    /// A heartbeat goes out.
    pub fn beats(&mut self) {
        if std::mem::take(&mut self.is_trying) {
            self.answer_due = Some(Instant::now() + AT_ONCE_WITHIN);
        }
    }

    /// Takes in what the service said.
    pub fn hear(&mut self, frame: &str, secrets: &Redactor) {
        if let Some((after, deadline)) = &mut self.silence {
            *deadline = Instant::now() + *after;
        }
        for message in self.conversation.messages(frame) {
            let mut ending = None;
            for reaction in self.conversation.hear(&message, secrets) {
                ending = self.react(reaction).or(ending);
            }
            if self.is_greeting {
                if self.unread.len() == MAX_UNREAD
                    && let Some(oldest) = self.unread.pop_front()
                {
                    self.ended = self.ended.take().or(oldest.ending);
                }
                self.unread.push_back(Unread { message: Zeroizing::new(message), ending });
            } else if self.ended.is_none() {
                self.ended = ending;
            }
        }
        if self.conversation.is_heartbeat_answered() {
            self.answer_due = None;
        }
    }
}

/// Waits until something is due, for ever if nothing ever is.
pub async fn talk_timer(talk: &mut Option<Talk>) -> TalkTimer {
    let Some(Talk { heartbeat, answer_due, silence, .. }) = talk else { return pending().await };
    let heartbeat = async {
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
    let answer = async {
        match *answer_due {
            Some(at) => sleep_until(at).await,
            None => pending().await,
        }
        *answer_due = None;
    };
    tokio::select! {
        () = heartbeat => TalkTimer::Heartbeat,
        () = answer => TalkTimer::AnswerOverdue(AT_ONCE_WITHIN),
        after = silence => TalkTimer::ServerSilent(after),
    }
}
