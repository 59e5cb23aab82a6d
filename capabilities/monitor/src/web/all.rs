//! Every case the visitor may read, newest first.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::ids::{CaseId, OrgId};
use cases::list::{self, Before, Filter, Line as CaseLine};
use casework::Permission;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use web::{Query, Visit, cursor};

use super::{address, case_page};
use crate::{Monitor, board};

/// Cases on a page.
const PAGE: usize = 50;
/// Name of the list in cursors, shared with the API.
pub(crate) const LIST: &str = "cases";

const PATH: &str = "/staff/cases";

#[derive(Debug, Deserialize)]
pub(crate) struct Params {
    org: Option<OrgId>,
    state: Option<String>,
    no: Option<String>,
    cursor: Option<String>,
}

/// Where a page ended, inside the cursor.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Place {
    opened_at: i64,
    case: CaseId,
}

impl From<Place> for Before {
    fn from(place: Place) -> Before {
        Before {
            opened_at: place.opened_at,
            case_id: place.case,
        }
    }
}

impl From<&CaseLine> for Place {
    fn from(line: &CaseLine) -> Place {
        let before = line.before();
        Place {
            opened_at: before.opened_at,
            case: before.case_id,
        }
    }
}

#[derive(Template)]
#[template(path = "staff/cases.html")]
struct CasesPage {
    page: ui::Page,
    no: String,
    state: String,
    states: Vec<(String, String)>,
    org: String,
    orgs: Vec<(String, String)>,
    filtered: bool,
    lines: Vec<Line>,
    newer: Option<String>,
    older: Option<String>,
}

struct Line {
    href: String,
    case_no: String,
    title: String,
    applicant: String,
    org: String,
    state: &'static str,
    opened_at: Timestamp,
    closed_at: Option<Timestamp>,
    due_at: Option<Timestamp>,
}

pub(crate) async fn get(
    visit: Visit,
    State(monitor): State<Monitor>,
    Query(params): Query<Params>,
) -> web::Result<Response> {
    let actor = visit.actor()?.clone();
    let app = &monitor.app;
    let place: Option<Place> = params
        .cursor
        .as_deref()
        .map(|text| cursor::decode(app, LIST, text))
        .transpose()?;
    let first_page = place.is_none();
    let no = params.no.unwrap_or_default();
    let filter = Filter {
        org: params.org,
        state: params.state.clone(),
        case_no: exact_no(&no),
        before: place.map(Before::from),
        limit: PAGE + 1,
    };
    let (mut found, orgs) = app
        .db
        .read(move |tx| -> web::Result<_> {
            let found = list::of_scope(tx, &actor, &filter).map_err(board::problem)?;
            Ok((found, board::orgs(tx)?))
        })
        .await?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let org = params.org.map(|org| org.to_string()).unwrap_or_default();
    let state = params.state.unwrap_or_default();
    let here = |place: &str| {
        let parameters = [
            ("org", org.as_str()),
            ("state", &state),
            ("no", &no),
            ("cursor", place),
        ];
        address(PATH, &parameters)
    };
    let older = more
        .then(|| found.last())
        .flatten()
        .map(|last| here(&cursor::encode(app, LIST, &Place::from(last))));
    let newer = (!first_page).then(|| here(""));
    let names = orgs.iter().map(|org| (org.id, org.name.clone())).collect();
    let lines = found
        .into_iter()
        .map(|line| Line {
            href: case_page(line.case_id),
            state: monitor.words.state(&line.state),
            org: board::name_of(&names, line.org),
            case_no: line.case_no,
            title: line.title,
            applicant: line.applicant_name,
            opened_at: line.opened_at,
            closed_at: line.closed_at,
            due_at: line.due_at,
        })
        .collect();
    let page = visit.page("全部办件").with_nav("cases");
    let mut states = vec![(String::new(), page.t("全部状态").to_owned())];
    for known in monitor.words.states() {
        states.push((known.name.to_owned(), page.t(known.label).to_owned()));
    }
    let mut options = vec![(String::new(), page.t("全部机构").to_owned())];
    let actor = visit.actor()?;
    options.extend(
        orgs.into_iter()
            .filter(|org| board::covers(actor, Permission::ReadCase, org))
            .map(|org| (org.id.to_string(), org.name)),
    );
    Ok(web::render(
        &visit,
        CasesPage {
            filtered: !(org.is_empty() && state.is_empty() && no.is_empty()),
            newer,
            older,
            no,
            state,
            states,
            org,
            orgs: options,
            lines,
            page,
        },
    ))
}

/// A case number as it is stored, whatever width and blanks it was typed with.
pub(crate) fn exact_no(typed: &str) -> Option<String> {
    let no = base::text::normalise_code(typed);
    (!no.is_empty()).then_some(no)
}
