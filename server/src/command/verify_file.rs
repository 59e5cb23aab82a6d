//! `tongban verify-file`: check an exported case file on any machine; no database, no keys, no network.

use std::{fs::File, io::BufReader, process::ExitCode};

use anyhow::Context as _;
use approval::archive::check;

use super::say;
use crate::cli::VerifyFile;

pub(super) fn run(wanted: &VerifyFile) -> anyhow::Result<ExitCode> {
    let file = File::open(&wanted.file)
        .with_context(|| format!("cannot open {}", wanted.file.display()))?;
    match check::run(BufReader::new(file), wanted.key.as_deref()) {
        Ok(report) => {
            say(&format!("case {}: {}", report.case_no, report.title));
            say(&format!("decided by {}", report.org));
            if !report.archive_no.is_empty() {
                say(&format!("archived as {}", report.archive_no));
            }
            say(&format!(
                "exported at {} by {}",
                report.exported_at, report.exported_by
            ));
            say(&format!("sealed with the SM2 key {}", report.key_print));
            if wanted.key.is_none() {
                say(
                    "compare this print with the one the platform publishes, or name it with --key",
                );
            }
            say(&format!(
                "verified: {} entries, {} bytes, {} events up to {}, {} materials, {} versions of the answers",
                report.entries,
                report.bytes,
                report.events,
                report.head,
                report.materials,
                report.answers
            ));
            Ok(ExitCode::SUCCESS)
        }
        Err(difference) => {
            say(&format!("difference: {difference}"));
            Ok(ExitCode::FAILURE)
        }
    }
}
