//! `/admin/staff`: people and programs with a staff account, and what they may do.

mod account;
mod one;

use axum::extract::State;
use axum::response::Response;
use base::ids::{OrgId, StaffId, WindowId};
use casework::Role;
use people::staff::StaffFilter;
use people::{Error, Staff, orgs};
use serde::Deserialize;
use store::Tx;
use web::{App, Query, Visit};

use crate::halls;
use crate::pages::{Choice, PAGE, address, choice, invalid, page_of};
use crate::scope::Admin;

pub(crate) use account::{activate, deactivate, end_token, issue_token, reset_password};
pub(crate) use one::{create, edit, new_form, set_grants, update};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ListQuery {
    q: String,
    /// Key of an organisation.
    org: String,
    region: String,
    role: String,
    /// `1`: those who left too.
    left: String,
    cursor: String,
    format: String,
}

struct StaffRow {
    href: String,
    staff: Staff,
    org: String,
    window: String,
    roles: String,
}

#[derive(askama::Template)]
#[template(path = "admin/staff.html")]
struct ListPage {
    page: ui::Page,
    query: ListQuery,
    rows: Vec<StaffRow>,
    roles: Vec<Choice>,
    first: Option<String>,
    next: Option<String>,
    export: String,
    /// Name of the organisation the list is about.
    org_name: Option<String>,
}

pub(crate) async fn list(
    visit: Visit,
    State(app): State<App>,
    Query(query): Query<ListQuery>,
) -> web::Result<Response> {
    let admin = Admin::of(&visit)?;
    let mut filter = StaffFilter {
        region: Some(admin.region_of_list(Some(&query.region))),
        role: Role::from_word(&query.role),
        query: Some(query.q.clone()),
        active: (query.left != "1").then_some(true),
        org: None,
    };
    let format = web::export::Format::from_word(&query.format);
    let after: Option<StaffId> = match query.cursor.as_str() {
        "" => None,
        cursor => Some(web::cursor::decode(&app, "staff", cursor)?),
    };
    let (paged, key, limit) = (
        after.is_some(),
        query.org.trim().to_owned(),
        if format.is_some() { 1000 } else { PAGE + 1 },
    );
    let people = app.people.clone();
    let who = admin.clone();
    let (rows, org_name) = app
        .db
        .read(move |tx| -> Result<_, Error> {
            let mut org_name = None;
            if !key.is_empty() {
                let Some(org) = orgs::by_key(tx, &key)? else {
                    return Ok((Vec::new(), None));
                };
                filter.org = Some(org.id);
                org_name = Some(org.name);
            }
            let mut rows = Vec::new();
            for staff in people.list_staff(tx, &filter, after, limit)? {
                rows.push(row(tx, staff, &who)?);
            }
            Ok((rows, org_name))
        })
        .await?;
    if let Some(format) = format {
        let rows: Vec<StaffRow> = rows.into_iter().flatten().collect();
        return export(format, rows).await;
    }
    let (rows, more) = page_of(rows);
    let last = rows.iter().rev().flatten().next().map(|row| row.staff.id);
    let next = last.filter(|_| more).map(|last| {
        let cursor = web::cursor::encode(&app, "staff", &last);
        query.parameters(&[("cursor", &cursor)])
    });
    let mut roles = vec![choice("", "全部角色")];
    roles.extend(Role::ALL.map(|role| choice(role.word(), role.label())));
    let page = ListPage {
        page: visit.page("人员和角色").with_nav("admin-staff"),
        rows: rows.into_iter().flatten().collect(),
        roles,
        first: paged.then(|| query.parameters(&[])),
        next,
        export: query.parameters(&[("format", "xlsx")]),
        org_name,
        query,
    };
    Ok(web::render(&visit, page))
}

impl ListQuery {
    fn parameters<'a>(&'a self, more: &[(&'a str, &'a str)]) -> String {
        let mut parameters = vec![
            ("q", self.q.as_str()),
            ("org", &self.org),
            ("region", &self.region),
            ("role", &self.role),
            ("left", &self.left),
        ];
        parameters.extend_from_slice(more);
        address("/admin/staff", &parameters)
    }
}

/// A row of the list; none where it is outside the administrator's scope.
fn row(tx: &mut Tx<'_>, staff: Staff, admin: &Admin) -> Result<Option<StaffRow>, Error> {
    let Some(org) = orgs::by_id(tx, staff.org)? else {
        return Ok(None);
    };
    if !admin.covers(&org.region, Some(org.id)) {
        return Ok(None);
    }
    let mut roles: Vec<&str> = staff
        .grants
        .iter()
        .map(|grant| grant.role.label())
        .collect();
    roles.dedup();
    Ok(Some(StaffRow {
        href: href(staff.id),
        org: org.name,
        window: window_text(tx, staff.window)?,
        roles: roles.join("、"),
        staff,
    }))
}

async fn export(format: web::export::Format, rows: Vec<StaffRow>) -> web::Result<Response> {
    const HEAD: &[&str] = &[
        "登录名",
        "姓名",
        "机构",
        "职务或岗位",
        "窗口",
        "角色",
        "状态",
    ];
    let rows: Vec<Vec<web::export::Cell>> = rows
        .into_iter()
        .map(|row| {
            let state = if row.staff.left_at.is_some() {
                "停用"
            } else {
                "在用"
            };
            vec![
                row.staff.login.masked().into(),
                row.staff.name.into(),
                row.org.into(),
                row.staff.title.into(),
                row.window.into(),
                row.roles.into(),
                state.into(),
            ]
        })
        .collect();
    web::export::table(format, "人员", HEAD, rows).await
}

/// `city_hall A01`, as [`read_window`] reads it.
fn window_text(tx: &mut Tx<'_>, window: Option<WindowId>) -> Result<String, Error> {
    let Some(window) = window else {
        return Ok(String::new());
    };
    let Some(window) = halls::window(tx, window)? else {
        return Ok(String::new());
    };
    let key = halls::hall(tx, window.hall)?
        .map(|hall| hall.key)
        .unwrap_or_default();
    Ok(format!("{key} {}", window.number))
}

/// A window by the key of its hall and its number.
fn read_window(tx: &mut Tx<'_>, text: &str) -> Result<Option<WindowId>, Error> {
    let text = base::text::fold_width(text);
    let mut words = text.split([' ', '/', '　']).filter(|word| !word.is_empty());
    let (Some(key), number, None) = (words.next(), words.next(), words.next()) else {
        return if text.trim().is_empty() {
            Ok(None)
        } else {
            Err(invalid(
                "window",
                "请写成“大厅标识 窗口编号”，例如 city_hall A01",
            ))
        };
    };
    let hall = halls::hall_by_key(tx, key)?
        .ok_or_else(|| invalid("window", "没有这个大厅，请在“大厅和窗口”页面查看大厅标识"))?;
    let number = number.unwrap_or_default().to_ascii_uppercase();
    let window = halls::windows(tx, hall.id)?
        .into_iter()
        .find(|window| window.number == number)
        .ok_or_else(|| invalid("window", format!("{}没有编号为“{number}”的窗口", hall.name)))?;
    if window.closed_on.is_some() {
        return Err(invalid("window", format!("窗口 {number} 已停用，请换一个")));
    }
    Ok(Some(window.id))
}

fn read_org(tx: &mut Tx<'_>, key: &str, admin: &Admin) -> Result<OrgId, Error> {
    let org = orgs::by_key(tx, key.trim())?
        .filter(|org| admin.covers(&org.region, Some(org.id)))
        .ok_or_else(|| invalid("org", "请选择所在机构"))?;
    Ok(org.id)
}

fn href(id: StaffId) -> String {
    format!("/admin/staff/{id}")
}
