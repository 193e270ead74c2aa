use chrono::{DateTime, TimeDelta, Utc};
use social_core::{model::TokenSet, oauth::RefreshPlan};

/// The least that must be left when the window opens.
const MARGIN: TimeDelta = TimeDelta::minutes(5);

/// The window opens when less than a fifth of the issued life is left, at least five minutes, and closes when the access
/// token ends. Only what TikTok answered counts: it has changed both lives before.
pub(super) fn refresh_plan(tokens: &TokenSet, now: DateTime<Utc>) -> RefreshPlan {
    let over = tokens.refresh_expires_at.is_some_and(|ends| ends <= now);
    if tokens.refresh.is_none() || over {
        return RefreshPlan::Expired;
    }
    let Some(closes) = tokens.expires_at else {
        // Without a time there is nothing to plan; a refused call will ask for a refresh.
        return RefreshPlan::Never;
    };
    let life = closes - tokens.issued_at;
    let margin = (life / 5).max(MARGIN);
    let opens = (closes - margin).max(tokens.issued_at).min(closes);
    RefreshPlan::Window { opens, closes }
}

#[cfg(test)]
mod tests {
    use social_core::model::Scopes;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn tokens(life: Option<i64>, refresh_life: Option<i64>) -> TokenSet {
        TokenSet {
            access: "a".into(),
            refresh: Some("r".into()),
            companions: std::collections::BTreeMap::new(),
            issued_at: at(0),
            expires_at: life.map(at),
            refresh_expires_at: refresh_life.map(at),
            scopes: Scopes::default(),
        }
    }

    fn window(opens: i64, closes: i64) -> RefreshPlan {
        match refresh_plan(&tokens(Some(closes), Some(1 << 30)), at(1)) {
            plan @ RefreshPlan::Window { opens: found, .. } if found == at(opens) => plan,
            other => panic!("{closes}: {other:?}"),
        }
    }

    #[test]
    fn the_window_is_a_fifth_of_the_life_and_at_least_five_minutes() {
        window(5_760, 7_200);
        window(69_120, 86_400);
        window(600, 900);
        window(0, 120);
        window(0, 0);
    }

    #[test]
    fn what_cannot_be_refreshed_says_so() {
        assert_eq!(
            refresh_plan(&tokens(Some(7_200), Some(10)), at(10)),
            RefreshPlan::Expired
        );
        let mut bare = tokens(Some(7_200), None);
        assert!(matches!(
            refresh_plan(&bare, at(0)),
            RefreshPlan::Window { .. }
        ));
        bare.refresh = None;
        assert_eq!(refresh_plan(&bare, at(0)), RefreshPlan::Expired);
        assert_eq!(refresh_plan(&tokens(None, None), at(0)), RefreshPlan::Never);
    }
}
