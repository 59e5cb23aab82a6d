//! 情形导办: an application asks what the answers lead to, and the case keeps them.

use std::sync::Arc;

use approval::details;
use axum::http::StatusCode;
use base::ids::VersionId;
use catalog::model::{Limit, Necessity, Outcome, Question, QuestionKind, Situation};
use catalog::store::{NewVersion, Publisher};

use super::city::{City, citizen_id, on_both};
use super::journey::submitted;

/// The city's item, published again with two questions: who sells online only has no shop to describe.
async fn guided(city: &City) {
    let published = city.intake.catalog.current(city.item).await;
    let published = published.expect("reads").expect("there");
    let mut item = published.item.clone();
    let yes_no = |key: &str, text: &str, when: &str| Question {
        key: key.into(),
        text: text.into(),
        kind: QuestionKind::YesNo,
        when: when.into(),
        ..Question::default()
    };
    let always = item
        .materials
        .iter()
        .filter(|m| m.necessity == Necessity::Required);
    let all: Vec<String> = always.map(|material| material.key.clone()).collect();
    item.situation = Situation {
        questions: vec![
            yes_no("shop", "有店面吗？", ""),
            yes_no("street", "摆在街上吗？", "!shop"),
        ],
        outcomes: vec![
            Outcome {
                key: "shop".into(),
                name: "有店面".into(),
                when: "shop".into(),
                pages: vec!["shop".into()],
                ..Outcome::default()
            },
            Outcome {
                key: "online".into(),
                name: "只在网上卖".into(),
                when: "!shop && !street".into(),
                without: all,
                promised_limit: Some(Limit {
                    n: 3,
                    unit: calendar::Unit::WorkingDay,
                    note: String::new(),
                }),
                ..Outcome::default()
            },
            Outcome {
                key: "street".into(),
                name: "摆摊".into(),
                when: "street".into(),
                stop: "请到街道办事处登记".into(),
                ..Outcome::default()
            },
        ],
    };
    assert_eq!(catalog::guided::check(&item.situation, &item).findings, []);
    let (item_id, org_id) = (city.item, published.org_id);
    let now = city.app.now();
    let version_id: VersionId = city.app.ids.next(now);
    let item = Arc::new(item);
    city.app
        .db
        .write(move |tx| {
            let press = Publisher::begin(tx, now, "测试")?;
            let new = NewVersion {
                item_id,
                version_id,
                org_id,
                region: "990102",
                item: &item,
                flags: &[],
            };
            press.publish(tx, new).map(|_| ())
        })
        .await
        .expect("publishes");
    city.intake.catalog.refresh().await.expect("reads again");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_decide_what_is_asked_and_stay_with_the_case() {
    on_both(async |city: City| {
        guided(&city).await;
        let me = city.citizen_cookie.clone();
        let start = format!("/apply/{}", city.item);
        let questions = format!("/items/{}/situation", city.item);
        assert!(city.get(&me, &start).await.page().contains(&questions));
        let told = city
            .get(&me, &format!("{start}?q-shop=no&q-street=no"))
            .await;
        assert!(told.page().contains("有店面吗？"));
        assert_eq!(
            told.hidden("situation").replace("&#38;", "&"),
            "q-shop=no&q-street=no"
        );

        // Answers that end elsewhere begin nothing.
        let street = [("situation", "q-shop=no&q-street=yes")];
        let refused = city.post(&me, &start, &street).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert!(refused.text.contains("请到街道办事处登记"));

        let online = [("situation", "q-shop=no&q-street=no")];
        let first = city.post(&me, &start, &online).await.led_to();
        let (draft, _) = first.rsplit_once('/').expect("a page of the draft");
        let shop = city.get(&me, &format!("{draft}/shop")).await;
        assert_eq!(shop.status, StatusCode::NOT_FOUND);
        let details = city.post(&me, &format!("{draft}/your-details"), &[]).await;
        assert_eq!(details.led_to(), format!("{draft}/business"));
        let id = citizen_id("19900307", 1);
        let business = [
            ("form", "restaurant"),
            ("scope", "hot"),
            ("manager_id", id.as_str()),
        ];
        city.post(&me, &format!("{draft}/business"), &business)
            .await
            .led_to();
        let way = [("delivery", "window")];
        city.post(&me, &format!("{draft}/how-to-receive"), &way)
            .await
            .led_to();
        let check = city.get(&me, &format!("{draft}/check-answers")).await;
        assert!(check.page().contains("摆在街上吗？"));
        let case = submitted(&city, &me, draft).await;

        let case = city.app.db.read(move |tx| cases::load(tx, case)).await;
        let case = case.expect("reads").expect("there");
        let about = details::about(&case).expect("an item");
        assert_eq!(about.situation.len(), 2);
        let published = city.intake.version_of(&case).await.expect("a version");
        assert!(published.item.form.page("shop").is_none());
        let limit = published.item.promised_limit.as_ref().expect("a promise");
        assert_eq!(limit.n, 3);
        city
    })
    .await;
}
