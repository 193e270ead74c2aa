//! The steps of the model. Each function corresponds to one of the code, named in the module above.

use super::{Actor, NEEDLESS, Pc, SECOND, Save, State, Status, rules::Rules};

/// Everything that can happen next.
pub(super) fn of(rules: &Rules, state: &State) -> Vec<(String, State)> {
    let mut steps = Steps {
        rules,
        state,
        next: Vec::new(),
    };
    steps.around();
    steps.drift();
    for i in 0..state.actors.len() {
        steps.actor(i);
    }
    for (_, state) in &mut steps.next {
        // The two workers are alike: which is which does not tell states apart.
        state.actors[..2].sort();
    }
    steps.next
}

pub(super) struct Steps<'a> {
    pub(super) rules: &'a Rules,
    pub(super) state: &'a State,
    next: Vec<(String, State)>,
}

const NAMES: [&str; 3] = ["a worker", "a worker", "the caller"];

impl Steps<'_> {
    pub(super) fn push(&mut self, step: impl Into<String>, change: impl FnOnce(&mut State)) {
        let mut state = self.state.clone();
        change(&mut state);
        self.next.push((step.into(), state));
    }

    /// A step of one actor.
    fn act(&mut self, i: usize, step: &str, change: impl FnOnce(&mut State, &mut Actor)) {
        let mut state = self.state.clone();
        let mut actor = state.actors[i];
        change(&mut state, &mut actor);
        state.actors[i] = actor.without_what_is_over();
        self.next.push((format!("{} {step}", NAMES[i]), state));
    }

    /// What happens without the actors.
    fn around(&mut self) {
        let state = self.state;
        if state.leased && (self.rules.late || !state.actors.iter().any(is_sending)) {
            self.push("the lease lapses", |s| {
                s.leased = false;
                for actor in &mut s.actors {
                    actor.holds = false;
                }
            });
        }
        if state.expiries > 0 && state.token >= state.expired && state.token == state.living {
            self.push("the token expires", |s| {
                s.expiries -= 1;
                s.expired = s.token + 1;
            });
        }
        if state.reseals > 0 && state.status != Status::NeedsReauth {
            let forgets = self.rules.reseal_forgets;
            self.push("the record is sealed again", |s| {
                s.reseals -= 1;
                s.revision += 1;
                if forgets {
                    s.unknown = 0;
                }
            });
        }
        if state.reconnects > 0 {
            self.push("the account is connected again", |s| {
                s.reconnects -= 1;
                s.living += 1;
                s.taken = false;
                saved(s, s.living);
            });
        }
        if let Some(token) = state.delayed {
            self.push("a delayed request arrives", |s| {
                s.delayed = None;
                if token == s.living {
                    s.living += 1;
                    s.taken = true;
                }
            });
            self.push("a delayed request is lost", |s| s.delayed = None);
        }
        // The assumption about time.
        let held = |actor: &Actor| matches!(actor.pc, Pc::Got { .. });
        if state.status == Status::Suspected
            && !state.actors.iter().any(held)
            && state.spool.is_none()
        {
            self.push("the grace time ends", |s| s.status = Status::Mature);
        }
        self.replay();
    }

    fn replay(&mut self) {
        let Some(save) = self.state.spool else { return };
        let compares = self.rules.replay_compares;
        self.push("the spool is replayed", |s| {
            s.spool = None;
            if !compares || (s.token != save.token && s.token == save.spent) {
                saved(s, save.token);
            }
        });
    }

    fn actor(&mut self, i: usize) {
        let actor = self.state.actors[i];
        if actor.pc != Pc::Idle && self.state.crashes > 0 {
            self.act(i, "is killed", |s, a| {
                s.crashes -= 1;
                let holds = |token: u8| token == s.living && s.token != token;
                let spooled = |token: u8| s.spool.is_some_and(|save| save.token == token);
                if let Pc::Got { token, .. } = a.pc
                    && holds(token)
                    && !spooled(token)
                {
                    s.taken = true;
                }
                a.pc = Pc::Idle;
            });
        }
        match actor.pc {
            Pc::Idle => self.begin(i, actor),
            Pc::Read { at } => self.claim(i, Some(at)),
            Pc::Claimed | Pc::Lost => self.send(i, actor),
            Pc::Got { token, failed } => self.save(i, actor, token, failed),
            Pc::Dead => self.read_again(i, actor),
            Pc::Judge { suspect } => self.judge(i, actor, suspect),
            Pc::Release { known } => self.act(i, "releases", |s, a| release(s, a, known)),
        }
    }

    fn begin(&mut self, i: usize, actor: Actor) {
        let s = self.state;
        let wanted = s.token < s.expired && s.status != Status::NeedsReauth;
        if actor.left == 0 || !wanted {
            return;
        }
        if i == 2 {
            self.act(i, "reads an expired token", |s, a| {
                a.left -= 1;
                a.pc = Pc::Read { at: s.revision };
            });
        } else if s.status != Status::Suspected {
            // A suspected account is due again after the grace time.
            self.claim(i, None);
        }
    }

    /// `at`: what an inline caller has read.
    fn claim(&mut self, i: usize, at: Option<u8>) {
        let s = self.state;
        if s.status == Status::NeedsReauth {
            self.act(i, "finds the account to be reconnected", |_, a| {
                a.pc = Pc::Idle
            });
            return;
        }
        if s.leased {
            if at.is_some_and(|at| at != s.revision) {
                self.act(i, "reads again and is done", |_, a| a.pc = Pc::Idle);
            }
            return;
        }
        let recheck = self.rules.recheck;
        self.act(i, "claims", |s, a| {
            s.leased = true;
            if at.is_none() {
                a.left -= 1;
            }
            a.holds = true;
            a.revision = s.revision;
            a.token = s.token;
            a.unknown = s.unknown;
            s.unknown += 1;
            let moved = at.is_some_and(|at| at != s.revision);
            a.pc = if moved && recheck {
                Pc::Release { known: true }
            } else {
                Pc::Claimed
            };
        });
    }

    fn send(&mut self, i: usize, actor: Actor) {
        let s = self.state;
        let in_time = actor.holds;
        if self.rules.deadline && !in_time {
            self.act(i, "is too late to send", |_, a| {
                a.pc = Pc::Release { known: !a.lost }
            });
            return;
        }
        let undisturbed = !self.rules.late && self.rules.crashes == 0 && self.rules.losses == 0;
        let watch = move |s: &mut State| {
            if actor.token != s.living && undisturbed {
                s.harm = Some(SECOND);
            }
            if actor.token >= s.expired {
                s.harm = Some(NEEDLESS);
            }
        };
        if actor.token == s.living {
            self.act(i, "refreshes", |s, a| {
                watch(s);
                s.living += 1;
                a.pc = Pc::Got {
                    token: s.living,
                    failed: false,
                };
            });
        } else {
            self.act(i, "is told that the grant is dead", |s, a| {
                watch(s);
                a.pc = Pc::Dead;
            });
        }
        // Certainly not carried out: throttled, or not connected.
        let known = !actor.lost;
        self.act(i, "is refused for now", |_, a| a.pc = Pc::Release { known });
        if s.losses > 0 {
            self.lose(i, actor);
        }
    }

    fn lose(&mut self, i: usize, actor: Actor) {
        let after = |a: &mut Actor| {
            // One retry with the same token.
            a.pc = if a.lost {
                Pc::Release { known: false }
            } else {
                Pc::Lost
            };
            a.lost = true;
        };
        self.act(i, "sends; the request is lost", |s, a| {
            s.losses -= 1;
            after(a);
        });
        if actor.token == self.state.living {
            self.act(i, "sends; the answer is lost", |s, a| {
                s.losses -= 1;
                s.living += 1;
                s.taken = true;
                after(a);
            });
        }
        if self.state.delayed.is_none() {
            self.act(i, "sends; the request is delayed", |s, a| {
                s.losses -= 1;
                s.delayed = Some(a.token);
                after(a);
            });
        }
    }

    fn save(&mut self, i: usize, actor: Actor, token: u8, failed: bool) {
        let s = self.state;
        let in_time = actor.holds;
        let as_expected = s.revision == actor.revision && (!self.rules.save_by_lease || in_time);
        let spent_is_stored = s.token == actor.token && self.rules.put_compares_tokens;
        let may_save = as_expected || (spent_is_stored && !self.rules.save_by_lease);
        if may_save {
            self.act(i, "saves", |s, a| {
                saved(s, token);
                a.pc = Pc::Release { known: true };
            });
        } else {
            // Its own earlier save, or somebody else's newer tokens.
            self.act(i, "meets other tokens and is done", |_, a| {
                a.pc = Pc::Release { known: true }
            });
        }
        if s.failing_saves > 0 {
            self.act(i, "fails to save", |s, a| {
                s.failing_saves -= 1;
                a.pc = Pc::Got {
                    token,
                    failed: true,
                };
            });
            if may_save {
                self.act(i, "saves; the acknowledgement is lost", |s, a| {
                    s.failing_saves -= 1;
                    saved(s, token);
                    a.pc = Pc::Got {
                        token,
                        failed: true,
                    };
                });
            }
        }
        if failed && s.spool.is_none() {
            self.act(i, "spools", |s, a| {
                s.spool = Some(Save {
                    spent: a.token,
                    token,
                });
                a.pc = Pc::Release { known: false };
            });
        }
    }

    fn read_again(&mut self, i: usize, actor: Actor) {
        let s = self.state;
        // A spool on this machine is replayed first. One on another machine is not: suspicion has to do.
        if s.revision != actor.revision || s.status == Status::NeedsReauth {
            self.act(i, "reads again and is done", |_, a| {
                a.pc = Pc::Release { known: true }
            });
            return;
        }
        let unsure = actor.unknown > 0 && s.status != Status::Mature;
        let suspect = unsure && self.rules.suspicion;
        self.act(i, "reads again", |_, a| a.pc = Pc::Judge { suspect });
    }

    fn judge(&mut self, i: usize, actor: Actor, suspect: bool) {
        let compares = self.rules.verdict_compares;
        if compares && self.state.revision != actor.revision {
            self.act(i, "may not judge any more", |_, a| {
                a.pc = Pc::Release { known: true }
            });
            return;
        }
        let step = if suspect { "suspects" } else { "judges" };
        self.act(i, step, |s, a| {
            s.status = match (suspect, s.status) {
                (false, _) => Status::NeedsReauth,
                (true, Status::Connected) => Status::Suspected,
                (true, status) => status,
            };
            a.pc = Pc::Release {
                known: !suspect || !a.lost,
            };
        });
    }
}

/// Between the send and what comes of it, under a lease that has not lapsed.
pub(super) fn is_sending(actor: &Actor) -> bool {
    actor.holds
        && matches!(
            actor.pc,
            Pc::Lost | Pc::Got { .. } | Pc::Dead | Pc::Judge { .. }
        )
}

fn saved(s: &mut State, token: u8) {
    s.revision += 1;
    s.token = token;
    s.status = Status::Connected;
    s.unknown = 0;
}

fn release(s: &mut State, a: &mut Actor, known: bool) {
    if a.holds {
        s.leased = false;
        if known && s.revision == a.revision {
            s.unknown = s.unknown.saturating_sub(1);
        }
    }
    a.pc = Pc::Idle;
}
