//! No case may be forgotten: each public function of a suite is in one list, which the macros mount.

/// The names of the functions in these sources.
fn written(sources: &[&str]) -> Vec<String> {
    let names = sources.iter().flat_map(|source| {
        let functions = source.split("\npub async fn ").skip(1);
        functions.filter_map(|text| text.split(['(', '<']).next())
    });
    let mut names: Vec<_> = names.map(str::to_owned).collect();
    names.sort();
    names
}

fn mounted(lists: &[&[&str]]) -> Vec<String> {
    let mut names: Vec<_> = lists.concat().into_iter().map(str::to_owned).collect();
    names.sort();
    names
}

macro_rules! sources {
    ($($file:literal)*) => {
        &[$(include_str!(concat!("../../../src/conformance/", $file, ".rs"))),*]
    };
}

#[test]
fn every_case_of_the_installation_is_mounted() {
    let lists: [&[&str]; 4] = [
        social_core::installation_store_suite!(@ names),
        social_core::installation_store_durability_suite!(@ names),
        social_core::installation_store_instances_suite!(@ names),
        social_core::installation_store_lives_suite!(@ names),
    ];
    let sources: &[&str] = sources!(
        "installation" "installation/instances" "installation/lives" "installation/seals"
    );
    assert_eq!(written(sources), mounted(&lists));
    assert_eq!(lists.map(<[_]>::len), [11, 3, 6, 4]);
}

#[test]
fn every_case_of_logins_is_mounted() {
    let lists: [&[&str]; 2] = [
        social_core::login_store_suite!(@ names),
        social_core::login_store_durability_suite!(@ names),
    ];
    assert_eq!(written(sources!("logins")), mounted(&lists));
    assert_eq!(lists.map(<[_]>::len), [17, 2]);
}

#[test]
fn every_case_of_media_is_mounted() {
    let lists: [&[&str]; 5] = [
        social_core::media_store_suite!(@ names),
        social_core::media_store_parts_suite!(@ names),
        social_core::media_store_age_suite!(@ names),
        social_core::media_store_spoilt_suite!(@ names),
        social_core::media_store_durability_suite!(@ names),
    ];
    let sources: &[&str] =
        sources!("media/age" "media/durability" "media/files" "media/parts" "media/uploads");
    assert_eq!(written(sources), mounted(&lists));
    assert_eq!(lists.map(<[_]>::len), [13, 15, 5, 1, 2]);
}

#[test]
fn every_case_of_what_is_told_is_mounted() {
    let lists: [&[&str]; 1] = [social_core::told_suite!(@ names)];
    let sources: &[&str] = sources!("told/apply" "told/hand" "told/unmatched");
    assert_eq!(written(sources), mounted(&lists));
    assert_eq!(lists.map(<[_]>::len), [20]);
}

#[test]
fn every_case_of_tokens_is_mounted() {
    let lists: [&[&str]; 2] = [
        social_core::token_store_suite!(@ names),
        social_core::token_store_durability_suite!(@ names),
    ];
    let sources: &[&str] = sources!(
        "tokens/claim" "tokens/comeback" "tokens/due" "tokens/durability" "tokens/login" "tokens/order" "tokens/release" "tokens/rows"
        "tokens/save" "tokens/together" "tokens/verdict" "tokens/walk"
    );
    assert_eq!(written(sources), mounted(&lists));
    assert_eq!(lists.map(<[_]>::len), [79, 4]);
}

#[test]
fn every_case_of_posts_is_mounted() {
    let lists: [&[&str]; 4] = [
        social_core::post_store_suite!(@ names),
        social_core::post_store_durability_suite!(@ names),
        social_core::post_store_losses_suite!(@ names),
        social_core::post_store_wakes_suite!(@ names),
    ];
    let sources: &[&str] = sources!(
        "posts/cancel" "posts/claim" "posts/durability" "posts/edit" "posts/fair"
        "posts/fence" "posts/hasten" "posts/hold" "posts/losses" "posts/media" "posts/owner" "posts/pending" "posts/record" "posts/release"
        "posts/remote" "posts/restored" "posts/start" "posts/submit" "posts/there" "posts/view" "posts/wakes"
    );
    assert_eq!(written(sources), mounted(&lists));
    assert_eq!(lists.map(<[_]>::len), [146, 4, 13, 4]);
}

#[test]
fn every_case_of_events_is_mounted() {
    let lists: [&[&str]; 3] = [
        social_core::event_store_suite!(@ names),
        social_core::event_store_durability_suite!(@ names),
        social_core::event_store_wakes_suite!(@ names),
    ];
    let sources: &[&str] = sources!(
        "events/claim" "events/durability" "events/elsewhere" "events/end" "events/fence" "events/insert" "events/order"
        "events/purge" "events/replay" "events/same" "events/subject" "events/view" "events/wakes" "events/window"
    );
    assert_eq!(written(sources), mounted(&lists));
    assert_eq!(lists.map(<[_]>::len), [83, 4, 2]);
}

#[test]
fn every_case_of_limits_is_mounted() {
    let lists: [&[&str]; 2] = [
        social_core::limits_suite!(@ names),
        social_core::limits_durability_suite!(@ names),
    ];
    let sources: &[&str] = sources!(
        "limits/block" "limits/cost" "limits/durability" "limits/ending" "limits/grant" "limits/keys" "limits/observe"
        "limits/purge" "limits/queue" "limits/race" "limits/refund" "limits/unblock" "limits/usage"
    );
    assert_eq!(written(sources), mounted(&lists));
    assert_eq!(lists.map(<[_]>::len), [91, 7]);
}

#[test]
fn every_case_of_what_is_sealed_is_mounted() {
    let lists: [&[&str]; 2] = [
        social_core::sealed_store_suite!(@ names),
        social_core::sealed_store_durability_suite!(@ names),
    ];
    let sources: &[&str] = sources!("sealed/claims" "sealed/page" "sealed/reseal");
    assert_eq!(written(sources), mounted(&lists));
    assert_eq!(lists.map(<[_]>::len), [19, 1]);
}

#[test]
fn every_case_of_cancellation_is_mounted() {
    let lists: [&[&str]; 7] = [
        social_core::event_store_cancellation_suite!(@ names),
        social_core::installation_store_cancellation_suite!(@ names),
        social_core::limits_cancellation_suite!(@ names),
        social_core::login_store_cancellation_suite!(@ names),
        social_core::post_store_cancellation_suite!(@ names),
        social_core::sealed_store_cancellation_suite!(@ names),
        social_core::token_store_cancellation_suite!(@ names),
    ];
    let sources: &[&str] = sources!(
        "cancel/events" "cancel/installation" "cancel/limits" "cancel/logins" "cancel/posts"
        "cancel/sealed" "cancel/tokens"
    );
    assert_eq!(written(sources), mounted(&lists));
    assert_eq!(lists.map(<[_]>::len), [9, 3, 7, 6, 16, 2, 9]);
}

#[test]
fn every_case_of_comments_is_mounted() {
    let cases: &[&str] = social_core::comments_suite!(@ names);
    let sources: &[&str] = sources!("comments/bounds" "comments/read" "comments/write");
    assert_eq!(written(sources), mounted(&[cases]));
    assert_eq!(cases.len(), 16);
}

#[test]
fn every_case_of_content_is_mounted() {
    let cases: &[&str] = social_core::content_source_suite!(@ names);
    let sources: &[&str] = sources!("content/bounds" "content/media");
    assert_eq!(written(sources), mounted(&[cases]));
    assert_eq!(cases.len(), 10);
}

#[test]
fn every_case_of_handlers_is_mounted() {
    let cases: &[&str] = social_core::event_handler_suite!(@ names);
    assert_eq!(written(sources!("handler")), mounted(&[cases]));
    assert_eq!(cases.len(), 6);
}

#[test]
fn every_case_of_insights_is_mounted() {
    let cases: &[&str] = social_core::insights_suite!(@ names);
    let sources: &[&str] = sources!("insights/bounds" "insights/values");
    assert_eq!(written(sources), mounted(&[cases]));
    assert_eq!(cases.len(), 12);
}

#[test]
fn every_case_of_key_rings_is_mounted() {
    let cases: &[&str] = social_core::key_ring_suite!(@ names);
    assert_eq!(written(sources!("keyring")), mounted(&[cases]));
    assert_eq!(cases.len(), 7);
}

#[test]
fn every_case_of_oauth_is_mounted() {
    let cases: &[&str] = social_core::oauth_provider_suite!(@ names);
    let sources: &[&str] = sources!("oauth/consent" "oauth/refresh" "oauth/secrets");
    assert_eq!(written(sources), mounted(&[cases]));
    assert_eq!(cases.len(), 19);
}

#[test]
fn every_case_of_publishers_is_mounted() {
    let cases: &[&str] = social_core::publisher_suite!(@ names);
    let sources: &[&str] = sources!(
        "publisher/bounds" "publisher/events" "publisher/once" "publisher/plan" "publisher/restored"
    );
    assert_eq!(written(sources), mounted(&[cases]));
    assert_eq!(cases.len(), 23);
}

#[test]
fn every_case_of_subscriptions_is_mounted() {
    let cases: &[&str] = social_core::event_subscriptions_suite!(@ names);
    let sources: &[&str] =
        sources!("subscriptions/bounds" "subscriptions/callback" "subscriptions/keep");
    assert_eq!(written(sources), mounted(&[cases]));
    assert_eq!(cases.len(), 11);
}

#[test]
fn every_case_of_webhooks_is_mounted() {
    let cases: &[&str] = social_core::webhook_verifier_suite!(@ names);
    let sources: &[&str] =
        sources!("webhook/address" "webhook/challenge" "webhook/ids" "webhook/signature");
    assert_eq!(written(sources), mounted(&[cases]));
    assert_eq!(cases.len(), 14);
}
