use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

#[test]
fn a_moment_is_relative_under_an_hour_and_then_clock_and_day() {
    let now = at("2026-11-20T14:04:02Z");
    for (then, words) in [
        ("2026-11-20T14:04:02Z", "just now"),
        ("2026-11-20T14:03:02.001Z", "just now"),
        ("2026-11-20T14:03:02Z", "1 min ago"),
        ("2026-11-20T13:04:03Z", "59 min ago"),
        ("2026-11-20T13:04:02Z", "13:04"),
        ("2026-11-19T19:40:00Z", "19 Nov, 19:40"),
        ("2025-12-31T23:59:00Z", "31 Dec 2025"),
        ("2026-11-20T14:05:00Z", "14:05"),
    ] {
        assert_eq!(Moment::ago(at(then), now).words, words, "{then}");
    }
}

#[test]
fn a_time_of_another_year_names_it() {
    let now = at("2026-11-20T14:04:02Z");
    assert_eq!(
        clock_or_day(at("2027-01-03T09:40:00Z"), now),
        "3 Jan 2027, 09:40"
    );
    assert_eq!(
        clock_or_day(at("2026-01-03T09:40:00Z"), now),
        "3 Jan, 09:40"
    );
}

#[test]
fn a_moment_carries_the_full_value() {
    let moment = Moment::ago(at("2026-11-20T14:03:58.1234Z"), at("2026-11-20T14:04:02Z"));
    assert_eq!(moment.machine, "2026-11-20T14:03:58.123Z");
    assert_eq!(moment.full, "20 Nov 2026, 14:03:58 UTC");
}

#[test]
fn the_timeline_names_the_day_once_it_changes() {
    let first = at("2026-11-20T23:59:59.9Z");
    assert_eq!(Moment::exact(first, first).words, "23:59:59.900");
    assert_eq!(
        Moment::exact(at("2026-11-21T00:00:00.04Z"), first).words,
        "21 Nov 00:00:00.040"
    );
}

#[test]
fn due_names_weekday_and_zone() {
    let now = at("2026-11-20T14:04:02Z");
    assert_eq!(
        due(at("2026-11-21T18:00:00Z"), now),
        "Sat 21 Nov, 18:00 UTC"
    );
    assert_eq!(
        due(at("2027-01-04T08:05:00Z"), now),
        "Mon 4 Jan 2027, 08:05 UTC"
    );
}

#[test]
fn sizes_are_decimal_and_rounded_before_the_unit_is_chosen() {
    for (n, words) in [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1_000, "1 kB"),
        (1_249, "1.2 kB"),
        (1_250, "1.3 kB"),
        (9_949, "9.9 kB"),
        (9_950, "10 kB"),
        (999_499, "999 kB"),
        (999_500, "1 MB"),
        (4_200_000, "4.2 MB"),
        (181_600_000, "182 MB"),
        (4_000_000_000, "4 GB"),
        (5_140_000_000, "5.1 GB"),
        (12_000_000_000_000, "12,000 GB"),
        (u64::MAX, "18,446,744,074 GB"),
    ] {
        assert_eq!(bytes(n), words, "{n}");
    }
}

#[test]
fn a_size_just_above_its_limit_reads_differently_from_it() {
    assert_eq!(
        bytes_above(5_100_000_000, 4_000_000_000),
        ("5.1 GB".into(), "4 GB".into())
    );
    assert_eq!(
        bytes_above(4_000_000_001, 4_000_000_000),
        ("4,000,000,001 bytes".into(), "4,000,000,000 bytes".into())
    );
}

#[test]
fn figures_and_lengths() {
    assert_eq!(count(999), "999");
    assert_eq!(count(2_200), "2,200");
    assert_eq!(count(1_234_567), "1,234,567");
    assert_eq!(things(1, "thing", "things"), "1 thing");
    assert_eq!(things(2, "thing", "things"), "2 things");
    assert_eq!(playing_time(42_499), "0:42");
    assert_eq!(playing_time(59_500), "1:00");
    assert_eq!(playing_time(3_723_000), "1:02:03");
    assert_eq!(length(600), "10 minutes");
    assert_eq!(length(90), "1 minute 30 seconds");
    assert_eq!(length(3_600), "1 hour");
    assert_eq!(length(0), "0 seconds");
    assert_eq!(percent(1_999, 2_000), "99%");
    assert_eq!(percent(2_000, 2_000), "100%");
    assert_eq!(percent(3, 0), "0%");
}
