//! The certificate, as it is printed.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::civil::Date;
use web::{App, Path, Problem, Visit};

use crate::model::{License, LicenseState};
use crate::states::Change;
use crate::{qr, states, store, view};

#[derive(Template)]
#[template(path = "license/show.html")]
struct ShowPage {
    page: ui::Page,
    license: License,
    state: &'static str,
    tag: &'static str,
    code: String,
    qr: String,
    address: String,
    today: Date,
    /// What changed its state last.
    last: Option<Change>,
    back: (&'static str, &'static str),
}

/// The holder's, or staff's whose scope covers the issuing body; for anybody else it is not there.
pub(crate) async fn get(
    visit: Visit,
    State(app): State<App>,
    Path(license_id): Path<String>,
) -> web::Result<Response> {
    let actor = visit.actor()?.clone();
    let found = app
        .db
        .read(move |tx| -> Result<_, store::Error> {
            let Some((license, stored)) = store::by_id(tx, &license_id)? else {
                return Ok(None);
            };
            let last = states::history(tx, &license_id)?.pop();
            Ok(Some((license, stored, last)))
        })
        .await?
        .filter(|(license, ..)| view::may_see(&actor, license));
    let Some((license, stored, last)) = found else {
        return Err(Problem::not_found("没有找到这个证照，请从“我的证照”进入"));
    };
    let today = app.today();
    let state: LicenseState = store::state_on(&license, stored, today);
    let page = visit.page(&license.type_name).with_nav("my");
    let address = view::verify_address(&app.config, &license.verify_code);
    let qr = qr::svg(&address, page.t("核验二维码"))
        .ok_or_else(|| Problem::internal("the public address is too long for a QR code"))?;
    let back = if page.is_staff() {
        ("/staff", "返回工作台")
    } else {
        (super::routes::MINE, "我的证照")
    };
    Ok(web::render(
        &visit,
        ShowPage {
            page,
            state: state.label(),
            tag: view::state_tag(state),
            code: view::grouped(&license.verify_code),
            qr,
            address,
            today,
            last,
            back,
            license,
        },
    ))
}
