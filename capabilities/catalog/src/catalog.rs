//! The handle every other part of the platform asks: which items there are, and what a version says.
//!
//! Versions never change, so they are kept in memory by their id ([`Catalog::version`]); the list of items is a
//! [`Snapshot`] that follows the catalogue's generation ([`Catalog::follow`]). Whether an item may be applied for at
//! this very moment is asked inside the command's own transaction: [`Catalog::standing`].

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use base::ids::{ItemId, OrgId, VersionId};
use parking_lot::RwLock;
use store::{Db, Error, Tx};

use crate::brief::Brief;
use crate::guided::{Answers, Guide};
use crate::library::Library;
use crate::lru::Lru;
use crate::misses::Misses;
use crate::model::{ItemState, Published};
use crate::snapshot::{OrgName, Snapshot};
use crate::store as records;

/// Versions kept in memory: about 20 KB each.
const VERSIONS_MAX: usize = 1000;
/// How often another process's changes are looked for.
const LOOK: Duration = Duration::from_secs(1);
/// Bodies change rarely and without a word: they are read again every so many looks.
const LOOKS_PER_ORGS: u32 = 60;

/// The catalogue. Clones share everything.
#[derive(Clone)]
pub struct Catalog(Arc<Inner>);

struct Inner {
    db: Db,
    snapshot: RwLock<Arc<Snapshot>>,
    versions: Lru<VersionId, Published>,
    /// Guided questions of versions, read once.
    guides: Lru<VersionId, Guide>,
    /// 材料库, as of the snapshot's generation.
    library: RwLock<Arc<Library>>,
    /// Questions without an answer, waiting to be written.
    misses: Misses,
    /// One refresh at a time.
    refreshing: tokio::sync::Mutex<()>,
}

impl Catalog {
    /// Reads the list of items.
    pub async fn open(db: Db) -> Result<Catalog, Error> {
        let catalog = Catalog(Arc::new(Inner {
            db,
            snapshot: RwLock::default(),
            versions: Lru::new(VERSIONS_MAX),
            guides: Lru::new(VERSIONS_MAX),
            library: RwLock::default(),
            misses: Misses::default(),
            refreshing: tokio::sync::Mutex::new(()),
        }));
        catalog.reload(true).await?;
        Ok(catalog)
    }

    /// The catalogue as this process knows it; at most a second behind the database.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.0.snapshot.read())
    }

    /// 材料库 as this process knows it; at most a second behind the database.
    pub fn library(&self) -> Arc<Library> {
        Arc::clone(&self.0.library.read())
    }

    /// Reads what changed since the last time; tells whether anything did. Call it after publishing.
    pub async fn refresh(&self) -> Result<bool, Error> {
        self.reload(false).await
    }

    /// Follows the catalogue until the database is closed. One task per process.
    pub async fn follow(self) {
        let mut looks: u32 = 0;
        loop {
            tokio::time::sleep(LOOK).await;
            looks = looks.wrapping_add(1);
            match self.reload(looks.is_multiple_of(LOOKS_PER_ORGS)).await {
                Ok(_) => {}
                Err(Error::Closed) => return,
                Err(error) => tracing::warn!(%error, "the catalogue will be read again"),
            }
            if let Err(error) = self.write_misses().await {
                tracing::warn!(%error, "questions without an answer will be written later");
            }
        }
    }

    async fn reload(&self, orgs_too: bool) -> Result<bool, Error> {
        let _one = self.0.refreshing.lock().await;
        let known = self.snapshot();
        let since = known.generation;
        let first = known.serial == 0;
        let read = self
            .0
            .db
            .read(move |tx| {
                let generation = records::generation(tx)?;
                if generation == since && !orgs_too && !first {
                    return Ok::<_, Error>(None);
                }
                let mut changed = Vec::new();
                records::changed_since(tx, since, &mut |brief| {
                    changed.push(brief);
                    Ok(())
                })?;
                let uses: HashMap<ItemId, i64> = records::popularity(tx)?.into_iter().collect();
                let orgs = orgs(tx)?;
                let library = records::library(tx)?;
                Ok(Some((generation, changed, uses, orgs, library)))
            })
            .await?;
        let Some((generation, changed, uses, orgs, library)) = read else {
            return Ok(false);
        };
        if generation == since && !first && known.has_orgs(&orgs) {
            return Ok(false);
        }
        let touched: std::collections::HashSet<ItemId> =
            changed.iter().map(|brief| brief.item_id).collect();
        // A large catalogue takes a moment to sort and index.
        let next =
            tokio::task::spawn_blocking(move || known.next(generation, changed, &uses, orgs))
                .await
                .map_err(|error| Error::Panic(error.to_string()))?;
        let next = Arc::new(next);
        // Whether a version is the current one may have changed with its item.
        self.0
            .versions
            .retain(|_, version| !touched.contains(&version.item_id));
        *self.0.library.write() = Arc::new(library);
        *self.0.snapshot.write() = next;
        Ok(true)
    }

    /// A published version, by its id, in any state; cases ask for the version they began with.
    pub async fn version(&self, version_id: VersionId) -> Result<Option<Arc<Published>>, Error> {
        if let Some(known) = self.0.versions.get(&version_id) {
            return Ok(Some(known));
        }
        let read = self
            .0
            .db
            .read(move |tx| records::version(tx, version_id))
            .await?;
        Ok(read.map(|version| self.keep(version)))
    }

    /// The guided questions of a published version; none where it asks nothing, or cannot be read.
    pub fn guide(&self, published: &Published) -> Option<Arc<Guide>> {
        if published.item.situation.is_empty() {
            return None;
        }
        if let Some(known) = self.0.guides.get(&published.version_id) {
            return Some(known);
        }
        let guide = Guide::compile(&published.item.situation, &published.item).ok()?;
        let guide = Arc::new(guide);
        self.0.guides.put(published.version_id, Arc::clone(&guide));
        Some(guide)
    }

    /// A version as it applies to somebody who gave these answers; the version itself where they do not lead to an
    /// end, or where it asks nothing.
    pub fn applied(&self, published: &Arc<Published>, answers: &Answers) -> Arc<Published> {
        match self.guide(published) {
            Some(guide) if !answers.is_empty() => guide.published(published, answers),
            _ => Arc::clone(published),
        }
    }

    /// As [`Catalog::version`], inside a transaction.
    pub fn version_in(
        &self,
        tx: &mut Tx<'_>,
        version_id: VersionId,
    ) -> Result<Option<Arc<Published>>, Error> {
        if let Some(known) = self.0.versions.get(&version_id) {
            return Ok(Some(known));
        }
        Ok(records::version(tx, version_id)?.map(Arc::new))
    }

    /// The newest version of an item, in any state; look at [`Published::current`] before letting anybody apply.
    pub async fn current(&self, item_id: ItemId) -> Result<Option<Arc<Published>>, Error> {
        let known = self.snapshot().item(item_id).map(|brief| brief.version_id);
        if let Some(version_id) = known {
            return self.version(version_id).await;
        }
        // Published a moment ago, perhaps by another process.
        let read = self
            .0
            .db
            .read(move |tx| records::current(tx, item_id))
            .await?;
        Ok(read.map(Arc::new))
    }

    /// Which version is the newest and whether it may be applied for, at this moment: ask in the transaction that
    /// files the application, so that nobody applies for what was suspended.
    pub fn standing(
        tx: &mut Tx<'_>,
        item_id: ItemId,
    ) -> Result<Option<(VersionId, ItemState)>, Error> {
        records::standing_of(tx, item_id)
    }

    /// The newest version of the item with this implementing code 实施编码.
    pub async fn find_by_code(&self, code: &str) -> Result<Option<Arc<Published>>, Error> {
        let code = base::text::normalise_code(code);
        let read = self
            .0
            .db
            .read(move |tx| records::find_by_code(tx, &code))
            .await?;
        Ok(read.map(Arc::new))
    }

    /// Items a body decides that can be applied for, by name.
    pub fn list_for_org(&self, org_id: OrgId) -> Vec<Arc<Brief>> {
        self.snapshot().of_org(org_id)
    }

    /// Counts a question that found nothing.
    pub(crate) fn missed(&self, question: &str, today: jiff::civil::Date) {
        self.0.misses.note(question, today);
    }

    /// Writes the questions that were counted since the last time.
    pub(crate) async fn write_misses(&self) -> Result<(), Error> {
        self.0.misses.write(&self.0.db).await
    }

    fn keep(&self, version: Published) -> Arc<Published> {
        let version = Arc::new(version);
        self.0
            .versions
            .put(version.version_id, Arc::clone(&version));
        version
    }
}

/// All bodies, page by page.
fn orgs(tx: &mut Tx<'_>) -> Result<Vec<OrgName>, Error> {
    const PAGE: usize = 2000;
    let mut all: Vec<OrgName> = Vec::new();
    loop {
        let after = all.last().map(|org| (org.region.clone(), org.key.clone()));
        let after = after
            .as_ref()
            .map(|(region, key)| (region.as_str(), key.as_str()));
        let page = people::orgs::list(tx, &people::orgs::OrgFilter::default(), after, PAGE)
            .map_err(stored)?;
        let full = page.len() == PAGE;
        all.extend(page.into_iter().map(|org| OrgName {
            id: org.id,
            key: org.key,
            name: org.name,
            region: org.region,
            phone: org.phone.unwrap_or_default(),
        }));
        if !full {
            return Ok(all);
        }
    }
}

/// Reading bodies can only fail in the store.
fn stored(error: people::Error) -> Error {
    match error {
        people::Error::Store(error) => error,
        other => Error::Corrupt(format!("organisations: {other}")),
    }
}
