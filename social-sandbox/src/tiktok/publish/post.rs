//! The posts a publish has become: one of a direct post, any number of a share in the inbox.

use serde::{Deserialize, Serialize};

use super::{Mode, Publish};
use crate::clock::Millis;

/// The only audience that gets to know a post's id over the API.
const EVERYONE: &str = "PUBLIC_TO_EVERYONE";

/// What the user has posted from a share in the inbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Draft {
    pub(crate) title: String,
    pub(crate) privacy_level: String,
    pub(crate) posted_at: Millis,
    pub(crate) public_at: Millis,
    pub(crate) post_id: i64,
    pub(crate) withheld: bool,
    pub(crate) withdrawn_at: Option<Millis>,
}

/// A post, however it was made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PostRecord<'a> {
    pub(crate) title: &'a str,
    pub(crate) privacy_level: &'a str,
    pub(crate) posted_at: Millis,
    moderated_at: Millis,
    pub(crate) post_id: i64,
    withheld: bool,
    pub(crate) withdrawn_at: Option<Millis>,
}

impl PostRecord<'_> {
    /// When everyone can see it and its id is told. Other audiences: never.
    pub(crate) fn public_at(&self) -> Option<Millis> {
        (self.privacy_level == EVERYONE && !self.withheld).then_some(self.moderated_at)
    }

    /// Whether everyone can see it.
    pub(crate) fn is_public(&self, now: Millis) -> bool {
        let withdrawn = self.withdrawn_at.is_some_and(|at| now >= at);
        self.public_at().is_some_and(|at| now >= at) && !withdrawn
    }
}

impl Publish {
    /// Every post it has become or, as far as known now, will become.
    pub(crate) fn posts(&self) -> Vec<PostRecord<'_>> {
        let (None, Some(done)) = (&self.stopped, &self.done) else {
            return Vec::new();
        };
        if done.failure.is_some() {
            return Vec::new();
        }
        if self.kind.mode == Mode::Inbox {
            return self.drafts.iter().map(Draft::record).collect();
        }
        vec![PostRecord {
            title: &self.title,
            privacy_level: &self.privacy_level,
            posted_at: done.posted_at,
            moderated_at: done.public_at,
            post_id: done.post_id,
            withheld: done.withheld,
            withdrawn_at: done.withdrawn_at,
        }]
    }

    /// The ids of its posts that everyone can see.
    pub(crate) fn public_post_ids(&self, now: Millis) -> Vec<i64> {
        let posts = self.posts().into_iter().filter(|post| post.is_public(now));
        posts.map(|post| post.post_id).collect()
    }

    /// Takes one of its posts out of the public's sight. `false` if it is not there.
    pub(crate) fn withdraw(&mut self, post_id: i64, now: Millis) -> bool {
        if !self.public_post_ids(now).contains(&post_id) {
            return false;
        }
        if let Some(draft) = self
            .drafts
            .iter_mut()
            .find(|draft| draft.post_id == post_id)
        {
            draft.withdrawn_at = Some(now);
        } else if let Some(done) = &mut self.done {
            done.withdrawn_at = Some(now);
        }
        true
    }
}

impl Draft {
    fn record(&self) -> PostRecord<'_> {
        PostRecord {
            title: &self.title,
            privacy_level: &self.privacy_level,
            posted_at: self.posted_at,
            moderated_at: self.public_at,
            post_id: self.post_id,
            withheld: self.withheld,
            withdrawn_at: self.withdrawn_at,
        }
    }
}
