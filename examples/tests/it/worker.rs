//! The worker as its operators meet it: the built program in processes of its own, on both databases.

mod bad_input;
mod held;
mod lives;
pub(crate) mod place;
mod publishing;
mod settings;
mod tables;
mod unblock;

use place::{Place, Postgres, Said, service};
