//! A window takes an application in.

use axum::http::StatusCode;

use super::city::{City, PDF, citizen_id, on_both};

#[tokio::test(flavor = "multi_thread")]
async fn found_chosen_taken_in() {
    on_both(async |city: City| {
        let clerk = city.clerk_cookie.clone();
        city.get(&clerk, "/staff/intake").await.page();
        let number = citizen_id("19850612", 2);
        let found = city
            .post(&clerk, "/staff/intake/find", &[("number", &number)])
            .await;
        let items = found.led_to();
        let list = city
            .get(&clerk, &format!("{items}&q=%E5%BC%80%E9%A5%AD%E5%BA%97"))
            .await;
        assert!(list.page().contains("食品经营许可新办"), "{}", list.text);
        assert!(
            list.text.contains("王*明") && !list.text.contains(&number),
            "masked"
        );
        let address = format!("{items}&item={}", city.item);
        let form = city.get(&clerk, &address).await;
        let key = form.hidden("request_key");
        assert!(form.page().contains("收取纸质原件"));

        let manager = citizen_id("19900307", 1);
        let mut fields = vec![
            ("request_key", key.as_str()),
            ("f-shop_name", "和平小馆"),
            ("f-shop_address", "云川市云川区和平路1号"),
            ("f-area", "0"),
            ("f-form", "retailer"),
            ("f-manager_id", manager.as_str()),
            ("delivery", "electronic"),
        ];
        let refused = city
            .upload(
                &clerk,
                &address,
                &fields,
                &[("file:health", "健康证.pdf", PDF)],
            )
            .await;
        for said in [
            "不能小于1",
            "请上传“布局流程图”",
            "value=\"和平小馆\"",
            "健康证.pdf",
        ] {
            assert!(refused.refused().contains(said), "{said}");
        }
        let digest = base::crypto::to_hex(&base::crypto::sm3(PDF));
        assert!(refused.text.contains(&digest), "the scan is kept");
        fields[3] = ("f-area", "60");
        fields.push(("paper:layout", "1"));
        fields.push(("keep:health", digest.as_str()));
        let done = city.upload(&clerk, &address, &fields, &[]).await;
        let filed = done.led_to();
        let page = city.get(&clerk, &filed).await;
        assert!(page.page().contains("收件完成") && page.text.contains("受理"));
        // The form sent twice is one case.
        let again = city.upload(&clerk, &address, &fields, &[]).await;
        assert_eq!(again.led_to(), filed);
        let case = filed.rsplit('/').next().expect("a case").to_owned();
        let receipt = city.get(&clerk, &format!("/cases/{case}/receipt")).await;
        assert!(receipt.page().contains("纸质件，已收") && receipt.text.contains("电子件1份"));
        city
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_new_is_registered() {
    let city = City::sqlite().await;
    let clerk = city.clerk_cookie.clone();
    let bad = city
        .post(
            &clerk,
            "/staff/intake/find",
            &[("number", "99010219900307001")],
        )
        .await;
    assert!(
        bad.refused()
            .contains("请输入18位身份证号码，最后一位可为X，您输入了17位")
    );
    let number = citizen_id("20010101", 7);
    let unknown = city
        .post(&clerk, "/staff/intake/find", &[("number", &number)])
        .await;
    assert!(unknown.page().contains("没有登记过") && unknown.text.contains(&number));
    let typed = [
        ("kind", "person"),
        ("id_number", number.as_str()),
        ("name", ""),
        ("phone", "123"),
    ];
    let refused = city.post(&clerk, "/staff/intake/parties", &typed).await;
    assert!(refused.refused().contains("value=\"123\""));
    let typed = [
        ("kind", "person"),
        ("id_number", number.as_str()),
        ("name", "李雨桐"),
        ("phone", "13700001111"),
    ];
    let party = city
        .post(&clerk, "/staff/intake/parties", &typed)
        .await
        .led_to();
    assert!(city.get(&clerk, &party).await.page().contains("李*桐"));
    // The same number under another name.
    let typed = [
        ("kind", "person"),
        ("id_number", number.as_str()),
        ("name", "李四"),
        ("phone", ""),
    ];
    let other = city.post(&clerk, "/staff/intake/parties", &typed).await;
    assert!(other.refused().contains("另一个姓名"));
    city.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_who_receive() {
    let city = City::sqlite().await;
    for path in [
        "/staff/intake",
        "/staff/intake/new?party=00000000000000000000000000000000",
    ] {
        let seen = city.get(&city.citizen_cookie, path).await;
        assert_eq!(seen.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert!(
        city.get("", "/staff/intake")
            .await
            .led_to()
            .contains("sign-in")
    );
    let nobody = city
        .get(
            &city.clerk_cookie,
            "/staff/intake/new?party=00000000000000000000000000000000",
        )
        .await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
    city.close().await;
}
