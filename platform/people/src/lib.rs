//! People: who asks, who may act for whom, who works here, and who may sign in.
//!
//! Identity numbers, phones, addresses and login names are sealed at rest (SM4-GCM, bound to table, column and row)
//! and found by a blind index; [`Secret`] keeps them masked on the way to a screen. Use cases take an open
//! [`store::Tx`]; what needs keys, the session cache or the rate limits is a method of [`People`], the rest are
//! plain functions of [`orgs`] and [`regions`].
//!
//! Reading order: [`party`], [`proxy`], [`account`], [`session`], [`staff`], [`deputies`], [`orgs`], [`regions`], [`limits`], [`views`].
//!
//! **Invariant:** nothing here reads the clock; the instant is handed in. Randomness comes from the
//! [`base::crypto::Entropy`] given to [`People::new`].

pub mod account;
mod argon;
pub mod deputies;
mod error;
pub mod keys;
pub mod limits;
pub mod orgs;
pub mod party;
pub mod password;
pub mod proxy;
pub mod regions;
pub mod reseal;
mod schema;
mod seal;
mod secret;
pub mod session;
mod sql;
pub mod staff;
pub mod views;

use std::sync::Arc;

use base::crypto::{Entropy, HmacSm3};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

pub use account::{Account, AccountKind, NewAccount};
pub use error::{Error, ErrorKind, TooMany};
pub use keys::Keys;
pub use limits::{Limits, LookUp};
pub use orgs::{Org, OrgKind};
pub use party::{NewParty, Party, PartyKind};
pub use proxy::{
    Capacity, Consent, Proxy, ProxyAct, ProxyGround, ProxyHow, ProxyItems, ProxyLevel,
    ProxyRefusal, ProxyScope,
};
pub use regions::Region;
pub use reseal::Sealed;
pub use schema::MIGRATIONS;
pub use secret::{Secret, SecretKind};
pub use session::{Session, SessionKind, SignIn, SignedIn};
pub use staff::{NewStaff, Staff, StaffChange};

/// Handle to everything about people: keys, session cache, rate limits. Cloning shares them.
#[derive(Clone)]
pub struct People(Arc<Inner>);

struct Inner {
    keys: Keys,
    entropy: Entropy,
    cache: session::Cache,
    limits: Limits,
    hashing: password::Gate,
}

impl People {
    /// Keys come from [`keys::load_or_create`]; `entropy` makes nonces, tokens and salts.
    pub fn new(keys: Keys, entropy: Entropy) -> People {
        People(Arc::new(Inner {
            keys,
            entropy,
            cache: session::Cache::default(),
            limits: Limits::default(),
            hashing: password::Gate::default(),
        }))
    }

    /// How often one may try; in this process.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// A keyed code for one purpose (cursors, signed links), derived from the key file.
    pub fn mac(&self, purpose: &str) -> HmacSm3 {
        self.0.keys.mac(purpose)
    }

    /// The randomness this handle was given.
    pub fn entropy(&self) -> &Entropy {
        &self.0.entropy
    }
}

impl std::fmt::Debug for People {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("People(..)")
    }
}

/// The day it is in China (UTC+8 all year).
pub fn china_day(now: Timestamp) -> Date {
    Offset::constant(8).to_datetime(now).date()
}
