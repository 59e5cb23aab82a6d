//! `tongban backup` and `restore`: database, files and keys, while serving goes on.
//!
//! The database part is one consistent snapshot in a format both engines read. Files never change once stored, so
//! copying them after the snapshot gives every file the snapshot names. A backup of SQLite restores to PostgreSQL.

use std::{path::Path, process::ExitCode};

use anyhow::{Context as _, bail};
use futures_util::StreamExt as _;
use store::objects::Objects;

use super::say;
use crate::{
    cli::{Backup, Restore},
    config::Config,
    platform,
};

const DATABASE: &str = "database";
const FILES: &str = "files";
const KEYS: &str = "keys.toml";

pub(super) async fn write(config: &Config, backup: &Backup) -> anyhow::Result<ExitCode> {
    if backup.to.exists() {
        bail!(
            "{} is there already; name a new folder",
            backup.to.display()
        );
    }
    let stored = platform::objects(config)?;
    stored
        .reachable()
        .await
        .context("looking into the place of the files")?;
    let db = platform::open_database(config).await?;
    db.sequence_now().await?;
    std::fs::create_dir_all(&backup.to)?;
    let manifest = store::backup::write(&db, backup.to.join(DATABASE)).await?;
    let rows: u64 = manifest.tables.iter().map(|table| table.rows).sum();
    let files = copy(&stored, &Objects::local(backup.to.join(FILES))?).await?;
    if !backup.without_keys && config.keys_path().exists() {
        std::fs::copy(config.keys_path(), backup.to.join(KEYS))?;
    }
    db.close().await;
    say(&format!("backed up {rows} rows and {files} files"));
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn restore(config: &Config, restore: &Restore) -> anyhow::Result<ExitCode> {
    store::backup::check(restore.from.join(DATABASE)).context("the backup is not whole")?;
    let stored = platform::objects(config)?;
    stored
        .reachable()
        .await
        .context("looking into the place of the files")?;
    std::fs::create_dir_all(&config.data)?;
    let keys = restore.from.join(KEYS);
    if keys.exists() {
        if config.keys_path().exists() {
            bail!(
                "{} is there already: restore into an empty data folder",
                config.keys_path().display()
            );
        }
        copy_file(&keys, &config.keys_path())?;
    }
    let db = platform::open_database(config).await?;
    let rows = store::backup::restore(&db, restore.from.join(DATABASE)).await?;
    let files = copy(&Objects::local(restore.from.join(FILES))?, &stored).await?;
    db.close().await;
    say(&format!("restored {rows} rows and {files} files"));
    Ok(ExitCode::SUCCESS)
}

fn copy_file(from: &Path, to: &Path) -> anyhow::Result<()> {
    // `copy` keeps the mode, so the keys stay readable by their owner only.
    std::fs::copy(from, to).with_context(|| format!("cannot copy to {}", to.display()))?;
    Ok(())
}

/// Copies every stored file; each is checked by its digest on the way in.
async fn copy(from: &Objects, to: &Objects) -> anyhow::Result<u64> {
    let mut copied = 0;
    let mut stored = from.list();
    while let Some(file) = stored.next().await {
        let file = file?;
        let Some((_, mut pieces)) = from.get(&file.digest).await? else {
            continue;
        };
        let mut upload = to.upload(file.size);
        while let Some(piece) = pieces.next().await {
            upload.write(&piece?).await?;
        }
        let written = upload.finish().await?;
        if written.digest != file.digest {
            bail!("a stored file does not match its digest");
        }
        copied += 1;
    }
    Ok(copied)
}
