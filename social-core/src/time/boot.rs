//! The clock that counts from the start of the machine.

use std::{sync::OnceLock, time::Duration};

/// Time since the machine started, the time it slept included. Nobody can set it, and all processes of the machine read
/// the same.
///
/// | system | clock | told apart are |
/// |---|---|---|
/// | Linux, Android | `CLOCK_BOOTTIME` | starts of the machine, and time namespaces |
/// | macOS, iOS | `CLOCK_MONOTONIC`, which goes on in sleep there | nothing: a start is seen where the clock is behind |
/// | OpenBSD, Fuchsia | `CLOCK_BOOTTIME` | as on macOS |
/// | other Unix | `CLOCK_MONOTONIC`, which may stand still in sleep | as on macOS |
/// | Windows and others | Rust's `Instant`, which goes on in sleep on Windows and begins anew in each process | processes |
#[derive(Debug)]
pub struct BootClock {
    id: String,
}

impl BootClock {
    /// The clock of this machine.
    pub fn of_machine() -> &'static Self {
        static OF_MACHINE: OnceLock<BootClock> = OnceLock::new();
        OF_MACHINE.get_or_init(|| Self { id: system::id() })
    }

    /// Says which start of which machine it counts from: readings under the same name can be compared, unless one that
    /// was taken later is smaller. Readings under different names cannot.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What it says now.
    pub fn elapsed(&self) -> Duration {
        system::elapsed()
    }
}

#[cfg(unix)]
mod system {
    use std::time::Duration;

    use rustix::time::{ClockId, clock_gettime};

    #[cfg(any(
        target_os = "android",
        target_os = "fuchsia",
        target_os = "linux",
        target_os = "openbsd"
    ))]
    const CLOCK: ClockId = ClockId::Boottime;
    #[cfg(not(any(
        target_os = "android",
        target_os = "fuchsia",
        target_os = "linux",
        target_os = "openbsd"
    )))]
    const CLOCK: ClockId = ClockId::Monotonic;

    pub(super) fn elapsed() -> Duration {
        let time = clock_gettime(CLOCK);
        let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
        Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
    }

    /// Linux: the kernel's name for this start, and the time namespace, which may move the clock. Where `/proc` cannot be
    /// read, nothing.
    pub(super) fn id() -> String {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let namespace = std::fs::read_link("/proc/self/ns/time").unwrap_or_default();
        format!("{} {}", boot.trim(), namespace.display())
    }
}

#[cfg(not(unix))]
#[expect(
    clippy::disallowed_methods,
    reason = "one of the two places that read the machine's clock"
)]
mod system {
    use std::{
        sync::OnceLock,
        time::{Duration, Instant, SystemTime},
    };

    pub(super) fn elapsed() -> Duration {
        static ORIGIN: OnceLock<Instant> = OnceLock::new();
        ORIGIN.get_or_init(Instant::now).elapsed()
    }

    pub(super) fn id() -> String {
        format!("process {} {:?}", std::process::id(), SystemTime::now())
    }
}
