//! The steps at which a process can be caught.

use social_sandbox::{Endpoint, Fault, FaultKind};

/// One moment of a publish.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) name: &'static str,
    endpoint: Endpoint,
    done: bool,
    skip: u64,
}

const fn moment(name: &'static str, endpoint: Endpoint, done: bool, skip: u64) -> Moment {
    Moment {
        name,
        endpoint,
        done,
        skip,
    }
}

/// Every remote call of a publish, before and after its work was done. The file has three parts.
pub(crate) const STEPS: [Moment; 12] = [
    moment("creator info, asked", Endpoint::CreatorInfo, false, 0),
    moment(
        "creator info, answer under way",
        Endpoint::CreatorInfo,
        true,
        0,
    ),
    moment("init, asked", Endpoint::Init, false, 0),
    moment("init, answer under way", Endpoint::Init, true, 0),
    moment("part 1, under way", Endpoint::Upload, false, 0),
    moment("part 1, stored", Endpoint::Upload, true, 0),
    moment("part 2, under way", Endpoint::Upload, false, 1),
    moment("part 2, stored", Endpoint::Upload, true, 1),
    moment("last part, under way", Endpoint::Upload, false, 2),
    moment("last part, stored", Endpoint::Upload, true, 2),
    moment("status, asked", Endpoint::Status, false, 0),
    moment("status, answer under way", Endpoint::Status, true, 0),
];

impl Moment {
    pub(crate) fn fault(&self) -> Fault {
        let kind = if self.done {
            FaultKind::Hold
        } else {
            FaultKind::HoldBefore
        };
        Fault::new(self.endpoint, kind).skip(self.skip)
    }
}
