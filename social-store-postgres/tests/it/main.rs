//! Tests of the store through its public interface.
#![cfg(test)]

mod bad_input;
mod conformance;
mod events;
mod fixtures;
mod limits;
mod lockstep;
mod migrations;
mod outages;
mod posts;
mod restores;
mod schemas;
mod sealed;
mod wakes;
