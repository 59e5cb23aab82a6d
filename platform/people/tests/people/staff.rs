//! Organisations, staff and what they may do.

use base::ids::{OrgId, StaffId};
use casework::{Actor, Grant, Permission, Role, Scope};
use jiff::civil::date;
use people::orgs::{self, OrgFilter, OrgOrder};
use people::staff::{StaffFilter, StaffOrder};
use people::{Error, ErrorKind, Org, SessionKind};

use crate::on_both;
use crate::place::{Place, an_org, nine};

on_both!(
    organisations_are_kept_and_listed,
    what_is_wrong_with_an_organisation_is_said,
    an_organisation_with_staff_cannot_close,
    a_list_goes_on_where_it_ended_in_every_order,
    staff_are_listed_by_what_is_asked,
    changed_grants_count_at_once,
    somebody_who_left_is_out,
    the_last_administrator_stays,
);

async fn create(place: &Place, org: Org) -> Result<(), Error> {
    place.write(move |tx, _| orgs::create(tx, &org)).await
}

async fn keys(
    place: &Place,
    filter: OrgFilter,
    after: Option<(&'static str, &'static str)>,
) -> Vec<String> {
    place
        .read(move |tx, _| orgs::list(tx, &filter, after, 10))
        .await
        .expect("read")
        .into_iter()
        .map(|org| org.key)
        .collect()
}

async fn organisations_are_kept_and_listed(place: Place) {
    let market = Org {
        uscc: Some("11990101MB00000193".to_owned()),
        phone: Some("0990-86010001".to_owned()),
        ..an_org(place.id(), "city.market")
    };
    create(&place, market.clone()).await.expect("added");
    let branch = Org {
        region: "990102".to_owned(),
        level: 4,
        parent: Some(market.id),
        ..an_org(place.id(), "yunchuan.market")
    };
    create(&place, branch.clone()).await.expect("added");
    let gone = Org {
        valid_to: Some(date(2025, 12, 31)),
        name: "云川市100%_计量局".to_owned(),
        ..an_org(place.id(), "city.measures")
    };
    create(&place, gone).await.expect("added");

    let read = place
        .read(|tx, _| orgs::by_key(tx, "city.market"))
        .await
        .expect("read");
    assert_eq!(read, Some(market.clone()));
    assert_eq!(
        create(&place, an_org(place.id(), "city.market"))
            .await
            .expect_err("taken")
            .kind(),
        ErrorKind::Conflict
    );

    let all = ["city.market", "city.measures", "yunchuan.market"];
    assert_eq!(keys(&place, OrgFilter::default(), None).await, all);
    assert_eq!(
        keys(
            &place,
            OrgFilter::default(),
            Some(("990100", "city.market"))
        )
        .await,
        all[1..]
    );
    let today = OrgFilter {
        on: Some(date(2026, 5, 18)),
        ..OrgFilter::default()
    };
    assert_eq!(
        keys(&place, today, None).await,
        ["city.market", "yunchuan.market"]
    );
    let county = OrgFilter {
        region: Some("990102".to_owned()),
        ..OrgFilter::default()
    };
    assert_eq!(keys(&place, county, None).await, ["yunchuan.market"]);
    for (query, found) in [
        ("100%_", vec!["city.measures"]),
        ("%", vec!["city.measures"]),
        ("\\", Vec::new()),
    ] {
        let filter = OrgFilter {
            query: Some(query.to_owned()),
            ..OrgFilter::default()
        };
        assert_eq!(keys(&place, filter, None).await, found, "{query}");
    }

    let renamed = Org {
        name: "云川市市场监督管理局".to_owned(),
        ..market
    };
    let wanted = renamed.clone();
    place
        .write(move |tx, _| orgs::update(tx, &renamed))
        .await
        .expect("changed");
    let id = wanted.id;
    assert_eq!(
        place
            .read(move |tx, _| orgs::by_id(tx, id))
            .await
            .expect("read"),
        Some(wanted)
    );
}

async fn what_is_wrong_with_an_organisation_is_said(place: Place) {
    type Spoil = fn(&mut Org);
    let cases: [(Spoil, &str); 9] = [
        (|org| "City".clone_into(&mut org.key), "key"),
        (|org| " ".clone_into(&mut org.name), "name"),
        (|org| org.short_name = "长".repeat(21), "short_name"),
        (
            |org| org.uscc = Some("11990101MB00000194".to_owned()),
            "uscc",
        ),
        (|org| "9901".clone_into(&mut org.region), "region"),
        (|org| org.level = 0, "level"),
        (|org| org.phone = Some("你好".to_owned()), "phone"),
        (|org| org.valid_to = Some(date(2019, 1, 1)), "valid_to"),
        (|org| org.parent = Some(org.id), "parent"),
    ];
    for (spoil, field) in cases {
        let mut org = an_org(place.id(), "city.test");
        spoil(&mut org);
        let error = create(&place, org).await.expect_err(field);
        assert_eq!(error.field(), Some(field), "{error:?}");
    }
    let top = an_org(place.id(), "top");
    let below = Org {
        parent: Some(top.id),
        ..an_org(place.id(), "below")
    };
    create(&place, top.clone()).await.expect("added");
    create(&place, below.clone()).await.expect("added");
    let circle = Org {
        parent: Some(below.id),
        ..top
    };
    let error = place
        .write(move |tx, _| orgs::update(tx, &circle))
        .await
        .expect_err("a circle");
    assert_eq!(error.field(), Some("parent"));
}

async fn an_organisation_with_staff_cannot_close(place: Place) {
    let org = place.org("market").await;
    let (boss, _) = place
        .staff("boss", place.org("office").await, Role::Administrator, "x")
        .await;
    let (staff, _) = place.staff("zhang", org, Role::Approver, "x").await;
    let close = async || {
        place
            .write(move |tx, _| orgs::close(tx, org, date(2026, 12, 31)))
            .await
    };
    let error = close().await.expect_err("somebody works there");
    assert!(error.message().contains("1 名在岗人员"), "{error:?}");
    place
        .write(move |tx, people| people.deactivate_staff(tx, staff, nine()))
        .await
        .expect("left");
    close().await.expect("closed");
    assert_ne!(boss, staff);
}

async fn logins(
    place: &Place,
    filter: StaffFilter,
    after: Option<StaffId>,
    limit: usize,
) -> Vec<String> {
    place
        .read(move |tx, people| people.list_staff(tx, &filter, after, limit))
        .await
        .expect("read")
        .into_iter()
        .map(|staff| staff.login.reveal().to_owned())
        .collect()
}

async fn staff_are_listed_by_what_is_asked(place: Place) {
    let (market, tax) = (place.org("market").await, place.org("tax").await);
    let (first, _) = place.staff("ck-1", market, Role::WindowClerk, "x").await;
    place.staff("sp-1", market, Role::Approver, "x").await;
    let (third, _) = place.staff("sp-2", tax, Role::Approver, "x").await;
    place
        .write(move |tx, people| people.deactivate_staff(tx, third, nine()))
        .await
        .expect("left");

    assert_eq!(
        logins(&place, StaffFilter::default(), None, 2).await,
        ["ck-1", "sp-1"]
    );
    assert_eq!(
        logins(&place, StaffFilter::default(), Some(first), 10).await,
        ["sp-1", "sp-2"]
    );
    let filters = [
        (
            StaffFilter {
                org: Some(market),
                ..StaffFilter::default()
            },
            vec!["ck-1", "sp-1"],
        ),
        (
            StaffFilter {
                role: Some(Role::Approver),
                active: Some(true),
                ..StaffFilter::default()
            },
            vec!["sp-1"],
        ),
        (
            StaffFilter {
                active: Some(false),
                ..StaffFilter::default()
            },
            vec!["sp-2"],
        ),
        (
            StaffFilter {
                query: Some("SP-1".to_owned()),
                ..StaffFilter::default()
            },
            vec!["sp-1"],
        ),
        (
            StaffFilter {
                query: Some("人员ck".to_owned()),
                region: Some("990100".to_owned()),
                ..StaffFilter::default()
            },
            vec!["ck-1"],
        ),
        (
            StaffFilter {
                region: Some("990102".to_owned()),
                ..StaffFilter::default()
            },
            Vec::new(),
        ),
    ];
    for (filter, found) in filters {
        assert_eq!(
            logins(&place, filter.clone(), None, 10).await,
            found,
            "{filter:?}"
        );
    }
}

fn grant(role: Role, region: &str, org: Option<OrgId>) -> Grant {
    Grant {
        role,
        region: region.to_owned(),
        org,
    }
}

async fn changed_grants_count_at_once(place: Place) {
    let market = place.org("market").await;
    let (staff, account) = place.staff("sp-1", market, Role::WindowClerk, "x").await;
    let token = place
        .write(move |tx, people| people.open_session(tx, account, SessionKind::Browser, nine()))
        .await
        .expect("opened");
    let may = async |permission, region: &'static str, org| {
        let session = place
            .people
            .find_session(&place.db, &token, nine())
            .await
            .expect("read")
            .expect("signed in");
        session.actor.may(permission, &Scope { region, org })
    };
    assert!(may(Permission::Receive, "990102", Some(market)).await);
    assert!(!may(Permission::Decide, "990102", Some(market)).await);
    place
        .write(move |tx, people| {
            people.set_grants(
                tx,
                staff,
                &[grant(Role::Approver, "990102", Some(market))],
                nine(),
            )
        })
        .await
        .expect("granted");
    assert!(!may(Permission::Receive, "990102", Some(market)).await);
    assert!(may(Permission::Decide, "990102001", Some(market)).await);
    assert!(!may(Permission::Decide, "990103", Some(market)).await);

    let twice = vec![grant(Role::Approver, "990100", None); 2];
    let nowhere = vec![grant(Role::Approver, "99", None)];
    let no_org = vec![grant(Role::Approver, "990100", Some(place.id()))];
    let crowd = (0..51)
        .map(|n| grant(Role::Approver, &format!("99{n:04}"), None))
        .collect();
    for bad in [twice, nowhere, no_org, crowd] {
        let error = place
            .write(move |tx, people| people.set_grants(tx, staff, &bad, nine()))
            .await
            .expect_err("refused");
        assert_eq!(error.field(), Some("grants"));
    }
    assert!(
        may(Permission::Decide, "990102001", Some(market)).await,
        "a refused change changes nothing"
    );
}

async fn somebody_who_left_is_out(place: Place) {
    let market = place.org("market").await;
    let (staff, account) = place.staff("sp-1", market, Role::Approver, "x").await;
    let token = place
        .write(move |tx, people| people.open_session(tx, account, SessionKind::Browser, nine()))
        .await
        .expect("opened");
    place
        .write(move |tx, people| people.deactivate_staff(tx, staff, nine()))
        .await
        .expect("left");
    let session = place
        .people
        .find_session(&place.db, &token, nine())
        .await
        .expect("read");
    assert_eq!(session, None);
    let actor = place
        .read(move |tx, people| people.actor_for(tx, account))
        .await
        .expect("read");
    assert_eq!(actor, None);
    let name = place
        .read(move |tx, _| people::staff::name(tx, staff))
        .await
        .expect("read");
    assert_eq!(
        name.as_deref(),
        Some("工作人员sp-1"),
        "cases go on naming them"
    );
    place
        .write(move |tx, people| people.reactivate_staff(tx, staff, nine()))
        .await
        .expect("back");
    let actor = place
        .read(move |tx, people| people.actor_for(tx, account))
        .await
        .expect("read");
    assert!(matches!(actor, Some(Actor::Staff(_))), "{actor:?}");
}

async fn the_last_administrator_stays(place: Place) {
    let office = place.org("office").await;
    let (first, _) = place.staff("admin", office, Role::Administrator, "x").await;
    let lose = async |staff| {
        place
            .write(move |tx, people| people.set_grants(tx, staff, &[], nine()))
            .await
    };
    assert_eq!(
        lose(first).await.expect_err("the last one").kind(),
        ErrorKind::Conflict
    );
    let leave = place
        .write(move |tx, people| people.deactivate_staff(tx, first, nine()))
        .await;
    assert_eq!(leave.expect_err("the last one").kind(), ErrorKind::Conflict);
    let (second, _) = place
        .staff("admin2", office, Role::Administrator, "x")
        .await;
    lose(first).await.expect("another is there");
    assert_eq!(
        lose(second).await.expect_err("the last one").kind(),
        ErrorKind::Conflict
    );
}

/// Read two by two, a list in any order holds everybody once, and its opposite is the same turned around.
async fn a_list_goes_on_where_it_ended_in_every_order(place: Place) {
    let org = place.org("city.market").await;
    for key in ["b.market", "a.market", "c.market"] {
        place.org(key).await;
    }
    for login in ["zhao", "qian", "sun", "li", "zhou"] {
        place.staff(login, org, Role::Approver, "hash").await;
    }
    let staff = async |order: StaffOrder| -> Vec<StaffId> {
        place
            .read(move |tx, people| {
                let (mut all, mut after) = (Vec::new(), None);
                loop {
                    let filter = StaffFilter::default();
                    let page = people.list_staff_by(tx, &filter, order, after.as_ref(), 2)?;
                    let Some(last) = page.last() else {
                        return Ok(all);
                    };
                    after = Some(order.place(last));
                    all.extend(page.iter().map(|one| one.id));
                }
            })
            .await
            .expect("read")
    };
    for (order, opposite) in [
        (StaffOrder::Added, StaffOrder::AddedLast),
        (StaffOrder::Name, StaffOrder::NameDown),
    ] {
        let mut there = staff(order).await;
        assert_eq!(there.len(), 5, "{order:?}");
        there.reverse();
        assert_eq!(there, staff(opposite).await, "{order:?}");
    }
    let bodies = async |order: OrgOrder| -> Vec<String> {
        place
            .read(move |tx, _| {
                let (mut all, mut after) = (Vec::new(), None::<(String, String)>);
                loop {
                    let from = after.as_ref().map(|(a, b)| (a.as_str(), b.as_str()));
                    let page = orgs::list_by(tx, &OrgFilter::default(), order, from, 2)?;
                    let Some(last) = page.last() else {
                        return Ok(all);
                    };
                    after = Some(order.place(last));
                    all.extend(page.iter().map(|one| one.key.clone()));
                }
            })
            .await
            .expect("read")
    };
    for (order, opposite) in [
        (OrgOrder::Region, OrgOrder::RegionDown),
        (OrgOrder::Name, OrgOrder::NameDown),
    ] {
        let mut there = bodies(order).await;
        assert_eq!(there.len(), 4, "{order:?}");
        there.reverse();
        assert_eq!(there, bodies(opposite).await, "{order:?}");
    }
}
