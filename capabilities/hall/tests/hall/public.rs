//! What everybody sees: `/halls` and the API.

use axum::http::StatusCode;
use base::ids::{HallId, WindowId};
use hall::{Hall, HallKind, Window, WindowKind, hours, manage};
use jiff::civil::date;
use serde_json::Value;

use crate::on_both;
use crate::place::{Place, nine};

on_both!(
    halls_are_found_with_their_hours_and_windows,
    a_closed_hall_is_gone,
    the_api_lists_page_by_page,
    odd_queries_are_answered,
);

fn a_hall(id: HallId, key: &str, name: &str, region: &str) -> Hall {
    Hall {
        id,
        key: key.to_owned(),
        name: name.to_owned(),
        kind: HallKind::Hall,
        tier: None,
        region: region.to_owned(),
        parent: None,
        address: "滨江大道66号".to_owned(),
        phone: "0990-85512345".to_owned(),
        hours: hours::parse("周一至周五 9:00—12:00\n周一至周五 13:00—17:00\n周六 9:00—12:00")
            .expect("hours"),
        zones: vec!["自助服务区".to_owned()],
        note: "地铁1号线<滨江>站".to_owned(),
        valid_from: date(2020, 1, 1),
        valid_to: None,
    }
}

async fn two_halls(place: &Place) -> (HallId, HallId) {
    let (city, county): (HallId, HallId) = (place.app.ids.next(nine()), place.app.ids.next(nine()));
    let window: WindowId = place.app.ids.next(nine());
    let office = place.office;
    place
        .write(move |tx| {
            manage::create_hall(
                tx,
                &a_hall(city, "city_hall", "云川市政务服务中心", "990100"),
            )?;
            manage::create_hall(
                tx,
                &a_hall(county, "linjiang_hall", "临江区政务服务中心", "990103"),
            )?;
            let window = Window {
                id: window,
                hall: city,
                number: "a01".to_owned(),
                name: "企业开办综合窗口".to_owned(),
                kind: WindowKind::Integrated,
                orgs: vec![office],
                closed_on: None,
            };
            manage::create_window(tx, &window)
        })
        .await;
    (city, county)
}

async fn halls_are_found_with_their_hours_and_windows(place: Place) {
    let (city, _) = two_halls(&place).await;
    let page = place.get_as("", "/halls").await.page();
    assert!(page.contains("云川市政务服务中心") && page.contains("临江区政务服务中心"));
    assert!(page.contains("周一至周五9:00—12:00、13:00—17:00；周六9:00—12:00"));
    assert!(page.contains("开放中，12:00关门"), "Monday at nine");
    assert!(!page.contains("name=\"csrf\""), "the same for everybody");
    let page = place.get_as("", "/halls?region=990103").await.page();
    assert!(!page.contains(">云川市政务服务中心<") && page.contains("临江区政务服务中心"));
    let page = place.get_as("", "/halls?q=%E6%B2%A1%E6%9C%89").await.page();
    assert!(page.contains("没有找到大厅"));
    let page = place.get_as("", "/halls?open=1").await.page();
    assert!(page.contains("云川市政务服务中心"), "open now");

    let page = place.get_as("", &format!("/halls/{city}")).await.page();
    assert!(page.contains("云岭省云川市"));
    assert!(page.contains("A01") && page.contains("企业开办综合窗口"));
    assert!(page.contains("<b>9:00—12:00、13:00—17:00</b>"), "today");
    assert!(
        page.contains("href=\"/browse/departments/"),
        "whose items are handled here"
    );
    assert!(page.contains("云川市政务服务管理局"));
    assert!(
        page.contains("地铁1号线&#60;滨江&#62;站"),
        "what people type is no HTML"
    );
    let unknown: HallId = place.app.ids.next(nine());
    let answer = place.get_as("", &format!("/halls/{unknown}")).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

async fn a_closed_hall_is_gone(place: Place) {
    let (city, county) = two_halls(&place).await;
    place
        .write(move |tx| manage::close_hall(tx, county, date(2026, 5, 17)))
        .await;
    let page = place.get_as("", "/halls").await.page();
    assert!(page.contains("云川市政务服务中心") && !page.contains("临江区政务服务中心"));
    let answer = place.get_as("", &format!("/halls/{county}")).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let answer = place.get_as("", &format!("/api/v1/halls/{county}")).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    place
        .get_as("", &format!("/api/v1/halls/{city}"))
        .await
        .page();
}

async fn the_api_lists_page_by_page(place: Place) {
    two_halls(&place).await;
    let list = |path: String| {
        let place = &place;
        async move {
            let body = place.get_as("", &path).await.page();
            serde_json::from_str::<Value>(&body).expect("JSON")
        }
    };
    let first = list("/api/v1/halls?limit=1".to_owned()).await;
    assert_eq!(first["items"][0]["key"], "city_hall");
    assert_eq!(first["items"][0]["region_name"], "云岭省云川市");
    assert_eq!(
        first["items"][0]["hours"][2]["weekdays"],
        serde_json::json!([6])
    );
    assert_eq!(first["items"][0]["windows"][0]["number"], "A01");
    let cursor = first["next"].as_str().expect("there is more");
    let second = list(format!("/api/v1/halls?limit=1&cursor={cursor}")).await;
    assert_eq!(second["items"][0]["key"], "linjiang_hall");
    assert_eq!(second["next"], Value::Null);

    let orgs = list("/api/v1/organisations".to_owned()).await;
    assert_eq!(orgs["items"][0]["key"], "city.approval");
    let below = list("/api/v1/regions?parent=990100".to_owned()).await;
    assert_eq!(below["items"][1]["name"], "临江区");
    let provinces = list("/api/v1/regions".to_owned()).await;
    assert_eq!(provinces["items"][0]["level"], "province");
}

async fn odd_queries_are_answered(place: Place) {
    two_halls(&place).await;
    for (path, status) in [
        ("/halls?region=x", StatusCode::OK),
        ("/halls?cursor=x", StatusCode::BAD_REQUEST),
        ("/halls/x", StatusCode::NOT_FOUND),
        ("/halls?q=%FF", StatusCode::BAD_REQUEST),
        ("/api/v1/halls?region=x", StatusCode::BAD_REQUEST),
        ("/api/v1/halls?limit=x", StatusCode::BAD_REQUEST),
        ("/api/v1/halls?colour=red", StatusCode::BAD_REQUEST),
        (
            "/api/v1/organisations?cursor=eyJ4IjoxfQ",
            StatusCode::BAD_REQUEST,
        ),
        ("/api/v1/regions?parent=%27", StatusCode::OK),
    ] {
        assert_eq!(place.get_as("", path).await.status, status, "{path}");
    }
}

#[test]
fn every_public_word_has_english() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/halls");
    let missing = ui::i18n::missing(&folder).expect("the templates");
    assert_eq!(missing, Vec::<String>::new());
    let kinds = HallKind::ALL.iter().map(|kind| kind.label());
    let tiers = hall::Tier::ALL.iter().map(|tier| tier.label());
    let windows = WindowKind::ALL.iter().map(|kind| kind.label());
    for label in kinds
        .chain(tiers)
        .chain(windows)
        .chain(["全部机构", "办事大厅"])
    {
        assert_ne!(ui::i18n::translate(ui::Lang::En, label), label);
    }
}
