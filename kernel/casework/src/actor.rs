//! Who acts, and what they may do to what.
//!
//! A permission is asked with the actor and the object in hand: [`Actor::may`]. Roles are bundles of
//! permissions; a [`Grant`] gives a role inside a region and, unless it is region-wide, an organisation.

use base::ids::{AccountId, OrgId, PartyId, StaffId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Whoever sends a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// 办事人: a signed-in person, for themselves or for a party they may act for.
    Person(Person),
    /// 工作人员, or a program with a staff account.
    Staff(Staff),
    /// The platform itself, e.g. a lapsed time limit.
    System,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub account: AccountId,
    /// The person's own record.
    pub party: PartyId,
    pub name: String,
    /// The legal person or principal they act for in this session, already checked.
    pub acting_for: Option<PartyId>,
    /// That principal's name: every act shows both.
    pub acting_for_name: Option<String>,
    /// They chose to act for somebody and may no longer: nothing is done until they choose anew.
    pub lapsed: Option<Lapsed>,
}

/// An authorisation that a session relied on and that holds no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lapsed {
    pub principal: PartyId,
    /// A stable word for programs.
    pub code: &'static str,
    /// For the agent: what is wrong and what to do.
    pub reason: &'static str,
}

impl Person {
    /// The party whose cases these are.
    pub fn applicant(&self) -> PartyId {
        self.acting_for.unwrap_or(self.party)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staff {
    pub account: AccountId,
    pub staff: StaffId,
    pub name: String,
    pub org: OrgId,
    pub grants: Vec<Grant>,
    /// Colleagues who are away and whose work this one does meanwhile: 代理.
    pub stands_in_for: Vec<Absent>,
}

/// A colleague who is away, as whoever stands in for them knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    pub staff: StaffId,
    pub name: String,
    /// What they may do: of it only work on cases is stood in for, see [`Permission::is_stood_in_for`].
    pub grants: Vec<Grant>,
    /// Standing in ends by itself then.
    pub until: Timestamp,
}

/// A role inside a region and perhaps one organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    pub role: Role,
    /// Region code; covers everything below it (`990100` covers `990102001`).
    pub region: String,
    /// None: every organisation of the region.
    pub org: Option<OrgId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 综合窗口工作人员.
    WindowClerk,
    /// 审批人员.
    Approver,
    /// 督查人员.
    Supervisor,
    /// 系统管理员.
    Administrator,
    /// 接入系统: files and follows cases for its organisation.
    Integrator,
    /// 事项编制: writes the item lists of a body.
    CatalogEditor,
    /// 事项审核: the second person before anything is published.
    CatalogReviewer,
    /// 帮办代办: goes along with people who need help, and brings in for them.
    Helper,
    /// 部门负责人: approves an extension of the body's own cases (行政许可法第四十二条第一款).
    AgencyHead,
    /// 本级政府负责人: approves an extension of joint handling (行政许可法第四十二条第二款).
    GovernmentHead,
    /// 监管人员: checks after the decision whether what was promised is true.
    Inspector,
}

impl Role {
    pub const ALL: [Role; 11] = [
        Role::WindowClerk,
        Role::Approver,
        Role::Supervisor,
        Role::Administrator,
        Role::Integrator,
        Role::CatalogEditor,
        Role::CatalogReviewer,
        Role::Helper,
        Role::AgencyHead,
        Role::GovernmentHead,
        Role::Inspector,
    ];

    /// The word stored and used on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Role::WindowClerk => "window_clerk",
            Role::Approver => "approver",
            Role::Supervisor => "supervisor",
            Role::Administrator => "administrator",
            Role::Integrator => "integrator",
            Role::CatalogEditor => "catalog_editor",
            Role::CatalogReviewer => "catalog_reviewer",
            Role::Helper => "helper",
            Role::AgencyHead => "agency_head",
            Role::GovernmentHead => "government_head",
            Role::Inspector => "inspector",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Role::WindowClerk => "综合窗口",
            Role::Approver => "审批人员",
            Role::Supervisor => "督查人员",
            Role::Administrator => "系统管理员",
            Role::Integrator => "接入系统",
            Role::CatalogEditor => "事项编制",
            Role::CatalogReviewer => "事项审核",
            Role::Helper => "帮办代办",
            Role::AgencyHead => "部门负责人",
            Role::GovernmentHead => "政府负责人",
            Role::Inspector => "监管人员",
        }
    }

    pub fn from_word(word: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.word() == word)
    }

    pub fn permissions(self) -> &'static [Permission] {
        use Permission as P;
        match self {
            Role::WindowClerk => &[
                P::FindParty,
                P::RegisterParty,
                P::Receive,
                P::Accept,
                P::RequestCorrection,
                P::Deliver,
                P::ReadCase,
            ],
            Role::Approver => &[
                P::Accept,
                P::RequestCorrection,
                P::RefuseAcceptance,
                P::Decide,
                P::Deliver,
                P::ReadCase,
                P::ReadTrail,
                P::Unmask,
                P::Archive,
            ],
            Role::Supervisor => &[P::ReadCase, P::ReadTrail, P::Supervise],
            Role::Administrator => &[P::Administer],
            Role::CatalogEditor => &[P::Compile],
            Role::CatalogReviewer => &[P::Compile, P::Review],
            Role::Helper => &[
                P::FindParty,
                P::RegisterParty,
                P::Receive,
                P::ReadCase,
                P::Assist,
            ],
            Role::AgencyHead => &[
                P::ReadCase,
                P::ReadTrail,
                P::ApproveExtension,
                P::RepairCredit,
            ],
            Role::GovernmentHead => &[P::ReadCase, P::ReadTrail, P::ApproveJointExtension],
            Role::Inspector => &[P::ReadCase, P::ReadTrail, P::Inspect],
            Role::Integrator => &[
                P::FindParty,
                P::RegisterParty,
                P::Receive,
                P::Accept,
                P::RequestCorrection,
                P::RefuseAcceptance,
                P::Decide,
                P::Deliver,
                P::ReadCase,
                P::ReadTrail,
                P::Archive,
            ],
        }
    }
}

/// What can be asked of [`Actor::may`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    FindParty,
    RegisterParty,
    /// 收件: file an application for somebody at a window.
    Receive,
    /// 受理.
    Accept,
    /// 一次性告知.
    RequestCorrection,
    /// 不予受理. Not a clerk's: 窗口无否决权.
    RefuseAcceptance,
    /// 准予、不予许可.
    Decide,
    /// 送达: hand over a result.
    Deliver,
    ReadCase,
    ReadTrail,
    /// See personal data of a case unmasked; each use is recorded.
    Unmask,
    /// 归档: close the file of a finished case.
    Archive,
    /// See every case of the scope by clock state.
    Supervise,
    /// Organisations, halls, staff, catalogues, regions, calendars.
    Administer,
    /// 编制 items: draft, claim, adopt, hand in for review.
    Compile,
    /// 审核 items: publish what somebody else has drafted.
    Review,
    /// 帮办代办: keep a list of people and cases one goes along with.
    Assist,
    /// 批准延长办理期限, of the body's own cases.
    ApproveExtension,
    /// 批准延长办理期限, of cases handled jointly.
    ApproveJointExtension,
    /// 核查 a promise after the decision.
    Inspect,
    /// 信用修复: end an exclusion from promises.
    RepairCredit,
}

impl Permission {
    /// Whether a deputy takes it over with somebody's work. What is not work on cases stays with its holder: rules of
    /// the office, other people's accounts, personal data in full, supervision.
    pub fn is_stood_in_for(self) -> bool {
        matches!(
            self,
            Permission::Receive
                | Permission::Accept
                | Permission::RequestCorrection
                | Permission::RefuseAcceptance
                | Permission::Decide
                | Permission::Deliver
                | Permission::ReadCase
                | Permission::ReadTrail
                | Permission::ApproveExtension
                | Permission::ApproveJointExtension
                | Permission::Inspect
        )
    }

    pub fn word(self) -> &'static str {
        match self {
            Permission::FindParty => "find_party",
            Permission::RegisterParty => "register_party",
            Permission::Receive => "receive",
            Permission::Accept => "accept",
            Permission::RequestCorrection => "request_correction",
            Permission::RefuseAcceptance => "refuse_acceptance",
            Permission::Decide => "decide",
            Permission::Deliver => "deliver",
            Permission::ReadCase => "read_case",
            Permission::ReadTrail => "read_trail",
            Permission::Unmask => "unmask",
            Permission::Archive => "archive",
            Permission::Supervise => "supervise",
            Permission::Administer => "administer",
            Permission::Compile => "compile",
            Permission::Review => "review",
            Permission::Assist => "assist",
            Permission::ApproveExtension => "approve_extension",
            Permission::ApproveJointExtension => "approve_joint_extension",
            Permission::Inspect => "inspect",
            Permission::RepairCredit => "repair_credit",
        }
    }
}

/// The object of a permission: where it is and whose it is.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    pub region: &'a str,
    pub org: Option<OrgId>,
}

impl Actor {
    /// Whether this actor holds `permission` over something in `scope`.
    ///
    /// People never hold permissions: what is theirs is theirs by [`Actor::owns`].
    pub fn may(&self, permission: Permission, scope: &Scope<'_>) -> bool {
        match self {
            Actor::Person(_) => false,
            Actor::System => true,
            Actor::Staff(staff) => {
                holds(&staff.grants, permission, scope)
                    || staff
                        .stands_in_for
                        .iter()
                        .any(|absent| absent.may(permission, scope))
            }
        }
    }

    /// Whether this actor holds `permission` over something in `scope` without standing in for anybody.
    pub fn may_alone(&self, permission: Permission, scope: &Scope<'_>) -> bool {
        match self {
            Actor::Staff(staff) => holds(&staff.grants, permission, scope),
            Actor::Person(_) | Actor::System => self.may(permission, scope),
        }
    }

    /// Colleagues whose work the actor does meanwhile.
    pub fn stands_in_for(&self) -> &[Absent] {
        match self {
            Actor::Staff(staff) => &staff.stands_in_for,
            Actor::Person(_) | Actor::System => &[],
        }
    }

    /// Whether work that stands in somebody's name is the actor's to do: their own, or that of a colleague they stand
    /// in for.
    pub fn answers_for(&self, staff: StaffId) -> bool {
        match self {
            Actor::Staff(me) => {
                me.staff == staff || me.stands_in_for.iter().any(|absent| absent.staff == staff)
            }
            Actor::Person(_) | Actor::System => false,
        }
    }

    /// Whether any grant gives `permission` anywhere: decides which pages a menu shows.
    pub fn may_somewhere(&self, permission: Permission) -> bool {
        match self {
            Actor::Person(_) => false,
            Actor::System => true,
            Actor::Staff(staff) => {
                let gives = |grant: &Grant| grant.role.permissions().contains(&permission);
                staff.grants.iter().any(gives)
                    || permission.is_stood_in_for()
                        && staff
                            .stands_in_for
                            .iter()
                            .any(|absent| absent.grants.iter().any(gives))
            }
        }
    }

    /// Whether `party` is the actor, or the party they act for.
    pub fn owns(&self, party: PartyId) -> bool {
        matches!(self, Actor::Person(person) if person.applicant() == party || person.party == party)
    }

    pub fn name(&self) -> &str {
        match self {
            Actor::Person(person) => &person.name,
            Actor::Staff(staff) => &staff.name,
            Actor::System => "系统",
        }
    }
}

impl Absent {
    /// Whether whoever stands in may do this in their place.
    pub fn may(&self, permission: Permission, scope: &Scope<'_>) -> bool {
        permission.is_stood_in_for() && holds(&self.grants, permission, scope)
    }
}

fn holds(grants: &[Grant], permission: Permission, scope: &Scope<'_>) -> bool {
    grants.iter().any(|grant| {
        grant.role.permissions().contains(&permission)
            && covers(&grant.region, scope.region)
            && (grant.org.is_none() || grant.org == scope.org)
    })
}

/// Whether region `wide` contains `narrow`: codes of 6, 9 or 12 digits, trailing `00` pairs of the first six
/// meaning “all of it”.
pub fn covers(wide: &str, narrow: &str) -> bool {
    let mut prefix = wide;
    if prefix.len() == 6 {
        while prefix.ends_with("00") {
            prefix = &prefix[..prefix.len() - 2];
        }
    }
    !wide.is_empty() && narrow.starts_with(prefix)
}
