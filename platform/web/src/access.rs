//! Who may come to a door at all. Whether they may do the thing is asked by the use case, with the object in
//! hand; the door only turns away those who can never be right.

use casework::Permission;

use crate::problem::{Problem, Result};
use crate::visit::Visit;

/// The rule at a route's door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anyone.
    Public,
    /// Whoever is signed in.
    SignedIn,
    /// 办事人.
    Person,
    /// 工作人员.
    Staff,
    /// Staff who hold the permission somewhere; the use case asks again with the object's scope.
    Permission(Permission),
    /// The person the object belongs to, or staff whose scope covers it; for anybody else the use case answers
    /// as if the object were not there.
    Owner,
}

impl Access {
    /// Turns away a visitor who can never be right here.
    pub fn check(self, visit: &Visit) -> Result<()> {
        match self {
            Access::Public => Ok(()),
            Access::SignedIn | Access::Owner => visit.actor().map(drop),
            Access::Person => visit.person().map(drop),
            Access::Staff => visit.staff().map(drop),
            Access::Permission(permission) => {
                if visit.actor()?.may_somewhere(permission) {
                    Ok(())
                } else {
                    Err(Problem::not_allowed(
                        "您的岗位没有这项权限，如工作需要请联系系统管理员",
                    ))
                }
            }
        }
    }

    /// The word in the table of routes.
    pub fn word(self) -> &'static str {
        match self {
            Access::Public => "public",
            Access::SignedIn => "signed_in",
            Access::Person => "person",
            Access::Staff => "staff",
            Access::Permission(permission) => permission.word(),
            Access::Owner => "owner",
        }
    }
}
