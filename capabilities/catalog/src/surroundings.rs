//! What the portal's front shows of other capabilities: halls and one's own matters.
//!
//! The server hands it in, since a capability asks no other one that it does not stand on.

use std::pin::Pin;

use base::ids::OrgId;
use ui::Lang;
use web::Visit;

/// An answer that takes a moment.
pub type Soon<'a, T> = Pin<Box<dyn Future<Output = web::Result<T>> + Send + 'a>>;

/// The neighbours of the catalogue.
pub trait Surroundings: Send + Sync + 'static {
    /// The halls that exist today, with how they stand at this moment.
    fn halls(&self, lang: Lang) -> Soon<'_, Vec<HallNow>>;

    /// What waits for the signed-in visitor; nothing for others.
    fn matters<'a>(&'a self, visit: &'a Visit) -> Soon<'a, Vec<Matter>>;
}

/// A hall as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HallNow {
    pub href: String,
    pub name: String,
    pub address: String,
    pub phone: String,
    /// The region it serves.
    pub region: String,
    /// 政务服务中心 rather than a branch or a station.
    pub main: bool,
    /// `ok` open, `hold` closed, empty where nobody knows.
    pub light: &'static str,
    /// 开放中，17:00关门; in the visitor's language.
    pub words: String,
    /// The bodies whose matters its windows take in; empty: everybody's.
    pub orgs: Vec<OrgId>,
}

/// One of the visitor's own matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matter {
    pub href: String,
    pub title: String,
    /// What comes next, in the visitor's language.
    pub words: String,
    /// It waits for them.
    pub theirs: bool,
}
