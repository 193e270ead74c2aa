//! The example server as its users meet it: the built program in a process of its own, asked over HTTP and by a browser.
#![cfg(test)]

mod bad_input;
mod browser;
mod clocks;
mod connecting;
mod custom_store;
mod duties;
mod elsewhere;
mod found;
mod harness;
mod live;
mod posting;
mod privacy;
mod sessions;
mod starting;
mod verdicts;
mod webhooks;
mod worker;
