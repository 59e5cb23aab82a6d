//! `tongban verify`: replay everything, compare, name the first difference.

use std::process::ExitCode;

use crate::{config::Config, platform};

pub(super) async fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let is_sqlite = config.database.is_empty() || config.database.starts_with("sqlite:");
    if is_sqlite && config.database.is_empty() && !super::has_database(&config.data) {
        anyhow::bail!("no database in {}", config.data.display());
    }
    let db = platform::open_database(config).await?;
    // Everything that was committed before now is in the feed.
    db.sequence_now().await?;
    let outcome = db
        .read(|tx| {
            let calendar = cases::calendars::in_force(tx)?;
            cases::verify::run(tx, &calendar)
        })
        .await?;
    let ratings = db.read(rating::verify).await?;
    let decided = automatic(config, &db).await?;
    db.close().await;
    let code = match (outcome, ratings, decided) {
        (Ok(_), Ok(_), Err(difference)) => {
            super::say(&format!("difference: {difference}"));
            ExitCode::FAILURE
        }
        (Err(difference), ..) | (Ok(_), Err(difference), _) => {
            super::say(&format!("difference: {difference}"));
            ExitCode::FAILURE
        }
        (Ok(counts), Ok(ratings), Ok(decided)) => {
            let decided = decided.map_or_else(
                || "automatic decisions not replayed (no keys here)".to_owned(),
                |verified| format!("{} automatic decisions replayed", verified.runs),
            );
            super::say(&format!(
                "verified: {} cases, {} events, {} open tasks, {} open clocks, {} feed entries, {} ratings, {decided}",
                counts.cases,
                counts.events,
                counts.tasks,
                counts.clocks,
                counts.feed,
                ratings.ratings
            ));
            ExitCode::SUCCESS
        }
    };
    Ok(code)
}

/// Evaluates every automatic decision again; none where the keys that open what it stood on are not here.
async fn automatic(
    config: &Config,
    db: &store::Db,
) -> anyhow::Result<Result<Option<smart::replay::Verified>, String>> {
    let path = config.keys_path();
    if !path.exists() {
        return Ok(Ok(None));
    }
    let entropy = base::crypto::Entropy::system();
    let keys = people::keys::load_or_create(&path, &entropy, web::Clock::now(&web::SystemClock))?;
    let people = people::People::new(keys, entropy);
    let verified = db
        .read(move |tx| smart::replay::verify(tx, &people))
        .await?;
    Ok(verified.map(Some))
}
