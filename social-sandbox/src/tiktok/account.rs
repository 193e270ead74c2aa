//! The seeded accounts.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

use crate::random::hex;

/// One TikTok user of the sandbox. Ids follow from the names, so they are the same in every run.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) username: &'static str,
    pub(crate) nickname: &'static str,
    /// What is special about it, for the consent page.
    pub(crate) about: &'static str,
    /// A private account has other audiences, and unaudited apps may post to it.
    pub(crate) private: bool,
    /// Has posted too much today: creator_info says so, init refuses.
    pub(crate) capped: bool,
    pub(crate) duet_disabled: bool,
    pub(crate) stitch_disabled: bool,
    pub(crate) max_video_post_duration_sec: i32,
}

/// Every account, in the order of the consent page.
pub(crate) const ACCOUNTS: [Account; 3] = [
    Account {
        username: "studio-account",
        nickname: "Studio Account",
        about: "Public account, may post",
        private: false,
        capped: false,
        duet_disabled: false,
        stitch_disabled: true,
        max_video_post_duration_sec: 300,
    },
    Account {
        username: "studio-private",
        nickname: "Studio Private",
        about: "Private account: other audiences to choose from",
        private: true,
        capped: false,
        duet_disabled: true,
        stitch_disabled: true,
        max_video_post_duration_sec: 3600,
    },
    Account {
        username: "studio-capped",
        nickname: "Studio Capped",
        about: "Has posted too much today: TikTok refuses new posts",
        private: false,
        capped: true,
        duet_disabled: false,
        stitch_disabled: false,
        max_video_post_duration_sec: 300,
    },
];

/// A hundred more like the first, `studio-account-1` and so on, for programs that need many. The
/// consent page does not list them.
static CROWD: LazyLock<Vec<Account>> = LazyLock::new(|| {
    let member = |number| Account {
        username: format!("studio-account-{number}").leak(),
        nickname: format!("Studio Account {number}").leak(),
        ..ACCOUNTS[0]
    };
    (1..=100).map(member).collect()
});

/// The account called `username`.
pub(crate) fn find(username: &str) -> Option<&'static Account> {
    let mut everybody = ACCOUNTS.iter().chain(&*CROWD);
    everybody.find(|account| account.username == username)
}

impl Account {
    /// The id of this user for one app: opaque, begins with a dash, as in practice.
    pub(crate) fn open_id(&self, client_key: &str) -> String {
        let digest = Sha256::digest(format!("open_id/{client_key}/{}", self.username));
        format!("-000{}", &hex(&digest)[..32])
    }

    /// The id of this user for all apps of one developer, in the form of a UUID.
    pub(crate) fn union_id(&self) -> String {
        let text = hex(&Sha256::digest(format!("union_id/{}", self.username)));
        let parts = [
            &text[..8],
            &text[8..12],
            &text[12..16],
            &text[16..20],
            &text[20..32],
        ];
        parts.join("-")
    }

    /// A picture address of the platform's form. Nothing answers there.
    pub(crate) fn avatar_url(&self, size: &str) -> String {
        format!(
            "https://p16-sign.tiktokcdn.example/{}~{size}.jpeg",
            self.username
        )
    }
}
