//! `/admin/organisations`: the bodies of the administration.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::ids::OrgId;
use people::orgs::{self, OrgFilter, OrgOrder};
use people::views;
use people::{Error, Org, OrgKind, regions};
use serde::Deserialize;
use store::Tx;
use ui::staff_list::{Column, Field, ListAddress, Sorted};
use web::saved::opens_with;
use web::{App, Form, Path, Query, Visit};

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
    /// `region`, `name`; with a hyphen before it the other way round.
    sort: String,
    cursor: String,
    format: String,
}

const LIST: List = List {
    key: "orgs",
    path: "/admin/organisations",
};
/// The order of a list whose address names none.
const STANDING: &str = "region";

struct OrgRow {
    href: String,
    org: Org,
    closed: bool,
}

#[derive(askama::Template)]
#[template(path = "admin/orgs.html")]
struct ListPage {
    page: ui::Page,
    list: Listing,
    columns: Vec<Column>,
    rows: Vec<OrgRow>,
}

/// A form about an organisation, as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct OrgForm {
    key: String,
    name: String,
    short_name: String,
    uscc: String,
    kind: String,
    body: String,
    level: String,
    region: String,
    /// Key of the organisation above.
    parent: String,
    phone: String,
    valid_from: String,
}

#[derive(askama::Template)]
#[template(path = "admin/org.html")]
struct OrgPage {
    page: ui::Page,
    form: OrgForm,
    errors: Errors,
    /// None: a new one.
    org: Option<Org>,
    region_name: String,
    parents: Vec<Choice>,
    kinds: Vec<Choice>,
    levels: Vec<Choice>,
    close_on: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct CloseForm {
    valid_to: String,
}

/// 行使层级 codes (GB/T 39046-2020 annex A).
const LEVELS: [(u8, &str); 7] = [
    (1, "国家级"),
    (2, "省级"),
    (3, "市级"),
    (4, "县级"),
    (5, "镇（乡、街道）级"),
    (6, "村（社区）级"),
    (7, "分级管理"),
];

pub(crate) fn level_label(level: u8) -> &'static str {
    LEVELS
        .iter()
        .find(|(code, _)| *code == level)
        .map_or("", |(_, label)| label)
}

impl OrgForm {
    fn of(org: &Org, parent: Option<&Org>) -> OrgForm {
        OrgForm {
            key: org.key.clone(),
            name: org.name.clone(),
            short_name: org.short_name.clone(),
            uscc: org.uscc.clone().unwrap_or_default(),
            kind: org.kind.word().to_owned(),
            body: org.body.clone(),
            level: org.level.to_string(),
            region: org.region.clone(),
            parent: parent.map(|parent| parent.key.clone()).unwrap_or_default(),
            phone: org.phone.clone().unwrap_or_default(),
            valid_from: org.valid_from.to_string(),
        }
    }

    /// The organisation it describes; `known` is the one being changed.
    fn read(
        &self,
        tx: &mut Tx<'_>,
        id: OrgId,
        known: Option<&Org>,
        admin: &Admin,
    ) -> Result<Org, Error> {
        let parent = match self.parent.trim() {
            "" => None,
            key => Some(
                orgs::by_key(tx, key)?
                    .ok_or_else(|| invalid("parent", "没有这个上级机构，请重新选择"))?
                    .id,
            ),
        };
        let valid_from = match read_date("valid_from", &self.valid_from)? {
            Some(date) => date,
            None => known.map_or_else(|| people::china_day(admin.now), |org| org.valid_from),
        };
        let region = base::text::normalise_code(&self.region);
        admin.must_allow_region(&region)?;
        Ok(Org {
            id,
            key: known.map_or_else(|| self.key.clone(), |org| org.key.clone()),
            name: self.name.clone(),
            short_name: self.short_name.clone(),
            uscc: Some(self.uscc.clone()),
            kind: OrgKind::from_word(&self.kind)
                .ok_or_else(|| invalid("kind", "请选择机构类别"))?,
            body: self.body.clone(),
            level: self
                .level
                .parse()
                .map_err(|_| invalid("level", "请选择行使层级"))?,
            region,
            parent,
            phone: Some(self.phone.clone()),
            valid_from,
            valid_to: known.and_then(|org| org.valid_to),
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
    let filter = OrgFilter {
        region: Some(admin.region_of_list(Some(&query.region))),
        query: Some(query.q.clone()),
        kind: OrgKind::from_word(&query.kind),
        on: (query.closed != "1").then_some(today),
    };
    let order = query.order();
    if let Some(format) = web::export::Format::from_word(&query.format) {
        let who = admin.clone();
        let rows = app
            .db
            .read(move |tx| whole(tx, &filter, order, &who))
            .await?;
        return export(format, rows).await;
    }
    let cursors = format!("orgs {}", query.sort);
    let after: Option<(String, String)> = match query.cursor.as_str() {
        "" => None,
        cursor => Some(web::cursor::decode(&app, &cursors, cursor)?),
    };
    let paged = after.is_some();
    let staff = visit.staff()?.clone();
    let (rows, saved) = app
        .db
        .read(move |tx| -> Result<_, Error> {
            let after = after
                .as_ref()
                .map(|(first, key)| (first.as_str(), key.as_str()));
            let rows = orgs::list_by(tx, &filter, order, after, PAGE + 1)?;
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
        .map(|last| web::cursor::encode(&app, &cursors, &order.place(last)));
    let rows: Vec<OrgRow> = rows
        .into_iter()
        .filter(|org| admin.covers(&org.region, Some(org.id)))
        .map(|org| OrgRow {
            href: href(org.id),
            closed: !org.exists_on(today),
            org,
        })
        .collect();
    let page = visit.page("机构").with_nav("orgs");
    let at = query.at();
    let page = ListPage {
        list: LIST.around(
            &page,
            &at,
            query.fields(&page),
            &saved,
            (paged, rows.len(), next),
        ),
        columns: columns(&page, &at),
        rows,
        page,
    };
    Ok(web::render(&visit, page))
}

/// The whole list, page by page.
fn whole(
    tx: &mut Tx<'_>,
    filter: &OrgFilter,
    order: OrgOrder,
    admin: &Admin,
) -> Result<Vec<Org>, Error> {
    const STEP: usize = 1000;
    let (mut rows, mut after) = (Vec::new(), None::<(String, String)>);
    loop {
        let from = after
            .as_ref()
            .map(|(first, key)| (first.as_str(), key.as_str()));
        let step = orgs::list_by(tx, filter, order, from, STEP)?;
        let more = step.len() == STEP;
        after = step.last().map(|last| order.place(last));
        rows.extend(
            step.into_iter()
                .filter(|org| admin.covers(&org.region, Some(org.id))),
        );
        if !more {
            return Ok(rows);
        }
    }
}

fn columns(page: &ui::Page, at: &ListAddress) -> Vec<Column> {
    let plain = |label| Column::new(page.t(label));
    let sorting = |label, key| Column::new(page.t(label)).sorting(at, key, Sorted::Up, STANDING);
    vec![
        sorting("名称", "name"),
        plain("机关代字"),
        plain("类别"),
        sorting("区划代码", "region"),
        plain("统一社会信用代码"),
        plain("电话"),
        plain("状态"),
    ]
}

impl ListQuery {
    fn order(&self) -> OrgOrder {
        match self.sort.as_str() {
            "-region" => OrgOrder::RegionDown,
            "name" => OrgOrder::Name,
            "-name" => OrgOrder::NameDown,
            _ => OrgOrder::Region,
        }
    }

    /// The list's address without its page.
    fn at(&self) -> ListAddress {
        ListAddress::new(LIST.path)
            .with("q", self.q.as_str())
            .with("region", self.region.as_str())
            .with("kind", self.kind.as_str())
            .with("closed", self.closed.as_str())
            .with("sort", self.sort.as_str())
    }

    fn fields(&self, page: &ui::Page) -> Vec<Field> {
        vec![
            Field::search("q", page.t("名称、代字或标识"), &self.q),
            Field::text("region", page.t("区划代码"), &self.region),
            Field::choice("kind", page.t("类别"), &self.kind, kinds("全部类别")),
            Field::tick("closed", page.t("含已撤销"), self.closed == "1"),
        ]
    }
}

async fn export(format: web::export::Format, rows: Vec<Org>) -> web::Result<Response> {
    const HEAD: &[&str] = &[
        "机构标识",
        "名称",
        "机关代字",
        "统一社会信用代码",
        "类别",
        "行使层级",
        "区划代码",
        "电话",
        "设立日期",
        "撤销日期",
    ];
    let rows: Vec<Vec<web::export::Cell>> = rows
        .into_iter()
        .map(|org| {
            vec![
                org.key.into(),
                org.name.into(),
                org.short_name.into(),
                org.uscc.into(),
                org.kind.label().into(),
                level_label(org.level).into(),
                org.region.into(),
                org.phone.into(),
                org.valid_from.into(),
                org.valid_to.into(),
            ]
        })
        .collect();
    web::export::table(format, "机构", HEAD, rows).await
}

pub(crate) async fn new_form(visit: Visit, State(app): State<App>) -> web::Result<Response> {
    let admin = Admin::of(&visit)?;
    let form = OrgForm {
        kind: OrgKind::Agency.word().to_owned(),
        region: admin.region_of_list(None),
        valid_from: app.today().to_string(),
        ..OrgForm::default()
    };
    show(&visit, &app, &admin, form, Errors::default(), None).await
}

pub(crate) async fn create(
    visit: Visit,
    State(app): State<App>,
    Form(form): Form<OrgForm>,
) -> web::Result<Response> {
    let admin = Admin::of(&visit)?;
    let id: OrgId = app.ids.next(admin.now);
    let (who, typed) = (admin.clone(), form.clone());
    let done = app
        .db
        .write(move |tx| -> Result<(), Error> {
            let org = typed.read(tx, id, None, &who)?;
            orgs::create(tx, &org)?;
            who.record(tx, "添加机构", &org.name)
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
    Path(id): Path<OrgId>,
) -> web::Result<Response> {
    let admin = Admin::of(&visit)?;
    let who = admin.clone();
    let (org, parent) = app
        .db
        .read(move |tx| -> Result<_, Error> {
            let org = owned(tx, id, &who)?;
            let parent = match org.parent {
                Some(parent) => orgs::by_id(tx, parent)?,
                None => None,
            };
            Ok((org, parent))
        })
        .await?;
    let form = OrgForm::of(&org, parent.as_ref());
    show(&visit, &app, &admin, form, Errors::default(), Some(org)).await
}

pub(crate) async fn update(
    visit: Visit,
    State(app): State<App>,
    Path(id): Path<OrgId>,
    Form(form): Form<OrgForm>,
) -> web::Result<Response> {
    let admin = Admin::of(&visit)?;
    let (who, typed) = (admin.clone(), form.clone());
    let done = app
        .db
        .write(move |tx| -> Result<(), Error> {
            let known = owned(tx, id, &who)?;
            let org = typed.read(tx, id, Some(&known), &who)?;
            orgs::update(tx, &org)?;
            who.record(tx, "修改机构", &org.name)
        })
        .await;
    match done {
        Ok(()) => Ok(web::redirect("/admin/organisations")),
        Err(error) => {
            let errors = Errors::from_error(error)?;
            let who = admin.clone();
            let org = app.db.read(move |tx| owned(tx, id, &who)).await?;
            show(&visit, &app, &admin, form, errors, Some(org)).await
        }
    }
}

pub(crate) async fn close(
    visit: Visit,
    State(app): State<App>,
    Path(id): Path<OrgId>,
    Form(form): Form<CloseForm>,
) -> web::Result<Response> {
    let admin = Admin::of(&visit)?;
    let (who, typed) = (admin.clone(), form.clone());
    let done = app
        .db
        .write(move |tx| -> Result<(), Error> {
            let org = owned(tx, id, &who)?;
            let last_day = read_date("valid_to", &typed.valid_to)?
                .ok_or_else(|| invalid("valid_to", "请填写撤销日期"))?;
            orgs::close(tx, id, last_day)?;
            who.record(tx, "撤销机构", &org.name)
        })
        .await;
    match done {
        Ok(()) => Ok(web::redirect(&href(id))),
        Err(error) => {
            let errors = Errors::from_error(error)?;
            let who = admin.clone();
            let org = app.db.read(move |tx| owned(tx, id, &who)).await?;
            let filled = OrgForm::of(&org, None);
            let mut page = page(&visit, &app, &admin, filled, errors, Some(org)).await?;
            page.close_on = form.valid_to;
            Ok(web::render_with(
                &visit,
                StatusCode::UNPROCESSABLE_ENTITY,
                page,
            ))
        }
    }
}

async fn show(
    visit: &Visit,
    app: &App,
    admin: &Admin,
    form: OrgForm,
    errors: Errors,
    org: Option<Org>,
) -> web::Result<Response> {
    let status = if errors.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let page = page(visit, app, admin, form, errors, org).await?;
    Ok(web::render_with(visit, status, page))
}

async fn page(
    visit: &Visit,
    app: &App,
    admin: &Admin,
    form: OrgForm,
    errors: Errors,
    org: Option<Org>,
) -> web::Result<OrgPage> {
    let who = admin.clone();
    let (region, own) = (
        base::text::normalise_code(&form.region),
        org.as_ref().map(|org| org.id),
    );
    let (region_name, parents) = app
        .db
        .read(move |tx| -> Result<_, Error> {
            let name = regions::full_name(tx, &region)?;
            let mut parents = choices(tx, &who)?;
            parents.retain(|(id, _)| Some(*id) != own);
            let mut list = vec![choice("", "没有上级机构")];
            list.extend(parents.into_iter().map(|(_, choice)| choice));
            Ok((name, list))
        })
        .await?;
    let title = match &org {
        Some(_) => "修改机构",
        None => "添加机构",
    };
    let mut frame = visit
        .page(title)
        .with_nav("orgs")
        .with_crumb("机构", "/admin/organisations");
    if !errors.is_empty() {
        frame = frame.with_error();
    }
    let mut levels = vec![choice("", "请选择")];
    levels.extend(LEVELS.map(|(code, label)| choice(code.to_string(), label)));
    Ok(OrgPage {
        page: frame,
        form,
        errors,
        close_on: app.today().to_string(),
        org,
        region_name,
        parents,
        kinds: kinds("请选择"),
        levels,
    })
}

/// The organisations an administrator may choose from, at most 2000, with `key` as the value.
pub(crate) fn choices(tx: &mut Tx<'_>, admin: &Admin) -> Result<Vec<(OrgId, Choice)>, Error> {
    let filter = OrgFilter {
        region: Some(admin.region_of_list(None)),
        on: Some(people::china_day(admin.now)),
        ..OrgFilter::default()
    };
    let list = orgs::list(tx, &filter, None, 2000)?;
    Ok(list
        .into_iter()
        .filter(|org| admin.covers(&org.region, Some(org.id)))
        .map(|org| (org.id, choice(org.key, org.name)))
        .collect())
}

fn kinds(none: &str) -> Vec<Choice> {
    let mut kinds = vec![choice("", none)];
    kinds.extend(OrgKind::ALL.map(|kind| choice(kind.word(), kind.label())));
    kinds
}

fn owned(tx: &mut Tx<'_>, id: OrgId, admin: &Admin) -> Result<Org, Error> {
    let org = orgs::by_id(tx, id)?.ok_or(Error::NotFound("organisation"))?;
    admin.must_cover_org(&org)?;
    Ok(org)
}

fn href(id: OrgId) -> String {
    format!("/admin/organisations/{id}")
}
