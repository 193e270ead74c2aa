/// What the protocol does, and what happens around it.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    /// How often each worker begins.
    pub(super) begins: u8,
    pub(super) crashes: u8,
    pub(super) losses: u8,
    /// Saves that fail, or are carried out while their acknowledgement is lost.
    pub(super) failing_saves: u8,
    /// How often the tokens expire again.
    pub(super) expiries: u8,
    /// How often the record is sealed again with the same tokens, at the next revision.
    pub(super) reseals: u8,
    /// How often the person connects the account again; the new grant ends the old one.
    pub(super) reconnects: u8,
    /// Whether a lease may lapse between sending and saving.
    pub(super) late: bool,
    /// Nothing is sent after the deadline.
    pub(super) deadline: bool,
    /// After the claim the revision is compared with the one that was read.
    pub(super) recheck: bool,
    /// Saves compare the lease, not the revision.
    pub(super) save_by_lease: bool,
    /// A save that meets another revision looks whether it still holds the spent tokens.
    pub(super) put_compares_tokens: bool,
    /// A replayed save looks at what is stored.
    pub(super) replay_compares: bool,
    /// A verdict after attempts of unknown outcome is held back.
    pub(super) suspicion: bool,
    /// A verdict is written only while the claimed revision is stored.
    pub(super) verdict_compares: bool,
    /// Sealing again forgets attempts of unknown outcome, as a refresh does.
    pub(super) reseal_forgets: bool,
    /// How often the clocks drift apart.
    pub(super) drifts: u8,
    /// Leases run on a clock that nobody can set.
    pub(super) steady: bool,
    /// The clock of deadlines goes on while the machine sleeps.
    pub(super) awake: bool,
    /// A deadline is over when either clock says so.
    pub(super) either: bool,
}

impl Rules {
    pub(super) fn designed() -> Self {
        Self {
            begins: 2,
            crashes: 0,
            losses: 0,
            failing_saves: 0,
            expiries: 0,
            reseals: 0,
            reconnects: 0,
            late: true,
            deadline: true,
            recheck: true,
            save_by_lease: false,
            put_compares_tokens: true,
            replay_compares: true,
            suspicion: true,
            verdict_compares: true,
            reseal_forgets: true,
            drifts: 0,
            steady: true,
            awake: true,
            either: true,
        }
    }
}
