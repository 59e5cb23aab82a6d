//! Where an administrator may act, and writing down that they did.

use base::IdSource;
use base::ids::OrgId;
use casework::actor::{Staff, covers};
use casework::{Actor, Grant, Permission, Scope};
use jiff::Timestamp;
use people::{Error, Org};
use store::Tx;
use web::{Problem, Visit};

use crate::halls::{AdminAct, record};

/// A signed-in administrator, with the instant of the request.
#[derive(Clone, Debug)]
pub(crate) struct Admin {
    actor: Actor,
    staff: Staff,
    pub(crate) now: Timestamp,
    visit: Visit,
}

impl Admin {
    /// The visitor, who must hold the permission somewhere.
    pub(crate) fn of(visit: &Visit) -> web::Result<Admin> {
        let staff = visit.staff()?.clone();
        let actor = visit.actor()?.clone();
        if !actor.may_somewhere(Permission::Administer) {
            return Err(Problem::not_allowed(
                "您的岗位没有这项权限，如工作需要请联系系统管理员",
            ));
        }
        Ok(Admin {
            actor,
            staff,
            now: visit.app.now(),
            visit: visit.clone(),
        })
    }

    pub(crate) fn ids(&self) -> &IdSource {
        &self.visit.app.ids
    }

    /// Whether they administer this region, and in it this organisation.
    pub(crate) fn covers(&self, region: &str, org: Option<OrgId>) -> bool {
        self.actor
            .may(Permission::Administer, &Scope { region, org })
    }

    /// Refuses what is outside, as if it were not there.
    pub(crate) fn must_cover(&self, region: &str, org: Option<OrgId>) -> Result<(), Error> {
        if self.covers(region, org) {
            Ok(())
        } else {
            Err(Error::NotFound("object"))
        }
    }

    /// Whether they administer this organisation.
    pub(crate) fn must_cover_org(&self, org: &Org) -> Result<(), Error> {
        self.must_cover(&org.region, Some(org.id))
    }

    /// A region typed into a form must lie in their scope.
    pub(crate) fn must_allow_region(&self, region: &str) -> Result<(), Error> {
        if self.covers(region, None) {
            return Ok(());
        }
        Err(Error::Invalid {
            field: "region",
            message: "所填区划不在您的管理范围内".to_owned(),
        })
    }

    /// A role can be given only where they administer themselves.
    pub(crate) fn must_allow_grants(&self, grants: &[Grant]) -> Result<(), Error> {
        if grants
            .iter()
            .all(|grant| self.covers(&grant.region, grant.org))
        {
            return Ok(());
        }
        Err(Error::Invalid {
            field: "grants",
            message: "只能授予您管理范围内的区划和机构的角色".to_owned(),
        })
    }

    /// The region a list shows: the one asked for if it lies in their scope, else the widest they have.
    pub(crate) fn region_of_list(&self, asked: Option<&str>) -> String {
        let own = self
            .staff
            .grants
            .iter()
            .filter(|grant| grant.role.permissions().contains(&Permission::Administer))
            .map(|grant| grant.region.as_str());
        let asked = asked.map(str::trim).filter(|region| !region.is_empty());
        if let Some(asked) = asked
            && own.clone().any(|region| covers(region, asked))
        {
            return asked.to_owned();
        }
        own.min_by_key(|region| region.trim_end_matches("00").len())
            .unwrap_or_default()
            .to_owned()
    }

    /// Writes down what they did.
    pub(crate) fn record(&self, tx: &mut Tx<'_>, act: &str, subject: &str) -> Result<(), Error> {
        let act = AdminAct {
            id: self.ids().next_uuid(self.now),
            at: self.now,
            account: self.staff.account,
            name: self.staff.name.clone(),
            act: act.to_owned(),
            subject: subject.to_owned(),
        };
        record(tx, &act)
    }
}
