//! Answers that need not be worked out twice: the newest ones are kept, and equal questions that are asked at the
//! same time share one answer. The work runs as a task of its own: who asked may go away without harm.
//! A panic in the work is told to all who wait as something to try again.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::ports::PortError;
use domain::sql::Report;
use tokio::sync::watch;

/// Most answers that are kept.
const MOST: usize = 128;
/// Most bytes of text in the answers that are kept.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// An answer, and whether it will be the same the next time.
pub(crate) type Outcome = Result<(Arc<Report>, bool), PortError>;

/// Kept and shared answers by the digest of their question.
#[derive(Debug, Default)]
pub(crate) struct Flights(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Least recently used first.
    kept: VecDeque<(String, Arc<Report>)>,
    running: HashMap<String, watch::Receiver<Option<Outcome>>>,
}

impl Flights {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer to a question: kept, shared with who asked before, or worked out.
    pub async fn answer<W>(self: &Arc<Self>, key: String, work: W) -> Result<Report, PortError>
    where
        W: Future<Output = Outcome> + Send + 'static,
    {
        let mut coming = {
            let mut state = self.state();
            if let Some(report) = state.find(&key) {
                return Ok(report);
            }
            match state.running.get(&key) {
                Some(running) => running.clone(),
                None => self.start(&mut state, key, work),
            }
        };
        let outcome = coming.wait_for(Option::is_some).await.ok().and_then(|outcome| outcome.clone());
        match outcome {
            Some(outcome) => outcome.map(|(report, _)| (*report).clone()),
            None => Err(PortError::Retry("the check was broken off; try again".to_owned())),
        }
    }

    fn start<W>(self: &Arc<Self>, state: &mut State, key: String, work: W) -> watch::Receiver<Option<Outcome>>
    where
        W: Future<Output = Outcome> + Send + 'static,
    {
        let (sender, receiver) = watch::channel(None);
        state.running.insert(key.clone(), receiver.clone());
        let landing = Landing {
            flights: Arc::clone(self),
            key,
        };
        tokio::spawn(async move {
            let outcome = work.await;
            landing.flights.state().keep(&landing.key, &outcome);
            sender.send_replace(Some(outcome));
        });
        receiver
    }
}

/// Removes the question from the running ones, also when its work panics.
struct Landing {
    flights: Arc<Flights>,
    key: String,
}

impl Drop for Landing {
    fn drop(&mut self) {
        self.flights.state().running.remove(&self.key);
    }
}

impl State {
    fn find(&mut self, key: &str) -> Option<Report> {
        let at = self.kept.iter().position(|(other, _)| other == key)?;
        let found = self.kept.remove(at)?;
        let report = (*found.1).clone();
        self.kept.push_back(found);
        Some(report)
    }

    fn keep(&mut self, key: &str, outcome: &Outcome) {
        if let Ok((report, true)) = outcome {
            self.kept.push_back((key.to_owned(), Arc::clone(report)));
            while self.kept.len() > MOST || self.kept.iter().map(|(_, report)| size(report)).sum::<usize>() > MOST_BYTES {
                self.kept.pop_front();
            }
        }
    }
}

fn size(report: &Report) -> usize {
    let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    report
        .findings
        .iter()
        .map(|found| 128 + found.message.len() + text(&found.suggestion) + text(&found.detail))
        .sum()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn equal_questions_share_one_answer() {
        let flights = Arc::new(Flights::default());
        let count = Arc::new(AtomicU32::new(0));
        let gate = Arc::new(tokio::sync::Semaphore::new(0));
        let ask = || {
            let (count, gate) = (Arc::clone(&count), Arc::clone(&gate));
            flights.answer("k".to_owned(), async move {
                count.fetch_add(1, Ordering::SeqCst);
                gate.acquire().await.expect("open").forget();
                Ok((Arc::new(Report::default()), true))
            })
        };
        let (first, second, ()) = tokio::join!(ask(), ask(), async { gate.add_permits(1) });
        assert!(first.is_ok() && second.is_ok() && ask().await.is_ok());
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn faults_are_not_kept_and_a_broken_work_is_told() {
        let flights = Arc::new(Flights::default());
        let refused = flights
            .answer("k".to_owned(), async { Err(PortError::GiveUp("no".to_owned())) })
            .await;
        assert_eq!(refused, Err(PortError::GiveUp("no".to_owned())));
        let broken = flights.answer("k".to_owned(), async { panic!("broken") }).await;
        assert!(matches!(broken, Err(PortError::Retry(_))));
        assert!(flights.answer("k".to_owned(), async { Ok((Arc::default(), false)) }).await.is_ok());
        assert!(flights.state().running.is_empty() && flights.state().kept.is_empty());
    }

    #[test]
    fn the_oldest_answers_give_way() {
        let mut state = State::default();
        for n in 0..=MOST {
            state.keep(&n.to_string(), &Ok((Arc::default(), true)));
            assert!(state.find("0").is_some());
        }
        assert_eq!(state.kept.len(), MOST);
        assert!(state.find("1").is_none());
    }
}
