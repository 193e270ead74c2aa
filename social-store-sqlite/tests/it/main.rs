//! Tests of the store through its public interface.

mod damage;
mod drops;
mod files;
mod fixtures;
mod locks;
mod processes;
