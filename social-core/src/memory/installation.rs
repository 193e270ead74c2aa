use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::MemoryStore;
use crate::{
    error::{Error, ErrorKind, Result},
    random::{Random, SystemRandom},
    store::{Incarnation, Incarnations, Installation, InstallationStore, InstanceName, LastWrites},
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
    /// The life began by a promotion.
    promoted: bool,
    /// As the first handle that has a name calls it, and who accepted a life since.
    instance: Option<String>,
    lost_at: Option<DateTime<Utc>>,
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
        Ok(self.lives(&self.tables().installation))
    }

    async fn wall_clock(&self) -> Result<Option<DateTime<Utc>>> {
        Ok(None)
    }

    async fn accept_incarnation(&self, seen: &Incarnation, last: LastWrites) -> Result<()> {
        let tables = &mut *self.tables();
        let row = &mut tables.installation;
        let lives = self.lives(row);
        if lives.present != *seen {
            let message = "the data have begun yet another life since: look again";
            return Err(Error::new(ErrorKind::Conflict, message));
        }
        if lives.is_same() {
            return Ok(());
        }
        row.accepted = row.life;
        row.instance = self.instance.as_ref().map(|name| name.as_str().to_owned());
        if let LastWrites::MayBeLost { now } = last {
            row.lost_at = Some(now);
        }
        if matches!(last, LastWrites::MayBeLost { .. }) {
            tables.events.jump();
            tables.tokens.jump();
        }
        Ok(())
    }
}

impl MemoryStore {
    /// The same data, opened as this instance, or one without a name. The first name is kept.
    #[must_use]
    pub fn opened_as(&self, instance: Option<InstanceName>) -> Self {
        let kept = &mut self.tables().installation.instance;
        let name = instance.as_ref().map(|name| name.as_str().to_owned());
        *kept = kept.take().or(name);
        Self {
            instance,
            ..self.clone()
        }
    }

    pub(super) fn lives(&self, row: &Row) -> Incarnations {
        let mut lives = Incarnations::new(name(row.life), name(row.accepted));
        lives.is_promotion = row.promoted && row.life != row.accepted;
        lives.lost_at = row.lost_at;
        lives.of_instance(self.instance.as_ref(), row.instance.as_deref())
    }

    /// A replica takes over: the data begin another life, and nothing else differs.
    #[cfg(any(test, feature = "test-util"))]
    pub fn promote(&self) {
        let row = &mut self.tables().installation;
        row.promoted = row.life == row.accepted || row.promoted;
        row.life += 1;
    }

    /// The data begin another life, as after a restore.
    #[cfg(any(test, feature = "test-util"))]
    pub fn reincarnate(&self) {
        let row = &mut self.tables().installation;
        row.promoted = false;
        row.life += 1;
    }
}
