//! 交接班: what one shift leaves to the next. The giver's list is made from what stands in their name, signed with their
//! session and their typed name; the taker checks it and signs the same way. The SM3 digest binds both to one content.

use approval::window::originals::Custody;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::ids::{CaseId, FileId, OrgId, StaffId};
use cases::queue::{self, Claim, Filter};
use casework::{Actor, Case, actor::Staff};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Tx, params};
use uuid::Uuid;
use web::{Form, Path, Problem, Result, Visit, redirect, render_with};

use crate::Window;

/// Cases on one list.
const CASES_MAX: usize = 200;
/// Lists shown.
const LISTS_MAX: i64 = 60;
/// Characters of a remark.
const REMARK_MAX: usize = 500;

/// One case that is handed on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Left {
    case_id: CaseId,
    case_no: String,
    title: String,
    /// The open step.
    step: String,
    /// Originals in custody, as 名称×份数.
    originals: Vec<String>,
}

/// What is signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Content {
    version: u32,
    cases: Vec<Left>,
}

impl Content {
    fn text(&self) -> String {
        serde_json::to_string(self).expect("a list is plain data")
    }
}

fn digest(text: &str) -> String {
    base::crypto::to_hex(&base::crypto::sm3(text.as_bytes()))
}

pub(crate) struct Row {
    pub(crate) id: Uuid,
    pub(crate) day: String,
    pub(crate) giver: String,
    pub(crate) taker: String,
    pub(crate) given_at: Timestamp,
    pub(crate) taken_at: Option<Timestamp>,
}

pub(crate) struct Kept {
    pub(crate) row: Row,
    org: OrgId,
    giver: StaffId,
    content: Content,
    pub(crate) digest: String,
    pub(crate) remark: String,
}

impl Kept {
    /// The signed text: what the digest is of.
    pub(crate) fn text(&self) -> String {
        self.content.text()
    }
}

/// What stands in the giver's name: their tasks, with the originals of each case, and the cases of which they hold
/// nothing but originals.
fn left(tx: &mut Tx<'_>, actor: &Actor, staff: &Staff, now: Timestamp) -> Result<Content> {
    let filter = Filter {
        claim: Some(Claim::By(staff.staff)),
        limit: CASES_MAX,
        ..Filter::default()
    };
    let entries = queue::list(tx, actor, &filter, now).map_err(approval::Error::from)?;
    let mut cases = Vec::with_capacity(entries.len());
    for entry in entries {
        let case = cases::load(tx, entry.case_id).map_err(approval::Error::from)?;
        cases.push(Left {
            case_id: entry.case_id,
            case_no: entry.case_no,
            title: entry.title,
            step: approval::flow::command_label(&entry.kind).to_owned(),
            originals: case.as_ref().map(originals).unwrap_or_default(),
        });
    }
    for id in approval::window::in_the_hands_of(tx, staff)? {
        if cases.len() >= CASES_MAX || cases.iter().any(|known| known.case_id == id) {
            continue;
        }
        if let Some(case) = cases::load(tx, id).map_err(approval::Error::from)? {
            cases.push(Left {
                case_id: id,
                originals: originals(&case),
                case_no: case.no,
                title: case.title,
                step: "保管原件".to_owned(),
            });
        }
    }
    Ok(Content { version: 1, cases })
}

/// What is held of a case, as 名称×份数.
fn originals(case: &Case) -> Vec<String> {
    let custody = Custody::of(case);
    custody
        .held()
        .map(|paper| format!("{}×{}", paper.name, paper.copies))
        .collect()
}

/// The lists of a body, newest first.
pub(crate) fn rows(tx: &mut Tx<'_>, org: OrgId) -> Result<Vec<Row>, store::Error> {
    let rows = tx.query(
        "SELECT list_id, day, giver_name, taker_name, given_at, taken_at
           FROM shift_lists
          WHERE org_id = $1
          ORDER BY given_at DESC, list_id
          LIMIT $2",
        &params![org, LISTS_MAX],
    )?;
    rows.iter()
        .map(|row| {
            Ok(Row {
                id: row.get(0)?,
                day: row.get(1)?,
                giver: row.get(2)?,
                taker: row.get(3)?,
                given_at: row.get(4)?,
                taken_at: row.get(5)?,
            })
        })
        .collect()
}

#[derive(Template)]
#[template(path = "window/shifts.html")]
struct ShiftsPage {
    page: ui::Page,
    now: Vec<Left>,
    me: String,
    rows: Vec<Row>,
    errors: Vec<(String, String)>,
    remark: String,
}

pub(crate) async fn list(State(window): State<Window>, visit: Visit) -> Result<Response> {
    lists(&window, &visit, String::new(), Vec::new()).await
}

async fn lists(
    window: &Window,
    visit: &Visit,
    remark: String,
    errors: Vec<(String, String)>,
) -> Result<Response> {
    let (actor, staff, now) = (
        visit.actor()?.clone(),
        visit.staff()?.clone(),
        visit.app.now(),
    );
    let me = staff.clone();
    let (content, rows) = window
        .app
        .db
        .read(move |tx| -> Result<_> { Ok((left(tx, &actor, &me, now)?, rows(tx, me.org)?)) })
        .await?;
    let page = visit.page("交接班").with_nav("shifts");
    let refused = !errors.is_empty();
    let body = ShiftsPage {
        page: if refused { page.with_error() } else { page },
        now: content.cases,
        me: staff.name,
        rows,
        errors,
        remark,
    };
    let status = if refused {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    Ok(render_with(visit, status, body))
}

#[derive(Deserialize)]
pub(crate) struct SignForm {
    /// One's own name, typed: the signature.
    #[serde(default)]
    pub(crate) signature: String,
    #[serde(default)]
    pub(crate) remark: String,
}

/// The typed name must be the signed-in person's.
pub(crate) fn signed(staff: &Staff, form: &SignForm) -> Result<(), (String, String)> {
    if base::text::single_line(&form.signature) != staff.name {
        return Err((
            "signature".to_owned(),
            "签名请输入您自己的姓名，与登录账号一致".to_owned(),
        ));
    }
    if base::text::visible_len(&form.remark) > REMARK_MAX {
        return Err(("remark".to_owned(), format!("最多{REMARK_MAX}字")));
    }
    Ok(())
}

/// The giver signs the list of what stands in their name now.
pub(crate) async fn give(
    State(window): State<Window>,
    visit: Visit,
    Form(form): Form<SignForm>,
) -> Result<Response> {
    let (actor, staff, now) = (
        visit.actor()?.clone(),
        visit.staff()?.clone(),
        visit.app.now(),
    );
    if let Err(error) = signed(&staff, &form) {
        return lists(&window, &visit, form.remark, vec![error]).await;
    }
    let id = visit.app.ids.next::<FileId>(now).uuid();
    window
        .app
        .db
        .write(move |tx| write(tx, &actor, &staff, id, &form.remark, now))
        .await?;
    Ok(redirect(&format!("/staff/shifts/{id}")))
}

/// Writes the list of what stands in the giver's name, with its digest.
pub fn write(
    tx: &mut Tx<'_>,
    actor: &Actor,
    staff: &Staff,
    id: Uuid,
    remark: &str,
    now: Timestamp,
) -> Result<()> {
    let region = staff
        .grants
        .first()
        .map(|grant| grant.region.clone())
        .unwrap_or_default();
    let text = left(tx, actor, staff, now)?.text();
    let digest = digest(&text);
    tx.exec(
        "INSERT INTO shift_lists (list_id, org_id, region, day, giver, giver_name, taker, taker_name, content,
             digest, given_at, taken_at, remark)
         VALUES ($1, $2, $3, $4, $5, $6, NULL, '', $7, $8, $9, NULL, $10)",
        &params![
            id,
            staff.org,
            &region,
            calendar::civil_date(now),
            staff.staff,
            &staff.name,
            text,
            digest,
            now,
            base::text::paragraphs(remark)
        ],
    )?;
    Ok(())
}

#[derive(Template)]
#[template(path = "window/shift.html")]
struct ShiftPage {
    page: ui::Page,
    kept: Kept,
    may_take: bool,
    me: String,
    errors: Vec<(String, String)>,
}

async fn load(window: &Window, visit: &Visit, id: Uuid) -> Result<Kept> {
    let org = visit.staff()?.org;
    window.app.db.read(move |tx| kept(tx, org, id)).await
}

/// A list of a body.
pub(crate) fn kept(tx: &mut Tx<'_>, org: OrgId, id: Uuid) -> Result<Kept> {
    let row = tx
        .query_opt(
            "SELECT day, giver_name, taker_name, given_at, taken_at, org_id, giver, content, digest, remark
               FROM shift_lists WHERE list_id = $1 AND org_id = $2",
            &params![id, org],
        )?
        .ok_or_else(|| Problem::not_found("没有找到这份交接清单"))?;
    let text: String = row.get(7)?;
    Ok(Kept {
        row: Row {
            id,
            day: row.get(0)?,
            giver: row.get(1)?,
            taker: row.get(2)?,
            given_at: row.get(3)?,
            taken_at: row.get(4)?,
        },
        org: row.get(5)?,
        giver: row.get(6)?,
        content: serde_json::from_str(&text).map_err(Problem::internal)?,
        digest: row.get(8)?,
        remark: row.get(9)?,
    })
}

pub(crate) async fn show(
    State(window): State<Window>,
    visit: Visit,
    Path(id): Path<Uuid>,
) -> Result<Response> {
    let kept = load(&window, &visit, id).await?;
    one(&visit, kept, Vec::new())
}

fn one(visit: &Visit, kept: Kept, errors: Vec<(String, String)>) -> Result<Response> {
    let staff = visit.staff()?;
    let page = visit
        .page("交接清单")
        .with_nav("shifts")
        .with_crumb("交接班", "/staff/shifts");
    let refused = !errors.is_empty();
    let body = ShiftPage {
        page: if refused { page.with_error() } else { page },
        may_take: kept.row.taken_at.is_none() && kept.giver != staff.staff && kept.org == staff.org,
        me: staff.name.clone(),
        kept,
        errors,
    };
    let status = if refused {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    Ok(render_with(visit, status, body))
}

/// The taker signs; the giver cannot sign for both, and nobody signs twice.
pub(crate) async fn take(
    State(window): State<Window>,
    visit: Visit,
    Path(id): Path<Uuid>,
    Form(form): Form<SignForm>,
) -> Result<Response> {
    let kept = load(&window, &visit, id).await?;
    let (staff, now) = (visit.staff()?.clone(), visit.app.now());
    if let Err(error) = signed(&staff, &form) {
        return one(&visit, kept, vec![error]);
    }
    window
        .app
        .db
        .write(move |tx| receive(tx, &staff, &kept, now))
        .await?;
    Ok(redirect(&format!("/staff/shifts/{id}")))
}

/// Signs for a list, once, by somebody other than whoever gave it.
pub(crate) fn receive(tx: &mut Tx<'_>, staff: &Staff, kept: &Kept, now: Timestamp) -> Result<()> {
    if kept.giver == staff.staff {
        return Err(Problem::conflict(
            "own_list",
            "交班人不能自己接班，请由接班的同事签收",
        ));
    }
    let taken = tx.exec(
        "UPDATE shift_lists SET taker = $2, taker_name = $3, taken_at = $4
          WHERE list_id = $1 AND taken_at IS NULL",
        &params![kept.row.id, staff.staff, &staff.name, now],
    )?;
    if taken == 0 {
        return Err(Problem::conflict(
            "already_taken",
            "这份清单已经有人签收，请刷新查看",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_content_has_another_digest() {
        let mut content = Content {
            version: 1,
            cases: Vec::new(),
        };
        let empty = digest(&content.text());
        content.cases.push(Left {
            case_id: CaseId::from_uuid(Uuid::from_u128(7)),
            case_no: "990102202605110001".to_owned(),
            title: "食品经营许可".to_owned(),
            step: "受理".to_owned(),
            originals: vec!["营业执照×1".to_owned()],
        });
        assert_ne!(digest(&content.text()), empty);
        let read: Content = serde_json::from_str(&content.text()).expect("its own text");
        assert_eq!(read, content);
    }
}
