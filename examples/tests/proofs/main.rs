//! The long proofs, each with its short count, as programs of their own.

mod leaks;
mod run;

mod crash {
    use crate::run::{passes, total};

    #[test]
    fn every_post_is_there_once() {
        let printed = passes(env!("CARGO_BIN_EXE_prove-crash"), &["--short"]);
        // kills, stops, asked, there, twice, lost
        let [kills, stops, asked, there, twice, lost] = total(&printed);
        assert!(kills >= 12 && stops >= 4, "{printed}");
        assert!(asked >= 20 && asked == there, "{printed}");
        assert_eq!((twice, lost), (0, 0), "{printed}");
    }
}

mod tokens {
    use crate::run::{passes, total};

    #[test]
    fn one_refresh_whoever_is_stopped_or_killed() {
        let printed = passes(env!("CARGO_BIN_EXE_prove-tokens"), &["--short"]);
        // rounds, refreshes, successful, rejected, served, refused, connected
        let [
            rounds,
            refreshes,
            successful,
            rejected,
            served,
            refused,
            connected,
        ] = total(&printed);
        assert_eq!((rounds, connected), (15, 15), "{printed}");
        assert_eq!((refreshes, successful, rejected), (21, 15, 6), "{printed}");
        assert_eq!((served, refused), (540, 35), "{printed}");
        assert!(
            printed.lines().any(|line| line == "deviations: 0"),
            "{printed}"
        );
    }
}
