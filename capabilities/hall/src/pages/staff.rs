//! `/admin/staff`: people and programs with a staff account, and what they may do.

mod account;
mod one;

use axum::extract::State;
use axum::response::Response;
use base::ids::{OrgId, StaffId, WindowId};
use casework::Role;
use people::staff::{StaffFilter, StaffOrder};
use people::{Error, People, Staff, orgs, views};
use serde::Deserialize;
use store::Tx;
use ui::staff_list::{Column, Field, ListAddress, Sorted};
use web::saved::opens_with;
use web::{App, Query, Visit};

use crate::halls;
use crate::pages::listing::{List, Listing};
use crate::pages::{PAGE, choice, invalid, page_of};
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
    /// `added`, `name`; with a hyphen before it the other way round.
    sort: String,
    cursor: String,
    format: String,
}

const LIST: List = List {
    key: "staff",
    path: "/admin/staff",
};
/// The order of a list whose address names none.
const STANDING: &str = "added";
/// Rows an export reads at a time.
const STEP: usize = 1000;

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
    /// Key of the organisation the list is about, or "".
    org: String,
    list: Listing,
    columns: Vec<Column>,
    rows: Vec<StaffRow>,
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
    let cursors = format!("staff {}", query.sort);
    let after: Option<(String, StaffId)> = match query.cursor.as_str() {
        "" => None,
        cursor => Some(web::cursor::decode(&app, &cursors, cursor)?),
    };
    let (paged, key, order) = (after.is_some(), query.org.trim().to_owned(), query.order());
    let people = app.people.clone();
    let (who, me) = (admin.clone(), visit.staff()?.clone());
    let (found, saved, org_name) = app
        .db
        .read(move |tx| -> Result<_, Error> {
            let saved = views::of(tx, &me, LIST.key)?;
            let mut org_name = None;
            if !key.is_empty() {
                let Some(org) = orgs::by_key(tx, &key)? else {
                    return Ok((Found::default(), saved, None));
                };
                filter.org = Some(org.id);
                org_name = Some(org.name);
            }
            let found = match format {
                None => Found::page(tx, &people, &filter, order, after.as_ref(), &who)?,
                Some(_) => Found::whole(tx, &people, &filter, order, &who)?,
            };
            Ok((found, saved, org_name))
        })
        .await?;
    if let Some(format) = format {
        return export(format, found.rows).await;
    }
    if let Some(view) = opens_with(LIST.path, visit.query(), &saved) {
        return Ok(web::redirect(&view));
    }
    let next = found
        .next
        .map(|place| web::cursor::encode(&app, &cursors, &place));
    let page = visit.page("人员和角色").with_nav("admin-staff");
    let at = query.at();
    let page = ListPage {
        list: LIST.around(
            &page,
            &at,
            query.fields(&page),
            &saved,
            (paged, found.rows.len(), next),
        ),
        columns: columns(&page, &at),
        rows: found.rows,
        org: query.org,
        org_name,
        page,
    };
    Ok(web::render(&visit, page))
}

/// Rows inside the administrator's scope, and where the next page begins.
#[derive(Default)]
struct Found {
    rows: Vec<StaffRow>,
    next: Option<(String, StaffId)>,
}

impl Found {
    fn page(
        tx: &mut Tx<'_>,
        people: &People,
        filter: &StaffFilter,
        order: StaffOrder,
        after: Option<&(String, StaffId)>,
        admin: &Admin,
    ) -> Result<Found, Error> {
        let (listed, more) = page_of(people.list_staff_by(tx, filter, order, after, PAGE + 1)?);
        let next = listed.last().filter(|_| more).map(|last| order.place(last));
        let mut found = Found {
            rows: Vec::new(),
            next,
        };
        found.add(tx, listed, admin)?;
        Ok(found)
    }

    fn whole(
        tx: &mut Tx<'_>,
        people: &People,
        filter: &StaffFilter,
        order: StaffOrder,
        admin: &Admin,
    ) -> Result<Found, Error> {
        let mut found = Found::default();
        loop {
            let listed = people.list_staff_by(tx, filter, order, found.next.as_ref(), STEP)?;
            let more = listed.len() == STEP;
            found.next = listed.last().map(|last| order.place(last));
            found.add(tx, listed, admin)?;
            if !more {
                return Ok(found);
            }
        }
    }

    fn add(&mut self, tx: &mut Tx<'_>, listed: Vec<Staff>, admin: &Admin) -> Result<(), Error> {
        for staff in listed {
            self.rows.extend(row(tx, staff, admin)?);
        }
        Ok(())
    }
}

fn columns(page: &ui::Page, at: &ListAddress) -> Vec<Column> {
    let plain = |label| Column::new(page.t(label));
    let sorting = |label, key| Column::new(page.t(label)).sorting(at, key, Sorted::Up, STANDING);
    vec![
        sorting("姓名", "name"),
        plain("登录名"),
        plain("机构"),
        plain("职务或岗位"),
        plain("窗口"),
        plain("角色"),
        plain("最近登录"),
        sorting("建账时间", "added"),
        plain("状态"),
    ]
}

impl ListQuery {
    fn order(&self) -> StaffOrder {
        match self.sort.as_str() {
            "-added" => StaffOrder::AddedLast,
            "name" => StaffOrder::Name,
            "-name" => StaffOrder::NameDown,
            _ => StaffOrder::Added,
        }
    }

    /// The list's address without its page.
    fn at(&self) -> ListAddress {
        ListAddress::new(LIST.path)
            .with("q", self.q.as_str())
            .with("org", self.org.as_str())
            .with("region", self.region.as_str())
            .with("role", self.role.as_str())
            .with("left", self.left.as_str())
            .with("sort", self.sort.as_str())
    }

    fn fields(&self, page: &ui::Page) -> Vec<Field> {
        let mut roles = vec![choice("", page.t("全部角色"))];
        roles.extend(Role::ALL.map(|role| choice(role.word(), page.t(role.label()))));
        vec![
            Field::search("q", page.t("姓名，或完整登录名"), &self.q),
            Field::text("org", page.t("机构标识"), &self.org),
            Field::text("region", page.t("区划代码"), &self.region),
            Field::choice("role", page.t("角色"), &self.role, roles),
            Field::tick("left", page.t("含已停用"), self.left == "1"),
        ]
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
