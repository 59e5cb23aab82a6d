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
    db.close().await;
    let code = match (outcome, ratings) {
        (Err(difference), _) | (Ok(_), Err(difference)) => {
            super::say(&format!("difference: {difference}"));
            ExitCode::FAILURE
        }
        (Ok(counts), Ok(ratings)) => {
            super::say(&format!(
                "verified: {} cases, {} events, {} open tasks, {} open clocks, {} feed entries, {} ratings",
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
