//! What a failover of this server may cost.

use social_core::{error::Result, store::Failover};

use super::STANDBYS;
use crate::{db::Db, values::Cells};

/// Whatever a session or role says of `synchronous_commit`: every transaction that writes raises it to `on` at least.
pub(super) async fn look(db: &Db) -> Result<Failover> {
    let mut reader = db.read("installation.failover").await?;
    let row = db.query(STANDBYS).fetch_one(reader.conn()).await;
    let row = reader.finish(row).await?;
    Ok(judge(Cells::new(&row, "pg_settings").get("standbys")?))
}

/// By the words of `synchronous_standby_names`.
fn judge(setting: &str) -> Failover {
    let setting = setting.trim();
    if setting.is_empty() {
        return Failover::MayLose(
            "synchronous_standby_names is empty, so a replica that takes over may be behind"
                .to_owned(),
        );
    }
    let (head, names) = setting.split_once('(').unwrap_or(("1", setting));
    let mut head = head.split_whitespace();
    let method = head.next().unwrap_or_default();
    let is_any = method.eq_ignore_ascii_case("ANY");
    let count = if is_any || method.eq_ignore_ascii_case("FIRST") {
        head.next()
    } else {
        Some(method)
    };
    let wanted: usize = count.and_then(|count| count.parse().ok()).unwrap_or(1);
    let everybody = names.trim_end_matches([')', ' ']).trim() == "*";
    if !is_any && (everybody || names.split(',').count() > wanted) {
        return Failover::MayLose(format!(
            "synchronous_standby_names is '{setting}', so a replica beyond the first {wanted} may be behind: use ANY, and a \
             failover that promotes the one that is furthest"
        ));
    }
    Failover::Keeps(format!("synchronous_standby_names is '{setting}'"))
}

#[cfg(test)]
mod tests {
    use social_core::store::Failover;

    use super::judge;

    #[test]
    fn commits_that_wait_for_nobody_may_be_lost() {
        for setting in [
            "",
            "  ",
            "a, b",
            "*",
            "FIRST 1 (a, b)",
            "first 2(a,b,c)",
            "1 (a, b)",
            "FIRST 1 (*)",
        ] {
            let failover = judge(setting);
            assert!(
                matches!(failover, Failover::MayLose(_)),
                "{setting:?}: {failover:?}"
            );
        }
    }

    #[test]
    fn commits_that_every_candidate_or_a_quorum_has_are_kept() {
        for setting in [
            "a",
            "ANY 1 (a, b)",
            "any 1 (*)",
            "ANY 2 (a, b, c)",
            "FIRST 2 (a, b)",
            "2 (a, b)",
            "1 (a)",
        ] {
            let failover = judge(setting);
            assert!(
                matches!(failover, Failover::Keeps(_)),
                "{setting:?}: {failover:?}"
            );
        }
    }
}
