//! The steps of the model. Each function corresponds to one of the code, named in the module above.

use super::{Answer, Mark, Pc, Post, State, Verdict, Worker, rules::Rules};

/// Everything that can happen next.
pub(super) fn of(rules: &Rules, state: &State) -> Vec<(String, State)> {
    let mut steps = Steps {
        rules,
        state,
        next: Vec::new(),
    };
    steps.around();
    steps.drift();
    for i in 0..state.workers.len() {
        steps.worker(i);
    }
    for (_, state) in &mut steps.next {
        // The two workers are alike: which is which does not tell states apart.
        state.workers.sort();
    }
    steps.next
}

pub(super) struct Steps<'a> {
    pub(super) rules: &'a Rules,
    pub(super) state: &'a State,
    next: Vec<(String, State)>,
}

const NAMES: [&str; 2] = ["a worker", "a worker"];

impl Steps<'_> {
    pub(super) fn push(&mut self, step: &str, change: impl FnOnce(&mut State)) {
        let mut state = self.state.clone();
        change(&mut state);
        self.next.push((step.to_owned(), state));
    }

    fn act(&mut self, i: usize, step: &str, change: impl FnOnce(&mut State, &mut Worker)) {
        let mut state = self.state.clone();
        let mut worker = state.workers[i];
        change(&mut state, &mut worker);
        if worker.pc == Pc::Idle {
            (worker.fence, worker.marked, worker.in_time) = (false, false, false);
        }
        state.workers[i] = worker;
        self.next.push((format!("{} {step}", NAMES[i]), state));
    }

    /// What happens without the workers.
    fn around(&mut self) {
        let state = self.state;
        if state.delayed {
            self.push("a delayed request arrives", |s| {
                s.delayed = false;
                s.posts += 1;
            });
            self.push("a delayed request is lost", |s| s.delayed = false);
        }
        let held = state.workers.iter().any(|worker| worker.pc != Pc::Idle);
        let pauses = self.rules.pauses || !held;
        if pauses && state.workers.iter().any(|worker| worker.in_time) {
            self.push("the deadline passes", |s| {
                for worker in &mut s.workers {
                    worker.in_time = false;
                }
            });
        }
        // The lease outlives the deadline.
        let over = state.workers.iter().all(|worker| !worker.in_time);
        if pauses && state.leased && over {
            self.push("the lease lapses", |s| s.leased = false);
        }
        // Nothing of the step happens later than this.
        if let Some(Mark { settled: false }) = state.mark
            && over
            && !state.delayed
        {
            self.push("the settle time ends", |s| {
                s.mark = Some(Mark { settled: true })
            });
        }
    }

    fn worker(&mut self, i: usize) {
        let worker = self.state.workers[i];
        if worker.pc != Pc::Idle && self.state.kills > 0 {
            self.act(i, "is killed", |s, w| {
                s.kills -= 1;
                w.pc = Pc::Idle;
            });
        }
        match worker.pc {
            Pc::Idle => self.claim(i, worker),
            Pc::Claimed if worker.marked => self.reconcile(i),
            Pc::Claimed => self.start(i, worker),
            Pc::Started => self.send(i, worker),
            Pc::Answered(answer) => self.record(i, worker, answer),
            Pc::Reconciling(verdict) => self.conclude(i, worker, verdict),
        }
    }

    fn claim(&mut self, i: usize, worker: Worker) {
        let s = self.state;
        let settled = s.mark.is_none_or(|mark| mark.settled || !self.rules.settle);
        if worker.left == 0 || s.leased || s.post == Post::Published || !settled {
            return;
        }
        let looks = self.rules.looks && s.post == Post::Undecided;
        self.act(i, "claims", |s, w| {
            for other in &mut s.workers {
                other.fence = false;
            }
            s.leased = true;
            w.left -= 1;
            w.fence = true;
            w.in_time = true;
            w.marked = s.mark.is_some() || looks;
            w.pc = Pc::Claimed;
        });
    }

    fn may_write(&self, worker: Worker) -> bool {
        worker.fence || !self.rules.fence
    }

    fn taken_over(&mut self, i: usize) {
        self.act(i, "finds the claim taken over", |_, w| w.pc = Pc::Idle);
    }

    fn start(&mut self, i: usize, worker: Worker) {
        if !self.may_write(worker) {
            return self.taken_over(i);
        }
        let mark = self.rules.mark;
        self.act(i, "writes that the step starts", |s, w| {
            if mark {
                s.mark = Some(Mark { settled: false });
            }
            w.pc = Pc::Started;
        });
    }

    fn send(&mut self, i: usize, worker: Worker) {
        if self.rules.deadline && !worker.in_time {
            return self.act(i, "may not send any more", |_, w| {
                w.pc = Pc::Answered(Answer::NotSent)
            });
        }
        self.act(i, "sends and is answered", |s, w| {
            s.posts += 1;
            w.pc = Pc::Answered(Answer::Accepted);
        });
        if self.state.losses == 0 {
            return;
        }
        self.act(i, "cannot connect", |s, w| {
            s.losses -= 1;
            w.pc = Pc::Answered(Answer::NotSent);
        });
        self.act(i, "sends; the answer is lost", |s, w| {
            s.losses -= 1;
            s.posts += 1;
            w.pc = Pc::Answered(Answer::Ambiguous);
        });
        self.act(i, "sends; the request is lost", |s, w| {
            s.losses -= 1;
            w.pc = Pc::Answered(Answer::Ambiguous);
        });
        if !self.state.delayed {
            self.act(i, "sends; the request is delayed", |s, w| {
                s.losses -= 1;
                s.delayed = true;
                w.pc = Pc::Answered(Answer::Ambiguous);
            });
        }
    }

    fn record(&mut self, i: usize, worker: Worker, answer: Answer) {
        if !self.may_write(worker) {
            return self.taken_over(i);
        }
        let honest = self.rules.honest;
        self.act(i, "records the outcome", |s, w| {
            match answer {
                Answer::Accepted => {
                    s.post = Post::Published;
                    s.mark = None;
                }
                Answer::NotSent => s.mark = None,
                Answer::Ambiguous if honest => {}
                Answer::Ambiguous => s.mark = None,
            }
            release(s, w);
        });
    }

    fn reconcile(&mut self, i: usize) {
        let found = self.state.posts > 0;
        let verdict = match (self.rules.tells, found) {
            (false, _) => Verdict::CannotTell,
            (true, true) => Verdict::Found,
            (true, false) => Verdict::Absent,
        };
        self.act(i, "asks the platform", |_, w| {
            w.pc = Pc::Reconciling(verdict)
        });
        if found && verdict == Verdict::CannotTell {
            self.act(i, "asks the platform, which shows it by now", |_, w| {
                w.pc = Pc::Reconciling(Verdict::Found);
            });
        }
    }

    fn conclude(&mut self, i: usize, worker: Worker, verdict: Verdict) {
        if !self.may_write(worker) {
            return self.taken_over(i);
        }
        self.act(i, "records what the platform told", |s, w| {
            s.mark = None;
            match verdict {
                Verdict::Found => s.post = Post::Published,
                Verdict::CannotTell => s.post = Post::Undecided,
                // It may be sent again.
                Verdict::Absent => {}
            }
            release(s, w);
        });
    }
}

fn release(s: &mut State, w: &mut Worker) {
    if w.fence {
        s.leased = false;
    }
    w.pc = Pc::Idle;
}
