use chrono::{DateTime, TimeDelta, Utc};
use social_core::{model::TokenSet, oauth::RefreshPlan};

/// The part of the issued life that is left when the window opens: a fifth.
const PART: u8 = 5;

/// The least that must be left when the window opens.
const MARGIN: TimeDelta = TimeDelta::minutes(5);

/// Only what TikTok answered counts: it has changed both lives before.
pub(super) fn refresh_plan(tokens: &TokenSet, now: DateTime<Utc>) -> RefreshPlan {
    RefreshPlan::in_last_part(tokens, now, PART, MARGIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn tokens(life: Option<i64>) -> TokenSet {
        let mut tokens = TokenSet::absent(at(0));
        tokens.refresh = Some("r".into());
        tokens.expires_at = life.map(at);
        tokens
    }

    #[test]
    fn the_window_is_a_fifth_of_the_life_and_at_least_five_minutes() {
        for (opens, closes) in [
            (5_760, 7_200),
            (69_120, 86_400),
            (600, 900),
            (0, 120),
            (0, 0),
        ] {
            let plan = refresh_plan(&tokens(Some(closes)), at(1));
            let (opens, closes) = (at(opens), at(closes));
            assert_eq!(plan, RefreshPlan::Window { opens, closes });
        }
    }

    #[test]
    fn what_cannot_be_refreshed_says_so() {
        let mut ended = tokens(Some(7_200));
        ended.refresh_expires_at = Some(at(10));
        assert_eq!(refresh_plan(&ended, at(10)), RefreshPlan::Expired);
        let mut bare = tokens(Some(7_200));
        bare.refresh = None;
        assert_eq!(refresh_plan(&bare, at(0)), RefreshPlan::Expired);
        assert_eq!(refresh_plan(&tokens(None), at(0)), RefreshPlan::Never);
    }
}
