use chrono::{DateTime, TimeDelta, Utc};

use super::RefreshPlan;
use crate::model::TokenSet;

impl RefreshPlan {
    /// A window in the last part of the access token's life: with a `part` of 5 it opens when a fifth of the life is left
    /// that the platform answered, with one of 1 or 0 at once. At least `margin` is left when it opens, or the whole life
    /// where that is shorter.
    ///
    /// `Expired` when there is no refresh token or it has ended; `Never` when the access token has no end that is known: a
    /// call that the platform refuses will ask for a refresh then.
    pub fn in_last_part(
        tokens: &TokenSet,
        now: DateTime<Utc>,
        part: u8,
        margin: TimeDelta,
    ) -> Self {
        let over = tokens.refresh_expires_at.is_some_and(|ends| ends <= now);
        if tokens.refresh.is_none() || over {
            return Self::Expired;
        }
        let Some(closes) = tokens.expires_at else {
            return Self::Never;
        };
        let left = (closes - tokens.issued_at) / i32::from(part.max(1));
        let opens = closes.checked_sub_signed(left.max(margin));
        let opens = opens.map_or(tokens.issued_at, |opens| opens.max(tokens.issued_at));
        let opens = opens.min(closes);
        Self::Window { opens, closes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARGIN: TimeDelta = TimeDelta::minutes(5);

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn tokens(life: Option<i64>, refresh_life: Option<i64>) -> TokenSet {
        let mut tokens = TokenSet::absent(at(0));
        tokens.refresh = Some("r".into());
        tokens.expires_at = life.map(at);
        tokens.refresh_expires_at = refresh_life.map(at);
        tokens
    }

    fn opens(life: i64, part: u8, margin: TimeDelta) -> i64 {
        let plan = RefreshPlan::in_last_part(&tokens(Some(life), None), at(1), part, margin);
        match plan {
            RefreshPlan::Window { opens, closes } if closes == at(life) => {
                (opens - at(0)).num_seconds()
            }
            other => panic!("{life}: {other:?}"),
        }
    }

    #[test]
    fn the_window_is_a_part_of_the_life_and_at_least_the_margin() {
        assert_eq!(opens(7_200, 5, MARGIN), 5_760);
        assert_eq!(opens(86_400, 10, MARGIN), 77_760);
        assert_eq!(opens(900, 5, MARGIN), 600);
        assert_eq!(opens(900, 5, TimeDelta::zero()), 720);
    }

    #[test]
    fn the_window_lies_within_the_life() {
        assert_eq!(opens(120, 5, MARGIN), 0);
        assert_eq!(opens(0, 5, MARGIN), 0);
        assert_eq!(opens(-60, 5, MARGIN), -60, "it ended before it was issued");
        assert_eq!(opens(7_200, 1, MARGIN), 0);
        assert_eq!(opens(7_200, 0, MARGIN), 0);
    }

    #[test]
    fn what_cannot_be_refreshed_says_so() {
        let plan = |tokens: &TokenSet, now| RefreshPlan::in_last_part(tokens, now, 5, MARGIN);
        let ended = tokens(Some(7_200), Some(10));
        assert_eq!(plan(&ended, at(10)), RefreshPlan::Expired);
        let mut bare = tokens(Some(7_200), None);
        assert!(matches!(plan(&bare, at(0)), RefreshPlan::Window { .. }));
        bare.refresh = None;
        assert_eq!(plan(&bare, at(0)), RefreshPlan::Expired);
        assert_eq!(plan(&tokens(None, None), at(0)), RefreshPlan::Never);
    }
}
