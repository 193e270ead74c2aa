use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::MemoryStore;
use crate::{
    error::{Error, ErrorKind, Result},
    random::{Random, SystemRandom},
    store::{Incarnation, Incarnations, Installation, InstallationStore},
    vault::KeyId,
};

#[derive(Default)]
pub(super) struct Row {
    id: Option<Uuid>,
    key_check: Option<Vec<u8>>,
    seals: HashMap<KeyId, u64>,
    /// How often the data began another life, and the life that was accepted.
    life: u64,
    accepted: u64,
}

fn name(life: u64) -> Incarnation {
    Incarnation::new(format!("memory {life}"))
}

#[async_trait]
impl InstallationStore for MemoryStore {
    async fn installation(&self) -> Result<Installation> {
        let row = &mut self.tables().installation;
        let id = match row.id {
            Some(id) => id,
            None => {
                let mut bytes = [0; 16];
                SystemRandom.fill(&mut bytes)?;
                *row.id
                    .insert(uuid::Builder::from_random_bytes(bytes).into_uuid())
            }
        };
        Ok(Installation::new(id, row.key_check.clone()))
    }

    async fn put_key_check(&self, check: &[u8], replaces: Option<&[u8]>) -> Result<Vec<u8>> {
        let row = &mut self.tables().installation;
        if row.key_check.is_none() || row.key_check.as_deref() == replaces {
            row.key_check = Some(check.to_owned());
        }
        Ok(row.key_check.clone().unwrap_or_default())
    }

    async fn count_seals(&self, key: &KeyId, seals: u64) -> Result<u64> {
        let row = &mut self.tables().installation;
        let sum = row.seals.entry(*key).or_default();
        *sum = sum.saturating_add(seals);
        Ok(*sum)
    }

    async fn incarnations(&self) -> Result<Incarnations> {
        let row = &self.tables().installation;
        Ok(Incarnations::new(name(row.life), name(row.accepted)))
    }

    async fn wall_clock(&self) -> Result<Option<DateTime<Utc>>> {
        Ok(None)
    }

    async fn accept_incarnation(&self, seen: &Incarnation) -> Result<()> {
        let row = &mut self.tables().installation;
        if name(row.life) != *seen {
            let message = "the data have begun yet another life since: look again";
            return Err(Error::new(ErrorKind::Conflict, message));
        }
        row.accepted = row.life;
        Ok(())
    }
}

impl MemoryStore {
    /// The data begin another life, as after a restore.
    #[cfg(any(test, feature = "test-util"))]
    pub fn reincarnate(&self) {
        self.tables().installation.life += 1;
    }
}
