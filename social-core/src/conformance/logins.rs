//! The rules of [`LoginStore`].

use super::{
    Harness, Reopen,
    fixtures::{UNICODE, at, connector, micros, named, race, refused, uuid},
};
use crate::{
    error::{ErrorKind, Result},
    store::{LoginRecord, LoginStore, OfferRecord},
};

fn login(number: u8) -> LoginRecord {
    LoginRecord {
        state_hash: [number; 32],
        browser_hash: [0xff; 32],
        redirect_uri: "http://127.0.0.1/callback".to_owned(),
        sealed: vec![0, 255, number],
        ..LoginRecord::new(named("owner"), connector(), at(600))
    }
}

fn offer(number: u128) -> OfferRecord {
    OfferRecord::new(
        uuid(number),
        named("owner"),
        connector(),
        vec![0, 255],
        at(600),
    )
}

/// A login comes back as it was put, to the microsecond.
pub async fn gives_back_what_was_put(harness: &impl Harness<Store: LoginStore>) -> Result<()> {
    let store = harness.store().await;
    let login = LoginRecord {
        expires_at: at(600) + micros(123_456),
        ..login(1)
    };
    store.put(&login).await?;
    assert_eq!(store.peek(&[1; 32], at(0)).await?, Some(login.clone()));
    assert_eq!(store.take(&[1; 32], at(0)).await?, Some(login));
    Ok(())
}

/// Text of any script and values of a megabyte come back unchanged.
pub async fn keeps_unicode_and_large_values(
    harness: &impl Harness<Store: LoginStore>,
) -> Result<()> {
    let store = harness.store().await;
    let login = LoginRecord {
        owner: named(UNICODE),
        redirect_uri: UNICODE.repeat(100),
        sealed: vec![0xa5; 1 << 20],
        ..login(1)
    };
    store.put(&login).await?;
    assert!(store.take(&[1; 32], at(0)).await? == Some(login), "changed");
    let offer = OfferRecord {
        owner: named(UNICODE),
        sealed: vec![0x5a; 1 << 20],
        ..offer(1)
    };
    store.put_offer(&offer).await?;
    let kept = store.offer(&named(UNICODE), uuid(1), at(0)).await?;
    assert!(kept == Some(offer), "changed");
    Ok(())
}

/// `Conflict` when the state is already there; the first login stays.
pub async fn a_state_is_put_once(harness: &impl Harness<Store: LoginStore>) -> Result<()> {
    let store = harness.store().await;
    store.put(&login(1)).await?;
    let second = LoginRecord {
        owner: named("another"),
        ..login(1)
    };
    let answer = store.put(&second).await;
    refused(answer, ErrorKind::Conflict, "a state is put once");
    assert_eq!(store.take(&[1; 32], at(0)).await?, Some(login(1)));
    Ok(())
}

/// A callback in another browser must not use a login up.
pub async fn a_look_does_not_take_it(harness: &impl Harness<Store: LoginStore>) -> Result<()> {
    let store = harness.store().await;
    store.put(&login(1)).await?;
    for _ in 0..3 {
        assert_eq!(store.peek(&[1; 32], at(0)).await?, Some(login(1)));
    }
    assert_eq!(store.take(&[1; 32], at(0)).await?, Some(login(1)));
    Ok(())
}

/// What was taken is gone, for looks too.
pub async fn a_login_is_taken_once(harness: &impl Harness<Store: LoginStore>) -> Result<()> {
    let store = harness.store().await;
    store.put(&login(1)).await?;
    assert!(store.take(&[1; 32], at(0)).await?.is_some());
    assert_eq!(store.take(&[1; 32], at(0)).await?, None, "taken twice");
    assert_eq!(store.peek(&[1; 32], at(0)).await?, None, "it is gone");
    Ok(())
}

/// Of any number of callers one gets the login.
pub async fn of_many_takes_one_gets_it(harness: &impl Harness<Store: LoginStore>) -> Result<()> {
    let store = harness.store().await;
    store.put(&login(1)).await?;
    let answers = race(&store, |store, _| async move {
        store.take(&[1; 32], at(0)).await
    })
    .await;
    let mut winners = 0;
    for answer in answers {
        winners += usize::from(answer?.is_some());
    }
    assert_eq!(winners, 1, "one of many takes gets the login");
    Ok(())
}

/// A login counts only before `now` reaches its end.
pub async fn an_ended_login_is_not_there(harness: &impl Harness<Store: LoginStore>) -> Result<()> {
    let store = harness.store().await;
    store.put(&login(1)).await?;
    for ended in [at(600), at(601)] {
        assert_eq!(store.peek(&[1; 32], ended).await?, None, "at {ended}");
        assert_eq!(store.take(&[1; 32], ended).await?, None, "at {ended}");
    }
    let last = at(600) - micros(1);
    assert!(store.peek(&[1; 32], last).await?.is_some(), "not ended yet");
    assert!(store.take(&[1; 32], last).await?.is_some(), "not ended yet");
    Ok(())
}

/// A state that nobody put has no login.
pub async fn an_unknown_state_has_no_login(
    harness: &impl Harness<Store: LoginStore>,
) -> Result<()> {
    let store = harness.store().await;
    store.put(&login(1)).await?;
    assert_eq!(store.peek(&[2; 32], at(0)).await?, None);
    assert_eq!(store.take(&[2; 32], at(0)).await?, None);
    Ok(())
}

/// Taking one login leaves the others.
pub async fn takes_the_login_of_its_state_only(
    harness: &impl Harness<Store: LoginStore>,
) -> Result<()> {
    let store = harness.store().await;
    for number in 1..=3 {
        store.put(&login(number)).await?;
    }
    assert_eq!(store.take(&[2; 32], at(0)).await?, Some(login(2)));
    assert_eq!(store.take(&[1; 32], at(0)).await?, Some(login(1)));
    assert_eq!(store.take(&[3; 32], at(0)).await?, Some(login(3)));
    Ok(())
}

/// An offer comes back as it was put, to the microsecond.
pub async fn gives_back_an_offer(harness: &impl Harness<Store: LoginStore>) -> Result<()> {
    let store = harness.store().await;
    let offer = OfferRecord {
        expires_at: at(600) + micros(654_321),
        ..offer(u128::MAX)
    };
    store.put_offer(&offer).await?;
    let kept = store.offer(&named("owner"), uuid(u128::MAX), at(0)).await?;
    assert_eq!(kept, Some(offer));
    Ok(())
}

/// `Conflict` when the id is already there; the first offer stays.
pub async fn an_offer_is_put_once(harness: &impl Harness<Store: LoginStore>) -> Result<()> {
    let store = harness.store().await;
    store.put_offer(&offer(1)).await?;
    let second = OfferRecord {
        owner: named("another"),
        ..offer(1)
    };
    let answer = store.put_offer(&second).await;
    refused(answer, ErrorKind::Conflict, "an offer is put once");
    let kept = store.offer(&named("owner"), uuid(1), at(0)).await?;
    assert_eq!(kept, Some(offer(1)));
    Ok(())
}

/// Nobody sees the offer of another owner.
pub async fn an_offer_is_its_owners_only(harness: &impl Harness<Store: LoginStore>) -> Result<()> {
    let store = harness.store().await;
    store.put_offer(&offer(1)).await?;
    for other in ["another", "Owner", "owner ", "%"] {
        let seen = store.offer(&named(other), uuid(1), at(0)).await?;
        assert_eq!(seen, None, "{other:?} sees it");
    }
    Ok(())
}

/// An offer counts only before `now` reaches its end.
pub async fn an_ended_offer_is_not_there(harness: &impl Harness<Store: LoginStore>) -> Result<()> {
    let store = harness.store().await;
    store.put_offer(&offer(1)).await?;
    for ended in [at(600), at(601)] {
        let seen = store.offer(&named("owner"), uuid(1), ended).await?;
        assert_eq!(seen, None, "at {ended}");
    }
    let seen = store
        .offer(&named("owner"), uuid(1), at(600) - micros(1))
        .await?;
    assert_eq!(seen, Some(offer(1)), "not ended yet");
    Ok(())
}

/// Looking at an offer does not take it.
pub async fn an_offer_is_looked_at_any_number_of_times(
    harness: &impl Harness<Store: LoginStore>,
) -> Result<()> {
    let store = harness.store().await;
    store.put_offer(&offer(1)).await?;
    for _ in 0..3 {
        let seen = store.offer(&named("owner"), uuid(1), at(0)).await?;
        assert_eq!(seen, Some(offer(1)));
    }
    Ok(())
}

/// Of any number of callers one hears that it removed the offer.
pub async fn of_many_removals_of_an_offer_one_hears_yes(
    harness: &impl Harness<Store: LoginStore>,
) -> Result<()> {
    let store = harness.store().await;
    store.put_offer(&offer(1)).await?;
    let answers = race(&store, |store, _| async move {
        store.remove_offer(&named("owner"), uuid(1)).await
    })
    .await;
    let mut winners = 0;
    for answer in answers {
        winners += usize::from(answer?);
    }
    assert_eq!(winners, 1, "one of many removals hears yes");
    assert_eq!(store.offer(&named("owner"), uuid(1), at(0)).await?, None);
    Ok(())
}

/// Nobody removes the offer of another owner, and nobody removes what is not there.
pub async fn an_offer_is_removed_by_its_owner_only(
    harness: &impl Harness<Store: LoginStore>,
) -> Result<()> {
    let store = harness.store().await;
    store.put_offer(&offer(1)).await?;
    assert!(!store.remove_offer(&named("another"), uuid(1)).await?);
    assert!(!store.remove_offer(&named("owner"), uuid(2)).await?);
    let kept = store.offer(&named("owner"), uuid(1), at(0)).await?;
    assert_eq!(kept, Some(offer(1)), "it is still there");
    Ok(())
}

/// Purging removes what has ended, says how many, and leaves the rest.
pub async fn purges_what_has_ended(harness: &impl Harness<Store: LoginStore>) -> Result<()> {
    let store = harness.store().await;
    store.put(&login(1)).await?;
    store.put_offer(&offer(1)).await?;
    let later = LoginRecord {
        expires_at: at(900),
        ..login(2)
    };
    store.put(&later).await?;
    assert_eq!(store.purge(at(599)).await?, 0, "nothing has ended");
    assert_eq!(store.purge(at(601)).await?, 2, "a login and an offer");
    assert_eq!(store.peek(&[1; 32], at(0)).await?, None, "purged");
    assert_eq!(
        store.offer(&named("owner"), uuid(1), at(0)).await?,
        None,
        "purged"
    );
    assert_eq!(store.take(&[2; 32], at(601)).await?, Some(later));
    assert_eq!(store.purge(at(9_999)).await?, 0, "nothing is left");
    Ok(())
}

/// What was put is there in the next process.
pub async fn logins_and_offers_outlive_their_process(
    harness: &impl Reopen<Store: LoginStore>,
) -> Result<()> {
    let store = harness.store().await;
    store.put(&login(1)).await?;
    store.put_offer(&offer(1)).await?;
    let store = harness.reopen(store).await;
    assert_eq!(store.take(&[1; 32], at(0)).await?, Some(login(1)));
    let kept = store.offer(&named("owner"), uuid(1), at(0)).await?;
    assert_eq!(kept, Some(offer(1)));
    Ok(())
}

/// What was taken does not come back in the next process.
pub async fn a_taken_login_stays_taken(harness: &impl Reopen<Store: LoginStore>) -> Result<()> {
    let store = harness.store().await;
    store.put(&login(1)).await?;
    store.take(&[1; 32], at(0)).await?;
    let store = harness.reopen(store).await;
    assert_eq!(store.take(&[1; 32], at(0)).await?, None, "taken twice");
    Ok(())
}
