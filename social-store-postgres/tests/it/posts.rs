//! What the suites cannot ask of every store: damage, races of connections and processes, calls that are dropped, and
//! submissions in a transaction of the caller's own.

mod damage;
mod drops;
mod processes;
mod races;
mod within;
