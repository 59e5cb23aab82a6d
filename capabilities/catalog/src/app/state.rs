//! Suspending an item, and letting it go on.

use base::ids::{ItemId, OrgId};
use casework::{Actor, Permission, Scope};
use jiff::Timestamp;
use store::Tx;

use crate::model::ItemState;
use crate::store as records;
use crate::store::Publisher;

/// Why a state was not changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no such item")]
    NotFound,
    /// Somebody changed the item after it was looked at.
    #[error("changed meanwhile")]
    Changed,
    /// A suspension or a cancellation tells why.
    #[error("a reason is needed")]
    NeedsReason,
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl store::Retry for Error {
    fn storage(&self) -> Option<&store::Error> {
        match self {
            Error::Store(error) => Some(error),
            Error::NotFound | Error::Changed | Error::NeedsReason => None,
        }
    }
}

/// Suspends an item (applications stop at once, running cases go on), or lets it be applied for again.
///
/// A reason is needed for suspending. `revision` is the one the administrator saw.
pub fn set_state(
    tx: &mut Tx<'_>,
    actor: &Actor,
    item_id: ItemId,
    revision: i64,
    state: ItemState,
    reason: &str,
    now: Timestamp,
) -> Result<(), Error> {
    // First of all the catalogue's row, so that two administrators wait for one another.
    let publisher = Publisher::begin(tx, now, actor.name())?;
    let Some(holder) = records::holder(tx, item_id)? else {
        return Err(Error::NotFound);
    };
    if !administers(actor, &holder.region, holder.org_id) {
        return Err(Error::NotFound);
    }
    if holder.revision != revision || holder.state == state {
        return Err(Error::Changed);
    }
    if state != ItemState::Published && reason.trim().is_empty() {
        return Err(Error::NeedsReason);
    }
    publisher.set_state(tx, item_id, state, reason)?;
    Ok(())
}

/// Whether this actor manages the items of a body in a region.
pub fn administers(actor: &Actor, region: &str, org_id: OrgId) -> bool {
    let scope = Scope {
        region,
        org: Some(org_id),
    };
    actor.may(Permission::Administer, &scope)
}
