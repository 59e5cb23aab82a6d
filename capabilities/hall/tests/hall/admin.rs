//! Organisations, halls and windows by the administrator's forms; who is let in.

use axum::http::StatusCode;
use casework::Role;
use people::orgs;

use crate::on_both;
use crate::place::Place;

on_both!(
    only_administrators_are_let_in,
    an_organisation_is_added_changed_and_closed,
    a_hall_and_its_windows_are_added_changed_and_closed,
    what_is_outside_ones_scope_is_not_there,
    every_change_is_written_down,
);

const DOORS: [&str; 10] = [
    "/admin/organisations",
    "/admin/organisations/new",
    "/admin/halls",
    "/admin/halls/new",
    "/admin/staff",
    "/admin/staff/new",
    "/admin/regions",
    "/admin/regions/new",
    "/admin/regions/import",
    "/admin/acts",
];

async fn only_administrators_are_let_in(place: Place) {
    let (_, clerk) = place
        .staff("ck-1", "窗口甲", Role::WindowClerk, "990100")
        .await;
    for door in DOORS {
        place.get(door).await.page();
        assert_eq!(
            place.get_as(&clerk, door).await.status,
            StatusCode::FORBIDDEN,
            "{door}"
        );
        assert_eq!(
            place.get_as("", door).await.status,
            StatusCode::SEE_OTHER,
            "{door}"
        );
    }
    let form = [("name", "x")];
    let answer = place.post_as(&clerk, "/admin/organisations", &form).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

const ORG: [(&str, &str); 10] = [
    ("key", "city.market"),
    ("name", "云川市市场监督管理局"),
    ("short_name", "云市监"),
    ("uscc", "11990101MB00000193"),
    ("kind", "agency"),
    ("level", "3"),
    ("region", "990100"),
    ("parent", "city.approval"),
    ("phone", "0990-8551234"),
    ("valid_from", "2020-01-01"),
];

fn with<'a>(form: &[(&'a str, &'a str)], name: &str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    form.iter()
        .map(|(key, old)| (*key, if *key == name { value } else { old }))
        .collect()
}

async fn an_organisation_is_added_changed_and_closed(place: Place) {
    for (name, value, said) in [
        ("key", "City", "机构标识只用小写字母"),
        ("name", "", "机构名称：请填写内容"),
        ("uscc", "11990101MB00000194", "校验"),
        ("kind", "", "请选择机构类别"),
        ("level", "", "请选择行使层级"),
        ("region", "990200", "所填区划不在您的管理范围内"),
        ("parent", "nobody", "没有这个上级机构"),
        ("phone", "123", "11 位手机号码"),
    ] {
        let page = place
            .post("/admin/organisations", &with(&ORG, name, value))
            .await
            .refused_with(said);
        assert!(page.contains("云市监"), "what was typed is kept");
        assert!(
            page.contains(&format!("href=\"#{name}\"")),
            "the summary leads to the field"
        );
    }
    let edit = place.post("/admin/organisations", &ORG).await.goes_to();
    let page = place.get(&edit).await.page();
    assert!(page.contains("value=\"云川市市场监督管理局\"") && page.contains("云岭省云川市"));
    place
        .post("/admin/organisations", &ORG)
        .await
        .refused_with("这个机构标识已被使用");
    assert!(
        place
            .get("/admin/organisations?q=%E4%BA%91%E5%B8%82%E7%9B%91")
            .await
            .page()
            .contains("city.market")
    );

    let renamed = with(&ORG, "name", "云川市<市场>监管局");
    place.post(&edit, &renamed).await.goes_to();
    let page = place.get("/admin/organisations").await.page();
    assert!(page.contains("云川市&#60;市场&#62;监管局"));
    place
        .post(&edit, &with(&ORG, "short_name", ""))
        .await
        .refused_with("机关代字：请填写内容");

    place
        .post(&format!("{edit}/close"), &[("valid_to", "昨天")])
        .await
        .refused_with("请写成 2026-05-18 的形式");
    place
        .post(&format!("{edit}/close"), &[("valid_to", "2026-05-17")])
        .await
        .goes_to();
    assert!(
        !place
            .get("/admin/organisations")
            .await
            .page()
            .contains("city.market")
    );
    assert!(
        place
            .get("/admin/organisations?closed=1")
            .await
            .page()
            .contains("已撤销")
    );
    let export = place
        .get("/admin/organisations?closed=1&format=csv")
        .await
        .page();
    assert!(
        export.contains("city.market,云川市<市场>监管局,云市监"),
        "{export}"
    );
}

const HALL: [(&str, &str); 9] = [
    ("key", "city_hall"),
    ("name", "云川市政务服务中心"),
    ("kind", "hall"),
    ("region", "990100"),
    ("address", "滨江大道66号"),
    ("phone", "12345"),
    ("hours", "周一至周五 9:00—12:00\r\n周六 9:00—11:00"),
    ("zones", "自助服务区\r\n\r\n休息等候区"),
    ("valid_from", "2026/01/01"),
];

async fn a_hall_and_its_windows_are_added_changed_and_closed(place: Place) {
    for (name, value, said) in [
        (
            "hours",
            "周一 25:00—26:00",
            "开放时间第 1 行：“25:00”不是时间",
        ),
        ("address", "", "地址：请填写内容"),
        ("kind", "tent", "请选择大厅类别"),
        ("valid_from", "元旦", "请写成 2026-05-18 的形式"),
    ] {
        place
            .post("/admin/halls", &with(&HALL, name, value))
            .await
            .refused_with(said);
    }
    let edit = place.post("/admin/halls", &HALL).await.goes_to();
    let page = place.get(&edit).await.page();
    assert!(page.contains("周一至周五 9:00—12:00\n周六 9:00—11:00"));
    place
        .post("/admin/halls", &HALL)
        .await
        .refused_with("这个大厅标识已被使用");

    let windows = format!("{edit}/windows");
    let window = [
        ("number", "a01"),
        ("name", "综合窗口"),
        ("kind", "integrated"),
        ("orgs", "city.approval"),
    ];
    assert!(
        place
            .get(&format!("{windows}/new"))
            .await
            .page()
            .contains("云川市政务服务管理局")
    );
    place
        .post(&windows, &with(&window, "number", "一号"))
        .await
        .refused_with("窗口编号用字母和数字");
    place
        .post(&windows, &with(&window, "orgs", "nobody"))
        .await
        .refused_with("所选机构不存在");
    assert_eq!(place.post(&windows, &window).await.goes_to(), edit);
    place
        .post(&windows, &window)
        .await
        .refused_with("本大厅已有这个窗口编号");
    let page = place.get(&edit).await.page();
    assert!(page.contains(">A01</a>") && page.contains("综合窗口"));
    let link = page
        .split("href=\"/admin/windows/")
        .nth(1)
        .expect("a link to the window");
    let window = format!(
        "/admin/windows/{}",
        link.split('"').next().expect("its end")
    );
    let page = place.get(&window).await.page();
    assert!(page.contains("value=\"city.approval\" checked"));
    place
        .post(
            &window,
            &[("name", "跨省通办窗口"), ("kind", "cross_province")],
        )
        .await
        .goes_to();
    let page = place.get(&edit).await.page();
    assert!(page.contains("跨省通办窗口") && page.contains("全部机构"));

    // Somebody sits there.
    let (staff, _) = place
        .staff("ck-1", "窗口甲", Role::WindowClerk, "990100")
        .await;
    let person = format!("/admin/staff/{staff}");
    let form = [
        ("name", "窗口甲"),
        ("org", "city.approval"),
        ("window", "city_hall a01"),
    ];
    place.post(&person, &form).await.goes_to();
    place
        .post(&format!("{window}/close"), &[("act", "close")])
        .await
        .refused_with("窗口甲还在这个窗口");
    place
        .post(&format!("{edit}/close"), &[("valid_to", "2026-05-18")])
        .await
        .refused_with("窗口 A01 还有工作人员");
    place
        .post(&person, &with(&form, "window", ""))
        .await
        .goes_to();
    place
        .post(&format!("{window}/close"), &[("act", "close")])
        .await
        .goes_to();
    place
        .post(&person, &form)
        .await
        .refused_with("窗口 A01 已停用");
    place
        .post(&format!("{window}/close"), &[("act", "open")])
        .await
        .goes_to();
    place
        .post(&format!("{edit}/close"), &[("valid_to", "2026-05-17")])
        .await
        .goes_to();
    assert!(!place.get("/admin/halls").await.page().contains("city_hall"));
    let export = place.get("/admin/halls?closed=1&format=csv").await.page();
    assert!(export.contains("A01,跨省通办窗口"), "{export}");
}

async fn what_is_outside_ones_scope_is_not_there(place: Place) {
    let (_, county) = place
        .staff("admin-lj", "县管理员", Role::Administrator, "990103")
        .await;
    let org = place.post("/admin/organisations", &ORG).await.goes_to();
    let hall = place.post("/admin/halls", &HALL).await.goes_to();
    for path in [&org, &hall, &format!("{hall}/windows/new")] {
        assert_eq!(
            place.get_as(&county, path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    assert_eq!(
        place.post_as(&county, &org, &ORG).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        place.post_as(&county, &hall, &HALL).await.status,
        StatusCode::NOT_FOUND
    );
    let list = place
        .get_as(&county, "/admin/organisations?region=990100")
        .await
        .page();
    assert!(!list.contains("city.market"));
    let own = with(&with(&ORG, "region", "990103"), "key", "linjiang.market");
    place
        .post_as(&county, "/admin/organisations", &own)
        .await
        .goes_to();
    let list = place.get_as(&county, "/admin/organisations").await.page();
    assert!(list.contains("linjiang.market"));
    let known = place
        .write(|tx| orgs::by_key(tx, "city.market"))
        .await
        .expect("there");
    assert_eq!(known.name, "云川市市场监督管理局", "nothing was changed");
}

async fn every_change_is_written_down(place: Place) {
    place.post("/admin/organisations", &ORG).await.goes_to();
    place
        .post("/admin/organisations", &ORG)
        .await
        .refused_with("已被使用");
    let page = place.get("/admin/acts").await.page();
    assert_eq!(
        page.matches("添加机构").count(),
        1,
        "what was refused did not happen"
    );
    assert!(page.contains("系统管理员甲") && page.contains("云川市市场监督管理局"));
}
