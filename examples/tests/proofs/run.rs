//! Runs a proof and reads its table.

use std::process::{Command, Output};

pub(crate) fn run(program: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).env("RUST_LIB_BACKTRACE", "0");
    command.output().expect("the program starts")
}

/// Runs it; what it printed. Fails with all of it when the program does.
pub(crate) fn passes(program: &str, arguments: &[&str]) -> String {
    let output = run(program, arguments);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{}\n{printed}{errors}",
        output.status
    );
    printed
}

/// The figures of the line of totals.
pub(crate) fn total<const N: usize>(printed: &str) -> [u64; N] {
    let line = printed.lines().find(|line| line.starts_with("all "));
    let line = line.unwrap_or_else(|| panic!("no line of totals in\n{printed}"));
    let figures: Vec<u64> = (line.split_whitespace().skip(1))
        .map(|figure| figure.parse().expect("a figure"))
        .collect();
    figures.try_into().expect("as many figures as columns")
}

/// Whether it printed this line.
pub(crate) fn says(printed: &str, line: &str) -> bool {
    printed.lines().any(|printed| printed == line)
}
