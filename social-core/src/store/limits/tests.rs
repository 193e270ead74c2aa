use super::*;
use crate::error::{ErrorKind, Remedy};

const HOUR: Duration = Duration::from_secs(3_600);
const MINUTE: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);

fn day(left: Duration) -> Window {
    Window::ending(9, 24 * HOUR, left)
}

#[test]
fn a_booking_of_a_sliding_window_ends_its_length_after_the_grant() {
    let window = Window::new(1, HOUR);
    assert_eq!(window.ends_after(Duration::ZERO), HOUR);
    assert_eq!(window.ends_after(5 * HOUR), 6 * HOUR);
    assert_eq!(window.eve(), Duration::ZERO);
}

#[test]
fn a_booking_ends_with_the_window_in_which_it_is_granted() {
    let window = day(3 * HOUR);
    for (wait, end) in [
        (Duration::ZERO, 3 * HOUR),
        (2 * HOUR, 3 * HOUR),
        (3 * HOUR, 27 * HOUR),
        (26 * HOUR, 27 * HOUR),
        (27 * HOUR, 51 * HOUR),
        (240 * HOUR, 243 * HOUR),
    ] {
        assert_eq!(window.ends_after(wait), end, "granted after {wait:?}");
    }
}

#[test]
fn what_is_booked_in_the_last_moments_counts_in_the_next_window_too() {
    assert_eq!(day(HOUR).eve(), MINUTE);
    assert_eq!(Window::ending(9, HOUR, HOUR).eve(), 36 * SECOND);
    let end = |left| day(left).ends_after(Duration::ZERO);
    assert_eq!(end(MINUTE + SECOND), MINUTE + SECOND);
    assert_eq!(end(MINUTE), 24 * HOUR + MINUTE);
    assert_eq!(end(Duration::ZERO), 24 * HOUR, "the next begins now");
}

#[test]
fn extreme_windows_do_not_overflow() {
    for (per, left) in [
        (Duration::MAX, Duration::MAX),
        (Duration::MAX, Duration::ZERO),
        (Duration::ZERO, Duration::ZERO),
        (Duration::from_nanos(1), Duration::ZERO),
    ] {
        let window = Window::ending(1, per, left);
        for wait in [Duration::ZERO, HOUR, Duration::MAX] {
            assert!(window.ends_after(wait) >= left);
        }
    }
}

#[test]
fn a_limit_that_can_never_be_booked_is_invalid_and_says_so() {
    let limit = |most| Limit::new("example/units", Window::new(most, HOUR));
    for (limit, words) in [
        (limit(9).costing(0), "example/units costs 0 units"),
        (limit(9).costing(10), "costs 10 units"),
        (limit(9).costing(10), "never takes more than 9"),
        (
            Limit::new("example/units", Window::ending(9, Duration::ZERO, HOUR)),
            "no length",
        ),
    ] {
        let error = limit.check().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(matches!(error.remedy(), Remedy::FixInput { .. }));
        assert!(error.to_string().contains(words), "{error}");
    }
    limit(9).costing(9).check().unwrap();
    limit(0).check().unwrap();
    limit(0).costing(10).check().unwrap();
}

#[test]
fn several_keys_have_room_when_the_last_of_them_has() {
    let room = |window, queued, fits| Room::new(window, queued, fits, Duration::ZERO);
    let minute = room(Window::per_minute(1), 20 * SECOND, false);
    // Free now, and full for a day from its turn on.
    let free = room(day(HOUR), 25 * HOUR, true);
    assert_eq!(Room::of_all(&[]), Duration::ZERO);
    assert_eq!(Room::of_all(&[free]), Duration::ZERO);
    assert_eq!(Room::of_all(&[minute, free]), 20 * SECOND);
    let blocked = Room::new(day(HOUR), Duration::ZERO, true, 2 * HOUR);
    assert_eq!(Room::of_all(&[free, blocked, minute]), 25 * HOUR);
    let full = room(day(HOUR), MINUTE, false);
    assert_eq!(Room::of_all(&[full]), HOUR, "not before the next window");
}
