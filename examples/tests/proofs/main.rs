//! The long proofs, each with its short count, as programs of their own.

#[cfg(test)]
mod crash;
#[cfg(test)]
mod leaks;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod restored;
#[cfg(test)]
mod resume;
#[cfg(test)]
mod rotation;
#[cfg(test)]
mod run;
#[cfg(test)]
mod stores;
#[cfg(test)]
mod tiktok_faults;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod webhook_effects;
