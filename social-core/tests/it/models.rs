//! The protocols as models, explored exhaustively: every order of steps, pauses, kills, lost and late answers.
//!
//! Each rule of a protocol can be taken out. A model that does not find the harm then proves nothing, so every test of
//! a protocol as designed stands beside tests that take its rules out one by one.

mod explorer;
mod hold;
mod publish;
mod refresh;
mod restore;
mod thread;
