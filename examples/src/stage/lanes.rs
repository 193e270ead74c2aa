use std::sync::{Arc, Mutex, PoisonError};

/// Jobs that several lanes share.
#[derive(Debug)]
pub struct Jobs<J>(Arc<Mutex<Vec<J>>>);

impl<J> Jobs<J> {
    /// One that nobody has taken, the last of the list first.
    pub fn take(&self) -> Option<J> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

/// Plays jobs in so many lanes at once; what came of each lane.
///
/// # Errors
/// The first lane that fails.
pub async fn in_lanes<J, T, F>(
    lanes: usize,
    jobs: Vec<J>,
    play: impl Fn(usize, Jobs<J>) -> F,
) -> anyhow::Result<Vec<T>>
where
    T: Send + 'static,
    F: Future<Output = anyhow::Result<T>> + Send + 'static,
{
    let jobs = Arc::new(Mutex::new(jobs));
    let play = |number| tokio::spawn(play(number, Jobs(Arc::clone(&jobs))));
    let running: Vec<_> = (0..lanes).map(play).collect();
    let mut results = Vec::new();
    for lane in running {
        results.push(lane.await??);
    }
    Ok(results)
}
