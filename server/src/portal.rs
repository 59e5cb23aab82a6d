//! What the portal's front shows of halls and of one's own matters, asked of those who know.

use casework::Actor;
use catalog::surroundings::{HallNow, Matter, Soon, Surroundings};
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
        let (drafts, cases) = self
            .app
            .db
            .read(move |tx| -> web::Result<_> {
                let drafts = intake::store::drafts_of(tx, account, Some(applicant), now, MATTERS)?;
                let cases = cases::list::of_applicant(tx, applicant, None, 4 * MATTERS)
                    .map_err(approval::Error::from)?;
                Ok((drafts, cases))
            })
            .await?;
        let page = ui::Page {
            lang: visit.lang,
            ..ui::Page::default()
        };
        let open = cases
            .into_iter()
            .filter(|case| case.closed_at.is_none())
            .take(MATTERS)
            .map(|case| {
                let theirs = approval::flow::FLOW
                    .state(&case.state)
                    .is_some_and(|state| state.phase == casework::flow::Phase::Applicant);
                let words = match case.due_at {
                    _ if theirs => page.t("请补正材料").to_owned(),
                    Some(due) => page.t1("最迟{date}办结", "date", page.due_short(due)),
                    None => page.t(approval::flow::state_label(&case.state)).to_owned(),
                };
                Matter {
                    href: format!("/cases/{}", case.case_id),
                    title: case.title,
                    words,
                    theirs,
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

impl Surroundings for Neighbours {
    fn halls(&self, lang: Lang) -> Soon<'_, Vec<HallNow>> {
        Box::pin(self.halls_now(lang))
    }

    fn matters<'a>(&'a self, visit: &'a Visit) -> Soon<'a, Vec<Matter>> {
        Box::pin(self.matters_of(visit))
    }
}
