//! Tests of the store through its public interface.
#![cfg(test)]

mod posts;
