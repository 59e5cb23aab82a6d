//! Taking a look in the background: the row that says how far it has come, and what is kept at the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base::ids::OrgId;
use jiff::{Timestamp, ToSpan as _};
use store::Tx;
use web::{Answer, App, Idempotency, Problem, Visit};

use crate::app::checking::{self, Look, Plan};
use crate::app::transfer;
use crate::pages::Doors;
use crate::reading::all_orgs;
use crate::snapshot::Snapshot;
use crate::store as records;
use crate::store::{Run, RunId, RunState};

/// How often it is noted how far a look has come.
const NOTE: Duration = Duration::from_millis(500);
/// A look that has not moved for so long belongs to a process that ended.
const SILENT_MINUTES: i64 = 3;
/// Findings kept in one transaction.
const KEEP: usize = 2000;

/// Whether a look is still being taken.
pub(crate) fn is_alive(run: &Run, now: Timestamp) -> bool {
    run.state == RunState::Running
        && now
            .checked_sub(SILENT_MINUTES.minutes())
            .is_ok_and(|silent| run.touched_at >= silent)
}

impl Doors {
    /// Begins a look unless one is being taken; `answer` is what the command answers.
    pub(crate) async fn take_a_look<F>(
        &self,
        visit: &Visit,
        key: &Idempotency,
        by: &str,
        org_id: Option<OrgId>,
        answer: F,
    ) -> web::Result<Answer>
    where
        F: Fn(&Run) -> Answer + Send + 'static,
    {
        let now = self.app.now();
        let snapshot = self.catalog.snapshot();
        let new = Run {
            run_id: RunId::from_uuid(self.app.ids.next_uuid(now)),
            org_id,
            state: RunState::Running,
            rules: Vec::new(),
            started_by: by.to_owned(),
            started_at: now,
            touched_at: now,
            finished_at: None,
            items: 0,
            done: 0,
            found: 0,
            note: String::new(),
        };
        let run_id = new.run_id;
        let done = web::once(visit, key, move |tx| -> web::Result<Answer> {
            let mut runs = records::runs(tx, 10)?.into_iter();
            if runs.any(|run| is_alive(&run, now)) {
                return Err(Problem::conflict(
                    "check_running",
                    "已经有一次核对正在进行，请等它完成",
                ));
            }
            let mut run = new.clone();
            run.rules = records::uniformity(tx)?;
            run.items = i64::try_from(records::count_bodies(tx, org_id)?).unwrap_or(i64::MAX);
            records::insert_run(tx, &run)?;
            Ok(answer(&run))
        })
        .await?;
        if !done.is_replayed() {
            tokio::spawn(carry_out(self.app.clone(), snapshot, run_id));
        }
        Ok(done)
    }

    /// A look at one body's items, at once and without keeping it.
    pub(crate) async fn look_at(
        &self,
        org_id: OrgId,
    ) -> web::Result<(Look, Vec<crate::uniform::Rule>)> {
        let snapshot = self.catalog.snapshot();
        let looked = self
            .app
            .db
            .read(move |tx| {
                let rules = records::uniformity(tx)?;
                let plan = plan(tx, &snapshot, rules.clone(), Some(org_id))?;
                let look = checking::look(tx, &plan, &AtomicUsize::new(0))?;
                Ok::<_, store::Error>((look, rules))
            })
            .await?;
        Ok(looked)
    }
}

fn plan(
    tx: &mut Tx<'_>,
    snapshot: &Snapshot,
    rules: Vec<crate::uniform::Rule>,
    org_id: Option<OrgId>,
) -> Result<Plan, store::Error> {
    let orgs = all_orgs(tx).map_err(transfer::storage)?;
    Ok(Plan {
        org_id,
        usccs: orgs
            .into_iter()
            .filter_map(|org| Some((org.id, org.uscc?)))
            .collect(),
        rules: rules
            .into_iter()
            .map(|rule| {
                let benchmark = snapshot.org_by_key(&rule.benchmark).map(|org| org.id);
                (rule, benchmark)
            })
            .collect(),
        wording: Some(records::wording(tx)?),
    })
}

async fn carry_out(app: App, snapshot: Arc<Snapshot>, run_id: RunId) {
    if let Err(error) = keep(&app, snapshot, run_id).await {
        tracing::error!(%error, %run_id, "a look over the list was not finished");
        let now = app.now();
        let ended = app
            .db
            .write(move |tx| {
                let Some(mut run) = records::run(tx, run_id)? else {
                    return Ok(());
                };
                run.state = RunState::Failed;
                run.touched_at = now;
                run.finished_at = Some(now);
                "读取事项时出错，请联系运维人员查看日志".clone_into(&mut run.note);
                records::update_run(tx, &run)
            })
            .await;
        if let Err(error) = ended {
            tracing::error!(%error, %run_id, "nor could that be noted");
        }
    }
}

async fn keep(app: &App, snapshot: Arc<Snapshot>, run_id: RunId) -> Result<(), store::Error> {
    let known = app.db.read(move |tx| records::run(tx, run_id)).await?;
    let mut run = known.ok_or(store::Error::NoRow)?;
    let progress = Arc::new(AtomicUsize::new(0));
    let reading = {
        let (progress, rules, org_id) = (Arc::clone(&progress), run.rules.clone(), run.org_id);
        app.db.read(move |tx| {
            let plan = plan(tx, &snapshot, rules, org_id)?;
            checking::look(tx, &plan, &progress)
        })
    };
    tokio::pin!(reading);
    let look = loop {
        tokio::select! {
            look = &mut reading => break look?,
            () = tokio::time::sleep(NOTE) => {
                run.done = count(progress.load(Ordering::Relaxed));
                note(app, &mut run).await?;
            }
        }
    };
    run.done = run.items;
    let (mut from, cut) = (1, look.cut);
    run.items = count(look.items);
    let mut found = look.found;
    while !found.is_empty() {
        let rest = found.split_off(found.len().min(KEEP));
        let length = found.len();
        let some = Arc::new(std::mem::replace(&mut found, rest));
        app.db
            .write(move |tx| records::insert_findings(tx, run_id, from, &some))
            .await?;
        from += length;
        run.found = count(from - 1);
        note(app, &mut run).await?;
    }
    run.done = run.items;
    run.state = RunState::Done;
    run.finished_at = Some(app.now());
    if cut {
        run.note = format!("问题太多，只保留前{}处", checking::FOUND_MAX);
    }
    note(app, &mut run).await
}

async fn note(app: &App, run: &mut Run) -> Result<(), store::Error> {
    run.touched_at = app.now();
    let run = run.clone();
    app.db.write(move |tx| records::update_run(tx, &run)).await
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
