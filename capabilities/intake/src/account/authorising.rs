//! 授权: who may let somebody act for a party, and at which level. The pages and the API both go through here.

use base::ids::ItemId;
use casework::actor::Person;
use catalog::Catalog;
use jiff::{Timestamp, civil::Date};
use people::{
    Capacity, Error, Party, PartyKind, People, Proxy, ProxyGround, ProxyHow, ProxyItems,
    ProxyLevel, ProxyScope,
};
use store::Tx;
use uuid::Uuid;

use crate::filing::born;

/// Days an authorisation lasts where nothing is said.
const DAYS: i32 = 365;
/// Years an authorisation may last at most; this platform's proposal.
const YEARS_MAX: i16 = 5;

/// On whose word somebody authorises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Authority {
    /// A natural person for themselves.
    Own,
    /// 法定代表人 or 负责人 of the party.
    Head,
    /// 管理员 of the party.
    Manager,
}

impl Authority {
    /// Levels this authority may give.
    pub(crate) fn levels(self) -> &'static [ProxyLevel] {
        match self {
            Authority::Head => &[ProxyLevel::Agent, ProxyLevel::Manager],
            Authority::Own | Authority::Manager => &[ProxyLevel::Agent],
        }
    }

    fn ground(self) -> ProxyGround {
        match self {
            Authority::Own | Authority::Head => ProxyGround::Own,
            Authority::Manager => ProxyGround::Manager,
        }
    }
}

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub name: String,
    pub id_number: String,
    pub items: ProxyItems,
    pub level: ProxyLevel,
    /// A year where nothing is said.
    pub until: Option<Date>,
}

/// On whose word `person` may authorise for `principal`.
///
/// # Errors
/// A plain agent does not pass the right on.
pub(crate) fn authority(
    people: &People,
    tx: &mut Tx<'_>,
    person: &Person,
    principal: &Party,
    now: Timestamp,
) -> Result<Authority, Error> {
    if principal.id == person.party {
        return Ok(Authority::Own);
    }
    let heads = principal
        .legal_representative
        .as_ref()
        .is_some_and(|name| *name == person.name);
    if heads && people.may_act_for(tx, person.party, principal.id, now)? {
        return Ok(Authority::Head);
    }
    if people.manages(tx, person.party, principal.id, now)? {
        return Ok(Authority::Manager);
    }
    Err(Error::Conflict {
        field: "agent",
        message: "只有法定代表人、负责人本人或者单位管理员可以授权他人代办".to_owned(),
    })
}

/// Gives somebody the right to act for the party that `person` acts for.
pub(crate) fn give(
    people: &People,
    tx: &mut Tx<'_>,
    person: &Person,
    wanted: &Wanted,
    id: Uuid,
    now: Timestamp,
) -> Result<Proxy, Error> {
    let today = people::china_day(now);
    let principal = people
        .party(tx, person.applicant())?
        .ok_or(Error::NotFound("party"))?;
    let authority = authority(people, tx, person, &principal, now)?;
    of_full_capacity(
        &principal,
        today,
        "principal",
        "未满十八周岁的，由监护人代为办理，不能自行授权他人",
    )?;
    if !authority.levels().contains(&wanted.level) {
        return Err(Error::invalid(
            "level",
            "只有法定代表人或者负责人可以任命管理员",
        ));
    }
    let agent = agent(people, tx, &wanted.name, &wanted.id_number, today)?;
    let proxy = Proxy {
        id,
        principal: principal.id,
        agent: agent.id,
        scope: ProxyScope {
            items: wanted.items.clone(),
        },
        how: ProxyHow {
            level: wanted.level,
            ground: authority.ground(),
            basis: String::new(),
            recorded_by: person.name.clone(),
            ..ProxyHow::default()
        },
        from: today,
        to: Some(last_day(wanted.until, today)?),
        created_at: now,
        revoked_at: None,
    };
    people.authorise(tx, &proxy)?;
    Ok(proxy)
}

/// The person somebody names as their agent: registered, and old enough to act for others.
pub(crate) fn agent(
    people: &People,
    tx: &mut Tx<'_>,
    name: &str,
    id_number: &str,
    today: Date,
) -> Result<Party, Error> {
    let agent = people
        .find_party(tx, id_number)?
        .filter(|party| {
            party.kind == PartyKind::Person && party.name == base::text::single_line(name)
        })
        .ok_or(Error::NameMismatch)?;
    of_full_capacity(&agent, today, "agent", "代办人应当年满十八周岁")?;
    Ok(agent)
}

fn of_full_capacity(
    party: &Party,
    today: Date,
    field: &'static str,
    message: &str,
) -> Result<(), Error> {
    let minor = party.kind == PartyKind::Person
        && born(party, today).is_some_and(|born| Capacity::of(born, today) != Capacity::Full);
    if minor {
        return Err(Error::invalid(field, message));
    }
    Ok(())
}

/// The last day of an authorisation, from today on.
pub(crate) fn last_day(until: Option<Date>, today: Date) -> Result<Date, Error> {
    let farthest = today
        .checked_add(jiff::Span::new().years(YEARS_MAX))
        .unwrap_or(today);
    let until = match until {
        Some(until) => until,
        None => today
            .checked_add(jiff::Span::new().days(DAYS))
            .unwrap_or(farthest),
    };
    if until < today {
        return Err(Error::invalid(
            "until",
            "请填写今天或以后的日期，例如2027-05-21",
        ));
    }
    if until > farthest {
        return Err(Error::invalid(
            "until",
            "一次授权最长五年，到期可以重新授权",
        ));
    }
    Ok(until)
}

/// Takes an authorisation back: the principal every one, a 管理员 those of 办事员, an agent their own.
pub(crate) fn take_back(
    people: &People,
    tx: &mut Tx<'_>,
    person: &Person,
    proxy: Uuid,
    now: Timestamp,
) -> Result<Proxy, Error> {
    let known = people.proxy(tx, proxy)?.ok_or(Error::NotFound("proxy"))?;
    if known.agent != person.party {
        if known.principal != person.applicant() {
            return Err(Error::NotFound("proxy"));
        }
        let principal = people
            .party(tx, known.principal)?
            .ok_or(Error::NotFound("party"))?;
        let authority = authority(people, tx, person, &principal, now)?;
        if authority == Authority::Manager && known.how.level == ProxyLevel::Manager {
            return Err(Error::Conflict {
                field: "agent",
                message: "管理员的授权只能由法定代表人或者负责人收回".to_owned(),
            });
        }
        if known.how.ground == ProxyGround::Guardian {
            return Err(Error::Conflict {
                field: "agent",
                message: "监护关系由窗口登记和变更，不能在网上收回".to_owned(),
            });
        }
    }
    people.revoke(tx, proxy, known.principal, now)?;
    people.proxy(tx, proxy)?.ok_or(Error::NotFound("proxy"))
}

/// An authorisation for its principal, its agent, and whoever may authorise for the principal.
pub(crate) fn seen_by(
    people: &People,
    tx: &mut Tx<'_>,
    person: &Person,
    proxy: Uuid,
) -> Result<Proxy, Error> {
    people
        .proxy(tx, proxy)?
        .filter(|proxy| proxy.agent == person.party || proxy.principal == person.applicant())
        .ok_or(Error::NotFound("proxy"))
}

/// Items by their exact names or codes, one to a line; an empty text means everything.
///
/// # Errors
/// The first line that names no item.
pub(crate) fn items_of(catalog: &Catalog, text: &str) -> Result<ProxyItems, Error> {
    let snapshot = catalog.snapshot();
    let mut found: Vec<ItemId> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let code = base::text::normalise_code(line);
        let before = found.len();
        found.extend(
            snapshot
                .items()
                .iter()
                .filter(|brief| {
                    brief.name == line || brief.impl_code == code || brief.base_code == code
                })
                .map(|brief| brief.item_id),
        );
        if found.len() == before {
            return Err(Error::invalid(
                "items",
                format!(
                    "没有找到事项“{}”，请按办事指南上的名称填写，一行一个",
                    base::text::shorten(line, 60)
                ),
            ));
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(if found.is_empty() {
        ProxyItems::All
    } else {
        ProxyItems::List(found)
    })
}

/// Names of the items of a scope, each once; empty means everything.
pub(crate) fn item_names(catalog: &Catalog, scope: &ProxyScope) -> Vec<String> {
    let ProxyItems::List(items) = &scope.items else {
        return Vec::new();
    };
    let snapshot = catalog.snapshot();
    let mut names: Vec<String> = Vec::new();
    for item in items {
        let name = snapshot
            .item(*item)
            .map_or_else(|| item.to_string(), |brief| brief.name.clone());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Whether `person` sees everything of the party they act for, or only some items.
pub(crate) fn narrowed(
    people: &People,
    tx: &mut Tx<'_>,
    person: &Person,
    now: Timestamp,
) -> Result<Option<ProxyScope>, Error> {
    let Some(principal) = person.acting_for else {
        return Ok(None);
    };
    let scope = people.proxy_scope(tx, person.party, principal, now)?;
    Ok(match scope {
        Some(ProxyScope {
            items: ProxyItems::All,
        }) => None,
        Some(scope) => Some(scope),
        None => Some(ProxyScope {
            items: ProxyItems::List(Vec::new()),
        }),
    })
}

/// Whether a case is about an item of the scope.
pub(crate) fn within(
    tx: &mut Tx<'_>,
    scope: &ProxyScope,
    case: base::ids::CaseId,
) -> Result<bool, approval::Error> {
    let case = cases::load(tx, case)?;
    Ok(case
        .and_then(|case| approval::details::about(&case))
        .is_some_and(|about| scope.covers(about.item)))
}
