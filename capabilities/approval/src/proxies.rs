//! Acting for somebody: an act of an agent needs an authorisation that covers the item at that instant, and is
//! written down under it.
//!
//! The session's own check is a convenience half a minute old; this one runs in the act's transaction, so an
//! authorisation that was taken back a moment ago carries nothing any more.

use base::ids::{ItemId, PartyId};
use casework::{Actor, Case};
use jiff::Timestamp;
use people::{Proxy, ProxyAct};
use store::Tx;

use crate::{details::about, error::Error, service::may_know};

/// The authorisation an actor needs to act for `applicant`: none for staff, and for whoever acts for themselves.
///
/// # Errors
/// [`Error::Proxy`] with the reason where there is none that holds.
pub(crate) fn authority(
    tx: &mut Tx<'_>,
    actor: &Actor,
    applicant: PartyId,
    item: Option<ItemId>,
    now: Timestamp,
) -> Result<Option<Proxy>, Error> {
    let Actor::Person(person) = actor else {
        return Ok(None);
    };
    let relied_on = person.acting_for == Some(applicant)
        || person
            .lapsed
            .as_ref()
            .is_some_and(|lapsed| lapsed.principal == applicant);
    if person.party == applicant || !relied_on {
        return Ok(None);
    }
    let found = people::proxy::authority(tx, person.party, applicant, item, now)
        .map_err(crate::service::people_error)?;
    found.map(Some).map_err(Error::Proxy)
}

/// Whether the actor may see the case now.
///
/// # Errors
/// [`Error::NotFound`] for whoever may not know of it; [`Error::Proxy`] for an agent whose authorisation has ended or
/// does not cover the item.
pub fn check_sight(
    tx: &mut Tx<'_>,
    actor: &Actor,
    case: &Case,
    now: Timestamp,
) -> Result<(), Error> {
    let item = about(case).map(|about| about.item);
    let carried = authority(tx, actor, case.applicant, item, now)?;
    if carried.is_some() || may_know(actor, case) {
        Ok(())
    } else {
        Err(Error::NotFound)
    }
}

/// Writes the newest event of a case down under the authorisation that carried it.
pub(crate) fn note(tx: &mut Tx<'_>, proxy: Option<&Proxy>, case: &Case) -> Result<(), Error> {
    let Some(proxy) = proxy else { return Ok(()) };
    let act = ProxyAct {
        case_id: case.id,
        seq: case.version,
        at: case.last.at,
        command: case.last.command.clone(),
        case_no: case.no.clone(),
        title: case.title.clone(),
    };
    people::proxy::note_act(tx, proxy.id, &act).map_err(crate::service::people_error)
}

/// The actor with the principal's name, where the session has not brought it.
pub(crate) fn named(actor: &Actor, applicant: PartyId, name: &str) -> Actor {
    let mut actor = actor.clone();
    if let Actor::Person(person) = &mut actor
        && person.acting_for == Some(applicant)
    {
        person.acting_for_name = Some(name.to_owned());
    }
    actor
}
