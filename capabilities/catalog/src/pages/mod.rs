//! The catalogue's pages: the portal's front, searching, browsing, guides, and the administrators' desk.

pub mod admin;
mod browse;
pub(crate) mod bundles;
mod guide;
pub(crate) mod guided;
mod home;
pub mod links;
mod open_data;
mod region;
mod rows;
mod search;
pub(crate) mod version_diff;

pub use guided::field as question_field;

#[cfg(test)]
mod tests;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use casework::{Actor, Permission};
use web::{Access, App, Module, Prepared, Routes, Visit};

use crate::api;
use crate::catalog::Catalog;
use crate::lru::Lru;
use crate::snapshot::Asker;
use crate::surroundings::{HallNow, Surroundings};
use crate::topics::Audience;

/// Public pages kept ready, about 5 KB each: every guide of a city.
const PREPARED_MAX: usize = 4000;
/// Names of regions that were chosen.
const REGIONS_MAX: usize = 500;

/// What the catalogue's handlers stand on.
#[derive(Clone)]
pub struct Doors {
    pub(crate) app: App,
    pub(crate) catalog: Catalog,
    pub(crate) surroundings: Arc<dyn Surroundings>,
    /// What figures need of versions that were read before.
    pub(crate) figures: Arc<crate::figures::Known>,
    /// Open data as files.
    files: Arc<open_data::Files>,
    prepared: Arc<Lru<Key, Prepared>>,
    regions: Arc<Lru<String, region::Region>>,
    /// The halls of this minute, by language.
    halls: Arc<Lru<(ui::Lang, i64), Vec<HallNow>>>,
    /// Reading a spreadsheet takes memory: two at a time.
    pub(crate) reading: Arc<tokio::sync::Semaphore>,
}

/// A public page as it is kept ready: what it is about, and how the visitor sees it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    page: PageOf,
    /// Which state of the catalogue it was made from.
    serial: u64,
    /// Which calendar its dates were counted by.
    calendar: u64,
    day: jiff::civil::Date,
    /// For a page that says what is open now.
    minute: i64,
    /// The code of the chosen region.
    region: Option<String>,
    lang: ui::Lang,
    care: bool,
    theme: ui::Theme,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum PageOf {
    Home,
    Guide(base::ids::ItemId),
}

impl Doors {
    pub(crate) fn new(app: App, catalog: Catalog, surroundings: Arc<dyn Surroundings>) -> Doors {
        Doors {
            app,
            catalog,
            surroundings,
            figures: Arc::default(),
            files: Arc::default(),
            regions: Arc::new(Lru::new(REGIONS_MAX)),
            halls: Arc::new(Lru::new(8)),
            prepared: Arc::new(Lru::new(PREPARED_MAX)),
            reading: Arc::new(tokio::sync::Semaphore::new(2)),
        }
    }

    /// The key of a page for an anonymous visitor; none for a signed-in one, whose page carries their name, and none
    /// for a machine in a hall, whose pages are laid out differently.
    fn key(&self, visit: &Visit, page: PageOf, serial: u64) -> Option<Key> {
        (visit.session.is_none() && visit.kiosk.is_none()).then(|| Key {
            page,
            serial,
            calendar: hash(self.app.calendar().version()),
            day: self.app.today(),
            minute: 0,
            region: None,
            lang: visit.lang,
            care: visit.care,
            theme: visit.theme,
        })
    }

    /// This minute, counted from long ago.
    fn minute(&self) -> i64 {
        self.app.now().as_second().div_euclid(60)
    }

    /// The halls as they stand this minute. A front page without them is better than none.
    async fn halls(&self, lang: ui::Lang) -> Arc<Vec<HallNow>> {
        let key = (lang, self.minute());
        if let Some(known) = self.halls.get(&key) {
            return known;
        }
        match self.surroundings.halls(lang).await {
            Ok(halls) => {
                let halls = Arc::new(halls);
                self.halls.put(key, Arc::clone(&halls));
                halls
            }
            Err(problem) => {
                tracing::warn!(code = problem.code, "the halls could not be read");
                Arc::default()
            }
        }
    }
}

/// What is known of whoever asks.
fn asker(visit: &Visit, region: Option<&region::Region>) -> Asker {
    let actor = visit.session.as_ref().map(|session| &session.actor);
    Asker {
        audience: match actor {
            Some(Actor::Person(person)) if person.acting_for.is_some() => {
                Some(Audience::Enterprise)
            }
            Some(Actor::Person(_)) => Some(Audience::Person),
            _ => None,
        },
        region: region.map(|region| region.code.clone()),
        org: match actor {
            Some(Actor::Staff(staff)) => Some(staff.org),
            _ => None,
        },
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// Puts the catalogue's doors together.
pub fn module(app: App, catalog: Catalog, surroundings: Arc<dyn Surroundings>) -> Module {
    let doors = Doors::new(app, catalog, surroundings);
    let admin = Access::Permission(Permission::Administer);
    let menu = ui::MenuItem {
        key: "catalog",
        href: "/admin/catalog",
        label: "事项管理",
        icon: "book",
    };
    let routes = Routes::new("catalog")
        .get("/", Access::Public, home::get)
        .get("/search", Access::Public, search::get)
        .get("/suggest", Access::Public, search::suggest)
        .get("/browse/themes/{key}", Access::Public, browse::theme)
        .get("/browse/life/{key}", Access::Public, browse::life_event)
        .get("/browse/departments", Access::Public, browse::departments)
        .get(
            "/browse/departments/{key}",
            Access::Public,
            browse::department,
        )
        .get("/browse/regions", Access::Public, region::list)
        .get("/browse/regions/choose", Access::Public, region::choose)
        .get("/items/{item_id}", Access::Public, guide::current)
        .get(
            "/items/{item_id}/versions/{n}",
            Access::Public,
            guide::version,
        )
        .get("/admin/catalog", admin, admin::list::get)
        .get("/admin/catalog/export", admin, admin::list::export)
        .get("/admin/catalog/searches", admin, admin::searches::get)
        .get(
            "/admin/catalog/searches/export",
            admin,
            admin::searches::export,
        )
        .get("/admin/catalog/template", admin, admin::list::template)
        .get("/admin/catalog/import", admin, admin::import::form)
        .post("/admin/catalog/import", admin, admin::import::upload)
        .get(
            "/admin/catalog/import/{import_id}",
            admin,
            admin::import::show,
        )
        .post(
            "/admin/catalog/import/{import_id}",
            admin,
            admin::import::confirm,
        )
        .get("/admin/catalog/items/{item_id}", admin, admin::item::get)
        .post(
            "/admin/catalog/items/{item_id}/state",
            admin,
            admin::item::set_state,
        )
        .menu(60, menu, Some(Permission::Administer));
    let routes = guided::routes(routes);
    let routes = admin::figures::routes(routes);
    let routes = admin::drift::routes(routes);
    let routes = open_data::routes(routes);
    let routes = version_diff::routes(routes);
    let routes = admin::desk_routes(routes);
    let routes = admin::checks::routes(routes);
    let routes = admin::codes::routes(routes);
    let routes = admin::spot_checks::routes(routes);
    let routes = bundles::routes(routes);
    let routes = admin::bundles::routes(routes);
    api::operations(routes).with_state(doors)
}
