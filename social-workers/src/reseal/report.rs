use social_core::{Error, store::SealedField, vault::KeyId};

/// How far a [`ResealWorker`](super::ResealWorker) has come.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ResealReport {
    /// The key under which everything is to be.
    pub key: KeyId,
    /// How often it went through everything.
    pub passes: u32,
    /// Values sealed again.
    pub resealed: u64,
    /// Values that somebody else had changed or removed before they could be replaced. They were looked at again.
    pub changed: u64,
    /// What the last pass could not open, by field.
    pub unreadable: Vec<Unreadable>,
    /// The last pass found nothing under another key that can be opened.
    pub complete: bool,
    /// The installation's key check is under the key.
    pub key_check_current: bool,
    /// Saves in the spool of this process, which may be sealed under an older key. They are saved as soon as the store
    /// takes them.
    pub spooled: u64,
}

/// Values of one field that no key at hand opens.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Unreadable {
    /// Which field.
    pub field: SealedField,
    /// In so many rows.
    pub rows: u64,
    /// Why the first of them does not open: a key that is missing is named by its id.
    pub error: Error,
}

impl ResealReport {
    pub(super) fn new(key: KeyId) -> Self {
        Self {
            key,
            passes: 0,
            resealed: 0,
            changed: 0,
            unreadable: Vec::new(),
            complete: false,
            key_check_current: false,
            spooled: 0,
        }
    }

    /// Whether the older keys can be dropped, as far as this worker sees: nothing in the store, its key check or this
    /// process's spool is under another key, and nothing is left that cannot be read. What cannot be read is to be looked
    /// at first: a missing key can be put back; a damaged value is lost with or without it.
    ///
    /// It does not see what was sealed under an old key and is not stored yet: in spools of other processes, in
    /// transactions that were prepared and not committed, in processes that have not heard of the new key. Drop the old
    /// key after a second round that found nothing. Backups need it as long as they are kept.
    pub fn is_done(&self) -> bool {
        self.complete && self.unreadable.is_empty() && self.key_check_current && self.spooled == 0
    }

    pub(super) fn cannot_read(&mut self, field: SealedField, error: Error) {
        match self.unreadable.iter_mut().find(|of| of.field == field) {
            Some(known) => known.rows += 1,
            None => self.unreadable.push(Unreadable {
                field,
                rows: 1,
                error,
            }),
        }
    }

    pub(super) fn tell(&self) {
        for Unreadable { field, rows, error } in &self.unreadable {
            let table = field.place("").table;
            tracing::error!(table, ?field, rows, %error, "sealed values cannot be opened; they are left as they are");
        }
        let key = self.key;
        if self.is_done() {
            tracing::info!(%key, resealed = self.resealed, "everything is sealed under one key; older keys can be dropped");
        } else {
            tracing::warn!(
                %key,
                resealed = self.resealed,
                complete = self.complete,
                spooled = self.spooled,
                "not everything is sealed under one key; older keys are still needed"
            );
        }
    }
}
