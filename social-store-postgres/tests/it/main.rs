//! Tests of the store through its public interface.
#![cfg(test)]

mod bad_input;
mod conformance;
mod fixtures;
mod lockstep;
mod migrations;
mod outages;
mod posts;
mod restores;
mod schemas;
