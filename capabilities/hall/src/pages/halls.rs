//! `/admin/halls`: halls and, on each hall's page, its windows.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::ids::{HallId, OrgId, WindowId};
use people::{Error, Org, orgs, regions, views};
use serde::Deserialize;
use store::Tx;
use ui::staff_list::{Column, Field, ListAddress};
use web::saved::opens_with;
use web::{App, Form, Path, Query, Visit};

use crate::halls::{self, HallFilter};
use crate::hours;
use crate::manage;
use crate::model::{Hall, HallKind, Tier, Window};
use crate::pages::listing::{List, Listing};
use crate::pages::{Choice, Errors, PAGE, choice, invalid, page_of, read_date};
use crate::scope::Admin;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ListQuery {
    q: String,
    region: String,
    kind: String,
    /// `1`: the closed ones too.
    closed: String,
    cursor: String,
    format: String,
}

const LIST: List = List {
    key: "halls",
    path: "/admin/halls",
};

struct HallRow {
    href: String,
    hall: Hall,
    hours: String,
    closed: bool,
}

#[derive(askama::Template)]
#[template(path = "admin/halls.html")]
struct ListPage {
    page: ui::Page,
    list: Listing,
    columns: Vec<Column>,
    rows: Vec<HallRow>,
}

/// A form about a hall, as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct HallForm {
    key: String,
    name: String,
    kind: String,
    tier: String,
    region: String,
    /// Key of the hall above.
    parent: String,
    address: String,
    phone: String,
    hours: String,
    zones: String,
    note: String,
    valid_from: String,
}

struct WindowRow {
    href: String,
    window: Window,
    orgs: String,
    staff: String,
}

#[derive(askama::Template)]
#[template(path = "admin/hall.html")]
struct HallPage {
    page: ui::Page,
    form: HallForm,
    errors: Errors,
    /// None: a new one.
    hall: Option<Hall>,
    region_name: String,
    parents: Vec<Choice>,
    kinds: Vec<Choice>,
    tiers: Vec<Choice>,
    windows: Vec<WindowRow>,
    close_on: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct CloseForm {
    valid_to: String,
}

impl HallForm {
    fn of(hall: &Hall, parent: Option<&Hall>) -> HallForm {
        HallForm {
            key: hall.key.clone(),
            name: hall.name.clone(),
            kind: hall.kind.word().to_owned(),
            tier: hall
                .tier
                .map(|tier| tier.word().to_owned())
                .unwrap_or_default(),
            region: hall.region.clone(),
            parent: parent.map(|parent| parent.key.clone()).unwrap_or_default(),
            address: hall.address.clone(),
            phone: hall.phone.clone(),
            hours: hours::lines(&hall.hours),
            zones: hall.zones.join("\n"),
            note: hall.note.clone(),
            valid_from: hall.valid_from.to_string(),
        }
    }

    /// The hall it describes; `known` is the one being changed.
    fn read(
        &self,
        tx: &mut Tx<'_>,
        id: HallId,
        known: Option<&Hall>,
        admin: &Admin,
    ) -> Result<Hall, Error> {
        let parent = match self.parent.trim() {
            "" => None,
            key => Some(
                halls::hall_by_key(tx, key)?
                    .ok_or_else(|| invalid("parent", "没有这个上级大厅，请重新选择"))?
                    .id,
            ),
        };
        let valid_from = match read_date("valid_from", &self.valid_from)? {
            Some(date) => date,
            None => known.map_or_else(|| people::china_day(admin.now), |hall| hall.valid_from),
        };
        let region = base::text::normalise_code(&self.region);
        admin.must_allow_region(&region)?;
        Ok(Hall {
            id,
            key: known.map_or_else(|| self.key.clone(), |hall| hall.key.clone()),
            name: self.name.clone(),
            kind: HallKind::from_word(&self.kind)
                .ok_or_else(|| invalid("kind", "请选择大厅类别"))?,
            tier: Tier::from_word(&self.tier),
            region,
            parent,
            address: self.address.clone(),
            phone: self.phone.clone(),
            hours: hours::parse(&self.hours).map_err(|message| invalid("hours", message))?,
            zones: self.zones.lines().map(str::to_owned).collect(),
            note: self.note.clone(),
            valid_from,
            valid_to: known.and_then(|hall| hall.valid_to),
        })
    }
}

pub(crate) async fn list(
    visit: Visit,
    State(app): State<App>,
    Query(query): Query<ListQuery>,
) -> web::Result<Response> {
    let admin = Admin::of(&visit)?;
    let today = app.today();
    let filter = HallFilter {
        region: Some(admin.region_of_list(Some(&query.region))),
        query: Some(query.q.clone()),
        kind: HallKind::from_word(&query.kind),
        on: (query.closed != "1").then_some(today),
    };
    if let Some(format) = web::export::Format::from_word(&query.format) {
        let rows = app.db.read(move |tx| export_rows(tx, &filter)).await?;
        return web::export::table(format, "大厅和窗口", EXPORT_HEAD, rows).await;
    }
    let after: Option<(String, String)> = match query.cursor.as_str() {
        "" => None,
        cursor => Some(web::cursor::decode(&app, "halls", cursor)?),
    };
    let paged = after.is_some();
    let staff = visit.staff()?.clone();
    let (rows, saved) = app
        .db
        .read(move |tx| -> Result<_, Error> {
            let after = after
                .as_ref()
                .map(|(region, key)| (region.as_str(), key.as_str()));
            let rows = halls::list(tx, &filter, after, PAGE + 1)?;
            Ok((rows, views::of(tx, &staff, LIST.key)?))
        })
        .await?;
    if let Some(view) = opens_with(LIST.path, visit.query(), &saved) {
        return Ok(web::redirect(&view));
    }
    let (rows, more) = page_of(rows);
    let next = rows
        .last()
        .filter(|_| more)
        .map(|last| web::cursor::encode(&app, "halls", &(&last.region, &last.key)));
    let rows: Vec<HallRow> = rows
        .into_iter()
        .filter(|hall| admin.covers(&hall.region, None))
        .map(|hall| HallRow {
            href: href(hall.id),
            hours: hours::text(&hall.hours, ui::Lang::Zh),
            closed: !hall.exists_on(today),
            hall,
        })
        .collect();
    let page = visit.page("大厅和窗口").with_nav("admin-halls");
    let heads = [
        "名称",
        "类别",
        "区划代码",
        "地址",
        "电话",
        "开放时间",
        "状态",
    ];
    let page = ListPage {
        list: LIST.around(
            &page,
            &query.at(),
            query.fields(&page),
            &saved,
            (paged, rows.len(), next),
        ),
        columns: heads.map(|head| Column::new(page.t(head))).to_vec(),
        rows,
        page,
    };
    Ok(web::render(&visit, page))
}

impl ListQuery {
    /// The list's address without its page.
    fn at(&self) -> ListAddress {
        ListAddress::new(LIST.path)
            .with("q", self.q.as_str())
            .with("region", self.region.as_str())
            .with("kind", self.kind.as_str())
            .with("closed", self.closed.as_str())
    }

    fn fields(&self, page: &ui::Page) -> Vec<Field> {
        vec![
            Field::search("q", page.t("名称或地址"), &self.q),
            Field::text("region", page.t("区划代码"), &self.region),
            Field::choice("kind", page.t("类别"), &self.kind, kinds("全部类别")),
            Field::tick("closed", page.t("含已关闭"), self.closed == "1"),
        ]
    }
}

const EXPORT_HEAD: &[&str] = &[
    "大厅标识",
    "大厅",
    "类别",
    "区划代码",
    "地址",
    "电话",
    "开放时间",
    "窗口编号",
    "窗口",
    "窗口类别",
    "受理机构",
];

fn export_rows(tx: &mut Tx<'_>, filter: &HallFilter) -> Result<Vec<Vec<web::export::Cell>>, Error> {
    let mut rows = Vec::new();
    for hall in halls::list(tx, filter, None, halls::LIST_MAX)? {
        let windows = halls::windows(tx, hall.id)?;
        let head = |window: [String; 4]| -> Vec<web::export::Cell> {
            let hall = [
                hall.key.clone(),
                hall.name.clone(),
                hall.kind.label().to_owned(),
                hall.region.clone(),
                hall.address.clone(),
                hall.phone.clone(),
                hours::text(&hall.hours, ui::Lang::Zh),
            ];
            hall.into_iter().chain(window).map(Into::into).collect()
        };
        if windows.is_empty() {
            rows.push(head(Default::default()));
        }
        for window in windows {
            let orgs = org_names(tx, &window.orgs)?;
            rows.push(head([
                window.number,
                window.name,
                window.kind.label().to_owned(),
                orgs,
            ]));
        }
    }
    Ok(rows)
}

pub(crate) async fn new_form(visit: Visit, State(app): State<App>) -> web::Result<Response> {
    let admin = Admin::of(&visit)?;
    let form = HallForm {
        kind: HallKind::Hall.word().to_owned(),
        region: admin.region_of_list(None),
        hours: "周一至周五 9:00—12:00\n周一至周五 13:00—17:00\n".to_owned(),
        valid_from: app.today().to_string(),
        ..HallForm::default()
    };
    show(&visit, &app, &admin, form, Errors::default(), None).await
}

pub(crate) async fn create(
    visit: Visit,
    State(app): State<App>,
    Form(form): Form<HallForm>,
) -> web::Result<Response> {
    let admin = Admin::of(&visit)?;
    let id: HallId = app.ids.next(admin.now);
    let (who, typed) = (admin.clone(), form.clone());
    let done = app
        .db
        .write(move |tx| -> Result<(), Error> {
            let hall = typed.read(tx, id, None, &who)?;
            manage::create_hall(tx, &hall)?;
            who.record(tx, "添加大厅", &hall.name)
        })
        .await;
    match done {
        Ok(()) => Ok(web::redirect(&href(id))),
        Err(error) => show(&visit, &app, &admin, form, Errors::from_error(error)?, None).await,
    }
}

pub(crate) async fn edit(
    visit: Visit,
    State(app): State<App>,
    Path(id): Path<HallId>,
) -> web::Result<Response> {
    let admin = Admin::of(&visit)?;
    let (hall, form) = load(&app, &admin, id).await?;
    show(&visit, &app, &admin, form, Errors::default(), Some(hall)).await
}

pub(crate) async fn update(
    visit: Visit,
    State(app): State<App>,
    Path(id): Path<HallId>,
    Form(form): Form<HallForm>,
) -> web::Result<Response> {
    let admin = Admin::of(&visit)?;
    let (who, typed) = (admin.clone(), form.clone());
    let done = app
        .db
        .write(move |tx| -> Result<(), Error> {
            let known = owned(tx, id, &who)?;
            let hall = typed.read(tx, id, Some(&known), &who)?;
            manage::update_hall(tx, &hall)?;
            who.record(tx, "修改大厅", &hall.name)
        })
        .await;
    match done {
        Ok(()) => Ok(web::redirect("/admin/halls")),
        Err(error) => {
            let errors = Errors::from_error(error)?;
            let (hall, _) = load(&app, &admin, id).await?;
            show(&visit, &app, &admin, form, errors, Some(hall)).await
        }
    }
}

pub(crate) async fn close(
    visit: Visit,
    State(app): State<App>,
    Path(id): Path<HallId>,
    Form(form): Form<CloseForm>,
) -> web::Result<Response> {
    let admin = Admin::of(&visit)?;
    let (who, typed) = (admin.clone(), form.clone());
    let done = app
        .db
        .write(move |tx| -> Result<(), Error> {
            let hall = owned(tx, id, &who)?;
            let last_day = read_date("valid_to", &typed.valid_to)?
                .ok_or_else(|| invalid("valid_to", "请填写关闭日期"))?;
            manage::close_hall(tx, id, last_day)?;
            who.record(tx, "关闭大厅", &hall.name)
        })
        .await;
    match done {
        Ok(()) => Ok(web::redirect(&href(id))),
        Err(error) => {
            let errors = Errors::from_error(error)?;
            let (hall, filled) = load(&app, &admin, id).await?;
            let mut page = page(&visit, &app, &admin, filled, errors, Some(hall)).await?;
            page.close_on = form.valid_to;
            Ok(web::render_with(
                &visit,
                StatusCode::UNPROCESSABLE_ENTITY,
                page,
            ))
        }
    }
}

async fn load(app: &App, admin: &Admin, id: HallId) -> web::Result<(Hall, HallForm)> {
    let who = admin.clone();
    let loaded = app
        .db
        .read(move |tx| -> Result<_, Error> {
            let hall = owned(tx, id, &who)?;
            let parent = match hall.parent {
                Some(parent) => halls::hall(tx, parent)?,
                None => None,
            };
            let form = HallForm::of(&hall, parent.as_ref());
            Ok((hall, form))
        })
        .await?;
    Ok(loaded)
}

async fn show(
    visit: &Visit,
    app: &App,
    admin: &Admin,
    form: HallForm,
    errors: Errors,
    hall: Option<Hall>,
) -> web::Result<Response> {
    let status = if errors.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let page = page(visit, app, admin, form, errors, hall).await?;
    Ok(web::render_with(visit, status, page))
}

async fn page(
    visit: &Visit,
    app: &App,
    admin: &Admin,
    form: HallForm,
    errors: Errors,
    hall: Option<Hall>,
) -> web::Result<HallPage> {
    let who = admin.clone();
    let (region, id) = (
        base::text::normalise_code(&form.region),
        hall.as_ref().map(|hall| hall.id),
    );
    let (region_name, parents, windows) = app
        .db
        .read(move |tx| -> Result<_, Error> {
            let name = regions::full_name(tx, &region)?;
            let filter = HallFilter {
                region: Some(who.region_of_list(None)),
                on: Some(people::china_day(who.now)),
                ..HallFilter::default()
            };
            let mut parents = vec![choice("", "没有上级大厅")];
            for hall in halls::list(tx, &filter, None, halls::LIST_MAX)? {
                // Stations have nothing below them.
                if Some(hall.id) != id && hall.kind != HallKind::Station {
                    parents.push(choice(hall.key, hall.name));
                }
            }
            let windows = match id {
                Some(id) => window_rows(tx, id)?,
                None => Vec::new(),
            };
            Ok((name, parents, windows))
        })
        .await?;
    let title = match &hall {
        Some(_) => "修改大厅",
        None => "添加大厅",
    };
    let mut frame = visit
        .page(title)
        .with_nav("admin-halls")
        .with_crumb("大厅和窗口", "/admin/halls");
    if !errors.is_empty() {
        frame = frame.with_error();
    }
    let mut tiers = vec![choice("", "不适用")];
    tiers.extend(
        Tier::ALL
            .iter()
            .map(|tier| choice(tier.word(), tier.label())),
    );
    Ok(HallPage {
        page: frame,
        form,
        errors,
        hall,
        region_name,
        parents,
        kinds: kinds("请选择"),
        tiers,
        windows,
        close_on: app.today().to_string(),
    })
}

fn window_rows(tx: &mut Tx<'_>, hall: HallId) -> Result<Vec<WindowRow>, Error> {
    let mut rows = Vec::new();
    for window in halls::windows(tx, hall)? {
        let staff = people::staff::at_window(tx, window.id)?;
        let names: Vec<String> = staff.into_iter().map(|(_, name)| name).collect();
        rows.push(WindowRow {
            href: window_href(window.id),
            orgs: join_orgs(tx, &window.orgs, |org| org.short_name)?,
            staff: names.join("、"),
            window,
        });
    }
    Ok(rows)
}

/// Names of organisations; 全部机构 where the list is empty.
pub(crate) fn org_names(tx: &mut Tx<'_>, list: &[OrgId]) -> Result<String, Error> {
    join_orgs(tx, list, |org| org.name)
}

fn join_orgs(tx: &mut Tx<'_>, list: &[OrgId], word: fn(Org) -> String) -> Result<String, Error> {
    if list.is_empty() {
        return Ok("全部机构".to_owned());
    }
    let mut names = Vec::with_capacity(list.len());
    for id in list {
        if let Some(org) = orgs::by_id(tx, *id)? {
            names.push(word(org));
        }
    }
    Ok(names.join("、"))
}

fn kinds(none: &str) -> Vec<Choice> {
    let mut kinds = vec![choice("", none)];
    kinds.extend(
        HallKind::ALL
            .iter()
            .map(|kind| choice(kind.word(), kind.label())),
    );
    kinds
}

/// A hall of the administrator's.
pub(crate) fn owned(tx: &mut Tx<'_>, id: HallId, admin: &Admin) -> Result<Hall, Error> {
    let hall = halls::hall(tx, id)?.ok_or(Error::NotFound("hall"))?;
    admin.must_cover(&hall.region, None)?;
    Ok(hall)
}

pub(crate) fn href(id: HallId) -> String {
    format!("/admin/halls/{id}")
}

pub(crate) fn window_href(id: WindowId) -> String {
    format!("/admin/windows/{id}")
}
