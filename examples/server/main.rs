//! The example server: connect a TikTok account, publish a video, watch it arrive. With nothing set it runs alone, with
//! a sandbox in TikTok's place.

#[path = "parts.rs"]
mod parts;

use std::process::ExitCode;

use parts::*;

fn main() -> ExitCode {
    program()
}
