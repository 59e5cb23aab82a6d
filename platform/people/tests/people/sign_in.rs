//! Signing in, staying signed in, signing out.

use std::net::IpAddr;

use base::crypto::Entropy;
use base::ids::AccountId;
use casework::{Actor, Permission, Role};
use jiff::Timestamp;
use people::{Error, ErrorKind, SessionKind, SignIn, password};

use crate::on_both;
use crate::place::{Place, after, nine};

on_both!(
    login_and_password_open_a_session,
    a_wrong_password_and_an_unknown_login_look_alike,
    five_wrong_lock_login_and_address,
    a_session_lives_while_it_is_used,
    another_process_sees_a_sign_out_within_half_a_minute,
    signing_out_counts_at_once,
    a_new_password_ends_the_sessions,
    tokens_of_programs,
    logins_are_unique_whatever_their_case,
);

const PASSWORD: &str = "tz8-kq4m2x";

async fn clerk(place: &Place) -> AccountId {
    let hash = password::hash(PASSWORD, &Entropy::seeded(1));
    let org = place.org("market").await;
    place
        .staff("ck-city-1", org, Role::WindowClerk, &hash)
        .await
        .1
}

fn attempt(login: &str, password: &str) -> SignIn {
    SignIn {
        login: login.to_owned(),
        password: password.to_owned(),
        address: "192.0.2.1".parse::<IpAddr>().expect("an address"),
        kind: SessionKind::Browser,
    }
}

async fn login_and_password_open_a_session(place: Place) {
    let account = clerk(&place).await;
    let signed_in = place
        .people
        .sign_in(&place.db, attempt(" CK-city-1", PASSWORD), nine())
        .await
        .expect("signed in");
    assert_eq!(signed_in.token.len(), 64);
    let session = signed_in.session;
    assert_eq!(session.account, account);
    assert!(!session.must_change);
    let Actor::Staff(staff) = &session.actor else {
        panic!("{:?}", session.actor)
    };
    assert_eq!(staff.name, "工作人员ck-city-1");
    assert!(session.actor.may_somewhere(Permission::Receive));
    assert!(!session.actor.may_somewhere(Permission::Administer));
    let shown = format!("{session:?}");
    assert!(!shown.contains("csrf"), "{shown}");

    let known = place
        .read(move |tx, people| people.account(tx, account))
        .await
        .expect("read")
        .expect("there");
    assert_eq!(known.signed_in_at, Some(nine()));
    let rows = place
        .read(|tx, _| Ok(tx.query("SELECT * FROM sessions", &[])?))
        .await
        .expect("read");
    assert!(
        !format!("{rows:?}").contains(&signed_in.token),
        "only the digest is stored"
    );
}

async fn a_wrong_password_and_an_unknown_login_look_alike(place: Place) {
    let account = clerk(&place).await;
    let wrong = place
        .people
        .sign_in(&place.db, attempt("ck-city-1", "tz8-kq4m2y"), nine())
        .await
        .err();
    let unknown = place
        .people
        .sign_in(&place.db, attempt("nobody", PASSWORD), nine())
        .await
        .err();
    assert_eq!(wrong, Some(Error::SignInRefused));
    assert_eq!(wrong, unknown);
    place
        .write(move |tx, people| people.set_disabled(tx, account, true, nine()))
        .await
        .expect("disabled");
    let disabled = place
        .people
        .sign_in(&place.db, attempt("ck-city-1", PASSWORD), nine())
        .await
        .err();
    assert_eq!(disabled, Some(Error::Disabled));
    let guess = place
        .people
        .sign_in(&place.db, attempt("ck-city-1", "tz8-kq4m2y"), nine())
        .await
        .err();
    assert_eq!(guess, Some(Error::SignInRefused), "a stranger is not told");
}

async fn five_wrong_lock_login_and_address(place: Place) {
    clerk(&place).await;
    for second in 0..5 {
        let wrong = place
            .people
            .sign_in(
                &place.db,
                attempt("ck-city-1", "wrong wrong"),
                after(second),
            )
            .await
            .err();
        assert_eq!(wrong, Some(Error::SignInRefused));
    }
    let locked = place
        .people
        .sign_in(&place.db, attempt("ck-city-1", PASSWORD), after(5))
        .await
        .err()
        .expect("locked");
    assert_eq!(locked.kind(), ErrorKind::TooMany);
    assert_eq!(locked.message(), "尝试次数过多，请在 15 分钟后再试");
    place
        .people
        .sign_in(
            &place.db,
            attempt("ck-city-1", PASSWORD),
            after(4 + 15 * 60),
        )
        .await
        .expect("a quarter of an hour later");
}

async fn open(place: &Place, account: AccountId, now: Timestamp) -> String {
    place
        .write(move |tx, people| people.open_session(tx, account, SessionKind::Browser, now))
        .await
        .expect("opened")
}

async fn a_session_lives_while_it_is_used(place: Place) {
    let account = clerk(&place).await;
    let hour = 3600;
    let valid = async |token: &str, now| {
        place
            .people
            .find_session(&place.db, token, now)
            .await
            .expect("read")
            .is_some()
    };
    let idle = open(&place, account, nine()).await;
    assert!(valid(&idle, after(4 * hour - 1)).await);
    let unused = open(&place, account, nine()).await;
    assert!(
        !valid(&unused, after(4 * hour)).await,
        "nobody came for four hours"
    );

    let used = open(&place, account, nine()).await;
    for hours in [3, 6, 9] {
        assert!(valid(&used, after(hours * hour)).await, "{hours} h");
    }
    assert!(valid(&used, after(12 * hour - 1)).await);
    assert!(
        !valid(&used, after(12 * hour)).await,
        "a working day at most"
    );
    assert!(!valid("no token", nine()).await);

    let purged = place
        .write(move |tx, people| people.purge_sessions(tx, after(12 * hour), 100))
        .await
        .expect("purged");
    assert_eq!(purged, 3);
}

async fn another_process_sees_a_sign_out_within_half_a_minute(place: Place) {
    let account = clerk(&place).await;
    let token = open(&place, account, nine()).await;
    let other = people::People::new(
        people::Keys::from_material(crate::place::MATERIAL),
        Entropy::seeded(8),
    );
    let seen = async |now| {
        other
            .find_session(&place.db, &token, now)
            .await
            .expect("read")
            .is_some()
    };
    assert!(seen(nine()).await);
    let ended = token.clone();
    place
        .write(move |tx, people| people.sign_out(tx, &ended, after(1)))
        .await
        .expect("signed out");
    assert!(seen(after(29)).await, "still cached there");
    assert!(!seen(after(30)).await);
}

async fn signing_out_counts_at_once(place: Place) {
    let account = clerk(&place).await;
    let token = open(&place, account, nine()).await;
    let find = async || {
        place
            .people
            .find_session(&place.db, &token, nine())
            .await
            .expect("read")
    };
    assert!(find().await.is_some());
    assert!(place.people.cached_session(&token, nine()).is_some());
    let ended = token.clone();
    place
        .write(move |tx, people| people.sign_out(tx, &ended, nine()))
        .await
        .expect("signed out");
    assert!(find().await.is_none());
    assert!(place.people.cached_session(&token, nine()).is_none());
}

async fn a_new_password_ends_the_sessions(place: Place) {
    let account = clerk(&place).await;
    let token = open(&place, account, nine()).await;
    let hash = place
        .people
        .hash_password("qx7-vw3n9z".to_owned())
        .await
        .expect("hashed");
    place
        .write(move |tx, people| people.set_password(tx, account, &hash, true, nine()))
        .await
        .expect("set");
    let gone = place
        .people
        .find_session(&place.db, &token, nine())
        .await
        .expect("read");
    assert_eq!(gone, None);
    let signed_in = place
        .people
        .sign_in(&place.db, attempt("ck-city-1", "qx7-vw3n9z"), nine())
        .await
        .expect("the new one");
    assert!(signed_in.session.must_change);
    let old = place
        .people
        .sign_in(&place.db, attempt("ck-city-1", PASSWORD), nine())
        .await
        .err();
    assert_eq!(old, Some(Error::SignInRefused));
}

async fn tokens_of_programs(place: Place) {
    let account = clerk(&place).await;
    let day = 86_400;
    let token = place
        .write(move |tx, people| {
            people.issue_token(tx, account, "自建系统对接", after(90 * day), nine())
        })
        .await
        .expect("issued");
    let session = place
        .people
        .find_session(&place.db, &token, after(89 * day))
        .await
        .expect("read")
        .expect("valid");
    assert_eq!(session.kind, SessionKind::Bearer);
    let listed = place
        .read(move |tx, people| people.sessions_of(tx, account, after(89 * day)))
        .await
        .expect("read");
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].label, "自建系统对接");
    assert_eq!(
        listed[0].expires_at,
        after(90 * day),
        "use does not prolong it"
    );
    let digest = listed[0].digest.clone();
    place
        .write(move |tx, people| people.end_session(tx, account, &digest, after(89 * day)))
        .await
        .expect("ended");
    let gone = place
        .people
        .find_session(&place.db, &token, after(89 * day))
        .await
        .expect("read");
    assert_eq!(gone, None);
    for (label, until) in [("", after(day)), ("x", nine()), ("x", after(1000 * day))] {
        let refused = place
            .write(move |tx, people| people.issue_token(tx, account, label, until, nine()))
            .await;
        assert!(refused.is_err(), "{label} {until}");
    }
}

async fn logins_are_unique_whatever_their_case(place: Place) {
    clerk(&place).await;
    let org = place.org("tax").await;
    let (staff, account) = (place.id(), place.id());
    let new = people::NewStaff {
        login: "ＣＫ-City-1".to_owned(),
        password_hash: "x".to_owned(),
        must_change: true,
        name: "王小明".to_owned(),
        org,
        title: String::new(),
        window: None,
        grants: Vec::new(),
    };
    let error = place
        .write(move |tx, people| people.create_staff(tx, &new, staff, account, nine()))
        .await
        .expect_err("taken");
    assert_eq!(
        (error.kind(), error.field()),
        (ErrorKind::Conflict, Some("login"))
    );
    let found = place
        .read(|tx, people| people.staff_by_login(tx, "Ck-City-1"))
        .await
        .expect("read")
        .expect("there");
    assert_eq!(found.login.reveal(), "ck-city-1");
}
