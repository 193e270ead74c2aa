use super::hold::Ended;

/// What a round led to, in events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventReport {
    /// Claimed.
    pub claimed: u64,
    /// Took effect, or said nothing new.
    pub done: u64,
    /// Were handed over to the posts that they are about, or wait for one.
    pub handed_over: u64,
    /// Come again later; those that wait for a process which has their app are counted here too.
    pub later: u64,
    /// Are dead letters now.
    pub dead: u64,
    /// Were not begun, or cut off at the end, and are ready again.
    pub given_back: u64,
    /// Were taken over by another worker, or could not be written down.
    pub lost: u64,
    /// Nothing was claimed: the data have begun another life, and an operator has to accept it, see
    /// [`Social::accept_incarnation`](social_core::Social::accept_incarnation).
    pub held: bool,
}

impl EventReport {
    /// A task that ended without telling how counts as lost: its lease lapses and the event comes again.
    pub(super) fn count(&mut self, ended: Option<Ended>) {
        *match ended {
            Some(Ended::Dead) => &mut self.dead,
            Some(Ended::Done) => &mut self.done,
            Some(Ended::HandedOver) => &mut self.handed_over,
            Some(Ended::GivenBack) => &mut self.given_back,
            Some(Ended::Elsewhere | Ended::Later) => &mut self.later,
            Some(Ended::Lost) | None => &mut self.lost,
        } += 1;
    }
}
