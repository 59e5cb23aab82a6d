//! Authorisations as rows: given, taken back, looked up, and the list of what was done under each.

use base::ids::{CaseId, ItemId, PartyId};
use jiff::Timestamp;
use jiff::civil::Date;
use store::{Row, Tx, Value, params};
use uuid::Uuid;

use super::{
    Consent, Deaths, ITEMS_MAX, Proxy, ProxyGround, ProxyHow, ProxyItems, ProxyLevel, ProxyRefusal,
    ProxyScope, judge,
};
use crate::{Error, People, china_day};

/// Columns in the order [`read_proxy`] takes them.
const COLUMNS: &str = "proxy_id, principal, agent, items, valid_from, valid_to, created_at, revoked_at, \
     level, ground, basis, recorded_by, consent_from, consent_at, consent_how";

/// Something that was done under an authorisation: one event of a case's trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyAct {
    /// The case.
    pub case_id: CaseId,
    /// Number of the event in its trail.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// The command's word.
    pub command: String,
    /// 办件编号.
    pub case_no: String,
    /// What the case is about.
    pub title: String,
}

/// The authorisation under which `agent` acts for `principal` in `item` now, or why there is none.
pub fn authority(
    tx: &mut Tx<'_>,
    agent: PartyId,
    principal: PartyId,
    item: Option<ItemId>,
    now: Timestamp,
) -> Result<Result<Proxy, ProxyRefusal>, Error> {
    let given = between(tx, agent, principal)?;
    let deaths = Deaths {
        principal: standing(tx, principal)?,
        agent: standing(tx, agent)?,
    };
    Ok(judge(&given, deaths, item, china_day(now)).cloned())
}

/// The day on which somebody died, as far as the register knows.
pub fn standing(tx: &mut Tx<'_>, party: PartyId) -> Result<Option<Date>, Error> {
    let row = tx.query_opt(
        "SELECT deceased_on FROM parties WHERE party_id = $1",
        &params![party.uuid()],
    )?;
    Ok(row.map(|row| row.get(0)).transpose()?.flatten())
}

/// Writes down what was done under an authorisation.
pub fn note_act(tx: &mut Tx<'_>, proxy: Uuid, act: &ProxyAct) -> Result<(), Error> {
    tx.queue(
        "INSERT INTO proxy_acts (proxy_id, case_id, seq, at, command, case_no, title)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![
            proxy,
            act.case_id,
            act.seq,
            act.at,
            &act.command,
            &act.case_no,
            &act.title
        ],
    )?;
    Ok(())
}

/// Everything that was ever given between the two, newest first.
fn between(tx: &mut Tx<'_>, agent: PartyId, principal: PartyId) -> Result<Vec<Proxy>, Error> {
    let rows = tx.query(
        &format!(
            "SELECT {COLUMNS}
               FROM proxies
              WHERE agent = $1
                AND principal = $2
              ORDER BY created_at DESC, proxy_id DESC
              LIMIT 200"
        ),
        &params![agent.uuid(), principal.uuid()],
    )?;
    rows.iter().map(read_proxy).collect()
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
        for (field, party) in [("principal", proxy.principal), ("agent", proxy.agent)] {
            if self.party_name(tx, party)?.is_none() {
                return Err(Error::NotFound("party"));
            }
            if standing(tx, party)?.is_some() {
                return Err(Error::invalid(
                    field,
                    "登记信息显示此人已经去世，不能再授权或代办",
                ));
            }
        }
        tx.exec(
            "INSERT INTO proxies (proxy_id, principal, agent, items, valid_from, valid_to, created_at, revoked_at,
                 level, ground, basis, recorded_by, consent_from, consent_at, consent_how)
             VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, $8, $9, $10, $11, $12, $13, $14)",
            &params![
                proxy.id,
                proxy.principal.uuid(),
                proxy.agent.uuid(),
                items,
                proxy.from,
                proxy.to,
                proxy.created_at,
                proxy.how.level.word(),
                proxy.how.ground.word(),
                &proxy.how.basis,
                &proxy.how.recorded_by,
                proxy.how.consent_from,
                proxy.how.consent.as_ref().map(|consent| consent.at),
                proxy.how.consent.as_ref().map_or("", |consent| &consent.how),
            ],
        )?;
        // A session that gave up acting for this principal may act again at once.
        self.forget_party_sessions(tx, proxy.agent, proxy.created_at)
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
        if standing(tx, principal)?.is_some() || standing(tx, agent)?.is_some() {
            return Ok(None);
        }
        let today = china_day(now);
        let given = between(tx, agent, principal)?;
        let holding = given
            .into_iter()
            .filter(|proxy| proxy.holds_on(today) && !proxy.awaits_consent(today));
        Ok(holding.map(|proxy| proxy.scope).reduce(ProxyScope::with))
    }

    /// Whether `agent` may act for `principal` today in anything at all; [`People::proxy_scope`] tells in what.
    pub fn may_act_for(
        &self,
        tx: &mut Tx<'_>,
        agent: PartyId,
        principal: PartyId,
        now: Timestamp,
    ) -> Result<bool, Error> {
        Ok(authority(tx, agent, principal, None, now)?.is_ok())
    }

    /// Whether `agent` is a 管理员 of `principal` today.
    pub fn manages(
        &self,
        tx: &mut Tx<'_>,
        agent: PartyId,
        principal: PartyId,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let today = china_day(now);
        Ok(standing(tx, principal)?.is_none()
            && between(tx, agent, principal)?
                .iter()
                .any(|proxy| proxy.how.level == ProxyLevel::Manager && proxy.holds_on(today)))
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
                AND parties.deceased_on IS NULL
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
            &format!(
                "SELECT {COLUMNS}
                   FROM proxies
                  WHERE principal = $1
                  ORDER BY created_at DESC, proxy_id DESC
                  LIMIT 200"
            ),
            &params![principal.uuid()],
        )?;
        rows.iter().map(read_proxy).collect()
    }

    /// The authorisations somebody has been given, newest first, at most 200.
    pub fn proxies_to(&self, tx: &mut Tx<'_>, agent: PartyId) -> Result<Vec<Proxy>, Error> {
        let rows = tx.query(
            &format!(
                "SELECT {COLUMNS}
                   FROM proxies
                  WHERE agent = $1
                  ORDER BY created_at DESC, proxy_id DESC
                  LIMIT 200"
            ),
            &params![agent.uuid()],
        )?;
        rows.iter().map(read_proxy).collect()
    }

    /// One authorisation.
    pub fn proxy(&self, tx: &mut Tx<'_>, proxy: Uuid) -> Result<Option<Proxy>, Error> {
        let row = tx.query_opt(
            &format!("SELECT {COLUMNS} FROM proxies WHERE proxy_id = $1"),
            &params![proxy],
        )?;
        row.as_ref().map(read_proxy).transpose()
    }

    /// What was done under an authorisation, newest first, at most `limit`.
    pub fn proxy_acts(
        &self,
        tx: &mut Tx<'_>,
        proxy: Uuid,
        limit: usize,
    ) -> Result<Vec<ProxyAct>, Error> {
        let rows = tx.query(
            "SELECT case_id, seq, at, command, case_no, title
               FROM proxy_acts
              WHERE proxy_id = $1
              ORDER BY at DESC, case_id, seq DESC
              LIMIT $2",
            &params![proxy, i64::try_from(limit).unwrap_or(i64::MAX)],
        )?;
        rows.iter()
            .map(|row| {
                Ok(ProxyAct {
                    case_id: row.get(0)?,
                    seq: row.get(1)?,
                    at: row.get(2)?,
                    command: row.get(3)?,
                    case_no: row.get(4)?,
                    title: row.get(5)?,
                })
            })
            .collect()
    }

    /// How much was done under an authorisation.
    pub fn proxy_act_count(&self, tx: &mut Tx<'_>, proxy: Uuid) -> Result<i64, Error> {
        let row = tx.query_opt(
            "SELECT COUNT(*) FROM proxy_acts WHERE proxy_id = $1",
            &params![proxy],
        )?;
        Ok(row.map(|row| row.get(0)).transpose()?.unwrap_or_default())
    }

    /// Records that somebody has died: every authorisation they gave or hold ends (民法典第一百七十三条第三、四项).
    ///
    /// # Errors
    /// [`Error::Conflict`] where another day is on record already.
    pub fn record_death(
        &self,
        tx: &mut Tx<'_>,
        party: PartyId,
        on: Date,
        source: &str,
        recorded_by: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        if on > china_day(now) {
            return Err(Error::invalid("died_on", "去世日期不能晚于今天"));
        }
        let source = base::text::single_line(source);
        if source.is_empty() || source.chars().count() > 200 {
            return Err(Error::invalid(
                "source",
                "请写明依据，例如死亡医学证明编号，最多200字",
            ));
        }
        if let Some(known) = standing(tx, party)? {
            return if known == on {
                Ok(())
            } else {
                Err(Error::conflict(
                    "died_on",
                    "此人的去世日期已经登记为另一天，请核对后联系系统管理员更正",
                ))
            };
        }
        let changed = tx.exec(
            "UPDATE parties SET deceased_on = $2, updated_at = $3 WHERE party_id = $1",
            &params![party.uuid(), on, now],
        )?;
        if changed == 0 {
            return Err(Error::NotFound("party"));
        }
        tx.exec(
            "INSERT INTO party_deaths (party_id, died_on, source, recorded_by, recorded_at)
             VALUES ($1, $2, $3, $4, $5)",
            &params![party.uuid(), on, source, recorded_by, now],
        )?;
        let agents = tx.query(
            "SELECT DISTINCT agent FROM proxies WHERE principal = $1 AND revoked_at IS NULL",
            &params![party.uuid()],
        )?;
        tx.exec(
            "UPDATE proxies SET revoked_at = $2
              WHERE (principal = $1 OR agent = $1)
                AND revoked_at IS NULL",
            &params![party.uuid(), now],
        )?;
        self.forget_party_sessions(tx, party, now)?;
        for row in &agents {
            self.forget_party_sessions(tx, PartyId::from_uuid(row.get(0)?), now)?;
        }
        Ok(())
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
    let level: String = row.get(8)?;
    let ground: String = row.get(9)?;
    let consent_at: Option<Timestamp> = row.get(13)?;
    let consent = match consent_at {
        Some(at) => Some(Consent {
            at,
            how: row.get(14)?,
        }),
        None => None,
    };
    Ok(Proxy {
        id: row.get(0)?,
        principal: PartyId::from_uuid(row.get(1)?),
        agent: PartyId::from_uuid(row.get(2)?),
        scope: ProxyScope { items },
        how: ProxyHow {
            level: ProxyLevel::from_word(&level)
                .ok_or_else(|| store::Error::Corrupt(format!("proxies.level {level}")))?,
            ground: ProxyGround::from_word(&ground)
                .ok_or_else(|| store::Error::Corrupt(format!("proxies.ground {ground}")))?,
            basis: row.get(10)?,
            recorded_by: row.get(11)?,
            consent_from: row.get(12)?,
            consent,
        },
        from: row.get(4)?,
        to: row.get(5)?,
        created_at: row.get(6)?,
        revoked_at: row.get(7)?,
    })
}
