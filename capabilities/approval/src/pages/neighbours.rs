//! The cases before and after the one that is open, in the order of the list it was opened from.

use base::ids::CaseId;
use cases::queue::{self, Order};
use casework::Actor;
use jiff::Timestamp;
use store::Tx;
use web::{App, Fields};

use super::queue_query::{PATH, Params};

/// Entries of the list that are looked through; the queue's own limit.
const LOOKED_THROUGH: usize = 200;

/// Where the open case stands in its list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Neighbours {
    pub previous: Option<CaseId>,
    pub next: Option<CaseId>,
    /// 1 for the first; none where the case is not in the list (any more).
    pub place: Option<usize>,
    /// More than can be looked through counts as that many.
    pub count: usize,
}

/// The neighbours of `case` in the queue as `list` (an address such as `/staff?light=over`) narrows and orders it.
pub(super) fn around(
    tx: &mut Tx<'_>,
    app: &App,
    actor: &Actor,
    list: &str,
    case: CaseId,
    now: Timestamp,
) -> Result<Neighbours, cases::Error> {
    let Actor::Staff(staff) = actor else {
        return Ok(Neighbours::default());
    };
    let params = params(list);
    let filter = params.filter(staff.staff, now, LOOKED_THROUGH);
    let mut look = |after: Option<&queue::Place>| -> Result<Neighbours, cases::Error> {
        let order: Order = params.order();
        let mut ids = queue::cases_of_page(tx, actor, &filter, order, after, now)?;
        // A case with two open tasks stands in the list twice, one after the other where they fall due together.
        ids.dedup();
        Ok(beside(&ids, case))
    };
    let first = look(None)?;
    // A case far down a long list is looked for on the page it was opened from.
    let page = params
        .cursor
        .as_deref()
        .filter(|_| first.place.is_none())
        .and_then(|cursor| params.read_mark(app, cursor).ok());
    match page {
        Some(start) => Ok(Neighbours {
            place: None,
            ..look(Some(&start))?
        }),
        None => Ok(first),
    }
}

/// What the query of a list's address asks for; an address of another list narrows nothing.
fn params(list: &str) -> Params {
    let bare = list.split_once('#').map_or(list, |(address, _)| address);
    let query = bare
        .split_once('?')
        .filter(|(path, _)| *path == PATH)
        .map_or("", |(_, query)| query);
    Fields::parse(query.as_bytes())
        .ok()
        .and_then(|fields| fields.read().ok())
        .unwrap_or_default()
}

/// A case that has left the list is followed by its first.
fn beside(ids: &[CaseId], case: CaseId) -> Neighbours {
    let at = ids.iter().position(|id| *id == case);
    let (previous, next) = match at {
        Some(at) => (
            at.checked_sub(1).map(|before| ids[before]),
            ids.get(at + 1).copied(),
        ),
        None => (None, ids.first().copied()),
    };
    Neighbours {
        previous,
        next,
        place: at.map(|at| at + 1),
        count: ids.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::IdSource;

    #[test]
    fn the_first_has_none_before_and_one_that_left_is_followed_by_the_first() {
        let ids = IdSource::seeded(1);
        let now = "2026-05-11T02:20:00Z".parse().expect("an instant");
        let all: Vec<CaseId> = (0..3).map(|_| ids.next(now)).collect();
        let first = beside(&all, all[0]);
        assert_eq!(
            (first.previous, first.next, first.place),
            (None, Some(all[1]), Some(1))
        );
        let last = beside(&all, all[2]);
        assert_eq!((last.previous, last.next), (Some(all[1]), None));
        let gone = beside(&all, ids.next(now));
        assert_eq!((gone.next, gone.place, gone.count), (Some(all[0]), None, 3));
        assert_eq!(beside(&[], all[0]), Neighbours::default());
    }

    #[test]
    fn the_address_of_the_list_narrows_it_again() {
        let narrowed = params("/staff?q=%E9%A5%AD&light=over&kind=accept#case-1").address();
        assert_eq!(narrowed.href(), "/staff?q=%E9%A5%AD&light=over&kind=accept");
        for other in ["/staff/board/cases?light=over", "/staff?light=blue", ""] {
            assert_eq!(params(other).address().href(), "/staff", "{other}");
        }
    }
}
