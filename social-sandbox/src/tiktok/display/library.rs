//! The videos that accounts have posted before anybody asked.

use sha2::{Digest, Sha256};

use super::video::Video;
use crate::clock::Millis;
use crate::tiktok::account::Account;

/// Monday, 1 January 2024, 10:00 UTC. A video a week follows.
const FIRST: i64 = 1_704_103_200;
const WEEK: i64 = 7 * 24 * 60 * 60;

const TITLES: [&str; 9] = [
    "Studio tour",
    "How we light a scene",
    "Three ways to frame a portrait",
    "Editing in one take",
    "A day on set",
    "Sound without a studio",
    "Colours of autumn",
    "Questions and answers",
    "What is in the bag",
];

/// The earlier videos of an account, oldest first.
pub(super) fn of(account: &Account) -> impl Iterator<Item = Video> {
    let count = if account.username == "studio-account" {
        45
    } else {
        7
    };
    (0..count).map(|number| video(account, number))
}

fn video(account: &Account, number: usize) -> Video {
    let digest = Sha256::digest(format!("library/{}/{number}", account.username));
    let draw = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    let weeks = i64::try_from(number).unwrap_or_default() * WEEK;
    let seconds = FIRST + weeks + i64::from(draw % 3600);
    let title = TITLES[number % TITLES.len()];
    Video {
        id: (seconds << 32) | i64::from(draw),
        created_at: seconds * 1000 as Millis,
        title: title.to_owned(),
        description: format!("{title} #studio #episode{}", number + 1),
        duration: 8 + i32::from(digest[4] % 100),
        photos: false,
    }
}
