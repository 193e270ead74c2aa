//! Breadth-first search of every state that a model can reach.

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    fmt::Debug,
    hash::Hash,
};

pub(super) trait Model {
    type State: Clone + Debug + Eq + Hash;

    fn start(&self) -> Self::State;

    /// Every step that can follow, with a name for people.
    fn steps(&self, state: &Self::State) -> Vec<(String, Self::State)>;

    /// What is wrong with a state; `last` when no step follows.
    fn harm(&self, state: &Self::State, last: bool) -> Vec<&'static str>;
}

/// What a search found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) states: usize,
    /// Each kind of harm with the shortest way to it.
    pub(super) harm: BTreeMap<&'static str, Vec<String>>,
}

/// Every state.
pub(super) fn explore<M: Model>(name: &str, model: &M) -> Found {
    search(name, model, None)
}

/// Until this harm is found.
#[track_caller]
pub(super) fn hunt<M: Model>(name: &str, model: &M, what: &str) {
    let found = search(name, model, Some(what));
    assert!(
        found.harm.contains_key(what),
        "{what}: not found; only {:#?}",
        found.harm
    );
}

fn search<M: Model>(name: &str, model: &M, until: Option<&str>) -> Found {
    let mut parents = Vec::<Option<(usize, String)>>::from([None]);
    let mut states = vec![model.start()];
    let mut known = HashMap::from([(states[0].clone(), 0)]);
    let mut harm = BTreeMap::<&'static str, usize>::new();
    let mut next = 0;
    while next < states.len() && !until.is_some_and(|what| harm.contains_key(what)) {
        let steps = model.steps(&states[next]);
        for what in model.harm(&states[next], steps.is_empty()) {
            harm.entry(what).or_insert(next);
        }
        for (step, state) in steps {
            if let Entry::Vacant(new) = known.entry(state) {
                states.push(new.key().clone());
                parents.push(Some((next, step)));
                new.insert(states.len() - 1);
            }
        }
        next += 1;
    }
    let found = Found {
        states: states.len(),
        harm: harm
            .into_iter()
            .map(|(what, at)| (what, way(&parents, at)))
            .collect(),
    };
    report(name, &found);
    found
}

fn way(parents: &[Option<(usize, String)>], mut at: usize) -> Vec<String> {
    let mut steps = Vec::new();
    while let Some((parent, step)) = &parents[at] {
        steps.push(step.clone());
        at = *parent;
    }
    steps.reverse();
    steps
}

fn report(name: &str, found: &Found) {
    eprintln!("{name}: {} states", found.states);
    for (what, way) in &found.harm {
        eprintln!("  {what}:\n    {}", way.join("\n    "));
    }
}

impl Found {
    #[track_caller]
    pub(super) fn is_safe(&self, at_least: usize) {
        assert!(self.harm.is_empty(), "{:#?}", self.harm);
        assert!(self.states >= at_least, "only {} states", self.states);
    }
}

#[test]
fn finds_the_shortest_way() {
    struct Count;
    impl Model for Count {
        type State = u32;
        fn start(&self) -> u32 {
            0
        }
        fn steps(&self, state: &u32) -> Vec<(String, u32)> {
            let add = |n: u32| (format!("+{n}"), (state + n).min(9));
            if *state < 9 {
                vec![add(1), add(4)]
            } else {
                Vec::new()
            }
        }
        fn harm(&self, state: &u32, last: bool) -> Vec<&'static str> {
            let mut harm = Vec::new();
            if *state == 8 {
                harm.push("eight");
            }
            if last {
                harm.push("end");
            }
            harm
        }
    }
    let found = explore("count", &Count);
    assert_eq!(found.states, 10);
    assert_eq!(found.harm["eight"], ["+4", "+4"]);
    assert_eq!(found.harm["end"], ["+1", "+4", "+4"]);
}
