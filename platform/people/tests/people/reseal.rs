//! Changing keys: what older ones sealed is sealed again, found as before, whoever writes meanwhile.

use base::crypto::Entropy;
use base::ids::PartyId;
use people::reseal::SEALED;
use people::{Keys, NewParty, Party, PartyKind, People};
use store::params;

use crate::on_both;
use crate::place::{MATERIAL, Place, nine};

on_both!(
    everything_is_sealed_with_the_newest_key,
    what_somebody_writes_meanwhile_stays,
    what_cannot_be_opened_is_named_and_left,
);

/// More than two batches.
const MANY: u32 = 450;

fn renewed() -> People {
    let keys = Keys::from_material(MATERIAL)
        .renewed(2, b"another material for tests")
        .expect("the number is free");
    People::new(keys, Entropy::seeded(8))
}

/// 公民身份号码 with its check character (GB 11643).
fn number(n: u32) -> String {
    let body = format!("99010119900307{n:03}");
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body
        .bytes()
        .zip(weights)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    let check = ["1", "0", "X", "9", "8", "7", "6", "5", "4", "3", "2"][sum as usize % 11];
    format!("{body}{check}")
}

async fn parties(place: &Place, many: u32) -> Vec<Party> {
    let ids: Vec<PartyId> = (0..many).map(|_| place.id()).collect();
    place
        .write(move |tx, people| {
            (0..)
                .zip(&ids)
                .map(|(n, id)| {
                    let new = NewParty {
                        kind: PartyKind::Person,
                        name: "陈采薇".to_owned(),
                        id_number: number(n),
                        phone: n.is_multiple_of(2).then(|| format!("138{n:08}")),
                        address: n.is_multiple_of(3).then(|| format!("和平路{n}号")),
                        region: "990103".to_owned(),
                        legal_representative: None,
                    };
                    people.register_party(tx, &new, *id, nine())
                })
                .collect()
        })
        .await
        .expect("registered")
}

async fn outdated(place: &Place, people: &People) -> u64 {
    let mut left = 0;
    for sealed in SEALED {
        let people = people.clone();
        left += place
            .db
            .read(move |tx| people.count_outdated(tx, sealed))
            .await
            .expect("counted");
    }
    left
}

async fn everything_is_sealed_with_the_newest_key(place: Place) {
    let before = parties(&place, MANY).await;
    let people = renewed();
    assert_eq!(outdated(&place, &place.people).await, 0);
    assert_eq!(outdated(&place, &people).await, 450 + 225 + 150);
    let mut done = Vec::new();
    for sealed in SEALED {
        let resealed = people.reseal(&place.db, sealed).await.expect("resealed");
        assert_eq!((resealed.overtaken, resealed.unreadable.len()), (0, 0));
        done.push(resealed.done);
    }
    assert_eq!(done, [450, 225, 150, 0]);
    assert_eq!(outdated(&place, &people).await, 0);
    // Started again, there is nothing left to do.
    for sealed in SEALED {
        let again = people.reseal(&place.db, sealed).await.expect("resealed");
        assert_eq!(again, people::reseal::Resealed::default());
    }

    // Found by number and phone as before, and the same.
    let found = place
        .db
        .read(move |tx| {
            for party in &before {
                let number = party.id_number.reveal();
                assert_eq!(people.find_party(tx, number)?.as_ref(), Some(party));
                if let Some(phone) = &party.phone {
                    let found = people.find_parties_by_phone(tx, phone.reveal())?;
                    assert_eq!(found, std::slice::from_ref(party));
                }
            }
            Ok::<_, people::Error>(before.len())
        })
        .await
        .expect("every value opens");
    assert_eq!(found, 450);
    // The key of before opens nothing any more.
    let gone = place
        .read(|tx, people| people.find_party(tx, &number(0)))
        .await;
    assert!(gone.is_err(), "{gone:?}");
}

async fn what_somebody_writes_meanwhile_stays(place: Place) {
    let before = parties(&place, MANY).await;
    let people = renewed();
    let (db, writer) = (place.db.clone(), people.clone());
    let ids: Vec<PartyId> = before.iter().map(|party| party.id).collect();
    // From the last to the first: the two meet on the way.
    let writing = tokio::spawn(async move {
        for (n, id) in ids.into_iter().enumerate().rev() {
            let people = writer.clone();
            db.write(move |tx| {
                let phone = format!("139{n:08}");
                people.update_party_contact(tx, id, Some(&phone), Some("江岸街道1号"), nine())
            })
            .await
            .expect("written");
        }
    });
    for sealed in SEALED {
        people.reseal(&place.db, sealed).await.expect("resealed");
    }
    writing.await.expect("written to the end");
    assert_eq!(outdated(&place, &people).await, 0);
    place
        .db
        .read(move |tx| {
            for (n, party) in before.iter().enumerate() {
                let now = people.party(tx, party.id)?.expect("registered");
                let phone = now.phone.as_ref().expect("written").reveal().to_owned();
                assert_eq!(phone, format!("139{n:08}"));
                assert_eq!(
                    now.address.as_ref().expect("written").reveal(),
                    "江岸街道1号"
                );
                assert_eq!(people.find_parties_by_phone(tx, &phone)?.len(), 1);
            }
            Ok::<_, people::Error>(())
        })
        .await
        .expect("every value opens");
}

async fn what_cannot_be_opened_is_named_and_left(place: Place) {
    let before = parties(&place, 3).await;
    let (from, to) = (before[0].id, before[1].id);
    // A ciphertext copied into another row opens nowhere.
    place
        .write(move |tx, _| {
            let row = tx.query_one(
                "SELECT id_number_enc FROM parties WHERE party_id = $1",
                &params![from.uuid()],
            )?;
            let copied: Vec<u8> = row.get(0)?;
            tx.exec(
                "UPDATE parties SET id_number_enc = $2 WHERE party_id = $1",
                &params![to.uuid(), copied],
            )?;
            Ok(())
        })
        .await
        .expect("copied");
    let people = renewed();
    let resealed = people
        .reseal(&place.db, &SEALED[0])
        .await
        .expect("the others are done");
    assert_eq!(resealed.done, 2);
    assert_eq!(
        resealed.unreadable,
        [format!("parties|id_number|{}", to.uuid())]
    );
    assert_eq!(outdated(&place, &people).await, 1 + 2 + 1);
}
