//! Putting the platform together: storage, people, catalogue, capabilities, doors.

use std::sync::Arc;

use anyhow::Context as _;
use approval::Approval;
use base::{IdSource, crypto::Entropy};
use calendar::Calendar;
use catalog::Catalog;
use intake::Intake;
use joint::Joint;
use people::{Keys, People};
use store::{Db, Migration, objects::Objects};
use tokio::sync::watch;
use tokio::task::JoinSet;
use web::{App, Clock, Module};

use crate::config::Config;
use crate::portal::Neighbours;

/// The processes a supervisor watches, and what their clocks are called.
const WATCHED: monitor::Words = monitor::Words {
    flows: &[
        &approval::flow::FLOW,
        &approval::after::ending::FLOW,
        &approval::aftercheck::FLOW,
        &joint::flow::FLOW,
    ],
    clock: approval::clocks::label,
};

/// Everything a running platform is made from; tests hand in their own clock and randomness.
pub struct Ground {
    pub db: Db,
    pub objects: Objects,
    pub keys: Keys,
    pub entropy: Entropy,
    pub ids: IdSource,
    pub clock: Arc<dyn Clock>,
    pub calendar: Arc<Calendar>,
    pub web: web::Config,
}

/// A platform that can serve, work off its schedule, and be called directly.
#[derive(Clone)]
pub struct Platform {
    pub app: App,
    pub catalog: Catalog,
    pub approval: Approval,
    pub intake: Intake,
    pub joint: Joint,
    pub smart: smart::Smart,
    /// Whether the catalogue of components is served.
    design: bool,
}

/// The tables of every crate, in one list for the runner.
pub fn migrations() -> Vec<Migration> {
    [
        store::MIGRATIONS,
        people::MIGRATIONS,
        cases::MIGRATIONS,
        catalog::MIGRATIONS,
        approval::MIGRATIONS,
        intake::MIGRATIONS,
        joint::MIGRATIONS,
        license::MIGRATIONS,
        rating::MIGRATIONS,
        hall::MIGRATIONS,
        window::MIGRATIONS,
        monitor::MIGRATIONS,
        smart::MIGRATIONS,
    ]
    .concat()
}

impl Platform {
    /// Puts a platform on its ground. The database has been migrated.
    pub async fn new(ground: Ground) -> anyhow::Result<Platform> {
        let design = ground.web.demo;
        let people = People::new(ground.keys, ground.entropy);
        let app = App::new(web::Parts {
            db: ground.db.clone(),
            objects: ground.objects,
            people,
            ids: ground.ids,
            clock: ground.clock,
            calendar: ground.calendar,
            config: ground.web,
        });
        let catalog = Catalog::open(ground.db)
            .await
            .context("reading the catalogue")?;
        let approval = Approval::new(app.clone(), catalog.clone());
        let intake = Intake::new(approval.clone(), intake::Config::default());
        let joint = Joint::new(intake.clone());
        let smart = smart::Smart::new(intake.clone());
        smart
            .refresh()
            .await
            .context("reading the rules of automatic decisions")?;
        intake.decide_with(smart.decider());
        Ok(Platform {
            app,
            catalog,
            approval,
            intake,
            joint,
            smart,
            design,
        })
    }

    /// Serves the catalogue of components at `/design`, as every demonstration does.
    #[must_use]
    pub fn with_design(mut self) -> Platform {
        self.design = true;
        self
    }

    /// The doors of every capability.
    pub fn modules(&self) -> Vec<Module> {
        let mut modules = vec![
            catalog::module(
                self.app.clone(),
                self.catalog.clone(),
                Arc::new(Neighbours::new(self.app.clone(), self.catalog.clone())),
            ),
            self.intake.module(),
            self.joint.module(),
            approval::pages::module(self.approval.clone()),
            license::module(self.app.clone()),
            rating::module(self.app.clone(), rating::Settings::default()),
            hall::module(self.app.clone()),
            window::module(self.approval.clone()),
            monitor::module(self.app.clone(), WATCHED),
            smart::module(self.smart.clone()),
            crate::palette::module(self.app.clone(), self.approval.clone()),
            crate::views::module(self.app.clone()),
            crate::about::module(),
            crate::kiosk::module(self.app.clone()),
        ];
        if self.design {
            modules.push(crate::design::module());
        }
        modules
    }

    /// One service for any connection.
    pub fn router(&self) -> axum::Router {
        web::server(self.app.clone(), self.modules())
    }

    /// Whoever does what falls due.
    pub fn worker(&self) -> jobs::Worker {
        jobs::Worker::new(self.app.db.clone(), jobs::Policy::default())
            .with(
                approval::DEEM_JOB,
                approval::deem_accepted(self.approval.clone()),
            )
            .with(
                approval::after::renewal::DEEM_JOB,
                approval::after::renewal::deem_renewed(self.approval.clone()),
            )
            .with(
                approval::GAP_JOB,
                approval::lapse_gap(self.approval.clone()),
            )
            .with(
                approval::CORRECTION_JOB,
                approval::lapse_correction(self.approval.clone()),
            )
            .with(
                approval::TACIT_JOB,
                approval::deem_granted(self.approval.clone()),
            )
            .with(
                catalog::jobs::PUBLISH_JOB,
                catalog::jobs::publish_due(self.app.clone()),
            )
            .with(
                intake::messages::follow::EXPIRING_JOB,
                intake::messages::follow::expiring(),
            )
            .with(
                smart::samples::SAMPLE_JOB,
                smart::samples::daily(self.smart.clone()),
            )
            .with(
                smart::offers::OFFER_JOB,
                smart::offers::daily(self.smart.clone()),
            )
    }

    /// Background work until `stop` turns true: the schedule, following the catalogue, counting.
    pub fn start(&self, stop: watch::Receiver<bool>) {
        let (worker, app) = (self.worker(), self.app.clone());
        let smart = self.smart.clone();
        tokio::spawn(async move {
            if let Err(error) = smart::jobs_due::ensure(&smart).await {
                tracing::warn!(%error, "the daily draw could not be scheduled");
            }
            if let Err(error) = catalog::jobs::ensure(&app).await {
                tracing::warn!(%error, "versions to come could not be scheduled");
            }
            worker.run(|| app.now(), stop).await;
        });
        self.followers().detach_all();
        tokio::spawn(self.catalog.clone().follow());
        tokio::spawn(housekeeping(self.app.clone(), self.intake.clone()));
        tokio::spawn(self.smart.clone().follow());
        tokio::spawn(follow_calendar(self.app.clone()));
        let app = self.app.clone();
        tokio::spawn(cases::alerts::follow(app.db.clone(), move || app.now()));
    }
}

impl Platform {
    /// Whoever makes something of the feed, each in a task and with a bookmark of its own; they end with the database.
    fn followers(&self) -> JoinSet<()> {
        let app = &self.app;
        let mut all = JoinSet::new();
        all.spawn(catalog::uses::follow(app.clone()));
        all.spawn(catalog::open_data::changes::follow(app.clone()));
        all.spawn(catalog::drift::follow::follow(
            app.clone(),
            approval::needed::needed,
        ));
        all.spawn(self.intake.clone().follow_messages());
        all.spawn(self.intake.clone().follow_documents());
        all.spawn(self.joint.clone().follow());
        all.spawn(monitor::figures::follow::follow(app.clone()));
        all.spawn(smart::shadow::follow(self.smart.clone()));
        all
    }

    /// Waits until figures, messages and whatever else is made of the feed hold all that has happened so far. For a
    /// city that was written at once; not while the platform serves, which follows by itself.
    pub async fn catch_up(&self) -> Result<(), store::Error> {
        let head = self.app.db.sequence_now().await?;
        if head == 0 {
            return Ok(());
        }
        let mut followers = self.followers();
        loop {
            let bookmarks = self.app.db.read(store::feed::bookmarks).await?;
            let there = bookmarks.iter().filter(|(_, at)| *at >= head).count();
            if there >= followers.len() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        followers.shutdown().await;
        Ok(())
    }
}

/// Rows nobody needs any more: idempotency keys after a day, sessions and drafts after their end.
async fn housekeeping(app: App, intake: Intake) {
    const KEYS_KEPT_MS: i64 = 24 * 60 * 60 * 1000;
    let mut hour = tokio::time::interval(std::time::Duration::from_mins(10));
    loop {
        hour.tick().await;
        let now = app.now();
        let people = app.people.clone();
        let purged = app
            .db
            .write(move |tx| -> Result<(), people::Error> {
                store::idempotency::purge(tx, now.as_millisecond() - KEYS_KEPT_MS, 2000)?;
                people.purge_sessions(tx, now, 2000)?;
                let kept = jiff::SignedDuration::from_hours(24 * cases::alerts::KEPT_DAYS);
                cases::alerts::purge(tx, now - kept, 2000).map_err(storage)?;
                Ok(())
            })
            .await;
        if let Err(problem) = intake.purge_drafts(2000).await {
            tracing::warn!(code = problem.code, "old drafts could not be purged");
        }
        if let Err(error) = intake.purge_messages(2000).await {
            tracing::warn!(%error, "old messages could not be purged");
        }
        match purged {
            Ok(()) => {}
            Err(people::Error::Store(store::Error::Closed)) => return,
            Err(error) => tracing::warn!(%error, "old keys and sessions could not be purged"),
        }
    }
}

/// Alerts are rows and nothing else: what goes wrong with them is the storage's.
fn storage(error: cases::Error) -> people::Error {
    match error {
        cases::Error::Store(error) => people::Error::Store(error),
        other => people::Error::Store(store::Error::Corrupt(other.to_string())),
    }
}

/// Takes over a calendar that another process has loaded.
async fn follow_calendar(app: App) {
    let mut look = tokio::time::interval(std::time::Duration::from_secs(5));
    // The calendar the platform was put together with.
    let mut known = app.db.read(cases::calendars::newest).await.ok();
    loop {
        look.tick().await;
        let newest = match app.db.read(cases::calendars::newest).await {
            Ok(newest) => newest,
            Err(cases::Error::Store(store::Error::Closed)) => return,
            Err(error) => {
                tracing::warn!(%error, "the calendar could not be read");
                continue;
            }
        };
        if known.replace(newest) == Some(newest) {
            continue;
        }
        match app.db.read(cases::calendars::in_force).await {
            Ok(calendar) => {
                app.set_calendar(Arc::new(calendar.clone()));
                // What was decided here with the calendar of before follows as well.
                if let Err(error) = cases::recalendar::run(&app.db, &calendar, app.now()).await {
                    tracing::warn!(%error, "open clocks could not be computed again");
                }
            }
            Err(error) => tracing::warn!(%error, "the calendar could not be read"),
        }
    }
}

/// Opens the database in its folder, with the alert bands of this place: whatever computes clocks needs both.
pub async fn data(config: &Config) -> anyhow::Result<Db> {
    make_folder(&config.data)
        .with_context(|| format!("cannot make the data folder {}", config.data.display()))?;
    anyhow::ensure!(
        config.alerts.is_sound(),
        "alerts.red_days must not be more than alerts.yellow_days, and those at most {}",
        cases::alerts::DAYS_MAX
    );
    anyhow::ensure!(
        cases::alerts::configure(config.alerts),
        "this process goes by other alert bands already"
    );
    open_database(config).await
}

/// A new folder is for its owner alone: names and texts of applicants are in it. One that is there stays as it is.
fn make_folder(path: &std::path::Path) -> std::io::Result<()> {
    let mut folder = std::fs::DirBuilder::new();
    folder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    folder.create(path)
}

/// Opens database, files and keys as the configuration says, and migrates. Everything goes by `clock`.
pub async fn ground(config: &Config, clock: Arc<dyn Clock>, demo: bool) -> anyhow::Result<Ground> {
    let db = data(config).await?;
    let entropy = Entropy::system();
    let now = clock.now();
    if let Some(newer) = db.write(move |tx| cases::calendars::adopt(tx, now)).await? {
        cases::recalendar::run(&db, &newer, now).await?;
    }
    let calendar = db.read(cases::calendars::in_force).await?;
    if db.write(cases::alerts::adopt).await? {
        cases::recalendar::run(&db, &calendar, now).await?;
    }
    let keys = people::keys::load_or_create(&config.keys_path(), &entropy, clock.now())?;
    Ok(Ground {
        db,
        objects: reached_objects(config).await?,
        keys,
        entropy,
        ids: IdSource::system(),
        clock,
        calendar: Arc::new(calendar),
        web: web::Config {
            place: config.site.place.clone(),
            host: config.site.host.clone(),
            operator: config.site.operator.clone(),
            region: config.site.region.clone(),
            public_url: config.site.base_url.trim_end_matches('/').to_owned(),
            demo,
            secure_cookies: config.site.secure_cookies,
            behind_proxy: config.site.behind_proxy,
            access_log: config.log.access,
            metrics_public: config.limits.metrics_public,
            requests_in_flight_max: config.limits.in_flight,
            upload_bytes_max: config.limits.upload_bytes,
            ..web::Config::default()
        },
    })
}

/// Opens the database and brings it to this version.
pub async fn open_database(config: &Config) -> anyhow::Result<Db> {
    let mut options = store::Options::parse(&config.database_url())?;
    options.connections = config.limits.connections;
    options.cache_mib = config.limits.cache_mib;
    if let Some(readers) = config.limits.readers {
        options.readers = readers;
    }
    let db = Db::open(options).await.context("opening the database")?;
    for id in db
        .migrate(&migrations())
        .await
        .context("migrating the database")?
    {
        tracing::debug!(migration = id, "applied");
    }
    Ok(db)
}

/// Where uploaded files are.
pub fn objects(config: &Config) -> anyhow::Result<Objects> {
    if config.objects.bucket.is_empty() {
        return Ok(Objects::local(config.files_path())?);
    }
    s3_objects(config)
}

/// Where uploaded files are, looked at once: a wrong bucket or key is told now, and a service that does not answer yet
/// keeps nobody from everything that needs no file.
async fn reached_objects(config: &Config) -> anyhow::Result<Objects> {
    let objects = objects(config)?;
    match objects.reachable().await {
        Ok(()) => {}
        Err(error @ store::Error::Away(_)) => tracing::error!(%error, "files cannot be reached"),
        Err(error) => return Err(error).context("looking into the place of the files"),
    }
    Ok(objects)
}

#[cfg(feature = "s3")]
fn s3_objects(config: &Config) -> anyhow::Result<Objects> {
    let objects = &config.objects;
    let service = store::objects::S3 {
        endpoint: objects.endpoint.clone(),
        region: objects.region.clone(),
        bucket: objects.bucket.clone(),
        access_key_id: objects.access_key_id.clone(),
        secret_access_key: objects.secret_access_key.clone(),
    };
    // Uploads grow on the local disk until their digest is known.
    Ok(Objects::s3(&service, config.files_path())?)
}

#[cfg(not(feature = "s3"))]
fn s3_objects(_config: &Config) -> anyhow::Result<Objects> {
    anyhow::bail!(
        "objects.bucket is set, but this build has no S3 support: build with --features s3"
    )
}
