//! A variable that is not text, by its name: the reader of flags says only that there is one.

use clap::{Arg, Command, Parser, builder::ValueParser, error::ErrorKind};

use super::{Check, Wrong};

/// Reads flags and environment, and ends the program where that is asked for or cannot be done.
///
/// # Errors
/// When a variable is not text.
pub fn read<A: Parser>(program: &'static str) -> Result<A, Wrong> {
    let error = match A::try_parse() {
        Ok(args) => return Ok(args),
        Err(error) => error,
    };
    let mut check = Check::default();
    if error.kind() == ErrorKind::InvalidUtf8 {
        for name in names(&A::command()) {
            check.variable(&name);
        }
    }
    check.end(program, Some(()))?;
    error.exit()
}

/// The variables that must be text: the name of a file or a folder need not be.
fn names(command: &Command) -> Vec<String> {
    let is_text =
        |arg: &&Arg| arg.get_value_parser().type_id() != ValueParser::os_string().type_id();
    let own = command.get_arguments().filter(is_text);
    let own = own.filter_map(|arg| arg.get_env()?.to_str().map(str::to_owned));
    own.chain(command.get_subcommands().flat_map(names))
        .collect()
}
