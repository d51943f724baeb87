//! A check that nobody waits for any more. The threads of a process are counted as Linux shows them.

use std::time::Duration;

use ticketscope::check::{Progress, Step};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, timeout};

use crate::limit::{patient, stalls_at};
use crate::{GENEROUS, check_of};

/// The threads of this process that run a check.
fn checks_going_on() -> usize {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let names = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("comm")).ok());
    names.filter(|name| name.trim() == "check").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_whose_window_is_closed_leaves_nothing_behind() {
    let check = check_of(patient(stalls_at("/ws-ticket", 1).await));
    let running = check.start(|| {}).unwrap();
    let running = spawn_blocking(move || {
        loop {
            match running.next().unwrap() {
                Progress::Step(result) if result.step == Step::Ticket => return running,
                Progress::Step(_) => {}
                Progress::Finished(outcome) => panic!("{:#?}", outcome.steps),
            }
        }
    });
    let running = timeout(GENEROUS, running).await.unwrap().unwrap();
    assert_eq!(checks_going_on(), 1, "the control: it waits for the ticket");
    drop(running);
    let since = Instant::now();
    while checks_going_on() > 0 {
        assert!(since.elapsed() < GENEROUS, "the check goes on");
        sleep(Duration::from_millis(10)).await;
    }
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}: it waited for the ticket", since.elapsed());
}
