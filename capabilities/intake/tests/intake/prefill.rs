//! What was said once need not be typed again, and never reaches anybody else.

use super::city::{City, on_both};
use super::journey::{filed, started};

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_an_earlier_application_stands_in_the_next_with_its_source() {
    on_both(async |city: City| {
        let me = city.citizen_cookie.clone();
        let first = started(&city, &me).await;
        let shop = |draft: &str| format!("{draft}/shop");
        let empty = city.get(&me, &shop(&first)).await;
        assert!(!empty.page().contains("已填好"), "nothing is known yet");
        filed(&city).await;

        let again = started(&city, &me).await;
        let page = city.get(&me, &shop(&again)).await;
        assert!(page.page().contains("value=\"青禾小馆\""), "{}", page.text);
        assert!(
            page.text
                .contains("来自您2026-05-11申请“食品经营许可新办”时填写的内容")
        );
        // Only what has a data element: the address was never said to be one.
        assert!(!page.text.contains("云川市云川区文峰街31号"));

        // What was typed instead stays, even while the page is not finished.
        let changed = [
            ("shop_name", "江畔面馆"),
            ("shop_address", ""),
            ("area", "86"),
        ];
        city.post(&me, &shop(&again), &changed).await;
        let page = city.get(&me, &shop(&again)).await;
        assert!(page.page().contains("value=\"江畔面馆\"") && !page.text.contains("青禾小馆"));

        // Another person's application knows nothing of it.
        let other = city.other_cookie.clone();
        let theirs = started(&city, &other).await;
        let page = city.get(&other, &shop(&theirs)).await;
        assert!(!page.page().contains("青禾小馆") && !page.text.contains("已填好"));
        city
    })
    .await;
}
