//! What every handler stands on: storage, people, the clock, the calendar, the configuration.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use base::crypto::{Entropy, HmacSm3};
use base::ids::{IdSource, PartyId};
use calendar::Calendar;
use casework::Actor;
use jiff::civil::Date;
use jiff::{Timestamp, tz};
use parking_lot::RwLock;
use people::People;
use store::Db;
use store::objects::Objects;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::routes::MenuEntry;

/// China has one offset from UTC.
pub const OFFSET: tz::Offset = tz::Offset::constant(8);

/// Handle to the running platform; cloning it is cheap.
#[derive(Clone)]
pub struct App(Arc<Shared>);

/// What [`App`] dereferences to.
pub struct Shared {
    pub db: Db,
    pub objects: Objects,
    pub people: People,
    pub ids: IdSource,
    pub config: Arc<Config>,
    pub metrics: Metrics,
    clock: Arc<dyn Clock>,
    calendar: RwLock<Arc<Calendar>>,
    /// Signs cursors and anonymous form tokens.
    pub(crate) mac: HmacSm3,
    closing: watch::Sender<bool>,
    /// The staff menu, filled when the server is put together.
    menu: OnceLock<Vec<MenuEntry>>,
    /// How many messages somebody has not read, where a capability keeps messages.
    unread: OnceLock<CountUnread>,
}

/// Counts what a party has not read.
pub type CountUnread = fn(&mut store::Tx<'_>, PartyId) -> Result<u32, store::Error>;

/// What an [`App`] is made of.
pub struct Parts {
    pub db: Db,
    pub objects: Objects,
    pub people: People,
    pub ids: IdSource,
    pub clock: Arc<dyn Clock>,
    pub calendar: Arc<Calendar>,
    pub config: Config,
}

/// How the place presents itself and how much one request may take.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own in the configuration file"
)]
#[derive(Clone, Debug)]
pub struct Config {
    /// Shown in every page's head, e.g. 云川市政务服务.
    pub place: String,
    /// 主办, in the foot of every page.
    pub host: String,
    /// 承办, in the foot of every page.
    pub operator: String,
    /// Region code of the place, e.g. `990100`.
    pub region: String,
    /// Scheme and authority people use, e.g. `https://zwfw.example`; no slash at the end.
    pub public_url: String,
    /// A synthetic city: pages say so.
    pub demo: bool,
    /// Cookies only over TLS. Off only where the server is reached without TLS.
    pub secure_cookies: bool,
    /// A reverse proxy in front sets `X-Forwarded-For`; its last address is the visitor's.
    pub behind_proxy: bool,
    /// One log line per request.
    pub access_log: bool,
    /// `/metrics` answers anyone; otherwise only visitors from this machine.
    pub metrics_public: bool,
    /// Requests worked on at a time.
    pub requests_in_flight_max: usize,
    /// How long a request may wait for its turn before it is turned away with 429.
    pub wait_max: Duration,
    /// How long a handler may take.
    pub handler_max: Duration,
    /// How long the next piece of a request's body may take to arrive.
    pub body_idle_max: Duration,
    /// Largest uploaded file, in bytes.
    pub upload_bytes_max: u64,
    /// Most files in one request.
    pub upload_files_max: usize,
    /// Live pages at a time.
    pub streams_max: usize,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            place: "政务服务".to_owned(),
            host: String::new(),
            operator: String::new(),
            region: "990100".to_owned(),
            public_url: "http://127.0.0.1:8080".to_owned(),
            demo: false,
            secure_cookies: false,
            behind_proxy: false,
            access_log: true,
            metrics_public: false,
            requests_in_flight_max: 512,
            wait_max: Duration::from_millis(100),
            handler_max: Duration::from_secs(30),
            body_idle_max: Duration::from_secs(15),
            upload_bytes_max: 20 * 1024 * 1024,
            upload_files_max: 20,
            streams_max: 1000,
        }
    }
}

impl App {
    pub fn new(parts: Parts) -> App {
        let mac = parts.people.mac("web");
        App(Arc::new(Shared {
            db: parts.db,
            objects: parts.objects,
            people: parts.people,
            ids: parts.ids,
            config: Arc::new(parts.config),
            metrics: Metrics::default(),
            clock: parts.clock,
            calendar: RwLock::new(parts.calendar),
            mac,
            closing: watch::Sender::new(false),
            menu: OnceLock::new(),
            unread: OnceLock::new(),
        }))
    }
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").finish_non_exhaustive()
    }
}

impl Shared {
    /// The source of random tokens.
    pub fn entropy(&self) -> &Entropy {
        self.people.entropy()
    }

    /// The instant, from the one clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The date in China now.
    pub fn today(&self) -> Date {
        OFFSET.to_datetime(self.now()).date()
    }

    /// The working-day calendar in force.
    pub fn calendar(&self) -> Arc<Calendar> {
        Arc::clone(&self.calendar.read())
    }

    /// Puts another calendar in force, for requests that begin from now on.
    pub fn set_calendar(&self, calendar: Arc<Calendar>) {
        *self.calendar.write() = calendar;
    }

    /// Ends the live streams, so that a graceful shutdown does not wait for them.
    pub fn close_streams(&self) {
        self.closing.send_replace(true);
    }

    /// Who counts the unread messages that the head of a person's pages shows.
    pub fn count_unread_with(&self, count: CountUnread) {
        self.unread.get_or_init(|| count);
    }

    /// How many messages a party has not read; a count that fails is no reason to withhold a page.
    pub(crate) async fn unread(&self, party: PartyId) -> Option<u32> {
        let count = *self.unread.get()?;
        match self.db.read(move |tx| count(tx, party)).await {
            Ok(unread) => Some(unread),
            Err(error) => {
                tracing::warn!(%error, "unread messages could not be counted");
                None
            }
        }
    }

    /// The first server made from this handle decides.
    pub(crate) fn set_menu(&self, menu: Vec<MenuEntry>) {
        self.menu.get_or_init(|| menu);
    }

    /// The entries of the staff menu that an actor may open.
    pub(crate) fn menu_for(&self, actor: &Actor) -> Vec<ui::MenuItem> {
        let entries = self.menu.get().map(Vec::as_slice).unwrap_or_default();
        entries
            .iter()
            .filter(|entry| {
                entry
                    .permission
                    .is_none_or(|needed| actor.may_somewhere(needed))
            })
            .map(|entry| entry.item.clone())
            .collect()
    }

    pub(crate) fn closing(&self) -> watch::Receiver<bool> {
        self.closing.subscribe()
    }
}
