//! Saved views: whose they are, how many, who may change them.

use base::ids::{AccountId, OrgId, StaffId};
use casework::Role;
use casework::actor::Staff;
use people::ErrorKind;
use people::views::{self, NewView, VIEWS_MAX, View};
use uuid::Uuid;

use crate::on_both;
use crate::place::{Place, after, nine};

on_both!(
    a_view_is_seen_by_its_owner_or_the_whole_organisation,
    a_shared_view_is_changed_by_its_author_until_they_leave,
    a_list_opens_with_the_view_somebody_chose,
    names_numbers_and_queries_are_limited,
    every_change_is_written_down,
);

async fn somebody(place: &Place, login: &'static str, org: OrgId) -> Staff {
    let (staff, account): (StaffId, AccountId) =
        place.staff(login, org, Role::Approver, "hash").await;
    Staff {
        account,
        staff,
        name: login.to_owned(),
        org,
        grants: Vec::new(),
        stands_in_for: Vec::new(),
    }
}

fn new(name: &str, shared: bool) -> NewView {
    NewView {
        list: "queue",
        shared,
        name: name.to_owned(),
        query: "light=over".to_owned(),
    }
}

async fn save(place: &Place, staff: &Staff, new: NewView) -> Result<View, people::Error> {
    let (staff, id) = (staff.clone(), place.ids.next_uuid(nine()));
    place
        .write(move |tx, _| views::save(tx, &staff, &new, id, nine()))
        .await
}

async fn names(place: &Place, staff: &Staff) -> Vec<String> {
    let staff = staff.clone();
    place
        .read(move |tx, _| views::of(tx, &staff, "queue"))
        .await
        .expect("read")
        .into_iter()
        .map(|view| view.name)
        .collect()
}

async fn delete(place: &Place, staff: &Staff, id: Uuid) -> Result<View, people::Error> {
    let staff = staff.clone();
    place
        .write(move |tx, _| views::delete(tx, &staff, id, after(60)))
        .await
}

async fn a_view_is_seen_by_its_owner_or_the_whole_organisation(place: Place) {
    let (market, civil) = (place.org("market").await, place.org("civil").await);
    let chen = somebody(&place, "chen", market).await;
    let wang = somebody(&place, "wang", market).await;
    let li = somebody(&place, "li", civil).await;
    let own = save(&place, &chen, new("超期的", false))
        .await
        .expect("saved");
    let shared = save(&place, &chen, new("本局超期", true))
        .await
        .expect("saved");
    assert_eq!(names(&place, &chen).await, ["超期的", "本局超期"]);
    assert_eq!(names(&place, &wang).await, ["本局超期"]);
    assert!(names(&place, &li).await.is_empty());
    for (who, id) in [(&wang, own.id), (&li, own.id), (&li, shared.id)] {
        let refused = delete(&place, who, id).await.expect_err("not theirs");
        assert_eq!(refused.kind(), ErrorKind::NotFound);
    }
    let again = save(
        &place,
        &chen,
        NewView {
            query: "kind=decide".to_owned(),
            ..new("超期的", false)
        },
    )
    .await
    .expect("replaced");
    assert_eq!((again.id, again.query.as_str()), (own.id, "kind=decide"));
}

async fn a_shared_view_is_changed_by_its_author_until_they_leave(place: Place) {
    let market = place.org("market").await;
    let chen = somebody(&place, "chen", market).await;
    let wang = somebody(&place, "wang", market).await;
    let shared = save(&place, &chen, new("本局超期", true))
        .await
        .expect("saved");
    let refused = delete(&place, &wang, shared.id)
        .await
        .expect_err("not the author");
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    let refused = save(&place, &wang, new("本局超期", true))
        .await
        .expect_err("taken");
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    let gone = chen.staff;
    place
        .write(move |tx, people| people.deactivate_staff(tx, gone, after(30)))
        .await
        .expect("left");
    delete(&place, &wang, shared.id).await.expect("deleted");
    assert!(names(&place, &wang).await.is_empty());
}

async fn a_list_opens_with_the_view_somebody_chose(place: Place) {
    let market = place.org("market").await;
    let chen = somebody(&place, "chen", market).await;
    let wang = somebody(&place, "wang", market).await;
    let shared = save(&place, &chen, new("本局超期", true))
        .await
        .expect("saved");
    let defaults = async |who: &Staff| -> usize {
        let who = who.clone();
        place
            .read(move |tx, _| views::of(tx, &who, "queue"))
            .await
            .expect("read")
            .iter()
            .filter(|view| view.is_default)
            .count()
    };
    let who = wang.clone();
    place
        .write(move |tx, _| views::set_default(tx, &who, shared.id, true, nine()))
        .await
        .expect("chosen");
    assert_eq!((defaults(&wang).await, defaults(&chen).await), (1, 0));
    delete(&place, &chen, shared.id).await.expect("deleted");
    assert_eq!(defaults(&wang).await, 0);
}

async fn names_numbers_and_queries_are_limited(place: Place) {
    let market = place.org("market").await;
    let chen = somebody(&place, "chen", market).await;
    for (name, query) in [
        ("", "light=over"),
        ("一二三四五六七八九十一二三四五六七八九十一", "light=over"),
        ("带空格", "q=a b"),
        ("带引号", "q=\"><script>"),
        ("换行", "q=a\r\nLocation:x"),
    ] {
        let refused = save(
            &place,
            &chen,
            NewView {
                query: query.to_owned(),
                ..new(name, false)
            },
        )
        .await
        .expect_err(name);
        assert_eq!(refused.kind(), ErrorKind::Invalid, "{name}");
    }
    for n in 0..VIEWS_MAX {
        save(&place, &chen, new(&format!("视图{n}"), false))
            .await
            .expect("saved");
    }
    let refused = save(&place, &chen, new("多出来的", false))
        .await
        .expect_err("full");
    assert!(refused.message().contains("30"), "{}", refused.message());
    save(&place, &chen, new("视图3", false))
        .await
        .expect("the same again");
    save(&place, &chen, new("共享的", true))
        .await
        .expect("counted apart");
}

async fn every_change_is_written_down(place: Place) {
    let market = place.org("market").await;
    let chen = somebody(&place, "chen", market).await;
    let saved = save(&place, &chen, new("超期的", false))
        .await
        .expect("saved");
    let who = chen.clone();
    place
        .write(move |tx, _| views::rename(tx, &who, saved.id, "红灯", after(10)))
        .await
        .expect("renamed");
    delete(&place, &chen, saved.id).await.expect("deleted");
    let acts: Vec<(String, String)> = place
        .read(move |tx, _| views::acts(tx, saved.id))
        .await
        .expect("read")
        .into_iter()
        .map(|(_, by, act, name)| {
            assert_eq!(by, chen.staff);
            (act, name)
        })
        .collect();
    let told: Vec<(&str, &str)> = acts
        .iter()
        .map(|(act, name)| (act.as_str(), name.as_str()))
        .collect();
    assert_eq!(
        told,
        [("save", "超期的"), ("rename", "红灯"), ("delete", "红灯")]
    );
}
