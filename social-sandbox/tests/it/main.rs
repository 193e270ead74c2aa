//! The sandbox as its clients see it.

#[cfg(test)]
mod caps;
#[cfg(test)]
mod client;
#[cfg(test)]
mod consent;
#[cfg(test)]
mod control;
#[cfg(test)]
mod display;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod faults_posting;
#[cfg(test)]
mod hosts;
#[cfg(test)]
mod inbox;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod login;
#[cfg(test)]
mod moderation;
#[cfg(test)]
mod oauth;
#[cfg(test)]
mod photos;
#[cfg(test)]
mod posting;
#[cfg(test)]
mod program;
#[cfg(test)]
mod pulls;
#[cfg(test)]
mod raw;
#[cfg(test)]
mod receiver;
#[cfg(test)]
mod refused;
#[cfg(test)]
mod refused_bodies;
#[cfg(test)]
mod refused_display;
#[cfg(test)]
mod refused_oauth;
#[cfg(test)]
mod refused_posting;
#[cfg(test)]
mod state;
#[cfg(test)]
mod status;
#[cfg(test)]
mod story;
#[cfg(test)]
mod upload;
#[cfg(test)]
mod webhook_control;
#[cfg(test)]
mod webhook_misbehaviour;
#[cfg(test)]
mod webhook_posts;
#[cfg(test)]
mod webhooks;
