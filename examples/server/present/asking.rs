//! Whether TikTok can be asked what became of a post.

use social_core::Post;
use social_core::model::{Account, AccountStatus};
use social_core::publish::PublishRequest;
use social_tiktok::Publishing;

/// Who could be asked, or why nobody can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asking {
    /// TikTok tells.
    Possible,
    /// It was disconnected here.
    Disconnected,
    /// TikTok accepts its access no more.
    AccessLost,
    /// There is no publish id, and the account's posts may not be looked through, or would not tell.
    NotTold,
}

impl Asking {
    pub(crate) fn about(
        post: &Post,
        request: &PublishRequest,
        accounts: &[Account],
        publishing: &Publishing,
    ) -> Self {
        let account = accounts.iter().find(|known| known.key == post.account);
        match account.map(|account| (account, &account.status)) {
            None | Some((_, AccountStatus::Disconnected)) => Self::Disconnected,
            Some((account, AccountStatus::Connected)) => {
                match publishing.can_ask(post, request, account) {
                    true => Self::Possible,
                    false => Self::NotTold,
                }
            }
            Some(_) => Self::AccessLost,
        }
    }

    /// Why not, in a sentence.
    pub(crate) fn why_not(self) -> Option<&'static str> {
        match self {
            Self::Possible => None,
            Self::Disconnected => {
                Some("The account is not connected any more, so TikTok cannot be asked.")
            }
            Self::AccessLost => {
                Some("The account must be connected again before TikTok can be asked.")
            }
            Self::NotTold => Some("TikTok does not tell this app what became of it."),
        }
    }
}
