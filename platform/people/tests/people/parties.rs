//! Registering, finding, sealing; acting for somebody.

use base::crypto::Entropy;
use base::ids::{AccountId, ItemId, PartyId};
use jiff::civil::date;
use people::{
    AccountKind, Error, Keys, NewAccount, NewParty, PartyKind, People, Proxy, ProxyItems,
    ProxyScope, SessionKind,
};
use store::params;
use uuid::Uuid;

use crate::on_both;
use crate::place::{Place, after, nine};

on_both!(
    the_same_number_is_the_same_party,
    what_is_wrong_is_said_by_field,
    nothing_personal_is_readable_in_the_table,
    a_ciphertext_opens_in_its_own_place_only,
    contact_details_change,
    two_clerks_register_one_person,
    an_agent_acts_within_the_authorisation,
    a_revoked_agent_acts_no_more,
);

fn chen() -> NewParty {
    NewParty {
        kind: PartyKind::Person,
        name: "陈采薇".to_owned(),
        id_number: "990101199003070007".to_owned(),
        phone: Some("138 0000 1234".to_owned()),
        address: Some("云川市临江区江岸街道和平路12号".to_owned()),
        region: "990103".to_owned(),
        legal_representative: None,
    }
}

fn firm() -> NewParty {
    NewParty {
        kind: PartyKind::Legal,
        name: "云川市清风餐饮有限公司".to_owned(),
        id_number: "91990101MA0000T1XA".to_owned(),
        phone: Some("0990-8551234".to_owned()),
        address: None,
        region: "990102".to_owned(),
        legal_representative: Some("陈采薇".to_owned()),
    }
}

async fn register(place: &Place, new: NewParty) -> Result<people::Party, Error> {
    let id = place.id();
    place
        .write(move |tx, people| people.register_party(tx, &new, id, nine()))
        .await
}

async fn the_same_number_is_the_same_party(place: Place) {
    let first = register(&place, chen()).await.expect("registered");
    assert_eq!(first.phone.as_ref().expect("given").reveal(), "13800001234");
    let again = NewParty {
        name: " 陈　采薇 ".to_owned(),
        id_number: "９９０１０１ 19900307 0007".to_owned(),
        phone: None,
        ..chen()
    };
    let second = register(&place, again).await.expect("known");
    assert_eq!(second, first);

    let other_name = NewParty {
        name: "陈采".to_owned(),
        ..chen()
    };
    assert_eq!(register(&place, other_name).await, Err(Error::NameMismatch));

    let found = place
        .read(|tx, people| people.find_party(tx, " 99010119900307 0007 "))
        .await
        .expect("read");
    assert_eq!(found, Some(first.clone()));
    let by_phone = place
        .read(|tx, people| people.find_parties_by_phone(tx, "+86 138-0000-1234"))
        .await
        .expect("read");
    assert_eq!(by_phone, vec![first]);
    let nobody = place
        .read(|tx, people| people.find_party(tx, "990101199003070015"))
        .await
        .expect("read");
    assert_eq!(nobody, None);

    let firm = register(&place, firm()).await.expect("registered");
    assert_eq!(firm.id_number.masked(), "91990101MA0000T1XA");
    assert_eq!(firm.legal_representative.as_deref(), Some("陈采薇"));
}

async fn what_is_wrong_is_said_by_field(place: Place) {
    type Spoil = fn(&mut NewParty);
    let cases: [(Spoil, &str); 8] = [
        (|new| " \u{202E} ".clone_into(&mut new.name), "name"),
        (|new| "123".clone_into(&mut new.name), "name"),
        (|new| new.name = "长".repeat(101), "name"),
        (
            |new| "990101199003070008".clone_into(&mut new.id_number),
            "id_number",
        ),
        (
            |new| "990101202703070001".clone_into(&mut new.id_number),
            "id_number",
        ),
        (|new| new.phone = Some("12345678901".to_owned()), "phone"),
        (|new| new.address = Some("路".repeat(201)), "address"),
        (|new| "99".clone_into(&mut new.region), "region"),
    ];
    for (spoil, field) in cases {
        let mut new = chen();
        spoil(&mut new);
        let error = register(&place, new).await.expect_err(field);
        assert_eq!(error.field(), Some(field), "{error:?}");
        assert!(!error.message().is_empty());
    }
}

async fn nothing_personal_is_readable_in_the_table(place: Place) {
    let party = register(&place, chen()).await.expect("registered");
    let account: AccountId = place.id();
    place
        .write(move |tx, people| {
            let new = NewAccount {
                login: "13800001234".to_owned(),
                password_hash: "x".to_owned(),
                kind: AccountKind::Person { party: party.id },
                must_change: false,
            };
            people.create_account(tx, &new, account, nine())
        })
        .await
        .expect("opened");
    let stored = place
        .read(|tx, _| {
            let mut stored = tx.query("SELECT * FROM parties", &[])?;
            stored.extend(tx.query("SELECT * FROM accounts", &[])?);
            Ok(format!("{stored:?}"))
        })
        .await
        .expect("read");
    let bytes_of = |text: &str| {
        format!("{:?}", text.as_bytes())
            .trim_matches(['[', ']'])
            .to_owned()
    };
    for secret in ["990101199003070007", "13800001234", "和平路"] {
        assert!(!stored.contains(secret), "{secret} is stored as text");
        assert!(
            !stored.contains(&bytes_of(secret)),
            "{secret} is stored as bytes"
        );
    }
    // The check itself can see what is there in the open.
    assert!(stored.contains("陈采薇"));
}

async fn a_ciphertext_opens_in_its_own_place_only(place: Place) {
    let chen = register(&place, chen()).await.expect("registered");
    let other = NewParty {
        name: "王小明".to_owned(),
        id_number: "990101200002290011".to_owned(),
        phone: Some("13900005678".to_owned()),
        ..self::chen()
    };
    let wang = register(&place, other).await.expect("registered");
    let (from, to) = (chen.id, wang.id);
    place
        .write(move |tx, _| {
            tx.exec(
                "UPDATE parties
                    SET phone_enc = (SELECT p.phone_enc FROM parties p WHERE p.party_id = $1)
                  WHERE party_id = $2",
                &params![from.uuid(), to.uuid()],
            )?;
            Ok(())
        })
        .await
        .expect("moved");
    let error = place
        .read(move |tx, people| people.party(tx, to))
        .await
        .expect_err("not its own");
    assert!(matches!(error, Error::Sealed(_)), "{error:?}");
    place
        .read(move |tx, people| people.party(tx, from))
        .await
        .expect("untouched")
        .expect("there");

    let stranger = People::new(Keys::from_material(b"another material"), Entropy::seeded(1));
    let read = place
        .db
        .read(move |tx| stranger.party(tx, from))
        .await
        .expect_err("another key");
    assert!(matches!(read, Error::Sealed(_)), "{read:?}");
}

async fn contact_details_change(place: Place) {
    let party = register(&place, chen()).await.expect("registered");
    let id = party.id;
    place
        .write(move |tx, people| {
            people.update_party_contact(tx, id, Some("0990-8551234"), Some("  "), after(60))
        })
        .await
        .expect("changed");
    let party = place
        .read(move |tx, people| people.party(tx, id))
        .await
        .expect("read")
        .expect("there");
    assert_eq!(party.phone.expect("given").reveal(), "09908551234");
    assert_eq!(party.address, None);
    let gone = place
        .read(|tx, people| people.find_parties_by_phone(tx, "13800001234"))
        .await
        .expect("read");
    assert!(gone.is_empty());
    let stranger: PartyId = place.id();
    let error = place
        .write(move |tx, people| people.update_party_contact(tx, stranger, None, None, nine()))
        .await;
    assert_eq!(error, Err(Error::NotFound("party")));
}

async fn two_clerks_register_one_person(place: Place) {
    let mut tries = Vec::new();
    for _ in 0..20 {
        let (db, people, id) = (place.db.clone(), place.people.clone(), place.id());
        tries.push(tokio::spawn(async move {
            db.write(move |tx| people.register_party(tx, &chen(), id, nine()))
                .await
        }));
    }
    let mut ids = Vec::new();
    for attempt in tries {
        ids.push(
            attempt
                .await
                .expect("no panic")
                .expect("registered or known")
                .id,
        );
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
}

async fn an_agent_acts_within_the_authorisation(place: Place) {
    let agent = register(&place, chen()).await.expect("registered").id;
    let principal = register(&place, firm()).await.expect("registered").id;
    let (food, fire, tax): (ItemId, ItemId, ItemId) = (place.id(), place.id(), place.id());
    let proxy = |items: ProxyItems, from, to| Proxy {
        id: place.id::<PartyId>().uuid(),
        principal,
        agent,
        scope: ProxyScope { items },
        how: people::ProxyHow::default(),
        from,
        to,
        created_at: nine(),
        revoked_at: None,
    };
    let given = [
        proxy(
            ProxyItems::List(vec![food]),
            date(2026, 5, 18),
            Some(date(2026, 5, 20)),
        ),
        proxy(ProxyItems::List(vec![fire]), date(2026, 5, 20), None),
    ];
    let scope_at = async |now| {
        place
            .read(move |tx, people| people.proxy_scope(tx, agent, principal, now))
            .await
            .expect("read")
    };
    assert_eq!(scope_at(nine()).await, None);
    for proxy in given {
        place
            .write(move |tx, people| people.authorise(tx, &proxy))
            .await
            .expect("kept");
    }
    let day = 86_400;
    let today = scope_at(nine()).await.expect("the first holds");
    assert!(today.covers(food) && !today.covers(fire) && !today.covers(tax));
    let last_day = scope_at(after(2 * day)).await.expect("both hold");
    assert!(last_day.covers(food) && last_day.covers(fire));
    let later = scope_at(after(3 * day)).await.expect("the second holds");
    assert!(!later.covers(food) && later.covers(fire));
    // 23:59 and 00:00 in China, not in Greenwich.
    let eve: jiff::Timestamp = "2026-05-17T15:59:59Z".parse().expect("an instant");
    assert_eq!(scope_at(eve).await, None);

    let principals = place
        .read(move |tx, people| people.principals_of(tx, agent, nine()))
        .await
        .expect("read");
    assert_eq!(principals, vec![(principal, firm().name)]);

    for (bad, field) in [
        (
            proxy(ProxyItems::List(Vec::new()), date(2026, 5, 18), None),
            "items",
        ),
        (
            proxy(ProxyItems::All, date(2026, 5, 18), Some(date(2026, 5, 17))),
            "to",
        ),
        (
            Proxy {
                principal: agent,
                ..proxy(ProxyItems::All, date(2026, 5, 18), None)
            },
            "agent",
        ),
    ] {
        let error = place
            .write(move |tx, people| people.authorise(tx, &bad))
            .await
            .expect_err(field);
        assert_eq!(error.field(), Some(field));
    }
}

async fn a_revoked_agent_acts_no_more(place: Place) {
    let agent = register(&place, chen()).await.expect("registered").id;
    let principal = register(&place, firm()).await.expect("registered").id;
    let account: AccountId = place.id();
    let proxy = Uuid::from_u128(7);
    let token = place
        .write(move |tx, people| {
            let new = NewAccount {
                login: "chencw".to_owned(),
                password_hash: "x".to_owned(),
                kind: AccountKind::Person { party: agent },
                must_change: false,
            };
            people.create_account(tx, &new, account, nine())?;
            let given = Proxy {
                id: proxy,
                principal,
                agent,
                scope: ProxyScope {
                    items: ProxyItems::All,
                },
                how: people::ProxyHow::default(),
                from: date(2026, 5, 18),
                to: None,
                created_at: nine(),
                revoked_at: None,
            };
            people.authorise(tx, &given)?;
            people.open_session(tx, account, SessionKind::Browser, nine())
        })
        .await
        .expect("set up");
    let applicant = async |now| {
        let session = place
            .people
            .find_session(&place.db, &token, now)
            .await
            .expect("read")
            .expect("signed in");
        match &session.actor {
            casework::Actor::Person(person) => person.applicant(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(applicant(nine()).await, agent);
    let session = place
        .people
        .find_session(&place.db, &token, nine())
        .await
        .expect("read")
        .expect("signed in");
    place
        .write(move |tx, people| people.act_for(tx, &session, Some(principal), nine()))
        .await
        .expect("allowed");
    assert_eq!(applicant(nine()).await, principal);
    let stranger = place
        .write(move |tx, people| people.revoke(tx, proxy, agent, nine()))
        .await;
    assert_eq!(
        stranger,
        Err(Error::NotFound("proxy")),
        "only the principal may"
    );
    place
        .write(move |tx, people| people.revoke(tx, proxy, principal, nine()))
        .await
        .expect("revoked");
    assert_eq!(applicant(nine()).await, agent);
}
