//! Signing in and staying signed in.
//!
//! A token is 256 random bits; only its SM3 digest is stored. Sessions are cached in this process for half a minute;
//! another process therefore sees a sign-out or a changed grant after at most that long.

mod cache;

use std::net::IpAddr;
use std::sync::Arc;

use base::crypto::{Digest, from_hex, sm3, to_hex};
use base::ids::{AccountId, OrgId, PartyId};
use casework::{Actor, actor};
use jiff::Timestamp;
use store::{Db, Tx, params};
use uuid::Uuid;

use crate::account::AccountKind;
use crate::{Error, People, staff};

pub(crate) use cache::Cache;

/// How long a cached session is believed.
pub const CACHE_MS: i64 = 30_000;

/// A browser session ends when nobody came for so long …
pub const BROWSER_IDLE_MS: i64 = 4 * 3_600_000;
/// … and after this long in any case.
pub const BROWSER_MAX_MS: i64 = 12 * 3_600_000;
/// A session at a machine in a hall ends when nobody touched it for so long: the next person must not meet it …
pub const KIOSK_IDLE_MS: i64 = 3 * 60_000;
/// … and after this long in any case.
pub const KIOSK_MAX_MS: i64 = 60 * 60_000;
/// A token taken by signing in through the API.
pub const BEARER_MS: i64 = 24 * 3_600_000;
/// A token issued by an administrator ends after two years at the latest.
pub const TOKEN_MAX_MS: i64 = 2 * 366 * 24 * 3_600_000;
/// How often the last visit is written down.
const TOUCH_MS: i64 = 10 * 60_000;
/// How often at a machine in a hall.
const KIOSK_TOUCH_MS: i64 = 5_000;

/// How the token travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionKind {
    /// In a cookie.
    Browser,
    /// In a cookie of a machine that many people use, one after the other.
    Kiosk,
    /// In the `Authorization` header.
    Bearer,
}

/// How long a session may live.
#[expect(
    clippy::struct_field_names,
    reason = "milliseconds are named as such everywhere in this crate"
)]
struct Life {
    /// Without a visit.
    idle_ms: i64,
    /// With visits.
    max_ms: i64,
    /// How often a visit is written down.
    touch_ms: i64,
}

impl SessionKind {
    fn word(self) -> &'static str {
        match self {
            SessionKind::Browser => "browser",
            SessionKind::Kiosk => "kiosk",
            SessionKind::Bearer => "bearer",
        }
    }

    fn read(word: &str) -> Result<SessionKind, store::Error> {
        match word {
            "browser" => Ok(SessionKind::Browser),
            "kiosk" => Ok(SessionKind::Kiosk),
            "bearer" => Ok(SessionKind::Bearer),
            _ => Err(store::Error::Corrupt(format!("sessions.kind {word}"))),
        }
    }

    /// Whether the token travels in a cookie.
    pub fn in_cookie(self) -> bool {
        matches!(self, SessionKind::Browser | SessionKind::Kiosk)
    }

    fn life(self) -> Life {
        match self {
            SessionKind::Browser => Life {
                idle_ms: BROWSER_IDLE_MS,
                max_ms: BROWSER_MAX_MS,
                touch_ms: TOUCH_MS,
            },
            SessionKind::Kiosk => Life {
                idle_ms: KIOSK_IDLE_MS,
                max_ms: KIOSK_MAX_MS,
                touch_ms: KIOSK_TOUCH_MS,
            },
            // Its end stands fast; visits do not move it.
            SessionKind::Bearer => Life {
                idle_ms: BEARER_MS,
                max_ms: TOKEN_MAX_MS,
                touch_ms: TOUCH_MS,
            },
        }
    }
}

/// Somebody signed in, as of at most half a minute ago.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub account: AccountId,
    /// Who acts; a person's `acting_for` has been checked against the authorisations of today.
    pub actor: Actor,
    /// Name of the principal, where the actor acts for one.
    pub acting_for_name: Option<String>,
    /// Secret of the forms of this session.
    pub csrf_secret: [u8; 32],
    /// Cookie or header.
    pub kind: SessionKind,
    /// The password was given to them: they must change it before anything else.
    pub must_change: bool,
    /// They chose 关怀版.
    pub care: bool,
    /// SM3 of the token: names the session without giving it away.
    pub token_digest: [u8; 32],
    /// Signed in.
    pub created_at: Timestamp,
    /// Last visit, to ten minutes.
    pub seen_at: Timestamp,
    /// Not valid from then on.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("account", &self.account)
            .field("kind", &self.kind)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// An attempt to sign in.
#[derive(Clone)]
pub struct SignIn {
    /// As typed.
    pub login: String,
    /// As typed.
    pub password: String,
    /// From where.
    pub address: IpAddr,
    /// What for.
    pub kind: SessionKind,
}

/// A successful one. The token is shown to nobody but the client.
#[derive(Clone)]
pub struct SignedIn {
    /// 64 hexadecimal signs for the cookie or the header.
    pub token: String,
    /// The new session.
    pub session: Arc<Session>,
}

/// A session as its owner or an administrator sees it in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionInfo {
    /// Names it for [`People::end_session`]; hexadecimal.
    pub digest: String,
    /// Cookie or header.
    pub kind: SessionKind,
    /// What an administrator called the token; empty for sign-ins.
    pub label: String,
    /// Signed in or issued.
    pub created_at: Timestamp,
    /// Last used, to ten minutes.
    pub seen_at: Timestamp,
    /// Ends.
    pub expires_at: Timestamp,
}

impl People {
    /// Checks login and password and opens a session. Counts the attempt first ([`crate::Limits::sign_in`]);
    /// an unknown login takes as long as a wrong password.
    pub async fn sign_in(
        &self,
        db: &Db,
        attempt: SignIn,
        now: Timestamp,
    ) -> Result<SignedIn, Error> {
        self.limits()
            .sign_in(&attempt.login, attempt.address, now)?;
        let people = self.clone();
        let login = attempt.login.clone();
        let known = db.read(move |tx| people.credentials(tx, &login)).await?;
        let hash = known.as_ref().map(|known| known.password_hash.clone());
        let right = self.verify_password(attempt.password, hash).await?;
        let known = known.filter(|_| right).ok_or(Error::SignInRefused)?;
        if known.disabled {
            return Err(Error::Disabled);
        }
        self.limits().signed_in(&attempt.login, attempt.address);
        let (account, kind) = (known.account, attempt.kind);
        let people = self.clone();
        let token = db
            .write(move |tx| people.open_session(tx, account, kind, now))
            .await?;
        let session = self
            .find_session(db, &token, now)
            .await?
            .ok_or(Error::Disabled)?;
        Ok(SignedIn { token, session })
    }

    /// Opens a session for an account whose holder has been recognised otherwise (just registered), and returns its
    /// token.
    pub fn open_session(
        &self,
        tx: &mut Tx<'_>,
        account: AccountId,
        kind: SessionKind,
        now: Timestamp,
    ) -> Result<String, Error> {
        let ends = later(now, kind.life().idle_ms);
        let token = self.insert_session(tx, account, kind, "", ends, now)?;
        tx.exec(
            "UPDATE accounts SET signed_in_at = $2 WHERE account_id = $1",
            &params![account.uuid(), now],
        )?;
        Ok(token)
    }

    /// A long-lived token for a program, shown once.
    pub fn issue_token(
        &self,
        tx: &mut Tx<'_>,
        account: AccountId,
        label: &str,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<String, Error> {
        let label = base::text::single_line(label);
        base::text::TextLimit { min: 1, max: 50 }
            .check(&label)
            .map_err(|error| Error::invalid("label", format!("用途：{error}")))?;
        if expires_at <= now || expires_at > later(now, TOKEN_MAX_MS) {
            return Err(Error::invalid(
                "expires_at",
                "令牌有效期应晚于现在，最长两年",
            ));
        }
        self.insert_session(tx, account, SessionKind::Bearer, &label, expires_at, now)
    }

    fn insert_session(
        &self,
        tx: &mut Tx<'_>,
        account: AccountId,
        kind: SessionKind,
        label: &str,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<String, Error> {
        let token = self.0.entropy.token();
        let csrf: [u8; 32] = self.0.entropy.bytes();
        tx.exec(
            "INSERT INTO sessions (token_digest, account_id, kind, label, csrf, created_at, seen_at, expires_at, acting_for)
             VALUES ($1, $2, $3, $4, $5, $6, $6, $7, NULL)",
            &params![sm3(token.as_bytes()), account.uuid(), kind.word(), label, csrf, now, expires_at],
        )?;
        Ok(token)
    }

    /// The session of a token: from the cache, else from the database. Writes down the visit every ten minutes,
    /// which keeps a browser session alive.
    pub async fn find_session(
        &self,
        db: &Db,
        token: &str,
        now: Timestamp,
    ) -> Result<Option<Arc<Session>>, Error> {
        if let Some(session) = self.cached_session(token, now) {
            return Ok(Some(session));
        }
        let Some(digest) = digest_of(token) else {
            return Ok(None);
        };
        let people = self.clone();
        let session = db
            .read(move |tx| people.load_session(tx, &digest, now))
            .await?;
        if let Some(session) = &session
            && now.as_millisecond() - session.seen_at.as_millisecond()
                >= session.kind.life().touch_ms
        {
            let kind = session.kind;
            let touched = db.write(move |tx| touch(tx, &digest, kind, now)).await;
            match touched {
                // The visit is written down the next time.
                Ok(()) | Err(Error::Store(store::Error::Busy)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(session)
    }

    /// The session of a token, inside a transaction; without writing the visit down.
    pub fn session(
        &self,
        tx: &mut Tx<'_>,
        token: &str,
        now: Timestamp,
    ) -> Result<Option<Arc<Session>>, Error> {
        if let Some(session) = self.cached_session(token, now) {
            return Ok(Some(session));
        }
        match digest_of(token) {
            Some(digest) => self.load_session(tx, &digest, now),
            None => Ok(None),
        }
    }

    /// The session of a token if this process has looked at it within half a minute.
    pub fn cached_session(&self, token: &str, now: Timestamp) -> Option<Arc<Session>> {
        self.0.cache.get(&digest_of(token)?, now)
    }

    fn load_session(
        &self,
        tx: &mut Tx<'_>,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<Option<Arc<Session>>, Error> {
        let row = tx.query_opt(
            "SELECT s.account_id, s.kind, s.csrf, s.created_at, s.seen_at, s.expires_at, s.acting_for, a.kind,
                    a.party_id, a.staff_id, a.must_change, p.name, st.name, st.org_id, a.care
               FROM sessions s
               JOIN accounts a ON a.account_id = s.account_id AND a.disabled_at IS NULL
               LEFT JOIN parties p ON p.party_id = a.party_id
               LEFT JOIN staff st ON st.staff_id = a.staff_id AND st.left_at IS NULL
              WHERE s.token_digest = $1
                AND s.expires_at > $2",
            &params![digest, now],
        )?;
        let Some(row) = row else { return Ok(None) };
        let account = AccountId::from_uuid(row.get(0)?);
        let mut acting_for_name = None;
        let word: String = row.get(7)?;
        let actor = match AccountKind::read(&word, row.get(8)?, row.get(9)?)? {
            AccountKind::Person { party } => {
                let Some(name) = row.get::<Option<String>>(11)? else {
                    return Ok(None);
                };
                let mut acting_for = None;
                let mut lapsed = None;
                if let Some(principal) = row.get::<Option<Uuid>>(6)?.map(PartyId::from_uuid) {
                    match crate::proxy::authority(tx, party, principal, None, now)? {
                        Ok(_) => {
                            acting_for = Some(principal);
                            acting_for_name = self.party_name(tx, principal)?;
                        }
                        Err(refusal) => {
                            lapsed = Some(actor::Lapsed {
                                principal,
                                code: refusal.code(),
                                reason: refusal.message(),
                            });
                        }
                    }
                }
                Actor::Person(actor::Person {
                    account,
                    party,
                    name,
                    acting_for,
                    acting_for_name: acting_for_name.clone(),
                    lapsed,
                })
            }
            AccountKind::Staff { staff } => {
                let (Some(name), Some(org)) =
                    (row.get::<Option<String>>(12)?, row.get::<Option<Uuid>>(13)?)
                else {
                    return Ok(None);
                };
                Actor::Staff(actor::Staff {
                    account,
                    staff,
                    name,
                    org: OrgId::from_uuid(org),
                    grants: staff::grants_of(tx, staff)?,
                    stands_in_for: crate::deputies::standing_in(tx, staff, now)?,
                })
            }
        };
        let word: String = row.get(1)?;
        let kind = SessionKind::read(&word)?;
        let session = Arc::new(Session {
            account,
            actor,
            acting_for_name,
            csrf_secret: row.get(2)?,
            kind,
            must_change: row.get(10)?,
            care: row.get(14)?,
            token_digest: *digest,
            created_at: row.get(3)?,
            seen_at: row.get(4)?,
            expires_at: row.get(5)?,
        });
        // At a machine in a hall every visit counts towards its short life.
        if kind != SessionKind::Kiosk {
            self.0.cache.put(*digest, &session, now);
        }
        Ok(Some(session))
    }

    /// Ends the session of a token; an unknown one is no error.
    pub fn sign_out(&self, tx: &mut Tx<'_>, token: &str, now: Timestamp) -> Result<(), Error> {
        let Some(digest) = digest_of(token) else {
            return Ok(());
        };
        tx.exec(
            "DELETE FROM sessions WHERE token_digest = $1",
            &params![digest],
        )?;
        self.0.cache.block_session(digest, now);
        Ok(())
    }

    /// Ends every session and token of an account.
    pub fn sign_out_everywhere(
        &self,
        tx: &mut Tx<'_>,
        account: AccountId,
        now: Timestamp,
    ) -> Result<(), Error> {
        tx.exec(
            "DELETE FROM sessions WHERE account_id = $1",
            &params![account.uuid()],
        )?;
        self.0.cache.block_account(account, now);
        Ok(())
    }

    /// The living tokens and sessions of an account: issued tokens first, then newest first, at most 100.
    pub fn sessions_of(
        &self,
        tx: &mut Tx<'_>,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Vec<SessionInfo>, Error> {
        let rows = tx.query(
            "SELECT token_digest, kind, label, created_at, seen_at, expires_at
               FROM sessions
              WHERE account_id = $1
                AND expires_at > $2
              ORDER BY CASE WHEN label = '' THEN 1 ELSE 0 END, created_at DESC
              LIMIT 100",
            &params![account.uuid(), now],
        )?;
        rows.iter()
            .map(|row| {
                let kind: String = row.get(1)?;
                Ok(SessionInfo {
                    digest: to_hex(&row.get::<Digest>(0)?),
                    kind: SessionKind::read(&kind)?,
                    label: row.get(2)?,
                    created_at: row.get(3)?,
                    seen_at: row.get(4)?,
                    expires_at: row.get(5)?,
                })
            })
            .collect()
    }

    /// Ends one session or token of an account by its [`SessionInfo::digest`].
    pub fn end_session(
        &self,
        tx: &mut Tx<'_>,
        account: AccountId,
        digest: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let digest: Digest = from_hex(digest)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(Error::NotFound("session"))?;
        let ended = tx.exec(
            "DELETE FROM sessions WHERE token_digest = $1 AND account_id = $2",
            &params![digest, account.uuid()],
        )?;
        if ended == 0 {
            return Err(Error::NotFound("session"));
        }
        self.0.cache.block_session(digest, now);
        Ok(())
    }

    /// Chooses for whom the session's person acts from now on; `None`: for themselves.
    pub fn act_for(
        &self,
        tx: &mut Tx<'_>,
        session: &Session,
        principal: Option<PartyId>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let Actor::Person(person) = &session.actor else {
            return Err(Error::NotFound("proxy"));
        };
        if let Some(principal) = principal {
            match crate::proxy::authority(tx, person.party, principal, None, now)? {
                Ok(_) => {}
                // Whether there is such a party at all is nothing a stranger learns.
                Err(crate::ProxyRefusal::Missing) => return Err(Error::NotFound("proxy")),
                Err(refusal) => return Err(refusal.into()),
            }
        }
        tx.exec(
            "UPDATE sessions SET acting_for = $2 WHERE token_digest = $1",
            &params![session.token_digest, principal.map(PartyId::uuid)],
        )?;
        self.0.cache.block_session(session.token_digest, now);
        Ok(())
    }

    /// Remembers whether the account's holder wants 关怀版, for every browser they sign in with.
    pub fn prefer_care(
        &self,
        tx: &mut Tx<'_>,
        account: AccountId,
        care: bool,
        now: Timestamp,
    ) -> Result<(), Error> {
        tx.exec(
            "UPDATE accounts SET care = $2 WHERE account_id = $1 AND care <> $2",
            &params![account.uuid(), care],
        )?;
        self.forget_account(account, now);
        Ok(())
    }

    /// Deletes at most `limit` sessions that have ended; tells how many.
    pub fn purge_sessions(
        &self,
        tx: &mut Tx<'_>,
        now: Timestamp,
        limit: usize,
    ) -> Result<u64, Error> {
        let gone = tx.exec(
            "DELETE FROM sessions
              WHERE token_digest IN (
                    SELECT token_digest FROM sessions WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
            &params![now, i64::try_from(limit).unwrap_or(i64::MAX)],
        )?;
        Ok(gone)
    }

    /// What is cached of an account is read anew: its grants, name or password state have changed.
    pub(crate) fn forget_account(&self, account: AccountId, now: Timestamp) {
        self.0.cache.block_account(account, now);
    }

    pub(crate) fn forget_party_sessions(
        &self,
        tx: &mut Tx<'_>,
        party: PartyId,
        now: Timestamp,
    ) -> Result<(), Error> {
        if let Some(account) = self.account_of_party(tx, party)? {
            self.forget_account(account, now);
        }
        Ok(())
    }
}

/// Tokens are 64 hexadecimal signs; anything else names no session.
fn digest_of(token: &str) -> Option<Digest> {
    let well_formed = token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit());
    well_formed.then(|| sm3(token.as_bytes()))
}

/// Writes a visit down, which keeps a session in a cookie alive up to its longest.
fn touch(tx: &mut Tx<'_>, digest: &Digest, kind: SessionKind, now: Timestamp) -> Result<(), Error> {
    let life = kind.life();
    tx.exec(
        "UPDATE sessions
            SET seen_at = $2,
                expires_at = CASE
                    WHEN kind = 'bearer' THEN expires_at
                    WHEN created_at + $4 < $3 THEN created_at + $4
                    ELSE $3
                END
          WHERE token_digest = $1
            AND seen_at < $2",
        &params![digest, now, later(now, life.idle_ms), life.max_ms],
    )?;
    Ok(())
}

fn later(now: Timestamp, milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(now.as_millisecond().saturating_add(milliseconds))
        .unwrap_or(Timestamp::MAX)
}
