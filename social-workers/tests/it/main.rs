//! Workers on a platform that does as it is told.

#[cfg(test)]
mod adrift;
#[cfg(test)]
mod asked;
#[cfg(test)]
mod clocks;
#[cfg(test)]
mod events;
#[cfg(test)]
mod handlers;
#[cfg(test)]
mod held;
#[cfg(test)]
mod leased;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod maintenance;
#[cfg(test)]
mod pace;
#[cfg(test)]
mod platform;
#[cfg(test)]
mod platform_events;
#[cfg(test)]
mod publish;
#[cfg(test)]
mod refresh;
#[cfg(test)]
mod refused;
#[cfg(test)]
mod reseal;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod subscriptions;
#[cfg(test)]
mod thread;
#[cfg(test)]
mod trouble;
#[cfg(test)]
mod waiting;
#[cfg(test)]
mod waiting_events;
