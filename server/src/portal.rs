//! What the portal's front shows of halls and of one's own matters, asked of those who know.

use base::ids::PartyId;
use cases::list::Line;
use cases::mine::{self, Narrow, Part};
use casework::{Actor, Case};
use catalog::surroundings::{HallNow, Matter, Soon, Surroundings};
use intake::turn;
use jiff::Timestamp;
use store::Tx;
use ui::Lang;
use web::{App, Visit};

/// Matters of each kind that are looked at.
const MATTERS: usize = 5;

/// The neighbours of the catalogue in this server.
pub(crate) struct Neighbours {
    app: App,
    catalog: catalog::Catalog,
}

impl Neighbours {
    pub(crate) fn new(app: App, catalog: catalog::Catalog) -> Neighbours {
        Neighbours { app, catalog }
    }

    async fn halls_now(&self, lang: Lang) -> web::Result<Vec<HallNow>> {
        Ok(hall::now::all(&self.app)
            .await?
            .into_iter()
            .map(|standing| HallNow {
                href: format!("/halls/{}", standing.hall.id),
                main: standing.is_main(),
                light: standing.now.light(),
                words: standing.now.words(lang),
                orgs: standing.orgs,
                name: standing.hall.name,
                address: standing.hall.address,
                phone: standing.hall.phone,
                region: standing.hall.region,
            })
            .collect())
    }

    async fn matters_of(&self, visit: &Visit) -> web::Result<Vec<Matter>> {
        let Ok(Actor::Person(person)) = visit.actor() else {
            return Ok(Vec::new());
        };
        let (applicant, account, now) = (person.applicant(), person.account, self.app.now());
        let (drafts, open) = self
            .app
            .db
            .read(move |tx| -> web::Result<_> {
                let drafts = intake::store::drafts_of(tx, account, Some(applicant), now, MATTERS)?;
                Ok((drafts, open_cases(tx, applicant, now)?))
            })
            .await?;
        let page = ui::Page {
            lang: visit.lang,
            ..ui::Page::default()
        };
        let calendar = self.app.calendar();
        let open = open.into_iter().map(|(line, case)| {
            let turn = case
                .as_ref()
                .and_then(|case| turn::of(case, &calendar, now));
            let words = match (&turn, line.due_at) {
                (Some(turn), _) => turn.words(&page),
                (None, Some(due)) => page.t1("最迟{date}办结", "date", page.due_short(due)),
                (None, None) => page.t(approval::flow::state_label(&line.state)).to_owned(),
            };
            Matter {
                href: format!("/cases/{}", line.case_id),
                title: line.title,
                words,
                theirs: turn.is_some_and(|turn| turn.is_theirs()),
            }
        });
        let snapshot = self.catalog.snapshot();
        let unfinished = drafts.into_iter().filter_map(|draft| {
            let item = snapshot.item(draft.item)?;
            let until = page.date_short(calendar::civil_date(draft.expires_at));
            Some(Matter {
                href: format!("/apply/drafts/{}", draft.id),
                title: item.name.clone(),
                words: page.t1("草稿，保留至{date}", "date", until),
                theirs: false,
            })
        });
        Ok(open.chain(unfinished).collect())
    }
}

/// One's newest open cases, those first that wait for their applicant.
fn open_cases(
    tx: &mut Tx<'_>,
    applicant: PartyId,
    now: Timestamp,
) -> web::Result<Vec<(Line, Option<Case>)>> {
    let waiting = turn::waiting(now);
    let mut open = Vec::new();
    for part in [Part::Theirs(waiting), Part::Running(waiting)] {
        let narrow = Narrow {
            part,
            text: String::new(),
        };
        let lines =
            mine::page(tx, applicant, &narrow, None, MATTERS).map_err(approval::Error::from)?;
        for line in lines {
            let case = cases::load(tx, line.case_id).map_err(approval::Error::from)?;
            open.push((line, case));
        }
    }
    open.truncate(MATTERS);
    Ok(open)
}

impl Surroundings for Neighbours {
    fn halls(&self, lang: Lang) -> Soon<'_, Vec<HallNow>> {
        Box::pin(self.halls_now(lang))
    }

    fn matters<'a>(&'a self, visit: &'a Visit) -> Soon<'a, Vec<Matter>> {
        Box::pin(self.matters_of(visit))
    }
}
