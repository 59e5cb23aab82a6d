//! 授权代办: who may act for whom, for which items, from when to when, and what was done under it.
//!
//! [`judge`] is the one rule: from the authorisations between two people and what the register knows of them to the
//! authorisation that carries an act, or the reason why none does. Everything else keeps and reads rows.

mod guardian;
mod kept;

use base::ids::{ItemId, PartyId};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

pub use guardian::{Capacity, consent_begins, guardianship_ends};
pub use kept::{ProxyAct, authority, note_act, standing};

/// Items one authorisation may list.
const ITEMS_MAX: usize = 200;

/// Which items an agent may act in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxyItems {
    /// Everything.
    All,
    /// These only.
    List(Vec<ItemId>),
}

/// What an agent may do for a principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyScope {
    /// In which items.
    pub items: ProxyItems,
}

impl ProxyScope {
    /// Whether the agent may act in this item.
    pub fn covers(&self, item: ItemId) -> bool {
        match &self.items {
            ProxyItems::All => true,
            ProxyItems::List(items) => items.contains(&item),
        }
    }

    fn with(self, other: ProxyScope) -> ProxyScope {
        let items = match (self.items, other.items) {
            (ProxyItems::List(mut ours), ProxyItems::List(theirs)) => {
                ours.extend(theirs);
                ours.sort_unstable();
                ours.dedup();
                ProxyItems::List(ours)
            }
            _ => ProxyItems::All,
        };
        ProxyScope { items }
    }
}

/// How far an agent of an enterprise may go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProxyLevel {
    /// 办事员: files and follows, passes nothing on.
    #[default]
    Agent,
    /// 管理员: appoints and dismisses 办事员 as well.
    Manager,
}

impl ProxyLevel {
    /// The word stored and used by the API.
    pub fn word(self) -> &'static str {
        match self {
            ProxyLevel::Agent => "agent",
            ProxyLevel::Manager => "manager",
        }
    }

    /// As it is called on screens.
    pub fn label(self) -> &'static str {
        match self {
            ProxyLevel::Agent => "办事员",
            ProxyLevel::Manager => "管理员",
        }
    }

    /// The level of a word.
    pub fn from_word(word: &str) -> Option<ProxyLevel> {
        match word {
            "agent" => Some(ProxyLevel::Agent),
            "manager" => Some(ProxyLevel::Manager),
            _ => None,
        }
    }
}

/// On what ground an agent acts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProxyGround {
    /// Given by the principal with their own sign-in.
    #[default]
    Own,
    /// Given in person at a window, on a signed letter (授权委托书).
    Window,
    /// 法定代表人 of the enterprise (民法典第六十一条).
    Representative,
    /// Given by a 管理员 of the enterprise.
    Manager,
    /// 监护人 of somebody who cannot act alone (民法典第二十三条).
    Guardian,
}

impl ProxyGround {
    /// The word stored and used by the API.
    pub fn word(self) -> &'static str {
        match self {
            ProxyGround::Own => "own",
            ProxyGround::Window => "window",
            ProxyGround::Representative => "representative",
            ProxyGround::Manager => "manager",
            ProxyGround::Guardian => "guardian",
        }
    }

    /// As it is called on screens.
    pub fn label(self) -> &'static str {
        match self {
            ProxyGround::Own => "本人授权",
            ProxyGround::Window => "窗口授权",
            ProxyGround::Representative => "法定代表人",
            ProxyGround::Manager => "管理员授权",
            ProxyGround::Guardian => "监护人",
        }
    }

    /// The ground of a word.
    pub fn from_word(word: &str) -> Option<ProxyGround> {
        [
            ProxyGround::Own,
            ProxyGround::Window,
            ProxyGround::Representative,
            ProxyGround::Manager,
            ProxyGround::Guardian,
        ]
        .into_iter()
        .find(|ground| ground.word() == word)
    }
}

/// How an authorisation came about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProxyHow {
    /// 办事员 or 管理员.
    pub level: ProxyLevel,
    /// Whose word it rests on.
    pub ground: ProxyGround,
    /// Number of the letter, or the papers that prove a guardianship; empty where the principal signed in.
    pub basis: String,
    /// Who recorded it: the principal, the manager, or the clerk.
    pub recorded_by: String,
    /// From this day on it carries nothing without the consent of whoever is under guardianship: their eighth
    /// birthday. None where nobody has to be asked.
    pub consent_from: Option<Date>,
    /// That consent.
    pub consent: Option<Consent>,
}

/// 被监护人本人的同意 (民法典第十九条).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// When it was given.
    pub at: Timestamp,
    /// How: in person at a window, on the signed letter.
    pub how: String,
}

/// One authorisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// Handed in when it was given.
    pub id: Uuid,
    /// 委托人.
    pub principal: PartyId,
    /// 代理人.
    pub agent: PartyId,
    /// For what.
    pub scope: ProxyScope,
    /// At which level, on what ground.
    pub how: ProxyHow,
    /// First day, in China.
    pub from: Date,
    /// Last day; none: until it is revoked.
    pub to: Option<Date>,
    /// When it was given.
    pub created_at: Timestamp,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
}

impl Proxy {
    /// Whether it holds on a day.
    pub fn holds_on(&self, day: Date) -> bool {
        self.revoked_at.is_none() && self.from <= day && self.to.is_none_or(|to| day <= to)
    }

    /// Whether the minor under guardianship has not said yet that they agree, on a day on which they have to be asked.
    pub fn awaits_consent(&self, day: Date) -> bool {
        self.how.consent.is_none() && self.how.consent_from.is_some_and(|from| from <= day)
    }
}

/// What the register knows of the two people of an authorisation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deaths {
    /// The principal died on this day.
    pub principal: Option<Date>,
    /// The agent died on this day.
    pub agent: Option<Date>,
}

/// Why nobody may act for somebody here and now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyRefusal {
    /// There never was an authorisation.
    #[error("no authorisation")]
    Missing,
    /// The principal has died (民法典第一百七十三条第四项).
    #[error("the principal died on {0}")]
    PrincipalDied(Date),
    /// The agent has died.
    #[error("the agent died on {0}")]
    AgentDied(Date),
    /// It was taken back.
    #[error("revoked at {0}")]
    Revoked(Timestamp),
    /// Its last day is over.
    #[error("expired on {0}")]
    Expired(Date),
    /// The person under guardianship has come of age.
    #[error("the guardianship ended on {0}")]
    OfAge(Date),
    /// The minor under guardianship is eight or older and has not agreed (民法典第十九条).
    #[error("the ward's own consent is needed from {0}")]
    ConsentNeeded(Date),
    /// Its first day is to come.
    #[error("begins on {0}")]
    NotYet(Date),
    /// It holds, but for other items.
    #[error("does not cover the item")]
    OtherItem,
}

impl ProxyRefusal {
    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            ProxyRefusal::Missing => "proxy_missing",
            ProxyRefusal::PrincipalDied(_) => "principal_deceased",
            ProxyRefusal::AgentDied(_) => "agent_deceased",
            ProxyRefusal::Revoked(_) => "proxy_revoked",
            ProxyRefusal::Expired(_) => "proxy_expired",
            ProxyRefusal::OfAge(_) => "ward_of_age",
            ProxyRefusal::ConsentNeeded(_) => "ward_consent_needed",
            ProxyRefusal::NotYet(_) => "proxy_not_yet",
            ProxyRefusal::OtherItem => "proxy_other_item",
        }
    }

    /// What to tell the agent: what is wrong and what to do. Whole sentences without data, so that they translate.
    pub fn message(&self) -> &'static str {
        match self {
            ProxyRefusal::Missing => "您没有得到这位委托人的授权，请对方先授权您代办",
            ProxyRefusal::PrincipalDied(_) => {
                "登记信息显示委托人已经去世，全部授权已经终止，不能再代为办理。继承等后续事项请本人申请，或到窗口咨询"
            }
            ProxyRefusal::AgentDied(_) => "登记信息显示代办人已经去世，授权已经终止",
            ProxyRefusal::Revoked(_) => {
                "委托人已经收回授权，不能再代为办理。需要继续办理的，请委托人重新授权"
            }
            ProxyRefusal::Expired(_) => {
                "授权已经到期，不能再代为办理。需要继续办理的，请委托人重新授权"
            }
            ProxyRefusal::OfAge(_) => "被监护人已满十八周岁，监护代办已经结束，请由其本人办理",
            ProxyRefusal::ConsentNeeded(_) => {
                "被监护人已满八周岁，代办须经其本人同意。请带孩子到窗口当面表示同意，登记后再办理"
            }
            ProxyRefusal::NotYet(_) => "授权还没有到开始的日期，请到开始日期再来办理",
            ProxyRefusal::OtherItem => "授权不包括这个事项，请委托人把这个事项加入授权",
        }
    }
}

/// Which authorisation carries an act in `item` (`None`: in anything at all) on `day`.
///
/// # Errors
/// Death ends everything; then the refusal that comes closest to an authorisation that holds.
pub fn judge(
    given: &[Proxy],
    deaths: Deaths,
    item: Option<ItemId>,
    day: Date,
) -> Result<&Proxy, ProxyRefusal> {
    if let Some(on) = deaths.principal {
        return Err(ProxyRefusal::PrincipalDied(on));
    }
    if let Some(on) = deaths.agent {
        return Err(ProxyRefusal::AgentDied(on));
    }
    let covers = |proxy: &&Proxy| item.is_none_or(|item| proxy.scope.covers(item));
    let holding = || given.iter().filter(|proxy| proxy.holds_on(day));
    if let Some(proxy) = holding()
        .filter(covers)
        .find(|proxy| !proxy.awaits_consent(day))
    {
        return Ok(proxy);
    }
    if let Some(from) = holding()
        .filter(covers)
        .find_map(|proxy| proxy.how.consent_from)
    {
        return Err(ProxyRefusal::ConsentNeeded(from));
    }
    let newest = |fits: &dyn Fn(&Proxy) -> bool| {
        given
            .iter()
            .filter(covers)
            .filter(|proxy| fits(proxy))
            .max_by_key(|proxy| proxy.created_at)
    };
    if let Some(at) = newest(&|proxy| proxy.revoked_at.is_some()).and_then(|p| p.revoked_at) {
        return Err(ProxyRefusal::Revoked(at));
    }
    if let Some(proxy) = newest(&|proxy| proxy.to.is_some_and(|to| to < day)) {
        let to = proxy.to.unwrap_or(day);
        return Err(match proxy.how.ground {
            ProxyGround::Guardian => ProxyRefusal::OfAge(to),
            _ => ProxyRefusal::Expired(to),
        });
    }
    if let Some(proxy) = newest(&|proxy| day < proxy.from) {
        return Err(ProxyRefusal::NotYet(proxy.from));
    }
    if holding().next().is_some() {
        return Err(ProxyRefusal::OtherItem);
    }
    Err(ProxyRefusal::Missing)
}

#[cfg(test)]
mod tests;
