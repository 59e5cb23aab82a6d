//! Accounts, roles, passwords and tokens by the administrator's forms.

use axum::http::StatusCode;
use base::ids::StaffId;
use casework::Role;
use people::{SessionKind, SignIn};

use crate::on_both;
use crate::place::{Place, nine};

on_both!(
    an_account_is_made_with_a_password_shown_once,
    roles_are_given_inside_ones_own_scope,
    somebody_leaves_and_comes_back,
    a_program_gets_a_token,
);

const ZHANG: [(&str, &str); 7] = [
    ("name", "张三"),
    ("login", "zhangsan"),
    ("org", "city.approval"),
    ("title", "审批员"),
    ("grant_role", "approver"),
    ("grant_region", "990102"),
    ("grant_org", "city.approval"),
];

fn with<'a>(form: &[(&'a str, &'a str)], name: &str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    form.iter()
        .map(|(key, old)| (*key, if *key == name { value } else { old }))
        .collect()
}

/// The secret that a page shows this once.
fn shown(page: &str) -> String {
    let from = page
        .split("<p class=\"receipt-no mono\">")
        .nth(1)
        .expect("it is shown");
    from.split('<').next().expect("its end").to_owned()
}

async fn sign_in(
    place: &Place,
    login: &str,
    password: &str,
) -> Result<people::SignedIn, people::Error> {
    let attempt = SignIn {
        login: login.to_owned(),
        password: password.to_owned(),
        address: "192.0.2.7".parse().expect("an address"),
        kind: SessionKind::Browser,
    };
    place
        .app
        .people
        .sign_in(&place.app.db, attempt, nine())
        .await
}

async fn id_of(place: &Place, login: &'static str) -> StaffId {
    let people = place.app.people.clone();
    let staff = place
        .app
        .db
        .read(move |tx| people.staff_by_login(tx, login))
        .await
        .expect("read");
    staff.expect("there").id
}

async fn an_account_is_made_with_a_password_shown_once(place: Place) {
    for (name, value, said) in [
        ("login", "张 三", "登录名只用文字"),
        ("login", "ADMIN", "这个登录名已被使用"),
        ("name", " ", "姓名：请填写内容"),
        ("org", "nobody", "请选择所在机构"),
        ("grant_region", "", "请填写角色“审批人员”的区划代码"),
        ("grant_region", "990200", "只能授予您管理范围内"),
    ] {
        place
            .post("/admin/staff", &with(&ZHANG, name, value))
            .await
            .refused_with(said);
    }
    let page = place.post("/admin/staff", &ZHANG).await.page();
    let password = shown(&page);
    let session = sign_in(&place, "ZhangSan", &password)
        .await
        .expect("the password works")
        .session;
    assert!(session.must_change, "and must be changed");
    let id = id_of(&place, "zhangsan").await;
    let again = place.get(&format!("/admin/staff/{id}")).await.page();
    assert!(!again.contains(&password), "it is shown once");
    assert!(again.contains("value=\"990102\""));
    let list = place.get("/admin/staff?role=approver").await.page();
    assert!(list.contains("zhangsan") && !list.contains(">admin<"));

    let page = place
        .post(&format!("/admin/staff/{id}/password"), &[])
        .await
        .page();
    let new = shown(&page);
    assert_ne!(new, password);
    assert!(sign_in(&place, "zhangsan", &password).await.is_err());
    sign_in(&place, "zhangsan", &new)
        .await
        .expect("the new one works");
    let acts = place.get("/admin/acts").await.page();
    assert!(acts.contains("重置密码") && !acts.contains(&new));
}

async fn roles_are_given_inside_ones_own_scope(place: Place) {
    place.post("/admin/staff", &ZHANG).await.page();
    let id = id_of(&place, "zhangsan").await;
    let grants = format!("/admin/staff/{id}/grants");
    let two = [
        ("grant_role", "supervisor"),
        ("grant_region", "990100"),
        ("grant_org", ""),
        ("grant_role", ""),
        ("grant_region", ""),
        ("grant_org", ""),
        ("grant_role", "approver"),
        ("grant_region", "990103"),
        ("grant_org", "city.approval"),
    ];
    place.post(&grants, &two).await.goes_to();
    let people = place.app.people.clone();
    let staff = place
        .app
        .db
        .read(move |tx| people.staff(tx, id))
        .await
        .expect("read")
        .expect("there");
    let words: Vec<_> = staff
        .grants
        .iter()
        .map(|grant| (grant.role, grant.region.as_str(), grant.org.is_some()))
        .collect();
    assert_eq!(
        words,
        [
            (Role::Supervisor, "990100", false),
            (Role::Approver, "990103", true)
        ]
    );

    let wide = [
        ("grant_role", "administrator"),
        ("grant_region", "990000"),
        ("grant_org", ""),
    ];
    let page = place
        .post(&grants, &wide)
        .await
        .refused_with("只能授予您管理范围内");
    assert!(page.contains("value=\"990000\""), "what was typed is kept");
    let admin = id_of(&place, "admin").await;
    place
        .post(&format!("/admin/staff/{admin}/grants"), &[])
        .await
        .refused_with("这是最后一位系统管理员");

    // The administrator of a district works in the city's office but may not touch its people.
    let (_, county) = place
        .staff("admin-lj", "县管理员", Role::Administrator, "990103")
        .await;
    assert_eq!(
        place.post_as(&county, &grants, &two).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        place
            .post_as(&county, &format!("/admin/staff/{admin}/password"), &[])
            .await
            .status,
        StatusCode::NOT_FOUND
    );
}

async fn somebody_leaves_and_comes_back(place: Place) {
    let page = place.post("/admin/staff", &ZHANG).await.page();
    let password = shown(&page);
    let id = id_of(&place, "zhangsan").await;
    place
        .post(&format!("/admin/staff/{id}/deactivate"), &[])
        .await
        .goes_to();
    assert_eq!(
        sign_in(&place, "zhangsan", &password).await.err(),
        Some(people::Error::Disabled)
    );
    assert!(!place.get("/admin/staff").await.page().contains("张三"));
    assert!(
        place
            .get("/admin/staff?left=1")
            .await
            .page()
            .contains("张三")
    );
    place
        .post(&format!("/admin/staff/{id}/activate"), &[])
        .await
        .goes_to();
    sign_in(&place, "zhangsan", &password)
        .await
        .expect("back again");
    let admin = id_of(&place, "admin").await;
    place
        .post(&format!("/admin/staff/{admin}/deactivate"), &[])
        .await
        .refused_with("这是最后一位系统管理员");
}

async fn a_program_gets_a_token(place: Place) {
    place.post("/admin/staff", &ZHANG).await.page();
    let clerk = id_of(&place, "zhangsan").await;
    let token = [("label", "住建局审批系统"), ("expires_at", "2026-12-31")];
    place
        .post(&format!("/admin/staff/{clerk}/tokens"), &token)
        .await
        .refused_with("只能为在用的接入系统账号签发令牌");

    let (id, _) = place
        .staff("zj-api", "住建局审批系统", Role::Integrator, "990100")
        .await;
    let tokens = format!("/admin/staff/{id}/tokens");
    place
        .post(&tokens, &with(&token, "expires_at", "2036-01-01"))
        .await
        .refused_with("最长两年");
    place
        .post(&tokens, &with(&token, "label", ""))
        .await
        .refused_with("用途：请填写内容");
    let page = place.post(&tokens, &token).await.page();
    let secret = shown(&page);
    let session = place
        .app
        .people
        .find_session(&place.app.db, &secret, nine())
        .await
        .expect("read")
        .expect("it works");
    assert_eq!(session.kind, SessionKind::Bearer);
    assert_eq!(
        session.expires_at.to_string(),
        "2026-12-31T16:00:00Z",
        "to the end of the day in China"
    );
    place
        .post(&tokens, &token)
        .await
        .refused_with("已有同名的令牌");
    let page = place.get(&format!("/admin/staff/{id}")).await.page();
    assert!(page.contains("住建局审批系统") && !page.contains(&secret));
    let digest = page
        .split("name=\"digest\" value=\"")
        .nth(1)
        .expect("a way to end it");
    let digest = digest.split('"').next().expect("its end").to_owned();
    place
        .post(&format!("{tokens}/end"), &[("digest", &digest)])
        .await
        .goes_to();
    let gone = place
        .app
        .people
        .find_session(&place.app.db, &secret, nine())
        .await
        .expect("read");
    assert_eq!(gone, None);
    let answer = place
        .post(&format!("{tokens}/end"), &[("digest", "x")])
        .await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}
