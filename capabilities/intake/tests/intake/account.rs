//! Registering, signing in, changing the password, acting for an enterprise.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};

use super::city::{City, Seen, citizen_id, encode, uscc};

/// A form of somebody who is not signed in: page, cookie and token belong together.
async fn anonymous(city: &City, path: &str, fields: &[(&str, &str)]) -> Seen {
    let page = city.get("", path).await;
    let cookie = page.headers["set-cookie"]
        .to_str()
        .expect("ASCII")
        .split(';')
        .next()
        .expect("a cookie")
        .to_owned();
    let mut body = format!("csrf={}", page.hidden("csrf"));
    for (name, value) in fields {
        body.push_str(&format!("&{name}={}", encode(value)));
    }
    city.send(
        Request::builder()
            .method(Method::POST)
            .uri(path)
            .header("cookie", cookie)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .expect("a request"),
    )
    .await
}

/// The session that an answer begins.
fn session(seen: &Seen) -> String {
    seen.headers
        .get_all("set-cookie")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .find_map(|value| value.strip_prefix("tb_session="))
        .and_then(|value| value.split(';').next())
        .expect("a session cookie")
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn register_sign_out_sign_in() {
    let city = City::sqlite().await;
    city.get("", "/register").await.page();
    let number = citizen_id("19991231", 3);
    let mut fields = vec![
        ("name", "李雨桐"),
        ("id_number", number.as_str()),
        ("phone", "1370000222"),
        ("password", "12345678"),
        ("again", "x"),
        ("back", "/my"),
    ];
    let refused = anonymous(&city, "/register", &fields).await;
    for said in [
        "请输入11位手机号码，您输入了10位",
        "太常见",
        "请阅读并同意",
        "value=\"李雨桐\"",
    ] {
        assert!(refused.refused().contains(said), "{said}");
    }
    assert!(
        !refused.text.contains("12345678"),
        "passwords never come back"
    );
    fields[2] = ("phone", "13700002222");
    fields[3] = ("password", "青山绿水 2026");
    fields[4] = ("again", "青山绿水 2026");
    fields.push(("agree", "1"));
    let made = anonymous(&city, "/register", &fields).await;
    assert_eq!(made.led_to(), "/my");
    let cookie = session(&made);
    assert!(city.get(&cookie, "/my").await.page().contains("还没有办件"));
    let twice = anonymous(&city, "/register", &fields).await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);

    let out = city.post(&cookie, "/sign-out", &[]).await;
    assert_eq!(out.led_to(), "/");
    assert!(
        city.get(&cookie, "/my")
            .await
            .led_to()
            .starts_with("/sign-in")
    );

    let wrong = anonymous(
        &city,
        "/sign-in",
        &[
            ("login", "13700002222"),
            ("password", "no"),
            ("back", "/my"),
        ],
    )
    .await;
    assert!(wrong.refused().contains("账号或密码不正确"));
    let evil = [
        ("login", "13700002222"),
        ("password", "青山绿水 2026"),
        ("back", "//evil.example"),
    ];
    let entered = anonymous(&city, "/sign-in", &evil).await;
    assert_eq!(entered.led_to(), "/my");
    city.get(&session(&entered), "/my").await.page();
    let staff = [
        ("login", "clerk"),
        ("password", "tz8-kq4m2x"),
        ("back", "/staff/intake"),
    ];
    assert_eq!(
        anonymous(&city, "/staff/sign-in", &staff).await.led_to(),
        "/staff/intake"
    );
    city.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_changed_and_ends_other_sessions() {
    let city = City::sqlite().await;
    let me = city.citizen_cookie.clone();
    let wrong = [
        ("old", "nope"),
        ("password", "青山绿水 2026"),
        ("again", "青山绿水 2026"),
    ];
    assert!(
        city.post(&me, "/account/password", &wrong)
            .await
            .refused()
            .contains("原密码不正确")
    );
    let right = [
        ("old", "tz8-kq4m2x"),
        ("password", "青山绿水 2026"),
        ("again", "青山绿水 2026"),
    ];
    let changed = city.post(&me, "/account/password", &right).await;
    assert_eq!(changed.led_to(), "/my");
    city.get(&session(&changed), "/my").await.page();
    assert!(city.get(&me, "/my").await.led_to().starts_with("/sign-in"));
    city.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enterprise_is_bound_by_its_representative_and_lent() {
    let city = City::sqlite().await;
    let (me, other) = (city.citizen_cookie.clone(), city.other_cookie.clone());
    let code = uscc("91990102MA0000Y12");
    let typed = [
        ("name", "云川和平商贸有限公司"),
        ("id_number", code.as_str()),
        ("phone", "13800001234"),
    ];
    assert!(
        city.post(&me, "/account/enterprise", &typed)
            .await
            .refused()
            .contains("请确认您是法定代表人")
    );
    let agreed = [typed[0], typed[1], typed[2], ("agree", "1")];
    assert_eq!(
        city.post(&me, "/account/enterprise", &agreed)
            .await
            .led_to(),
        "/my"
    );
    assert!(
        city.get(&me, "/my")
            .await
            .page()
            .contains("云川和平商贸有限公司")
    );
    // A second person cannot claim what is registered.
    let claimed = city.post(&other, "/account/enterprise", &agreed).await;
    assert!(claimed.refused().contains("已经登记"));
    // The representative lends the right, and takes it back.
    let wrong = [
        ("name", "王大明"),
        ("id_number", &citizen_id("19850612", 2)[..]),
    ];
    assert!(
        city.post(&me, "/account/proxies", &wrong)
            .await
            .refused()
            .contains("没有找到")
    );
    let lent = [
        ("name", "王小明"),
        ("id_number", &citizen_id("19850612", 2)[..]),
        ("until", "2026-12-31"),
    ];
    assert_eq!(
        city.post(&me, "/account/proxies", &lent).await.led_to(),
        "/account/proxies"
    );
    let seen = city.get(&other, "/account/proxies").await;
    assert!(seen.page().contains("云川和平商贸有限公司"));
    // An agent does not pass it on.
    let page = city.get(&me, "/account/proxies").await;
    let proxy = page.hidden("proxy");
    assert_eq!(
        city.post(&me, "/account/proxies/revoke", &[("proxy", &proxy)])
            .await
            .led_to(),
        "/account/proxies"
    );
    // It stays in the list of what was, and nobody can be chosen any more.
    let after = city.get(&other, "/account/proxies").await;
    assert!(after.page().contains("已失效"), "{}", after.text);
    assert!(
        !after.text.contains("云川和平商贸有限公司</option>"),
        "{}",
        after.text
    );
    city.close().await;
}
