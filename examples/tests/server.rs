//! The tests beside the server's parts. The program itself is built as an example, so that the tests of `it` can start it.
#![cfg(test)]

#[path = "../server/parts.rs"]
mod parts;

use std::process::ExitCode;

use parts::*;

#[test]
fn these_are_the_parts_of_the_program() {
    let _: fn() -> ExitCode = program;
}
