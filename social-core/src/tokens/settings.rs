use std::time::Duration;

/// Times and limits of the refresh protocol.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TokenSettings {
    /// How long a claim holds an account. 30 s.
    pub lease: Duration,
    /// How long after the claim something may still be sent. 20 s; never more than two thirds of the lease.
    pub deadline: Duration,
    /// How long an answer is waited for before it counts as lost. 60 s. Longer than the lease: a late answer holds the
    /// only living token.
    pub answer: Duration,
    /// An access token counts as over this long before its end, but at most a tenth of its lifetime. 30 s.
    pub margin: Duration,
    /// How long a caller waits for a refresh, its own or another's. 45 s.
    pub patience: Duration,
    /// How often another process's lease is looked at. 250 ms.
    pub poll: Duration,
    /// How long a grant is only suspected to be dead. 10 min.
    pub grace: Duration,
    /// How far the wall clocks of processes may differ. A suspicion that another process recorded is trusted to be
    /// `grace` old only after this long more. 10 min.
    pub clock_difference: Duration,
    /// The least time between two refreshes of one account, whatever the platform says of the life of its tokens. Until
    /// then those that a refresh gave count as valid. 1 min.
    pub distance: Duration,
    /// The same where the platform refuses what the last refresh gave: whoever meets that asks for new ones. 2 s.
    pub refused_distance: Duration,
    /// The first wait after a failed refresh; it doubles. 10 s.
    pub backoff: Duration,
    /// The longest wait after a failed refresh, unless the platform asks for more, which is heeded up to
    /// [an hour](crate::wish::LONGEST_OF_TOKENS). 10 min.
    pub backoff_limit: Duration,
    /// How often a save is tried before it is spooled. 5.
    pub save_attempts: u32,
    /// How long a save is tried when it cannot be spooled. 10 min.
    pub save_patience: Duration,
    /// How many refreshes [`refresh_due`](super::Tokens::refresh_due) runs at once. 8.
    pub concurrency: u32,
    /// So many accounts dead within `mass_window` are unusual, if they are also more than `mass_share` of those
    /// tried. Those of one [person](crate::oauth::Grant::principal) are one. 5.
    pub mass_count: u32,
    /// See `mass_count`. 0.2.
    pub mass_share: f64,
    /// See `mass_count`. 10 min.
    pub mass_window: Duration,
}

impl Default for TokenSettings {
    fn default() -> Self {
        let minutes = |n: u64| Duration::from_secs(60 * n);
        Self {
            lease: Duration::from_secs(30),
            deadline: Duration::from_secs(20),
            answer: Duration::from_secs(60),
            margin: Duration::from_secs(30),
            patience: Duration::from_secs(45),
            poll: Duration::from_millis(250),
            grace: minutes(10),
            clock_difference: minutes(10),
            distance: minutes(1),
            refused_distance: Duration::from_secs(2),
            backoff: Duration::from_secs(10),
            backoff_limit: minutes(10),
            save_attempts: 5,
            save_patience: minutes(10),
            concurrency: 8,
            mass_count: 5,
            mass_share: 0.2,
            mass_window: minutes(10),
        }
    }
}

impl TokenSettings {
    /// The deadline, which the lease must outlive.
    pub(super) fn safe_deadline(&self) -> Duration {
        self.deadline.min(self.lease * 2 / 3)
    }
}
