//! The change feed: one line of JSON a change, and the newest changes as Atom (RFC 4287).

use std::fmt::Write as _;

use base::ids::ItemId;
use jiff::Timestamp;
use serde::Serialize;
use store::feed::Delivered;
use store::{Error, Tx};
use web::App;

use crate::pages::links;
use crate::snapshot::Snapshot;
use crate::store as records;
use crate::store::{FEED_PUBLISHED, FEED_STATE, PublicChange};

/// The name of the bookmark.
const BOOKMARK: &str = "catalog.changes";
/// Entries handled at once.
const BATCH: usize = 2000;

/// Notes the changes of items until the database is closed. One task per process; several share the work.
pub async fn follow(app: App) {
    let look = |_: &mut Tx<'_>, entries: &[Delivered]| Ok(of_items(entries));
    let keep = |tx: &mut Tx<'_>, changes: &Vec<Delivered>| note(tx, changes);
    store::feed::follow(app.db.clone(), BOOKMARK, BATCH, look, keep).await;
}

/// Which of these entries are changes of items.
pub fn of_items(entries: &[Delivered]) -> Vec<Delivered> {
    let changes = entries.iter().filter(|delivered| {
        let kind = delivered.entry.kind.as_str();
        kind == FEED_PUBLISHED || kind == FEED_STATE
    });
    changes.cloned().collect()
}

/// Notes changes of items.
pub fn note(tx: &mut Tx<'_>, changes: &[Delivered]) -> Result<(), Error> {
    for Delivered { position, entry } in changes {
        records::note_change(tx, *position, ItemId::from_uuid(entry.subject), entry.seq)?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Line<'a> {
    position: i64,
    at: Timestamp,
    kind: &'a str,
    item_id: ItemId,
    version: i64,
    digest: &'a str,
    name: &'a str,
    url: String,
}

/// One change a line. The position of the last line is where the next question goes on.
pub fn json_lines(site: &str, snapshot: &Snapshot, changes: &[PublicChange]) -> String {
    let mut out = String::new();
    for change in changes {
        let line = Line {
            position: change.position,
            at: change.at,
            kind: &change.kind,
            item_id: change.item_id,
            version: change.version,
            digest: &change.digest,
            name: name(snapshot, change.item_id),
            url: address(site, change),
        };
        out.push_str(&serde_json::to_string(&line).expect("plain data"));
        out.push('\n');
    }
    out
}

fn name(snapshot: &Snapshot, item_id: ItemId) -> &str {
    snapshot
        .item(item_id)
        .map_or("", |brief| brief.name.as_str())
}

fn address(site: &str, change: &PublicChange) -> String {
    format!("{site}{}", links::version(change.item_id, change.version))
}

/// The newest changes as an Atom feed; `changes` newest first.
pub fn atom(site: &str, title: &str, snapshot: &Snapshot, changes: &[PublicChange]) -> String {
    let updated = changes
        .first()
        .map_or(Timestamp::UNIX_EPOCH, |change| change.at);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    out.push_str("<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"zh-CN\">\n");
    let site = escaped(site);
    let mut line = |text: std::fmt::Arguments<'_>| {
        out.write_fmt(text).expect("a String takes everything");
        out.push('\n');
    };
    line(format_args!("<title>{}</title>", escaped(title)));
    line(format_args!("<id>{site}/open-data/changes.atom</id>"));
    line(format_args!(
        "<link rel=\"self\" href=\"{site}/open-data/changes.atom\"/>"
    ));
    line(format_args!("<link href=\"{site}/open-data\"/>"));
    line(format_args!("<updated>{updated}</updated>"));
    line(format_args!(
        "<author><name>{}</name></author>",
        escaped(title)
    ));
    for change in changes {
        let what = match change.kind.as_str() {
            "suspended" => "暂停",
            "resumed" => "恢复",
            "cancelled" => "取消",
            _ if change.version == 1 => "发布",
            _ => "修订",
        };
        let name = escaped(name(snapshot, change.item_id));
        let at = change.at;
        line(format_args!("<entry>"));
        line(format_args!("<title>{what}：{name}</title>"));
        line(format_args!(
            "<id>{site}/open-data/changes#{}</id>",
            change.position
        ));
        line(format_args!(
            "<link href=\"{site}{}\"/>",
            links::version(change.item_id, change.version)
        ));
        line(format_args!("<updated>{at}</updated>"));
        line(format_args!(
            "<summary>{what}，第{}版</summary>",
            change.version
        ));
        line(format_args!("</entry>"));
    }
    out.push_str("</feed>\n");
    out
}

/// A text inside XML; characters XML cannot hold are left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}
