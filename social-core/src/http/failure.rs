use super::{Call, body::Gate};
use crate::error::{Error, ErrorKind, Remedy};

/// Makes the errors of one call. They name the call and never hold its address.
#[derive(Clone, Copy)]
pub(super) struct Failure {
    name: &'static str,
    observation: bool,
}

impl Failure {
    pub(super) fn of(call: &Call<'_>) -> Self {
        Self {
            name: call.name,
            observation: call.observation,
        }
    }

    pub(super) fn too_late(&self) -> Error {
        let message = "the deadline passed before anything was sent";
        self.certain(Error::new(ErrorKind::Timeout, message))
    }

    pub(super) fn unreadable_address(&self) -> Error {
        let message = "the address of the call cannot be read";
        Error::new(ErrorKind::Protocol, message).with_operation(self.name)
    }

    pub(super) fn timed_out(&self, gate: &Gate) -> Error {
        let error = Error::new(ErrorKind::Timeout, "no answer in time");
        if gate.is_untouched() {
            return self.certain(error);
        }
        self.uncertain(error)
    }

    /// The transport gave up before there was an answer.
    pub(super) fn transport(&self, error: reqwest::Error, gate: &Gate) -> Error {
        if let Some(broken) = gate.broken() {
            // The request was never complete, so it cannot have been carried out.
            return broken.with_operation(self.name);
        }
        let certain = error.is_connect() || error.is_builder() || gate.is_untouched();
        let kind = if error.is_timeout() {
            ErrorKind::Timeout
        } else {
            ErrorKind::Unavailable
        };
        let message = match () {
            () if error.is_dns() => "the name of the service cannot be resolved",
            () if error.is_connect() => "the service cannot be reached",
            () if certain => "the call could not be sent",
            () => "the connection broke off before the answer",
        };
        let failed = Error::new(kind, message).with_source(error.without_url());
        if certain {
            self.certain(failed)
        } else {
            self.uncertain(failed)
        }
    }

    /// The answer began and broke off.
    pub(super) fn broken_answer(&self, error: reqwest::Error) -> Error {
        let message = "the connection broke off within the answer";
        let broken = Error::new(ErrorKind::Unavailable, message);
        self.uncertain(broken.with_source(error.without_url()))
    }

    pub(super) fn large_answer(&self, max: usize) -> Error {
        let message = format!("the answer has more than {max} bytes");
        let error = Error::new(ErrorKind::Protocol, message).with_operation(self.name);
        if self.observation {
            error
        } else {
            error.with_remedy(Remedy::Reconcile)
        }
    }

    fn certain(&self, error: Error) -> Error {
        error.with_operation(self.name).with_remedy(Remedy::Backoff)
    }

    fn uncertain(&self, error: Error) -> Error {
        let remedy = if self.observation {
            Remedy::Backoff
        } else {
            Remedy::Reconcile
        };
        error.with_operation(self.name).with_remedy(remedy)
    }
}
