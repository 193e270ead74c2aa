use std::time::Duration;

use url::Url;

use super::{address::Verified, chunks::ChunkLimits};
use crate::rules::POSTS_PER_DAY;

/// How posts are sent and followed. The defaults suit the real platform.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublishSettings {
    /// How files are cut.
    pub chunks: ChunkLimits,
    /// How long after the last byte TikTok is first asked what became of it; 1 s.
    pub first_poll: Duration,
    /// The wait after that, which grows by half each time; 5 s.
    pub poll: Duration,
    /// The longest wait between two questions; 60 s.
    pub poll_max: Duration,
    /// After this long without an outcome the post is `Undecided`; 24 h. Posts without an end have been seen.
    pub unconfirmed_after: Duration,
    /// How long a public post is looked at again for its link, which moderation holds back; 24 h.
    pub link_patience: Duration,
    /// How long a post that waits in the person's inbox is looked at; 7 days. Who finishes it later is told by TikTok's
    /// event alone.
    pub inbox_patience: Duration,
    /// How long a creator who has posted too much may keep a post waiting; 48 h.
    pub blocked_patience: Duration,
    /// How long after its request a post that TikTok fetches may still begin; 2 min. After that it is asked what became of
    /// one whose answer was lost.
    pub settle: Duration,
    /// Direct posts of one account in any 24 hours; 15. TikTok says "about 15", and that it varies.
    pub posts_per_day: u32,
    /// People who may post through the app in any 24 hours, where TikTok has set such a cap: 5 for an app that is not
    /// audited. Not counted unless set; TikTok's own refusal is heeded in any case.
    pub users_per_day: Option<u32>,
    /// Addresses that TikTok has verified as the app's own. Unknown unless set, and then not checked beforehand.
    pub(crate) verified: Vec<Verified>,
}

impl Default for PublishSettings {
    fn default() -> Self {
        let hours = |n: u64| Duration::from_secs(n * 3600);
        Self {
            chunks: ChunkLimits::default(),
            first_poll: Duration::from_secs(1),
            poll: Duration::from_secs(5),
            poll_max: Duration::from_secs(60),
            unconfirmed_after: hours(24),
            link_patience: hours(24),
            inbox_patience: hours(7 * 24),
            blocked_patience: hours(48),
            settle: Duration::from_secs(120),
            posts_per_day: POSTS_PER_DAY,
            users_per_day: None,
            verified: Vec::new(),
        }
    }
}

impl PublishSettings {
    /// Sets how files are cut.
    #[must_use]
    pub fn chunks(mut self, limits: ChunkLimits) -> Self {
        self.chunks = limits;
        self
    }

    /// Sets the waits between two questions.
    #[must_use]
    pub fn polling(mut self, first: Duration, then: Duration, longest: Duration) -> Self {
        (self.first_poll, self.poll, self.poll_max) = (first, then, longest);
        self
    }

    /// Sets when a post without an outcome is `Undecided`.
    #[must_use]
    pub fn unconfirmed_after(mut self, patience: Duration) -> Self {
        self.unconfirmed_after = patience;
        self
    }

    /// Sets how many direct posts an account makes in any 24 hours.
    #[must_use]
    pub fn posts_per_day(mut self, posts: u32) -> Self {
        self.posts_per_day = posts;
        self
    }

    /// Sets how many people post through the app in any 24 hours.
    #[must_use]
    pub fn users_per_day(mut self, users: u32) -> Self {
        self.users_per_day = Some(users);
        self
    }

    /// Says that TikTok has verified a domain, with those below it, as the app's own: posts by address are checked
    /// against it before they are sent.
    #[must_use]
    pub fn verified_domain(mut self, domain: impl Into<String>) -> Self {
        let domain = domain.into().to_ascii_lowercase();
        self.verified.push(Verified::Domain(domain));
        self
    }

    /// Says that TikTok has verified every address that begins like this one as the app's own.
    #[must_use]
    pub fn verified_prefix(mut self, prefix: Url) -> Self {
        self.verified.push(Verified::Prefix(prefix));
        self
    }

    pub(crate) fn check(&self) -> Result<(), &'static str> {
        if self.poll.is_zero() || self.poll_max < self.poll {
            return Err("the waits between two questions are above zero and do not shrink");
        }
        self.chunks.check()
    }

    /// The wait before the next question when `asked` have been answered.
    pub(crate) fn wait(&self, asked: u32) -> Duration {
        if asked == 0 {
            return self.first_poll;
        }
        let mut wait = self.poll;
        for _ in 1..asked.min(64) {
            wait = wait.saturating_add(wait / 2);
            if wait >= self.poll_max {
                return self.poll_max;
            }
        }
        wait.min(self.poll_max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_minute() {
        let settings = PublishSettings::default();
        let waits: Vec<f64> = (0..9).map(|n| settings.wait(n).as_secs_f64()).collect();
        assert_eq!(waits[..4], [1.0, 5.0, 7.5, 11.25]);
        assert_eq!(waits[8], 60.0);
        assert_eq!(settings.wait(u32::MAX), Duration::from_secs(60));
        // Far below the platform's 30 a minute, however long it takes.
        assert!(waits.iter().skip(1).all(|wait| *wait >= 5.0));
    }

    #[test]
    fn settings_that_would_hammer_are_refused() {
        let settings = PublishSettings::default();
        assert!(settings.check().is_ok());
        let none = Duration::ZERO;
        assert!(settings.clone().polling(none, none, none).check().is_err());
        assert!(settings.chunks(ChunkLimits::new(1, 1)).check().is_err());
    }
}
