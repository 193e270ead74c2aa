//! Tests of the store through its public interface.
#![cfg(test)]

mod conformance;
mod damage;
mod drops;
mod files;
mod fixtures;
mod life;
mod locks;
mod lockstep;
mod processes;
