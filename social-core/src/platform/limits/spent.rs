use std::time::Duration;

use crate::{
    error::{Error, ErrorKind, LimitScope, Reason, Remedy, words::Field},
    model::Platform,
    publish::LIMIT_BOOKED,
};

/// What is told of a limit that our own bookings have used up. The platform was not asked, which
/// [`is_booked`](crate::publish::is_booked) tells; the reason is what the platform's own word would have.
#[derive(Clone, Debug)]
pub struct Spent {
    error: Error,
    scope: LimitScope,
}

impl Spent {
    /// The reason, whom the wait concerns, and a message for logs.
    pub fn new(reason: Reason, scope: LimitScope, message: &'static str) -> Self {
        let error = Error::new(ErrorKind::RateLimited, message)
            .with_reason(reason)
            .with_code(LIMIT_BOOKED);
        Self { error, scope }
    }

    /// Names the platform, to programs and to people.
    #[must_use]
    pub fn by(mut self, platform: Platform, name: &str) -> Self {
        self.error = self
            .error
            .with_platform(platform)
            .with_field(Field::Platform, name);
        self
    }

    /// Names how many the limit takes, where the sentence for people says it.
    #[must_use]
    pub fn of(mut self, most: u32) -> Self {
        self.error = self.error.with_field(Field::Limit, most.to_string());
        self
    }

    /// The error of a booking that has to wait for so long.
    pub fn error(&self, wait: Duration) -> Error {
        let scope = self.scope;
        self.error
            .clone()
            .with_remedy(Remedy::After { wait, scope })
    }
}
