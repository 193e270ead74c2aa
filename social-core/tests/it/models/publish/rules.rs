/// What the protocol does, and what happens around it.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    /// How often each worker begins.
    pub(super) begins: u8,
    pub(super) kills: u8,
    /// Requests and answers that are lost or delayed.
    pub(super) losses: u8,
    /// Whether leases and deadlines pass while a worker lives.
    pub(super) pauses: bool,
    /// Whether the platform can tell what became of a request.
    pub(super) tells: bool,
    /// Reconciling waits until nothing of the step can happen any more.
    pub(super) settle: bool,
    /// The start of the step is written down.
    pub(super) mark: bool,
    /// Writes compare the fence.
    pub(super) fence: bool,
    /// Nothing is sent after the deadline.
    pub(super) deadline: bool,
    /// A lost answer keeps the mark.
    pub(super) honest: bool,
    /// What has an outcome is only looked at.
    pub(super) looks: bool,
    /// How often the clocks drift apart.
    pub(super) drifts: u8,
    /// Leases and settle times run on a clock that nobody can set.
    pub(super) steady: bool,
    /// The clock of deadlines goes on while the machine sleeps.
    pub(super) awake: bool,
    /// A deadline is over when either clock says so.
    pub(super) either: bool,
    /// What a store's clock was set by is waited for before a step is asked about.
    pub(super) catches: bool,
    /// Counts `Undecided` as harm even where the platform cannot tell.
    pub(super) finds_undecided: bool,
}

impl Rules {
    pub(super) fn designed() -> Self {
        Self {
            begins: 3,
            kills: 2,
            losses: 2,
            pauses: true,
            tells: true,
            settle: true,
            mark: true,
            fence: true,
            deadline: true,
            honest: true,
            looks: true,
            drifts: 0,
            steady: true,
            awake: true,
            either: true,
            catches: true,
            finds_undecided: false,
        }
    }
}
