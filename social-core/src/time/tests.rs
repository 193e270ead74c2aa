use std::sync::Arc;

use chrono::TimeDelta;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn deadline(clock: &ManualClock, seconds: u32) -> Deadline {
    Deadline::after(Arc::new(clock.clone()), SECOND * seconds)
}

#[tokio::test]
async fn a_manual_clock_wakes_who_waited_long_enough() {
    let clock = ManualClock::default();
    let deadline = deadline(&clock, 5);
    let sleeper = tokio::spawn({
        let clock = clock.clone();
        async move { clock.sleep(SECOND * 5).await }
    });
    tokio::task::yield_now().await;
    clock.advance(SECOND * 4);
    assert!(!deadline.has_passed());
    clock.advance(SECOND);
    assert!(deadline.has_passed());
    sleeper.await.unwrap();
    deadline.extend(clock.moment(), SECOND * 9);
    assert!(deadline.has_passed(), "a passed deadline stays passed");
}

#[test]
fn a_deadline_is_over_when_either_clock_says_so() {
    let clock = ManualClock::default();
    let slept = deadline(&clock, 5);
    clock.jump(TimeDelta::hours(-1));
    clock.advance(SECOND * 5);
    assert!(slept.has_passed(), "the wall clock was set back");

    let jumped = deadline(&clock, 5);
    clock.jump(TimeDelta::seconds(4));
    assert_eq!(jumped.remaining(), SECOND);
    clock.jump(TimeDelta::seconds(1));
    assert!(jumped.has_passed(), "the wall clock was set forward");
    clock.jump(TimeDelta::seconds(-5));
    assert!(jumped.has_passed(), "a passed deadline stays passed");
}

#[test]
fn an_extended_deadline_counts_on_both_clocks_from_the_moment_that_was_read() {
    let clock = ManualClock::default();
    let deadline = deadline(&clock, 10);
    let since = clock.moment();
    // A jump while the lease was being renewed, which its store may have seen before or after.
    clock.jump(TimeDelta::seconds(7));
    deadline.extend(since, SECOND * 11);
    assert_eq!(deadline.remaining(), SECOND * 4);
    deadline.extend(clock.moment(), SECOND * 10);
    assert_eq!(deadline.remaining(), SECOND * 4, "it never moves back");
    clock.jump(TimeDelta::days(-1));
    clock.advance(SECOND);
    deadline.extend(clock.moment(), SECOND * 20);
    assert_eq!(deadline.remaining(), SECOND * 20);
}

#[test]
fn the_age_of_a_moment_is_what_the_clock_says_that_says_more() {
    let clock = ManualClock::default();
    let moment = clock.moment();
    clock.advance(SECOND);
    clock.jump(TimeDelta::seconds(2));
    assert_eq!(moment.age(&clock), SECOND * 3);
    clock.jump(TimeDelta::days(-2));
    assert_eq!(moment.age(&clock), SECOND);
}

#[test]
fn the_system_clock_gives_whole_microseconds() {
    assert_eq!(SystemClock.now().timestamp_subsec_nanos() % 1_000, 0);
}

/// `/proc/uptime` counts the time that the machine slept.
#[cfg(target_os = "linux")]
#[test]
fn what_has_elapsed_is_the_time_since_the_machine_started() {
    let since_boot = || {
        let uptime = std::fs::read_to_string("/proc/uptime").unwrap();
        let seconds = uptime.split_whitespace().next().unwrap();
        Duration::from_secs_f64(seconds.parse().unwrap())
    };
    let hundredth = Duration::from_millis(10);
    let before = since_boot();
    let elapsed = SystemClock.elapsed();
    let after = since_boot();
    assert!(before <= elapsed + hundredth && elapsed <= after + hundredth);
}

#[cfg(target_os = "linux")]
#[test]
fn each_start_of_the_machine_has_a_name() {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    let id = BootClock::of_machine().id();
    assert!(id.starts_with(boot.trim()) && boot.trim().len() == 36);
}
