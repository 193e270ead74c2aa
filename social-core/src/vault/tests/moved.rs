//! Nothing opens where it was not sealed for.

use super::*;
use crate::store::SealedField;

fn of(installation: u128) -> Vault {
    Vault {
        installation: Uuid::from_u128(installation),
        ..vault()
    }
}

#[tokio::test]
async fn every_swap_between_fields_rows_and_installations_is_refused() {
    let rows = ["1", "2", "12", ""];
    let mut values = Vec::new();
    for installation in 1..=2 {
        for field in SealedField::ALL {
            for row in rows {
                let place = field.place(row);
                let sealed = of(installation).seal(&place, b"secret").await.unwrap();
                values.push((installation, field, row, sealed));
            }
        }
    }
    let mut opened = 0;
    for (from, (.., sealed)) in values.iter().enumerate() {
        for (to, (installation, field, row, _)) in values.iter().enumerate() {
            let result = of(*installation).open(&field.place(row), sealed).await;
            assert_eq!(result.is_ok(), from == to, "{from} in the place of {to}");
            opened += usize::from(result.is_ok());
        }
    }
    assert_eq!(opened, values.len());
}

#[tokio::test]
async fn every_single_bit_flip_is_refused_whatever_the_length() {
    let vault = vault_of(LocalKeyRing::from_keys([&KEY, &OLD]).unwrap());
    for length in [0, 1, 16, 33] {
        let sealed = vault.seal(&PLACE, &vec![7; length]).await.unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_operator(&vault.open(&PLACE, &changed).await.unwrap_err());
            // What seems to be under the current key is left as it is; anything else has to open first.
            match vault.reseal(&PLACE, &changed).await {
                Ok(new) => assert_eq!(new, None, "bit {bit}"),
                Err(error) => assert_operator(&error),
            }
        }
    }
}

#[tokio::test]
async fn parts_of_two_values_make_no_third() {
    let vault = vault();
    let one = vault.seal(&PLACE, b"secret one").await.unwrap();
    let two = vault.seal(&PLACE, b"secret two").await.unwrap();
    for at in 1..one.len() {
        let mixed = [&one[..at], &two[at..]].concat();
        // Both begin with the same version and key.
        let whole = mixed == one || mixed == two;
        assert_eq!(
            vault.open(&PLACE, &mixed).await.is_ok(),
            whole,
            "cut at {at}"
        );
    }
}
