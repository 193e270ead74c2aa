//! The users' inbox on the control surface.

use super::{Control, ControlError, InboxItem, Post};
use crate::tiktok::inbox;

impl Control {
    /// The shares that lie in inboxes, oldest first.
    pub fn inbox(&self) -> Vec<InboxItem> {
        let now = self.0.clock.now();
        let world = self.0.world();
        let items = world.publishes.values();
        let mut items: Vec<InboxItem> = items
            .filter_map(|publish| InboxItem::of(publish, now))
            .collect();
        items.sort_by(|a, b| (a.delivered_at, &a.publish_id).cmp(&(b.delivered_at, &b.publish_id)));
        items
    }

    /// Plays the user: posts from a share, with the caption it came with and to the widest
    /// audience unless said otherwise. May be done again.
    ///
    /// # Errors
    /// The share is not in an inbox; the account cannot post to this audience.
    pub fn post_from_inbox(
        &self,
        publish_id: &str,
        title: Option<&str>,
        privacy_level: Option<&str>,
    ) -> Result<Post, ControlError> {
        let settings = self.0.settings();
        self.0.change(|world, now| {
            let posted = inbox::post(world, &settings, publish_id, title, privacy_level, now);
            let post_id = posted
                .map_err(|error| ControlError(error.to_string()))?
                .to_string();
            let posts = world
                .publish(publish_id)
                .map(|publish| Post::of(publish, now));
            let mut posts = posts.unwrap_or_default().into_iter();
            let post = posts.find(|post| post.post_id == post_id);
            post.ok_or_else(|| ControlError(inbox::InboxError::NotThere.to_string()))
        })
    }

    /// Plays the user: throws a share away. The app is not told.
    ///
    /// # Errors
    /// The share is not in an inbox.
    pub fn discard_from_inbox(&self, publish_id: &str) -> Result<(), ControlError> {
        let discarded = self
            .0
            .change(|world, now| inbox::discard(world, publish_id, now));
        discarded.map_err(|error| ControlError(error.to_string()))
    }
}
