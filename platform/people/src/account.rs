//! Accounts: who may sign in, under which name, as whom.

use base::ids::{AccountId, OrgId, PartyId, StaffId};
use base::text::{fold_width, visible_len};
use casework::Actor;
use casework::actor;
use jiff::Timestamp;
use store::{Row, Tx, params};
use uuid::Uuid;

use crate::seal::LOGIN;
use crate::{Error, People, Secret, SecretKind, staff};

/// As whom an account acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountKind {
    /// 办事人.
    Person {
        /// Their own record.
        party: PartyId,
    },
    /// 工作人员, or a program (role integrator).
    Staff {
        /// The staff record.
        staff: StaffId,
    },
}

impl AccountKind {
    fn word(self) -> &'static str {
        match self {
            AccountKind::Person { .. } => "person",
            AccountKind::Staff { .. } => "staff",
        }
    }

    pub(crate) fn read(
        word: &str,
        party: Option<Uuid>,
        staff: Option<Uuid>,
    ) -> Result<AccountKind, store::Error> {
        match (word, party, staff) {
            ("person", Some(party), None) => Ok(AccountKind::Person {
                party: PartyId::from_uuid(party),
            }),
            ("staff", None, Some(staff)) => Ok(AccountKind::Staff {
                staff: StaffId::from_uuid(staff),
            }),
            _ => Err(store::Error::Corrupt(format!("accounts.kind {word}"))),
        }
    }
}

/// Somebody or something that may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Handed in when it was opened.
    pub id: AccountId,
    /// The name they sign in with.
    pub login: Secret,
    /// As whom.
    pub kind: AccountKind,
    /// The password was given to them and must be changed.
    pub must_change: bool,
    /// Opened.
    pub created_at: Timestamp,
    /// Last signed in.
    pub signed_in_at: Option<Timestamp>,
    /// Disabled since.
    pub disabled_at: Option<Timestamp>,
}

/// An account to be opened. The password was checked by [`crate::password::check`] and hashed.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Any unique name of 2 to 64 signs, or a phone number; case and width do not count.
    pub login: String,
    /// PHC string of [`crate::password::hash`].
    pub password_hash: String,
    /// As whom.
    pub kind: AccountKind,
    /// Whether the password must be changed at the first sign-in.
    pub must_change: bool,
}

/// What sign-in needs to know of a login.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    pub(crate) account: AccountId,
    pub(crate) password_hash: String,
    pub(crate) disabled: bool,
}

/// The form logins are compared in.
pub(crate) fn fold_login(login: &str) -> String {
    fold_width(login)
        .chars()
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect()
}

/// A login as it is kept: blanks around it gone.
pub fn check_login(login: &str) -> Result<String, Error> {
    let login = fold_width(login).trim().to_owned();
    let length = visible_len(&login);
    let odd = |c: char| {
        c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | '"' | '\'' | '\\' | '/')
    };
    if !(2..=64).contains(&length) || login.len() > 256 {
        Err(Error::invalid("login", "登录名为 2 至 64 个字符"))
    } else if login.chars().any(odd) {
        Err(Error::invalid(
            "login",
            "登录名只用文字、数字和 . _ - @，中间不要有空格",
        ))
    } else {
        Ok(login)
    }
}

impl People {
    /// Opens an account.
    pub fn create_account(
        &self,
        tx: &mut Tx<'_>,
        new: &NewAccount,
        id: AccountId,
        now: Timestamp,
    ) -> Result<(), Error> {
        let login = check_login(&new.login)?;
        let (party, staff) = match new.kind {
            AccountKind::Person { party } => (Some(party.uuid()), None),
            AccountKind::Staff { staff } => (None, Some(staff.uuid())),
        };
        let inserted = tx.exec(
            "INSERT INTO accounts (account_id, login_enc, login_blind, password_hash, must_change, kind, party_id,
                                   staff_id, created_at, password_changed_at, signed_in_at, disabled_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, NULL, NULL)
             ON CONFLICT DO NOTHING",
            &params![
                id.uuid(),
                self.seal_column(LOGIN, id.uuid(), &login),
                self.blind(LOGIN, &fold_login(&login)),
                &new.password_hash,
                new.must_change,
                new.kind.word(),
                party,
                staff,
                now,
            ],
        )?;
        if inserted == 1 {
            return Ok(());
        }
        if self.login_taken(tx, &login)? {
            return Err(Error::conflict("login", "这个登录名已被使用，请换一个"));
        }
        Err(Error::conflict(
            "id_number",
            "该证件号码已经注册过账号，请直接登录",
        ))
    }

    /// Whether an account has this login.
    pub fn login_taken(&self, tx: &mut Tx<'_>, login: &str) -> Result<bool, Error> {
        let row = tx.query_opt(
            "SELECT account_id FROM accounts WHERE login_blind = $1",
            &params![self.blind(LOGIN, &fold_login(login))],
        )?;
        Ok(row.is_some())
    }

    /// One account.
    pub fn account(&self, tx: &mut Tx<'_>, id: AccountId) -> Result<Option<Account>, Error> {
        let row = tx.query_opt(
            "SELECT account_id, login_enc, kind, party_id, staff_id, must_change, created_at, signed_in_at, disabled_at
               FROM accounts
              WHERE account_id = $1",
            &params![id.uuid()],
        )?;
        row.map(|row| self.read_account(&row)).transpose()
    }

    /// The account with this login.
    pub fn account_by_login(&self, tx: &mut Tx<'_>, login: &str) -> Result<Option<Account>, Error> {
        let row = tx.query_opt(
            "SELECT account_id, login_enc, kind, party_id, staff_id, must_change, created_at, signed_in_at, disabled_at
               FROM accounts
              WHERE login_blind = $1",
            &params![self.blind(LOGIN, &fold_login(login))],
        )?;
        row.map(|row| self.read_account(&row)).transpose()
    }

    /// The account somebody has opened for themselves.
    pub fn account_of_party(
        &self,
        tx: &mut Tx<'_>,
        party: PartyId,
    ) -> Result<Option<AccountId>, Error> {
        let row = tx.query_opt(
            "SELECT account_id FROM accounts WHERE party_id = $1",
            &params![party.uuid()],
        )?;
        Ok(row
            .map(|row| row.get(0))
            .transpose()?
            .map(AccountId::from_uuid))
    }

    /// The stored hash, to check the old password before it is changed.
    pub fn password_hash(
        &self,
        tx: &mut Tx<'_>,
        account: AccountId,
    ) -> Result<Option<String>, Error> {
        let row = tx.query_opt(
            "SELECT password_hash FROM accounts WHERE account_id = $1",
            &params![account.uuid()],
        )?;
        Ok(row.map(|row| row.get(0)).transpose()?)
    }

    /// Sets a password that was checked and hashed, and ends every session of the account.
    pub fn set_password(
        &self,
        tx: &mut Tx<'_>,
        account: AccountId,
        password_hash: &str,
        must_change: bool,
        now: Timestamp,
    ) -> Result<(), Error> {
        let changed = tx.exec(
            "UPDATE accounts
                SET password_hash = $2,
                    must_change = $3,
                    password_changed_at = $4
              WHERE account_id = $1",
            &params![account.uuid(), password_hash, must_change, now],
        )?;
        if changed == 0 {
            return Err(Error::NotFound("account"));
        }
        self.sign_out_everywhere(tx, account, now)
    }

    /// Disables an account and ends its sessions, or enables it again.
    pub fn set_disabled(
        &self,
        tx: &mut Tx<'_>,
        account: AccountId,
        disabled: bool,
        now: Timestamp,
    ) -> Result<(), Error> {
        let changed = tx.exec(
            "UPDATE accounts SET disabled_at = $2 WHERE account_id = $1",
            &params![account.uuid(), disabled.then_some(now)],
        )?;
        if changed == 0 {
            return Err(Error::NotFound("account"));
        }
        if disabled {
            self.sign_out_everywhere(tx, account, now)?;
        }
        Ok(())
    }

    /// Who an account acts as, with today's grants; none for an account that is disabled or gone.
    pub fn actor_for(&self, tx: &mut Tx<'_>, account: AccountId) -> Result<Option<Actor>, Error> {
        let row = tx.query_opt(
            "SELECT a.kind, a.party_id, a.staff_id, p.name, s.name, s.org_id
               FROM accounts a
               LEFT JOIN parties p ON p.party_id = a.party_id
               LEFT JOIN staff s ON s.staff_id = a.staff_id AND s.left_at IS NULL
              WHERE a.account_id = $1
                AND a.disabled_at IS NULL",
            &params![account.uuid()],
        )?;
        let Some(row) = row else { return Ok(None) };
        let word: String = row.get(0)?;
        let kind = AccountKind::read(&word, row.get(1)?, row.get(2)?)?;
        match kind {
            AccountKind::Person { party } => {
                let name: Option<String> = row.get(3)?;
                Ok(name.map(|name| {
                    Actor::Person(actor::Person {
                        account,
                        party,
                        name,
                        acting_for: None,
                        acting_for_name: None,
                        lapsed: None,
                    })
                }))
            }
            AccountKind::Staff { staff } => {
                let (Some(name), Some(org)) =
                    (row.get::<Option<String>>(4)?, row.get::<Option<Uuid>>(5)?)
                else {
                    return Ok(None);
                };
                Ok(Some(Actor::Staff(actor::Staff {
                    account,
                    staff,
                    name,
                    org: OrgId::from_uuid(org),
                    grants: staff::grants_of(tx, staff)?,
                    stands_in_for: Vec::new(),
                })))
            }
        }
    }

    pub(crate) fn credentials(
        &self,
        tx: &mut Tx<'_>,
        login: &str,
    ) -> Result<Option<Credentials>, Error> {
        let row = tx.query_opt(
            "SELECT account_id, password_hash, disabled_at
               FROM accounts
              WHERE login_blind = $1",
            &params![self.blind(LOGIN, &fold_login(login))],
        )?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(Credentials {
            account: AccountId::from_uuid(row.get(0)?),
            password_hash: row.get(1)?,
            disabled: row.get::<Option<i64>>(2)?.is_some(),
        }))
    }

    fn read_account(&self, row: &Row) -> Result<Account, Error> {
        let id: Uuid = row.get(0)?;
        let login: Vec<u8> = row.get(1)?;
        let word: String = row.get(2)?;
        Ok(Account {
            id: AccountId::from_uuid(id),
            login: self.open_column(LOGIN, id, SecretKind::Login, &login)?,
            kind: AccountKind::read(&word, row.get(3)?, row.get(4)?)?,
            must_change: row.get(5)?,
            created_at: row.get(6)?,
            signed_in_at: row.get(7)?,
            disabled_at: row.get(8)?,
        })
    }
}
