//! The store's own clock, on which leases, settle times and limits run: how much time has passed.
//!
//! It is the machine's boot clock, which nobody can set and which goes on while the machine sleeps, joined over restarts
//! by what the database remembers. One rule makes it safe: **between two transactions it never moves by more than the
//! time that has passed**. So no lease is over before its holder knows, and no settle time while a request may be on
//! its way, whatever becomes of the wall clock.
//!
//! - Under one name of the boot clock ([`BootClock::id`]) it moves as that does. The `clocks` table keeps, for each name,
//!   what it said when that boot clock began.
//! - Under another name (the machine was started again, the disk stands in another one, a container has a time namespace
//!   of its own) nobody knows how much time has passed since the database was last written: it goes on from there as if
//!   none had. A lease of the former start lasts for what was left of it then, no longer.
//! - The same when the boot clock has gone back under its name, as it does over a restart where starts have no names.
//!   Where it has not gone back over such a restart, more time has passed than it shows.
//! - Two names may be at work at once, such as containers of one machine that are told different names. Whoever writes
//!   under the one makes the other start again from what was written: the clock may run slow there, never fast.
//!
//! Limits count what the platform counts, so the time that the machine was off should count too. For them alone the wall
//! clock is believed, and only over a change of names: what it says has passed meanwhile is added (`away`).

use std::sync::{Mutex, MutexGuard, PoisonError};

#[cfg(feature = "test-util")]
use chrono::TimeDelta;
use social_core::{
    error::Result,
    time::{BootClock, Clock, SystemClock},
};
use sqlx::{SqliteConnection, sqlite::SqliteRow};

use crate::{
    error::failed,
    sql,
    values::{Cells, micros, span},
};

sql::statements! {
    /// What is remembered, for the boot clock `?1`; and how many rows this connection has changed.
    LOOK = "SELECT i.clock, i.clock_wall, i.clock_away, i.clock_turn, i.clock_by IS ?1 AS is_mine, c.began, c.away, c.turn,
            total_changes() AS changes
        FROM installation i LEFT JOIN clocks c ON c.boot = ?1";
    ANCHOR = "INSERT INTO clocks (boot, began, away, turn)
        SELECT ?1, ?2, ?3, i.clock_turn FROM installation i WHERE true
        ON CONFLICT (boot) DO UPDATE SET began = excluded.began, away = excluded.away, turn = excluded.turn";
    /// Without its row a boot clock starts again from what was written last.
    FORGET = "DELETE FROM clocks WHERE turn < (SELECT i.clock_turn - 100 FROM installation i)";
}

#[cfg(feature = "test-util")]
/// For tests: time passes.
pub(crate) const ADVANCE: &str = "UPDATE clocks SET began = began + ?2 WHERE boot = ?1";

const TABLE: &str = "installation";

/// The store's own clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Now {
    /// On which leases and settle times run.
    pub(crate) leases: i64,
    /// On which limits run.
    pub(crate) limits: i64,
    /// The wall clock, to be remembered.
    wall: i64,
}

/// A reading of the machine's clocks, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Reading {
    elapsed: i64,
    wall: i64,
}

/// What the database remembers.
#[derive(Clone, Copy, Debug)]
struct Kept {
    /// The clock, the wall clock and `away` as of the last transaction that wrote.
    clock: i64,
    wall: i64,
    away: i64,
    /// How often another boot clock was written under.
    turn: i64,
    /// This boot clock was written under last.
    is_mine: bool,
    anchor: Option<Anchor>,
}

/// What the store's clock said when a boot clock began.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    began: i64,
    away: i64,
    /// The turn in which that was found.
    turn: i64,
}

/// The clock, and the anchor that is to be kept if it is another one.
fn now(kept: &Kept, machine: Reading) -> (Now, Option<Anchor>) {
    let told = |leases: i64, away: i64| Now {
        leases,
        limits: leases.saturating_add(away),
        wall: machine.wall,
    };
    // Whoever wrote last may go on, and who has not been overtaken since.
    let valid = |anchor: &Anchor| kept.is_mine || anchor.turn == kept.turn;
    if let Some(anchor) = kept.anchor.filter(valid) {
        let clock = anchor.began.saturating_add(machine.elapsed);
        // Not behind what was written: by another, who saw more time pass, or before the boot clock went back.
        if clock >= kept.clock {
            return (told(clock, anchor.away), None);
        }
    }
    let off = machine.wall.saturating_sub(kept.wall).max(0);
    let anchor = Anchor {
        began: kept.clock.saturating_sub(machine.elapsed),
        away: kept.away.saturating_add(off),
        turn: kept.turn,
    };
    (told(kept.clock, anchor.away), Some(anchor))
}

/// The machine's clocks. Tests set them.
#[derive(Debug, Default)]
pub(crate) struct Machine(Mutex<Set>);

/// How a test has set them.
#[derive(Clone, Debug, Default)]
struct Set {
    id: Option<String>,
    elapsed: i64,
    wall: i64,
}

impl Machine {
    /// The clock as of now, and how many rows the connection has changed. Inside a transaction that may write.
    pub(crate) async fn begin(&self, conn: &mut SqliteConnection) -> Result<(Now, i64)> {
        let (now, anchor, changes) = self.look(conn).await?;
        let Some(anchor) = anchor else {
            return Ok((now, changes));
        };
        let keep = sqlx::query(ANCHOR)
            .bind(self.id())
            .bind(anchor.began)
            .bind(anchor.away);
        keep.execute(&mut *conn).await.map_err(failed)?;
        sqlx::query(FORGET)
            .execute(&mut *conn)
            .await
            .map_err(failed)?;
        // Counted anew: this alone is nothing that was written under this clock.
        let (_, _, changes) = self.look(conn).await?;
        Ok((now, changes))
    }

    /// The clock as of now, for reading.
    pub(crate) async fn now(&self, conn: &mut SqliteConnection) -> Result<Now> {
        self.look(conn).await.map(|(now, ..)| now)
    }

    async fn look(&self, conn: &mut SqliteConnection) -> Result<(Now, Option<Anchor>, i64)> {
        let look = sqlx::query(LOOK).bind(self.id());
        let row = look.fetch_one(conn).await.map_err(failed)?;
        // After the row: whoever wrote it read the clock before.
        let (now, anchor) = now(&Kept::read(&row)?, self.reading());
        Ok((now, anchor, Cells::new(&row, TABLE).get("changes")?))
    }

    /// The name of the boot clock.
    pub(crate) fn id(&self) -> String {
        let set = self.set();
        let id = set.id.as_deref();
        id.unwrap_or_else(|| BootClock::of_machine().id())
            .to_owned()
    }

    fn reading(&self) -> Reading {
        let set = self.set();
        Reading {
            elapsed: span(BootClock::of_machine().elapsed()).saturating_add(set.elapsed),
            wall: micros(SystemClock::default().now()).saturating_add(set.wall),
        }
    }

    /// Sets the wall clock.
    #[cfg(feature = "test-util")]
    pub(crate) fn jump(&self, by: TimeDelta) {
        self.set().wall += by.num_microseconds().unwrap_or_default();
    }

    /// Starts the machine again, or puts the file into another one, under a name that no other start has.
    #[cfg(feature = "test-util")]
    pub(crate) fn restart(&self, name: &str) {
        let mut set = self.set();
        set.id = Some(name.to_owned());
        set.elapsed = -span(BootClock::of_machine().elapsed());
    }

    fn set(&self) -> MutexGuard<'_, Set> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Now {
    /// What is to be remembered of it: the clock, the wall clock, and what was added for limits.
    pub(crate) fn kept(self) -> [i64; 3] {
        [
            self.leases,
            self.wall,
            self.limits.saturating_sub(self.leases),
        ]
    }
}

impl Kept {
    fn read(row: &SqliteRow) -> Result<Self> {
        let cells = Cells::new(row, TABLE);
        let anchor = match cells.get::<Option<i64>>("began")? {
            None => None,
            Some(began) => Some(Anchor {
                began,
                away: cells.get("away")?,
                turn: cells.get("turn")?,
            }),
        };
        Ok(Self {
            clock: cells.get("clock")?,
            wall: cells.get("clock_wall")?,
            away: cells.get("clock_away")?,
            turn: cells.get("clock_turn")?,
            is_mine: cells.get("is_mine")?,
            anchor,
        })
    }
}

#[cfg(test)]
mod tests;
