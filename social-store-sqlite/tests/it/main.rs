//! Tests of the store through its public interface.
#![cfg(test)]

mod clocks;
mod conformance;
mod damage;
mod drops;
mod events;
mod files;
mod fixtures;
mod life;
mod limits;
mod locks;
mod lockstep;
mod newer;
mod owners;
mod processes;
mod rolled;
mod sealed;
mod upgrade;
mod waiting_events;

fn mount() -> conformance::Files {
    conformance::Files::new()
}
