//! What is in force: published rule sets, modes, sources. Kept in memory and read again when its stamp moves.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, Weak};

use approval::Approval;
use base::ids::ItemId;
use catalog::Catalog;
use intake::Intake;
use parking_lot::RwLock;
use store::{Error, Tx};
use web::App;

use crate::model::{Mode, Source};
use crate::rules::Compiled;
use crate::sources::http::Http;
use crate::sources::local::Codes;
use crate::store as records;

/// Handle to automatic decisions. Cloning it is cheap.
#[derive(Clone)]
pub struct Smart(Arc<Shared>);

/// What [`Smart`] dereferences to.
pub struct Shared {
    pub app: App,
    pub catalog: Catalog,
    pub approval: Approval,
    pub intake: Intake,
    pub http: Arc<Http>,
    pub codes: Codes,
    known: RwLock<Arc<Known>>,
}

/// Everything in force at one stamp.
#[derive(Debug, Default)]
pub struct Known {
    /// Moves with every publication, switch and change of a source.
    pub stamp: i64,
    pub sets: BTreeMap<String, Arc<InForce>>,
    pub sources: BTreeMap<String, Arc<Source>>,
    pub modes: Modes,
}

/// A published rule set.
#[derive(Debug)]
pub struct InForce {
    pub version: i64,
    pub compiled: Compiled,
}

/// The scope of the switch over everything.
pub const EVERYTHING: &str = "*";

/// The scope of a base code.
pub fn of_base(base_code: &str) -> String {
    format!("base:{base_code}")
}

/// The scope of one item.
pub fn of_item(item: ItemId) -> String {
    format!("item:{item}")
}

/// Modes by scope.
#[derive(Clone, Debug, Default)]
pub struct Modes(pub BTreeMap<String, Mode>);

impl Modes {
    /// How far rules may go for an item: what is said of the item, else of its base code; never further than the
    /// switch over everything allows.
    pub fn of(&self, base_code: &str, item: ItemId) -> Mode {
        self.own(base_code, item).min(self.everything())
    }

    /// What is said of the item, else of its base code.
    pub fn own(&self, base_code: &str, item: ItemId) -> Mode {
        self.0
            .get(&of_item(item))
            .or_else(|| self.0.get(&of_base(base_code)))
            .copied()
            .unwrap_or_default()
    }

    /// The switch over everything: everything is allowed until it is turned.
    pub fn everything(&self) -> Mode {
        self.0.get(EVERYTHING).copied().unwrap_or(Mode::Auto)
    }

    pub fn of_base(&self, base_code: &str) -> Mode {
        self.0.get(&of_base(base_code)).copied().unwrap_or_default()
    }
}

impl Smart {
    pub fn new(intake: Intake) -> Smart {
        let app = intake.app.clone();
        Smart(Arc::new(Shared {
            http: Arc::new(Http::new(&app.people)),
            codes: Codes::new(&app.people),
            catalog: intake.catalog.clone(),
            approval: intake.approval.clone(),
            intake,
            app,
            known: RwLock::default(),
        }))
    }

    pub(crate) fn weak(&self) -> Weak<Shared> {
        Arc::downgrade(&self.0)
    }

    /// What is in force, as far as this process knows.
    pub fn known(&self) -> Arc<Known> {
        Arc::clone(&self.known.read())
    }

    /// Reads again what is in force, if it moved.
    pub async fn refresh(&self) -> Result<bool, Error> {
        let before = self.known().stamp;
        let read = self
            .app
            .db
            .read(move |tx| {
                if records::stamp(tx)? == before && before > 0 {
                    return Ok(None);
                }
                known(tx).map(Some)
            })
            .await?;
        let Some(next) = read else { return Ok(false) };
        let moved = next.stamp != before;
        if moved {
            self.http.forget();
        }
        *self.known.write() = Arc::new(next);
        Ok(moved)
    }

    /// Follows what other processes change, until the database is closed.
    pub async fn follow(self) {
        let mut look = tokio::time::interval(std::time::Duration::from_secs(2));
        loop {
            look.tick().await;
            match self.refresh().await {
                Ok(_) => {}
                Err(Error::Closed) => return,
                Err(error) => tracing::warn!(%error, "rule sets could not be read"),
            }
        }
    }
}

/// Reads everything in force.
pub fn known(tx: &mut Tx<'_>) -> Result<Known, Error> {
    let sources: BTreeMap<String, Source> = records::sources(tx)?
        .into_iter()
        .map(|source| (source.key.clone(), source))
        .collect();
    let mut sets = BTreeMap::new();
    for stored in records::published(tx)? {
        match Compiled::new(stored.set.clone(), &sources) {
            Ok(compiled) => {
                sets.insert(
                    stored.set.base_code.clone(),
                    Arc::new(InForce {
                        version: stored.version,
                        compiled,
                    }),
                );
            }
            // A source was taken away under it: its applications go to people.
            Err(findings) => tracing::warn!(
                base_code = stored.set.base_code,
                finding = findings.first().map(|finding| finding.message.as_str()),
                "a published rule set cannot be used"
            ),
        }
    }
    Ok(Known {
        stamp: records::stamp(tx)?,
        sets,
        sources: sources
            .into_iter()
            .map(|(key, source)| (key, Arc::new(source)))
            .collect(),
        modes: Modes(records::modes(tx)?),
    })
}

impl From<Arc<Shared>> for Smart {
    fn from(shared: Arc<Shared>) -> Smart {
        Smart(shared)
    }
}

impl Deref for Smart {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl std::fmt::Debug for Smart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smart").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use base::ids::ItemId;
    use uuid::Uuid;

    use super::{EVERYTHING, Modes, of_base, of_item};
    use crate::model::Mode;

    #[test]
    fn one_switch_stops_everything_and_an_item_has_its_own() {
        let (one, other) = (
            ItemId::from_uuid(Uuid::from_u128(1)),
            ItemId::from_uuid(Uuid::from_u128(2)),
        );
        let mut modes = Modes::default();
        assert_eq!(modes.of("9905", one), Mode::Off);
        modes.0.insert(of_base("9905"), Mode::Auto);
        modes.0.insert(of_item(other), Mode::Shadow);
        assert_eq!(
            (modes.of("9905", one), modes.of("9905", other)),
            (Mode::Auto, Mode::Shadow)
        );
        modes.0.insert(EVERYTHING.to_owned(), Mode::Shadow);
        assert_eq!(modes.of("9905", one), Mode::Shadow);
        modes.0.insert(EVERYTHING.to_owned(), Mode::Off);
        assert_eq!(
            (modes.of("9905", one), modes.of("9905", other)),
            (Mode::Off, Mode::Off)
        );
    }
}
