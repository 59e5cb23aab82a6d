//! `/kiosk`: setting a machine up in a hall, and taking a page along on the phone.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use web::kiosk::Machine;
use web::{Access, App, Module, Problem, Query, Result, Routes, Visit};

pub(crate) fn module(app: App) -> Module {
    Routes::new("kiosk")
        .get("/kiosk", Access::Public, set_up)
        .get(web::kiosk::PHONE, Access::Public, phone)
        .with_state(app)
}

#[derive(Deserialize)]
struct SetUp {
    /// Key of the hall.
    hall: Option<String>,
    /// Number on the machine.
    number: Option<String>,
    /// 结束自助终端模式.
    off: Option<String>,
}

/// Longest number on a machine, in signs.
const NUMBER_MAX: usize = 12;

/// Opened once on the machine itself: from then on it shows pages as a machine in that hall does.
async fn set_up(
    visit: Visit,
    State(app): State<App>,
    Query(query): Query<SetUp>,
) -> Result<Response> {
    if query.off.is_some() {
        return web::kiosk::take_down(&visit).await;
    }
    let number = query.number.unwrap_or_default();
    if number.len() > NUMBER_MAX || !number.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Problem::bad_request(
            "query_invalid",
            format!("机号由字母和数字组成，最长{NUMBER_MAX}位"),
        ));
    }
    let mut machine = Machine {
        number,
        ..Machine::default()
    };
    if let Some(key) = query.hall {
        let hall = app
            .db
            .read(move |tx| hall::halls::hall_by_key(tx, &key))
            .await?
            .ok_or_else(|| Problem::not_found("没有找到这个大厅，请检查 hall 的值"))?;
        machine.hall = hall.key;
        machine.hall_name = hall.name;
    }
    web::kiosk::set_up(&visit, &machine).await
}

#[derive(Deserialize)]
struct At {
    at: Option<String>,
}

#[derive(Template)]
#[template(path = "phone.html")]
struct Phone {
    page: ui::Page,
    address: String,
    qr: String,
    back: String,
}

/// The address of a page as a code for the phone. The session does not travel: what is personal asks there for a
/// sign-in of its own.
async fn phone(visit: Visit, Query(query): Query<At>) -> Result<Response> {
    let back = web::prefs::local(query.at.as_deref().unwrap_or("/")).to_owned();
    let address = format!("{}{back}", visit.app.config.public_url);
    let page = visit.page("用手机办");
    let qr = license::qr::svg(&address, page.t("二维码：在手机上打开这一页"))
        .ok_or_else(|| Problem::bad_request("query_invalid", "地址过长，请从首页进入后再试"))?;
    let template = Phone {
        page,
        address,
        qr,
        back,
    };
    Ok(web::render(&visit, template))
}
