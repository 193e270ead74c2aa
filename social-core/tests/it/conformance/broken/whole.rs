//! A store of everything, whose sealed values have a fault.

use social_core::{conformance::Through, memory::MemoryStore};

use super::sealed::Fault;

#[derive(Debug)]
pub(super) struct Broken(pub(super) MemoryStore, pub(super) Fault);

impl Through for Broken {
    type Store = MemoryStore;

    fn behind(&self) -> &MemoryStore {
        &self.0
    }
}
