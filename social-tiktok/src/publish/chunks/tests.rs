use proptest::prelude::*;

use super::*;

fn plan(size: u64) -> ChunkPlan {
    ChunkPlan::new(size, ChunkLimits::default()).unwrap()
}

fn last(plan: ChunkPlan) -> u64 {
    let range = plan.chunk_at(plan.chunk * (plan.count - 1)).unwrap();
    range.end - range.start
}

#[test]
fn plans_are_those_that_tiktok_takes() {
    for (size, chunk, count, last_chunk) in [
        (1, 1, 1, 1),
        (4_194_304, 4_194_304, 1, 4_194_304),
        (64_000_000, 64_000_000, 1, 64_000_000),
        (64_000_001, 10_000_000, 6, 14_000_001),
        (66_259_900, 10_000_000, 6, 16_259_900),
        (121_000_000, 10_000_000, 12, 11_000_000),
        (602_285_541, 10_000_000, 60, 12_285_541),
        (4_294_967_296, 10_000_000, 429, 14_967_296),
    ] {
        let plan = plan(size);
        assert_eq!(
            (plan.chunk, plan.count, last(plan)),
            (chunk, count, last_chunk),
            "{size}"
        );
    }
}

#[test]
fn the_plans_that_tiktok_refused_do_not_come_back() {
    for (size, chunk, count) in [
        (66_259_900, 64_000_000, 1),
        (121_000_000, 67_108_864, 1),
        (65_000_000, 60_000_000, 2),
        (602_285_541, 67_108_864, 9),
    ] {
        let plan = plan(size);
        assert_ne!((plan.chunk, plan.count), (chunk, count));
    }
}

#[test]
fn an_example_of_the_documentation() {
    let limits = ChunkLimits::new(5_242_880, 10_000_000);
    let plan = ChunkPlan::new(50_000_123, limits).unwrap();
    assert_eq!(
        (plan.chunk, plan.count, last(plan)),
        (10_000_000, 5, 10_000_123)
    );
}

#[test]
fn what_cannot_be_sent_has_no_plan() {
    assert_eq!(ChunkPlan::new(0, ChunkLimits::default()), None);
    assert_eq!(
        ChunkPlan::new(VIDEO_BYTES_MAX + 1, ChunkLimits::default()),
        None
    );
    assert!(ChunkLimits::new(64_000_001, 10_000_000).check().is_err());
    assert!(ChunkLimits::new(64_000_000, 5_242_879).check().is_err());
    assert!(ChunkLimits::new(64_000_000, 32_000_001).check().is_err());
    assert!(ChunkLimits::default().check().is_ok());
}

#[test]
fn both_readings_of_the_progress_lead_to_the_same_boundary() {
    let plan = plan(66_259_900);
    assert_eq!(plan.boundary_of(9_999_999), Some(10_000_000));
    assert_eq!(plan.boundary_of(10_000_000), Some(10_000_000));
    assert_eq!(plan.boundary_of(66_259_899), Some(66_259_900));
    assert_eq!(plan.boundary_of(66_259_900), Some(66_259_900));
    assert_eq!(plan.boundary_of(60_000_000), None);
    assert_eq!(plan.boundary_of(u64::MAX), None);
}

#[test]
fn what_is_taken_of_a_chunk_leads_back_to_its_beginning() {
    let plan = plan(66_259_900);
    for (taken, begins) in [
        (0, 0),
        (9_999_999, 0),
        (10_000_000, 10_000_000),
        (50_000_000, 50_000_000),
        // The last chunk is longer than the others.
        (60_000_001, 50_000_000),
        (66_259_899, 50_000_000),
    ] {
        assert_eq!(plan.chunk_of(taken), begins, "{taken}");
    }
}

fn limits() -> impl Strategy<Value = ChunkLimits> {
    (0..=WHOLE_MAX, CHUNK_MIN..=CHUNK_MAX)
        .prop_map(|(whole_max, chunk)| ChunkLimits::new(whole_max, chunk))
}

/// Every rule that is documented, and every one that was met.
fn check(size: u64, limits: ChunkLimits) {
    let plan = ChunkPlan::new(size, limits).unwrap();
    assert!((1..=1000).contains(&plan.count), "{plan:?}");
    assert_eq!(plan.count, size / plan.chunk, "the whole part: {plan:?}");
    assert!(plan.count > 1 || plan.chunk == size, "one is all: {plan:?}");
    assert!(plan.chunk <= WHOLE_MAX, "{plan:?}");
    assert!(plan.chunk >= CHUNK_MIN || plan.count == 1, "{plan:?}");
    assert!(last(plan) <= 128_000_000, "{plan:?}");
    assert!(
        last(plan) >= plan.chunk,
        "the last takes the rest: {plan:?}"
    );
    let before_last = plan.chunk * (plan.count - 1);
    assert_eq!(before_last + last(plan), size, "nothing twice: {plan:?}");
}

/// The sizes at which TikTok changes its mind, in both readings of MB, and the files around them.
#[test]
fn plans_around_every_limit_satisfy_every_known_rule() {
    let sizes = [
        5_000_000,
        CHUNK_MIN,
        10_000_000,
        2 * CHUNK_MIN,
        20_000_000,
        32_000_000,
        WHOLE_MAX,
        64 << 20,
        2 * WHOLE_MAX,
        128 << 20,
        512 << 20,
        1 << 30,
        4_000_000_000,
        VIDEO_BYTES_MAX,
    ];
    let all = [
        ChunkLimits::default(),
        ChunkLimits::new(WHOLE_MAX, CHUNK_MIN),
        ChunkLimits::new(WHOLE_MAX, CHUNK_MAX),
        ChunkLimits::new(0, CHUNK_MIN),
        ChunkLimits::new(CHUNK_MIN, CHUNK_MAX),
        ChunkLimits::new(1, 10_000_000),
    ];
    for limits in all {
        assert!(limits.check().is_ok());
        for size in sizes {
            for size in size - 1024..=(size + 1024).min(VIDEO_BYTES_MAX) {
                check(size, limits);
            }
        }
        for size in 1..=1024 {
            check(size, limits);
        }
        for size in VIDEO_BYTES_MAX + 1..=VIDEO_BYTES_MAX + 1024 {
            assert_eq!(ChunkPlan::new(size, limits), None);
        }
    }
}

/// The same sizes each time (SplitMix64).
#[test]
fn a_hundred_thousand_sizes_satisfy_every_known_rule() {
    let mut state = 0x0020_2611_2000_0001_u64;
    let mut next = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    };
    for _ in 0..100_000 {
        let size = 1 + next() % VIDEO_BYTES_MAX;
        check(size, ChunkLimits::default());
        let whole_max = next() % (WHOLE_MAX + 1);
        let chunk = CHUNK_MIN + next() % (CHUNK_MAX - CHUNK_MIN + 1);
        check(size, ChunkLimits::new(whole_max, chunk));
    }
}

proptest! {
    #[test]
    fn chunks_follow_each_other_to_the_end(size in 1..=VIDEO_BYTES_MAX, limits in limits()) {
        let plan = ChunkPlan::new(size, limits).unwrap();
        check(size, limits);
        let mut offset = 0;
        let mut chunks = 0;
        while let Some(range) = plan.chunk_at(offset) {
            offset = range.end;
            chunks += 1;
        }
        prop_assert_eq!((offset, chunks), (size, plan.count));
    }

    #[test]
    fn no_offset_panics(size in 1..=VIDEO_BYTES_MAX, offset in any::<u64>()) {
        let plan = plan(size);
        let _ = (plan.chunk_at(offset), plan.boundary_of(offset));
        prop_assert!(plan.chunk_at(plan.chunk_of(offset)).is_some());
    }
}
