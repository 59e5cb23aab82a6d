//! `tongban reseal`: what older keys sealed is sealed with the newest one.

use std::process::ExitCode;

use anyhow::Context as _;
use base::crypto::Entropy;
use people::{People, Sealed};
use web::Clock as _;

use crate::{cli::Reseal, config::Config, platform};

/// Every sealed column there is.
pub fn columns() -> impl Iterator<Item = &'static Sealed> {
    people::reseal::SEALED
        .iter()
        .chain(intake::store::SEALED)
        .chain(approval::answers::SEALED)
        .chain(&smart::store::SEALED)
}

pub(super) async fn run(config: &Config, reseal: &Reseal) -> anyhow::Result<ExitCode> {
    let path = config.keys_path();
    anyhow::ensure!(path.exists(), "no key file at {}", path.display());
    let (entropy, now) = (Entropy::system(), web::SystemClock.now());
    if reseal.new_key {
        let id = people::keys::renew(&path, &entropy, now)?;
        super::say(&format!(
            "key {id} seals from the next start on: back up {}, start every server again, then run reseal without --new-key",
            path.display()
        ));
        return Ok(ExitCode::SUCCESS);
    }
    if config.database.is_empty() {
        anyhow::ensure!(
            super::has_database(&config.data),
            "no database in {}",
            config.data.display()
        );
    }
    let keys = people::keys::load_or_create(&path, &entropy, now)?;
    let current = keys.current();
    let people = People::new(keys, entropy);
    let db = platform::open_database(config).await?;
    let (mut done, mut unreadable, mut left) = (0, 0, 0);
    for sealed in columns() {
        let name = format!("{}.{}", sealed.table, sealed.column);
        let resealed = people
            .reseal(&db, sealed)
            .await
            .with_context(|| format!("{name}: stopped; run it again to go on"))?;
        let (asked, own) = (people.clone(), *sealed);
        let outdated = db.read(move |tx| asked.count_outdated(tx, &own)).await?;
        super::say(&format!(
            "{name}: {} sealed with key {current}, {outdated} left",
            resealed.done
        ));
        for place in &resealed.unreadable {
            super::say(&format!("{place}: no key in the file opens it"));
        }
        done += resealed.done;
        unreadable += resealed.unreadable.len();
        left += outdated;
    }
    db.close().await;
    if left == 0 {
        super::say(&format!(
            "resealed: {done} values; nothing is sealed with an older key than {current}"
        ));
        return Ok(ExitCode::SUCCESS);
    }
    super::say(&format!(
        "resealed: {done} values; {left} left, {unreadable} of them cannot be opened{}",
        if left > unreadable as u64 {
            "; a server still seals with an older key: start it again, then run this again"
        } else {
            ""
        }
    ));
    Ok(ExitCode::FAILURE)
}
