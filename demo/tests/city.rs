//! A small city on both engines: the same twice, true to the rules, and something to do for everybody.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use approval::Approval;
use base::crypto::Entropy;
use base::ids::{CaseId, IdSource};
use calendar::Calendar;
use casework::Actor;
use catalog::Catalog;
use demo::{City, PASSWORD, Parts, Plan};
use jiff::Timestamp;
use people::{Keys, People};
use store::{Db, Options, params};
use tempfile::TempDir;
use web::{App, Clock, Config, ManualClock};

const PLAN: Plan = Plan {
    seed: 7,
    cases: 300,
};
/// Wednesday, 20 May 2026, 15:42 in China.
const NOW: &str = "2026-05-20T07:42:10Z";

struct Place {
    parts: Parts,
    clock: Arc<ManualClock>,
    _folder: TempDir,
}

impl Place {
    /// An empty platform. `None` where the engine is not there.
    async fn new(url: Option<String>) -> Place {
        let folder = TempDir::new().expect("a folder");
        let url =
            url.unwrap_or_else(|| format!("sqlite:{}", folder.path().join("city.db").display()));
        let db = Db::open(Options::parse(&url).expect("an address"))
            .await
            .expect("opens");
        let migrations = [
            store::MIGRATIONS,
            people::MIGRATIONS,
            cases::MIGRATIONS,
            catalog::MIGRATIONS,
            approval::MIGRATIONS,
            intake::MIGRATIONS,
            license::MIGRATIONS,
            rating::MIGRATIONS,
            hall::MIGRATIONS,
            joint::MIGRATIONS,
            window::MIGRATIONS,
            smart::MIGRATIONS,
        ]
        .concat();
        db.migrate(&migrations).await.expect("tables");
        let now: Timestamp = NOW.parse().expect("an instant");
        let clock = Arc::new(ManualClock::new(now));
        let shared: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
        let app = App::new(web::Parts {
            db: db.clone(),
            objects: store::objects::Objects::local(folder.path().join("files")).expect("files"),
            people: People::new(
                Keys::from_material(b"keys for tests only"),
                Entropy::system(),
            ),
            ids: IdSource::system(),
            clock: shared,
            calendar: Arc::new(Calendar::builtin()),
            config: Config::default(),
        });
        let catalog = Catalog::open(db).await.expect("a catalogue");
        let approval = Approval::new(app.clone(), catalog.clone());
        Place {
            parts: Parts {
                app,
                catalog,
                approval,
            },
            clock,
            _folder: folder,
        }
    }

    async fn build(&self, plan: Plan) -> anyhow::Result<City> {
        demo::build(&self.parts, &plan, &mut |_| {}).await
    }

    async fn texts(&self, sql: &'static str) -> Vec<Vec<String>> {
        let read: Result<_, store::Error> = self
            .parts
            .app
            .db
            .read(move |tx| {
                tx.query(sql, &[])?
                    .iter()
                    .map(|row| {
                        (0..row.values().len())
                            .map(|at| row.get::<String>(at))
                            .collect()
                    })
                    .collect()
            })
            .await;
        read.expect(sql)
    }

    async fn number(&self, sql: &'static str) -> i64 {
        let read: Result<i64, store::Error> = self
            .parts
            .app
            .db
            .read(move |tx| tx.query_one(sql, &[])?.get(0))
            .await;
        read.expect(sql)
    }

    /// Hash of every case, by its number.
    async fn heads(&self) -> BTreeMap<String, [u8; 32]> {
        let read: Result<_, store::Error> = self
            .parts
            .app
            .db
            .read(|tx| {
                tx.query("SELECT case_no, head FROM cases", &[])?
                    .iter()
                    .map(|row| Ok((row.get(0)?, row.get(1)?)))
                    .collect()
            })
            .await;
        read.expect("heads")
    }

    async fn states(&self) -> BTreeMap<String, usize> {
        let mut states = BTreeMap::new();
        for row in self.texts("SELECT state FROM cases").await {
            *states.entry(row[0].clone()).or_default() += 1;
        }
        states
    }

    async fn actor(&self, login: &'static str) -> Actor {
        let people = self.parts.app.people.clone();
        let read: Result<_, people::Error> = self
            .parts
            .app
            .db
            .read(move |tx| {
                let account = people.account_by_login(tx, login)?.expect("a demo account");
                people.actor_for(tx, account.id)
            })
            .await;
        read.expect("accounts").expect("an actor")
    }

    async fn verify(&self) {
        let calendar = Calendar::builtin();
        let outcome: Result<_, cases::Error> = self
            .parts
            .app
            .db
            .read(move |tx| cases::verify::run(tx, &calendar))
            .await;
        let counts = outcome.expect("reads").expect("every trail gives its case");
        assert_eq!(counts.cases, PLAN.cases + demo::FOLLOWING);
        let ratings: Result<_, rating::Error> = self.parts.app.db.read(rating::verify).await;
        ratings
            .expect("reads")
            .expect("ratings are as they were given");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_makes_the_same_city_and_another_one_another() {
    let (first, second) = (Place::new(None).await, Place::new(None).await);
    first.build(PLAN).await.expect("a city");
    // Within the hour nothing changes.
    second
        .clock
        .set("2026-05-20T07:03:00Z".parse().expect("an instant"));
    second.build(PLAN).await.expect("the same city");
    let heads = first.heads().await;
    assert_eq!(heads.len() as u64, PLAN.cases + demo::FOLLOWING);
    assert_eq!(heads, second.heads().await);
    for table in [
        "SELECT name FROM parties ORDER BY party_id",
        "SELECT license_id FROM licenses ORDER BY license_id",
        "SELECT name FROM staff ORDER BY staff_id",
        "SELECT said FROM ratings ORDER BY case_id",
        "SELECT name FROM items ORDER BY item_id",
    ] {
        assert_eq!(
            first.texts(table).await,
            second.texts(table).await,
            "{table}"
        );
    }
    let third = Place::new(None).await;
    third
        .build(Plan { seed: 8, ..PLAN })
        .await
        .expect("another city");
    assert_ne!(heads, third.heads().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_city_is_true_to_the_rules_and_has_work_for_everybody() {
    let place = Place::new(None).await;
    let city = place.build(PLAN).await.expect("a city");
    check(&place, &city).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_city_on_postgresql() {
    let Some(server) = postgres().await else {
        return;
    };
    let place = Place::new(Some(server.url.clone())).await;
    let outcome = place.build(PLAN).await;
    if let Ok(city) = &outcome {
        place.parts.app.db.sequence_now().await.expect("positions");
        check(&place, city).await;
    }
    place.parts.app.db.clone().close().await;
    server.drop().await;
    outcome.expect("a city");
}

async fn check(place: &Place, city: &City) {
    place.verify().await;
    let states = place.states().await;
    let of = |state: &str| states.get(state).copied().unwrap_or(0);
    assert!(of("done") > 150, "{states:?}");
    for state in [
        "received",
        "correcting",
        "accepted",
        "granted",
        "refused",
        "withdrawn",
    ] {
        assert!(of(state) > 0, "no case is {state}: {states:?}");
    }
    assert!(of("received") + of("accepted") < 90, "{states:?}");

    // Whoever approves finds work, some of it late, and only their own body's.
    let approver = place.actor("approver1").await;
    let Actor::Staff(staff) = &approver else {
        panic!("approver1 works here");
    };
    let (org, now) = (staff.org, place.parts.app.now());
    let waiting: Result<Vec<(String, i64)>, store::Error> = place
        .parts
        .app
        .db
        .read(move |tx| {
            tx.query(
                "SELECT kind, due_at FROM tasks WHERE org_id = $1",
                &params![org],
            )?
            .iter()
            .map(|row| Ok((row.get(0)?, row.get(1)?)))
            .collect()
        })
        .await;
    let waiting = waiting.expect("a queue");
    let kinds: BTreeSet<&str> = waiting.iter().map(|(kind, _)| kind.as_str()).collect();
    // Beside the straight road: a special procedure to end, an extension to approve, a promise to check.
    for kind in [
        "accept",
        "decide",
        "deliver",
        "end_procedure:1",
        "approve_extension",
        "inspect",
    ] {
        assert!(kinds.contains(kind), "{kind}: {kinds:?}");
    }
    assert!(waiting.len() >= 20, "{} tasks", waiting.len());
    // Two items have a route, with cases on several of its steps.
    let everywhere = place.texts("SELECT DISTINCT kind FROM tasks").await;
    for kind in ["step:review", "step:site_visit"] {
        assert!(everywhere.iter().any(|row| row[0] == kind), "{kind}");
    }
    let late = waiting
        .iter()
        .filter(|(_, due)| *due < now.as_millisecond());
    assert!(late.count() >= 2);

    // Every account signs in with the one password and need not change it.
    assert_eq!(city.accounts.len(), 18);
    let text = city.accounts_text();
    for account in &city.accounts {
        assert!(text.contains(&account.login) && text.contains(&account.name));
    }
    for login in ["citizen1", "approver1", "admin"] {
        let people = place.parts.app.people.clone();
        let found: Result<_, people::Error> = place
            .parts
            .app
            .db
            .read(move |tx| {
                let account = people.account_by_login(tx, login)?.expect("an account");
                let hash = people.password_hash(tx, account.id)?.expect("a hash");
                Ok((account.must_change, hash))
            })
            .await;
        let (must_change, hash) = found.expect("reads");
        assert!(
            !must_change && people::password::verify(PASSWORD, &hash),
            "{login}"
        );
    }

    the_citizens_cases(place).await;
    a_board_counts_every_case_once(place).await;
    numbers_go_on(place).await;
    answers_fit_their_forms(place).await;
}

/// However many clocks run in a case: one stands for it, and rows written before that was so are mended.
async fn a_board_counts_every_case_once(place: &Place) {
    let several = "SELECT count(*) FROM (SELECT case_id FROM clocks WHERE kind <> 'statutory'
                       GROUP BY case_id HAVING count(*) > 1) AS several";
    assert!(place.number(several).await > 0, "no case has two clocks");
    let unlike = "SELECT count(*) FROM (SELECT case_id FROM clocks
                      GROUP BY case_id HAVING sum(watched) <> 1) AS unlike";
    assert_eq!(place.number(unlike).await, 0);
    let mending = cases::MIGRATIONS
        .iter()
        .find(|migration| migration.id == "0174_one_watched")
        .expect("a migration")
        .sql;
    let mended: Result<(), store::Error> = place
        .parts
        .app
        .db
        .write(move |tx| {
            tx.queue(
                "UPDATE clocks SET watched = 1 WHERE kind <> 'statutory'",
                &[],
            )?;
            tx.queue(mending, &[])?;
            Ok(())
        })
        .await;
    mended.expect("mends");
    assert_eq!(place.number(unlike).await, 0);
    place.verify().await;
}

/// `citizen1` has something to correct, something to collect, a certificate and a draft.
async fn the_citizens_cases(place: &Place) {
    let citizen = place.actor("citizen1").await;
    let Actor::Person(person) = &citizen else {
        panic!("citizen1 is a person");
    };
    let (party, account) = (person.party, person.account);
    let now = place.parts.app.now();
    let read: Result<_, store::Error> = place
        .parts
        .app
        .db
        .read(move |tx| {
            let rows = tx.query(
                "SELECT state FROM cases WHERE applicant_id = $1",
                &params![party],
            )?;
            let states: BTreeSet<String> = rows
                .iter()
                .map(|row| row.get(0))
                .collect::<Result<_, _>>()?;
            let licenses = license::of_holder(tx, party, 10).expect("certificates");
            let drafts = intake::store::drafts_of(tx, account, None, now, 10)?;
            Ok((states, licenses.len(), drafts.len()))
        })
        .await;
    let (states, licenses, drafts) = read.expect("the citizen's things");
    for state in ["correcting", "accepted", "granted", "done"] {
        assert!(states.contains(state), "{states:?}");
    }
    assert!(licenses >= 1);
    assert_eq!(drafts, 1);
    let unrated = place
        .number(
            "SELECT count(*) FROM licenses l
              WHERE NOT EXISTS (SELECT 1 FROM ratings r WHERE r.case_id = l.case_id)",
        )
        .await;
    assert!(unrated >= 1);
}

/// Document numbers have no gaps and rise with time; the counters stand at the last one.
async fn numbers_go_on(place: &Place) {
    let read: Result<Vec<(Timestamp, String)>, cases::Error> = place
        .parts
        .app
        .db
        .read(|tx| {
            let mut letters = Vec::new();
            for row in tx.query("SELECT case_id FROM cases WHERE kind = 'approval'", &[])? {
                let id: CaseId = row.get(0)?;
                for row in cases::trail(tx, id)? {
                    let mut case =
                        casework::Case::open(id, &cases::trail(tx, id)?[0].event).expect("opens");
                    case.apply(&row.event);
                    let number = match row.event.command.as_str() {
                        "accept" | "accept_with_gap" => {
                            approval::details::acceptance(&case).map(|letter| letter.doc_no)
                        }
                        "grant" | "refuse" => {
                            approval::details::decision(&case).map(|letter| letter.doc_no)
                        }
                        "request_correction" => {
                            approval::details::correction(&case).map(|letter| letter.doc_no)
                        }
                        _ => None,
                    };
                    letters.extend(number.map(|number| (row.at, number)));
                }
            }
            Ok(letters)
        })
        .await;
    let mut letters = read.expect("letters");
    letters.sort();
    // What followed some decisions was written afterwards: numbers have no gap and stand once, whenever they were given.
    let mut runs: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    for (_, number) in letters {
        let (run, serial) = number
            .strip_suffix('号')
            .and_then(|number| number.split_once('〕'))
            .expect("a document number");
        let serial: i64 = serial.parse().expect("a serial");
        let fresh = runs.entry(run.to_owned()).or_default().insert(serial);
        assert!(fresh, "{number} is given once");
    }
    assert!(runs.len() > 50);
    let last: BTreeMap<String, i64> = runs
        .into_iter()
        .map(|(run, serials)| {
            let most = serials.len() as i64;
            assert!(serials.into_iter().eq(1..=most), "{run} has no gap");
            (run, most)
        })
        .collect();
    for (run, serial) in last {
        let name = format!("letter|{}", run.replace('〔', "|"));
        let stands: Result<i64, store::Error> = place
            .parts
            .app
            .db
            .read(move |tx| {
                tx.query_one("SELECT value FROM counters WHERE name = $1", &params![name])?
                    .get(0)
            })
            .await;
        assert_eq!(stands.expect("a counter"), serial, "{run}");
    }
    // A live case goes on after those of the year.
    let taken: BTreeSet<String> = place.heads().await.into_keys().collect();
    for channel in [casework::Channel::Web, casework::Channel::Window] {
        let next = place
            .parts
            .approval
            .next_case_no("990102", channel)
            .await
            .expect("a number");
        assert!(!taken.contains(&next), "{next}");
    }
}

/// What the form of a case holds could have been filed by hand.
async fn answers_fit_their_forms(place: &Place) {
    let people = place.parts.app.people.clone();
    let read: Result<_, approval::Error> = place
        .parts
        .app
        .db
        .read(move |tx| {
            let mut found = Vec::new();
            for row in tx.query("SELECT case_id FROM cases WHERE kind = 'approval'", &[])? {
                let id: CaseId = row.get(0)?;
                let case = cases::load(tx, id)?.expect("a case");
                let form = approval::details::form(&case).expect("a form");
                let answers =
                    approval::answers::load(tx, &people, id, form.revision)?.expect("answers");
                assert_eq!(
                    approval::answers::reference(form.revision, &answers),
                    form,
                    "{}",
                    case.no
                );
                found.push((case, answers));
            }
            Ok(found)
        })
        .await;
    let today = place.parts.app.today();
    for (case, answers) in read.expect("answers") {
        let about = approval::details::about(&case).expect("an item");
        let version = place
            .parts
            .catalog
            .version(about.version)
            .await
            .expect("reads")
            .expect("a version");
        let validator = intake::form::compile(&version).expect("a schema");
        let wrong = intake::form::check(&version.item.form, &validator, &answers, today);
        assert!(wrong.is_empty(), "{}: {wrong:?} {answers:?}", case.title);
        let mut missing =
            intake::materials::check(&version.item, &approval::details::materials(&case));
        // What was promised for later is not here yet.
        if let Some(gap) = approval::special::gap::of(&case) {
            missing.retain(|wrong| gap.missing.iter().all(|named| named.key != wrong.field));
        }
        assert!(missing.is_empty(), "{}: {missing:?}", case.title);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_city_may_have_few_cases_or_none() {
    for cases in [0, 5] {
        let place = Place::new(None).await;
        let plan = Plan { seed: 1, cases };
        place.build(plan).await.expect("a quiet city");
        assert_eq!(place.heads().await.len() as u64, cases + demo::FOLLOWING);
        assert_eq!(place.parts.catalog.snapshot().items().len(), 2950);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_city_is_recognised_completed_and_never_mixed() {
    let place = Place::new(None).await;
    let first = place.build(PLAN).await.expect("a city");
    let heads = place.heads().await;

    // Next day: opened as it is.
    place
        .clock
        .set("2026-05-21T03:00:00Z".parse().expect("an instant"));
    let again = place.build(PLAN).await.expect("the same city");
    assert_eq!(
        (again.until, &again.accounts),
        (first.until, &first.accounts)
    );
    assert_eq!(place.heads().await, heads);

    let other = place
        .build(Plan { seed: 9, ..PLAN })
        .await
        .expect_err("another city");
    assert!(other.to_string().contains("另一座演示城市"), "{other}");

    // What a stop in the middle leaves behind is finished: the last cases are missing.
    let removed: Result<(), store::Error> = place
        .parts
        .app
        .db
        .write(|tx| {
            for sql in [
                "DELETE FROM counters WHERE name IN
                     ('demo|done', 'demo|cases_written', 'demo|routes')",
                "DELETE FROM routes",
                "DELETE FROM cases",
                "DELETE FROM trail",
                "DELETE FROM tasks",
                "DELETE FROM clocks",
                "DELETE FROM case_answers",
                "DELETE FROM ratings",
                "DELETE FROM rating_counts",
                "DELETE FROM jobs",
                "DELETE FROM drafts",
            ] {
                tx.exec(sql, &[])?;
            }
            Ok(())
        })
        .await;
    removed.expect("removed");
    place.build(PLAN).await.expect("completed");
    let completed = place.heads().await;
    assert_eq!(
        completed.len() as u64,
        PLAN.cases + demo::ROUTED,
        "the year is whole again"
    );
    let other: Vec<&String> = completed
        .iter()
        .filter(|(no, head)| heads.get(*no) != Some(*head))
        .map(|(no, _)| no)
        .collect();
    assert!(
        other.len() as u64 <= demo::FOLLOWING,
        "all but what was followed up since: {other:?}"
    );

    // A database in use by somebody else is left alone.
    let elsewhere = Place::new(None).await;
    let written: Result<(), people::Error> = elsewhere
        .parts
        .app
        .db
        .write(|tx| {
            people::orgs::create(
                tx,
                &people::Org {
                    id: IdSource::seeded(1).next(Timestamp::UNIX_EPOCH),
                    key: "ours".to_owned(),
                    name: "某局".to_owned(),
                    short_name: "某".to_owned(),
                    uscc: None,
                    kind: people::OrgKind::Agency,
                    body: String::new(),
                    level: 3,
                    region: "990100".to_owned(),
                    parent: None,
                    phone: None,
                    valid_from: jiff::civil::date(2020, 1, 1),
                    valid_to: None,
                },
            )
        })
        .await;
    written.expect("an organisation");
    let refused = elsewhere.build(PLAN).await.expect_err("not ours");
    assert!(refused.to_string().contains("不是演示城市"), "{refused}");
}

struct Server {
    admin: String,
    name: String,
    url: String,
}

impl Server {
    async fn drop(self) {
        run(
            &self.admin,
            &format!("DROP DATABASE {} WITH (FORCE)", self.name),
        )
        .await;
    }
}

/// A fresh database where `TONGBAN_TEST_POSTGRES` names a server.
async fn postgres() -> Option<Server> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    #[expect(clippy::disallowed_methods, reason = "where the test server is")]
    let admin = std::env::var("TONGBAN_TEST_POSTGRES")
        .ok()
        .filter(|url| !url.is_empty())?;
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("demo_{}_{number}", std::process::id());
    run(&admin, &format!("CREATE DATABASE {name}")).await;
    let (base, _) = admin.rsplit_once('/')?;
    Some(Server {
        url: format!("{base}/{name}"),
        admin,
        name,
    })
}

async fn run(url: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls)
        .await
        .expect("a server");
    let connection = tokio::spawn(connection);
    client.batch_execute(sql).await.expect(sql);
    drop(client);
    connection.await.expect("ends").expect("ends well");
}
