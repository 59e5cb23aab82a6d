//! The command palette: one field that reaches every item, case, person, page and action somebody may open.
//!
//! Each source asks for its own permission, so nobody finds what they could not open. The same results stand on an
//! ordinary page; the dialog (`palette.js`) asks for JSON. Numbers of people are looked up only when sent by POST,
//! so that they stand in no address and no history.

use approval::Approval;
use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse as _, Response},
};
use base::codes::{CaseNo, CitizenId, Uscc};
use base::ids::CaseId;
use casework::{Actor, Permission, Scope, actor::Staff};
use catalog::{pages::links, snapshot::Wanted};
use people::{LookUp, Party, PartyKind};
use pinyin::ToPinyin as _;
use serde::{Deserialize, Serialize};
use store::Tx;
use web::{Access, App, Form, Module, Query, Routes, Visit};

/// Characters of a question that are looked at.
const ASKED_MAX: usize = 50;
/// Places of one group.
const PLACES: usize = 6;

#[derive(Clone)]
struct Palette {
    app: App,
    approval: Approval,
}

pub(crate) fn module(app: App, approval: Approval) -> Module {
    Routes::new("palette")
        .get("/staff/palette", Access::Staff, get)
        .post("/staff/palette", Access::Staff, post)
        .with_state(Palette { app, approval })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: Option<String>,
}

/// Somewhere to go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Place {
    label: String,
    note: String,
    href: String,
    /// `get`, or `post` for what changes something: signing out.
    method: &'static str,
}

impl Place {
    fn new(label: impl Into<String>, note: impl Into<String>, href: impl Into<String>) -> Place {
        Place {
            label: label.into(),
            note: note.into(),
            href: href.into(),
            method: "get",
        }
    }
}

#[derive(Clone, Debug, Serialize)]
struct Group {
    label: String,
    places: Vec<Place>,
}

/// What the dialog is given.
#[derive(Debug, Serialize)]
struct Found {
    /// Changes with every sign-in: what the browser remembers of another one is not shown.
    session: String,
    said: String,
    groups: Vec<Group>,
}

#[derive(Template)]
#[template(path = "palette.html")]
struct PalettePage {
    page: ui::Page,
    q: String,
    found: Found,
}

async fn get(
    visit: Visit,
    State(palette): State<Palette>,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    answer(&visit, &palette, &headers, asked, false).await
}

async fn post(
    visit: Visit,
    State(palette): State<Palette>,
    headers: HeaderMap,
    Form(asked): Form<Asked>,
) -> web::Result<Response> {
    answer(&visit, &palette, &headers, asked, true).await
}

async fn answer(
    visit: &Visit,
    palette: &Palette,
    headers: &HeaderMap,
    asked: Asked,
    by_number: bool,
) -> web::Result<Response> {
    let q: String = asked
        .q
        .unwrap_or_default()
        .trim()
        .chars()
        .take(ASKED_MAX)
        .collect();
    let page = visit.page("查找");
    let found = find(visit, palette, &page, &q, by_number).await?;
    let json = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.starts_with("application/json"));
    Ok(if json {
        web::Json(found).into_response()
    } else {
        web::render(visit, PalettePage { page, q, found })
    })
}

async fn find(
    visit: &Visit,
    palette: &Palette,
    page: &ui::Page,
    q: &str,
    by_number: bool,
) -> web::Result<Found> {
    let staff = visit.staff()?.clone();
    let actor = visit.actor()?.clone();
    let (app, now) = (&palette.app, palette.app.now());
    let who = staff.account.to_string();
    let limits = app.people.limits();
    limits
        .look_up(LookUp::Search, &who, now)
        .map_err(people::Error::from)?;
    let number = Number::of(q, app).filter(|_| by_number && actor.may_somewhere(FIND_PARTY));
    if number.is_some() {
        limits
            .look_up(LookUp::FindParty, &who, now)
            .map_err(people::Error::from)?;
    }
    let (me, asked) = (palette.clone(), q.to_owned());
    let (people, cases) = app
        .db
        .read(move |tx| -> web::Result<_> {
            let parties = match number {
                Some(number) => number.parties(tx, &me.app)?,
                None => Vec::new(),
            };
            let cases = cases(tx, &me, &actor, &staff, &asked, &parties)?;
            let people = parties.iter().map(|party| person(party, &actor)).collect();
            Ok((people, cases))
        })
        .await?;
    let groups = [
        (
            if q.is_empty() {
                "我领办的办件"
            } else {
                "办件"
            },
            cases,
        ),
        ("人员和企业", people),
        ("事项", items(palette, q)),
        ("操作", actions(page, visit.actor()?, q)),
        ("页面", pages(page, q)),
    ];
    let groups: Vec<Group> = groups
        .into_iter()
        .filter(|(_, places)| !places.is_empty())
        .map(|(label, places)| Group {
            label: page.t(label).to_owned(),
            places,
        })
        .collect();
    let count: usize = groups.iter().map(|group| group.places.len()).sum();
    Ok(Found {
        session: session_mark(visit),
        said: if count == 0 {
            page.t("没有找到。可以换个说法，或输入完整的办件编号、证件号码。")
                .to_owned()
        } else {
            page.t1("共{n}个结果", "n", count)
        },
        groups,
    })
}

const FIND_PARTY: Permission = Permission::FindParty;

/// A number that names a person or a body, in full.
#[derive(Clone, Debug)]
enum Number {
    Identity(String),
    Phone(String),
}

impl Number {
    fn of(q: &str, app: &App) -> Option<Number> {
        let tidy = base::text::normalise_code(q);
        if CitizenId::parse(&tidy, app.today()).is_ok() || Uscc::parse(&tidy).is_ok() {
            Some(Number::Identity(tidy))
        } else {
            people::party::check_phone(&tidy).ok().map(Number::Phone)
        }
    }

    fn parties(&self, tx: &mut Tx<'_>, app: &App) -> Result<Vec<Party>, people::Error> {
        match self {
            Number::Identity(number) => {
                Ok(app.people.find_party(tx, number)?.into_iter().collect())
            }
            Number::Phone(phone) => app.people.find_parties_by_phone(tx, phone),
        }
    }
}

/// Masked: whoever needs the whole name asks for it where it is written down.
fn person(party: &Party, actor: &Actor) -> Place {
    let name = match party.kind {
        PartyKind::Person => base::mask::name(&party.name),
        PartyKind::Legal => party.name.clone(),
    };
    let href = if actor.may_somewhere(Permission::Receive) {
        format!("/staff/intake/new?party={}", party.id)
    } else {
        "/staff/intake".to_owned()
    };
    Place::new(name, party.id_number.masked(), href)
}

/// Cases by whole number, by what stands in the queue, by applicant among the newest of the scope, and of the
/// parties that were found. Without a question: what the visitor has taken.
fn cases(
    tx: &mut Tx<'_>,
    palette: &Palette,
    actor: &Actor,
    staff: &Staff,
    q: &str,
    parties: &[Party],
) -> web::Result<Vec<Place>> {
    let mut found = Cases::default();
    let now = palette.app.now();
    let queue = |filter| cases::queue::Filter {
        limit: PLACES,
        ..filter
    };
    if let Ok(no) = CaseNo::parse(&base::text::normalise_code(q)) {
        if let Some(case) = cases::load_by_no(tx, &no.to_string()).map_err(problem)?
            && approval::may_know(actor, &case)
        {
            found.add(case.id, &case.title, &case.applicant_name, &case.no);
        }
        return Ok(found.places);
    }
    if q.is_empty() {
        let mine = queue(cases::queue::Filter {
            claim: Some(cases::queue::Claim::By(staff.staff)),
            ..Default::default()
        });
        found.entries(&cases::queue::list(tx, actor, &mine, now).map_err(problem)?);
        return Ok(found.places);
    }
    for party in parties {
        let lines = cases::list::of_applicant(tx, party.id, None, 50).map_err(problem)?;
        found.lines(lines.iter().filter(|line| {
            let scope = Scope {
                region: &line.region,
                org: Some(line.org),
            };
            actor.may(Permission::ReadCase, &scope)
        }));
    }
    if parties.is_empty() && q.chars().count() >= 2 {
        let open = queue(cases::queue::Filter {
            text: q.to_owned(),
            ..Default::default()
        });
        found.entries(&cases::queue::list(tx, actor, &open, now).map_err(problem)?);
        let newest = cases::list::newest_of(tx, actor, q, PLACES).map_err(problem)?;
        found.lines(newest.iter());
    }
    Ok(found.places)
}

/// Cases found so far, each once.
#[derive(Default)]
struct Cases {
    known: Vec<CaseId>,
    places: Vec<Place>,
}

impl Cases {
    fn add(&mut self, id: CaseId, title: &str, applicant: &str, no: &str) {
        if self.known.contains(&id) || self.known.len() >= PLACES {
            return;
        }
        self.known.push(id);
        self.places.push(Place::new(
            format!("{title} {applicant}"),
            no,
            approval::pages::routes::workspace(id),
        ));
    }

    fn entries(&mut self, entries: &[cases::queue::Entry]) {
        for entry in entries {
            self.add(
                entry.case_id,
                &entry.title,
                &entry.applicant_name,
                &entry.case_no,
            );
        }
    }

    fn lines<'a>(&mut self, lines: impl Iterator<Item = &'a cases::list::Line>) {
        for line in lines {
            self.add(
                line.case_id,
                &line.title,
                &line.applicant_name,
                &line.case_no,
            );
        }
    }
}

fn problem(error: cases::Error) -> web::Problem {
    approval::Error::from(error).into()
}

/// Guides, by name, everyday name, sound and initials.
fn items(palette: &Palette, q: &str) -> Vec<Place> {
    if q.is_empty() {
        return Vec::new();
    }
    let snapshot = palette.approval.catalog.snapshot();
    snapshot
        .search(q, &Wanted::default())
        .into_iter()
        .take(PLACES)
        .map(|answer| {
            let body = snapshot.org_name(answer.brief.org_id);
            let note = match answer.alias {
                Some(alias) => format!("{alias}，{body}"),
                None => body.to_owned(),
            };
            Place::new(
                answer.brief.name.as_str(),
                note,
                links::item(answer.brief.item_id),
            )
        })
        .collect()
}

/// What can be done from anywhere.
fn actions(page: &ui::Page, actor: &Actor, q: &str) -> Vec<Place> {
    use Permission::{Accept, Decide, Deliver, Receive};
    let action = |label: &str, href: String| Place::new(page.t(label), "", href);
    let mut actions = Vec::new();
    if actor.may_somewhere(Receive) {
        actions.push(action("新收件", "/staff/intake".to_owned()));
    }
    if [Accept, Decide, Deliver]
        .into_iter()
        .any(|permission| actor.may_somewhere(permission))
    {
        actions.push(action("下一件", "/staff/next".to_owned()));
    }
    actions.push(if page.is_dark() {
        action("浅色", page.pref("theme", "light"))
    } else {
        action("深色", page.pref("theme", "dark"))
    });
    actions.push(if page.care {
        action("标准版", page.pref("care", "0"))
    } else {
        action("关怀版", page.pref("care", "1"))
    });
    actions.push(Place {
        method: "post",
        ..action("退出", "/sign-out".to_owned())
    });
    actions.retain(|place| is_called(&place.label, q));
    actions
}

/// The menu, which holds only what the visitor may open.
fn pages(page: &ui::Page, q: &str) -> Vec<Place> {
    page.menu
        .iter()
        .map(|item| {
            let letter = page.go_letter(item.key);
            let note = match letter.as_str() {
                "" => String::new(),
                letter => format!("g {letter}"),
            };
            Place::new(page.t(item.label), note, item.href)
        })
        .filter(|place| is_called(&place.label, q))
        .collect()
}

/// Whether a label is meant: it holds the words, their sound or their initials. Nothing asked means everything.
fn is_called(label: &str, q: &str) -> bool {
    let asked: String = q.to_lowercase().split_whitespace().collect();
    if asked.is_empty() || label.to_lowercase().contains(&asked) {
        return true;
    }
    let (mut initials, mut full) = (String::new(), String::new());
    for c in label.chars() {
        if let Some(sound) = c.to_pinyin() {
            initials.push_str(sound.first_letter());
            full.push_str(sound.plain());
        } else {
            initials.extend(c.to_lowercase());
            full.extend(c.to_lowercase());
        }
    }
    initials.contains(&asked) || full.contains(&asked)
}

/// A word that stands for this sign-in and tells nothing of it.
fn session_mark(visit: &Visit) -> String {
    let secret = visit
        .session
        .as_ref()
        .map(|session| session.csrf_secret)
        .unwrap_or_default();
    let code = visit.app.people.mac("palette").code(&[&secret]);
    base::crypto::to_hex(&code[..8])
}

#[cfg(test)]
mod tests {
    use super::is_called;

    #[test]
    fn a_label_is_found_by_words_sound_and_initials() {
        for q in [
            "",
            "收件",
            "窗口",
            "cksj",
            "CKSJ",
            "sj",
            "shoujian",
            " 窗口 收件 ",
        ] {
            assert!(is_called("窗口收件", q), "{q}");
        }
        for q in ["看板", "kb", "x"] {
            assert!(!is_called("窗口收件", q), "{q}");
        }
    }
}
