//! Workers on a platform that does as it is told.

mod publish;
mod refresh;
mod stage;
mod trouble;
