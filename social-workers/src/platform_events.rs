mod revoked;

use async_trait::async_trait;
use social_core::{
    Result, Social,
    store::EventRecord,
    webhook::{EventHandler, EventSubject, Handled},
};

/// What events of every platform change: posts are moved on, and an account whose access was taken away is found out.
///
/// It reads what an event is about and neither its body nor the platform's name for what happened. What is about a post goes
/// to that post: the [worker](super::PublishWorker) that holds it lets it take effect. What it has no part in, such as comments,
/// is done for it: give those to another [handler](super::EventWorker::also).
#[derive(Clone, Debug)]
pub struct PlatformEvents {
    social: Social,
}

impl PlatformEvents {
    /// For the posts and accounts of this installation.
    pub fn new(social: &Social) -> Self {
        Self {
            social: social.clone(),
        }
    }
}

#[async_trait]
impl EventHandler for PlatformEvents {
    async fn handle(&self, record: &EventRecord) -> Result<Handled> {
        let event = &record.event;
        match &event.subject {
            EventSubject::AccessRevoked => revoked::revoked(&self.social, event).await,
            EventSubject::Post { .. } => Ok(Handled::HandOver),
            _ => Ok(Handled::Done),
        }
    }
}
