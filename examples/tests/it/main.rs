//! The example server as its users meet it: the built program in a process of its own, asked over HTTP and by a browser.
#![cfg(test)]

mod apps;
mod bad_input;
mod browser;
mod checks;
mod connecting;
mod copies;
mod crowd;
mod custom_store;
mod dictated;
mod duties;
mod elsewhere;
mod ending;
mod found;
mod gone;
mod harness;
mod intent;
mod jumping;
mod live;
mod lost;
mod once;
mod posting;
mod privacy;
mod public_media;
mod quickstart;
mod sessions;
mod settings;
mod signing_in;
mod starting;
mod verdicts;
mod webhooks;
mod words;
mod worker;
