//! 授权代办: who may act for whom, for which items, from when to when.

use base::ids::{ItemId, PartyId};
use jiff::Timestamp;
use jiff::civil::Date;
use store::{Row, Tx, Value, params};
use uuid::Uuid;

use crate::{Error, People, china_day};

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
}

impl People {
    /// Keeps an authorisation. That the principal gave it is for the caller to know.
    pub fn authorise(&self, tx: &mut Tx<'_>, proxy: &Proxy) -> Result<(), Error> {
        if proxy.principal == proxy.agent {
            return Err(Error::invalid(
                "agent",
                "不能委托自己代办，请填写另一位代理人",
            ));
        }
        if proxy.to.is_some_and(|to| to < proxy.from) {
            return Err(Error::invalid("to", "授权截止日期不能早于开始日期"));
        }
        let items = match &proxy.scope.items {
            ProxyItems::All => None,
            ProxyItems::List(items) if items.is_empty() => {
                return Err(Error::invalid(
                    "items",
                    "请至少选择一个授权事项，或选择全部事项",
                ));
            }
            ProxyItems::List(items) if items.len() > ITEMS_MAX => {
                return Err(Error::invalid(
                    "items",
                    format!("一次最多授权 {ITEMS_MAX} 个事项，更多时请选择全部事项"),
                ));
            }
            ProxyItems::List(items) => {
                Some(serde_json::to_string(items).expect("identifiers are always JSON strings"))
            }
        };
        for party in [proxy.principal, proxy.agent] {
            if self.party_name(tx, party)?.is_none() {
                return Err(Error::NotFound("party"));
            }
        }
        tx.exec(
            "INSERT INTO proxies (proxy_id, principal, agent, items, valid_from, valid_to, created_at, revoked_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, NULL)",
            &params![
                proxy.id,
                proxy.principal.uuid(),
                proxy.agent.uuid(),
                items,
                proxy.from,
                proxy.to,
                proxy.created_at,
            ],
        )?;
        Ok(())
    }

    /// Takes an authorisation back; only its principal's. Doing it twice changes nothing.
    pub fn revoke(
        &self,
        tx: &mut Tx<'_>,
        proxy: Uuid,
        principal: PartyId,
        now: Timestamp,
    ) -> Result<(), Error> {
        let row = tx.query_opt(
            "SELECT agent FROM proxies WHERE proxy_id = $1 AND principal = $2",
            &params![proxy, principal.uuid()],
        )?;
        let agent: Uuid = row.ok_or(Error::NotFound("proxy"))?.get(0)?;
        tx.exec(
            "UPDATE proxies SET revoked_at = $2 WHERE proxy_id = $1 AND revoked_at IS NULL",
            &params![proxy, now],
        )?;
        self.forget_party_sessions(tx, PartyId::from_uuid(agent), now)
    }

    /// What `agent` may do for `principal` today; several authorisations add up.
    pub fn proxy_scope(
        &self,
        tx: &mut Tx<'_>,
        agent: PartyId,
        principal: PartyId,
        now: Timestamp,
    ) -> Result<Option<ProxyScope>, Error> {
        let rows = tx.query(
            "SELECT proxy_id, principal, agent, items, valid_from, valid_to, created_at, revoked_at
               FROM proxies
              WHERE agent = $1
                AND principal = $2
                AND revoked_at IS NULL",
            &params![agent.uuid(), principal.uuid()],
        )?;
        let today = china_day(now);
        let mut scope: Option<ProxyScope> = None;
        for row in &rows {
            let proxy = read_proxy(row)?;
            if proxy.holds_on(today) {
                scope = Some(match scope {
                    Some(known) => known.with(proxy.scope),
                    None => proxy.scope,
                });
            }
        }
        Ok(scope)
    }

    /// Whether `agent` may act for `principal` today in anything at all; [`People::proxy_scope`] tells in what.
    pub fn may_act_for(
        &self,
        tx: &mut Tx<'_>,
        agent: PartyId,
        principal: PartyId,
        now: Timestamp,
    ) -> Result<bool, Error> {
        Ok(self.proxy_scope(tx, agent, principal, now)?.is_some())
    }

    /// Whom `agent` may act for today, with their names, at most 200.
    pub fn principals_of(
        &self,
        tx: &mut Tx<'_>,
        agent: PartyId,
        now: Timestamp,
    ) -> Result<Vec<(PartyId, String)>, Error> {
        let rows = tx.query(
            "SELECT DISTINCT p.principal, parties.name
               FROM proxies p
               JOIN parties ON parties.party_id = p.principal
              WHERE p.agent = $1
                AND p.revoked_at IS NULL
                AND p.valid_from <= $2
                AND (p.valid_to IS NULL OR p.valid_to >= $2)
              ORDER BY parties.name, p.principal
              LIMIT 200",
            &params![agent.uuid(), china_day(now)],
        )?;
        rows.iter()
            .map(|row| Ok((PartyId::from_uuid(row.get(0)?), row.get(1)?)))
            .collect()
    }

    /// The authorisations a principal has given, newest first, at most 200.
    pub fn proxies_of(&self, tx: &mut Tx<'_>, principal: PartyId) -> Result<Vec<Proxy>, Error> {
        let rows = tx.query(
            "SELECT proxy_id, principal, agent, items, valid_from, valid_to, created_at, revoked_at
               FROM proxies
              WHERE principal = $1
              ORDER BY created_at DESC, proxy_id DESC
              LIMIT 200",
            &params![principal.uuid()],
        )?;
        rows.iter().map(read_proxy).collect()
    }
}

fn read_proxy(row: &Row) -> Result<Proxy, Error> {
    let items = match row.get::<Value>(3)? {
        Value::Null => ProxyItems::All,
        Value::Text(text) => ProxyItems::List(
            serde_json::from_str(&text)
                .map_err(|error| store::Error::Corrupt(format!("proxies.items: {error}")))?,
        ),
        _ => return Err(store::Error::Corrupt("proxies.items is no text".to_owned()).into()),
    };
    Ok(Proxy {
        id: row.get(0)?,
        principal: PartyId::from_uuid(row.get(1)?),
        agent: PartyId::from_uuid(row.get(2)?),
        scope: ProxyScope { items },
        from: row.get(4)?,
        to: row.get(5)?,
        created_at: row.get(6)?,
        revoked_at: row.get(7)?,
    })
}
