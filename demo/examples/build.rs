//! Makes a city in a fresh folder (or a database given by `--database`) and tells how long each part took.
//!
//! `cargo run --release -p tongban-demo --example build -- --cases 100000 [--seed 1] [--data DIR] [--database URL]
//! [--verify]`

use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use approval::Approval;
use base::crypto::Entropy;
use base::ids::IdSource;
use calendar::Calendar;
use catalog::Catalog;
use people::{Keys, People};
use store::{Db, Options};
use web::{App, Config};

struct Wanted {
    cases: u64,
    seed: u64,
    data: std::path::PathBuf,
    database: Option<String>,
    verify: bool,
}

#[expect(clippy::print_stdout, reason = "its output is what it is for")]
#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let wanted = arguments()?;
    std::fs::create_dir_all(&wanted.data)?;
    let url = wanted
        .database
        .clone()
        .unwrap_or_else(|| format!("sqlite:{}", wanted.data.join("tongban.db").display()));
    let db = Db::open(Options::parse(&url)?).await?;
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
    ]
    .concat();
    db.migrate(&migrations).await?;
    let app = App::new(web::Parts {
        db: db.clone(),
        objects: store::objects::Objects::local(wanted.data.join("files"))?,
        people: People::new(
            Keys::from_material(b"a city to be measured"),
            Entropy::system(),
        ),
        ids: IdSource::system(),
        clock: Arc::new(web::SystemClock),
        calendar: Arc::new(Calendar::builtin()),
        config: Config::default(),
    });
    let catalog = Catalog::open(db.clone()).await?;
    let approval = Approval::new(app.clone(), catalog.clone());
    let parts = demo::Parts {
        app,
        catalog,
        approval,
    };
    let plan = demo::Plan {
        seed: wanted.seed,
        cases: wanted.cases,
    };
    let begun = Instant::now();
    let city = demo::build(&parts, &plan, &mut |line| {
        println!("{:8.2} s  {line}", begun.elapsed().as_secs_f64());
    })
    .await?;
    println!("{:8.2} s  ready", begun.elapsed().as_secs_f64());
    println!("{}", city.accounts_text());
    if wanted.verify {
        let calendar = Calendar::builtin();
        let outcome: Result<_, cases::Error> =
            db.read(move |tx| cases::verify::run(tx, &calendar)).await;
        let counts = outcome?.context("verify")?;
        println!("{:8.2} s  {counts:?}", begun.elapsed().as_secs_f64());
    }
    db.close().await;
    Ok(())
}

fn arguments() -> anyhow::Result<Wanted> {
    let mut wanted = Wanted {
        cases: 5000,
        seed: 1,
        data: std::env::temp_dir().join(format!("tongban-demo-{}", std::process::id())),
        database: None,
        verify: false,
    };
    let mut given = std::env::args().skip(1);
    while let Some(name) = given.next() {
        if name == "--verify" {
            wanted.verify = true;
            continue;
        }
        let value = given
            .next()
            .with_context(|| format!("{name} needs a value"))?;
        match name.as_str() {
            "--cases" => wanted.cases = value.parse()?,
            "--seed" => wanted.seed = value.parse()?,
            "--data" => wanted.data = value.into(),
            "--database" => wanted.database = Some(value),
            _ => anyhow::bail!("unknown argument {name}"),
        }
    }
    Ok(wanted)
}
