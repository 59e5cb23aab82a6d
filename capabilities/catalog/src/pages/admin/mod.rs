//! The administrators' desk: the list of items, one item, importing, what was searched for in vain.

pub(crate) mod base;
pub(crate) mod base_edit;
pub(crate) mod batch;
pub(crate) mod bulk;
pub(crate) mod bundles;
pub(crate) mod checks;
pub(crate) mod codes;
pub(crate) mod compare;
pub(crate) mod delegation;
pub(crate) mod desk;
pub(crate) mod draft;
pub(crate) mod drafts;
pub(crate) mod drift;
pub(super) mod edit;
pub(crate) mod figures;
pub(super) mod import;
pub(super) mod item;
pub(super) mod list;
pub(crate) mod materials;
pub(crate) mod merge;
pub(super) mod searches;
mod situation;
pub(crate) mod spot_checks;

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::Response;
use web::Routes;
use web::download::disposition;

use super::Doors;

/// The editors' desk.
pub(crate) fn desk_routes(routes: Routes<Doors>) -> Routes<Doors> {
    let routes = drafts::routes(routes);
    let routes = draft::routes(routes);
    let routes = edit::routes(routes);
    let routes = batch::routes(routes);
    let routes = bulk::routes(routes);
    let routes = compare::routes(routes);
    let routes = merge::routes(routes);
    let routes = delegation::routes(routes);
    let routes = base::routes(routes);
    let routes = situation::routes(routes);
    let routes = materials::routes(routes);
    base_edit::routes(routes)
}

/// A file made for this visitor alone.
fn attachment(name: &str, media_type: &'static str, content: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(content));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(CONTENT_DISPOSITION, disposition("attachment", name));
    response
}

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const CSV: &str = "text/csv; charset=utf-8";

/// The regions of this deployment's bodies to choose from. One that no longer exists says until when it did and what
/// it became: its items keep their history.
fn region_choices(tx: &mut store::Tx<'_>) -> Result<Vec<(String, String)>, people::Error> {
    let mut codes: Vec<String> = crate::reading::all_orgs(tx)?
        .into_iter()
        .map(|org| org.region)
        .collect();
    codes.sort();
    codes.dedup();
    let mut choices = vec![(String::new(), "全部区划".to_owned())];
    for code in codes {
        let Some(region) = people::regions::get(tx, &code)? else {
            continue;
        };
        let successor = match &region.replaced_by {
            None => None,
            Some(code) => people::regions::name(tx, code)?,
        };
        let label = match (region.valid_to, successor) {
            (None, _) => region.name,
            (Some(last), None) => format!("{}（至{last}）", region.name),
            (Some(last), Some(now)) => format!("{}（至{last}，现为{now}）", region.name),
        };
        choices.push((code, label));
    }
    Ok(choices)
}

/// The bodies to choose from, by their keys.
async fn org_choices(doors: &Doors) -> web::Result<Vec<(String, String)>> {
    let all = doors.app.db.read(crate::reading::all_orgs).await?;
    let mut choices = vec![(String::new(), "请选择机构".to_owned())];
    choices.extend(all.into_iter().map(|org| {
        let name = match org.valid_to {
            None => org.name,
            Some(last) => format!("{}（至{last}）", org.name),
        };
        (org.key, name)
    }));
    Ok(choices)
}

/// The body with a key, named in a form's field.
pub(crate) async fn org_named(
    doors: &Doors,
    field: &'static str,
    key: &str,
) -> web::Result<people::Org> {
    let key = key.to_owned();
    doors
        .app
        .db
        .read(move |tx| people::orgs::by_key(tx, &key))
        .await?
        .ok_or_else(|| web::Problem::invalid(field, "请选择机构"))
}
