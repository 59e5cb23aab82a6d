//! Writing the city: big transactions, each with the note that it was written, so that a build that was stopped goes on
//! where it was. Cases are told on another thread while those before are being written.

use std::sync::Arc;

use anyhow::Context as _;
use approval::answers;
use license::NewLicense;
use people::People;
use store::{Db, Tx, jobs::NewJob};

use crate::letters;
use crate::marker;
use crate::office::instant;
use crate::residents::Town;
use crate::story::{Teller, Told, case_no};
use crate::year::Year;

/// Cases, certificates and parties of one transaction.
const PIECE: usize = 1000;
/// Pieces told ahead of the writer.
const AHEAD: usize = 2;

/// Parts with progress of their own.
const RESIDENTS: &str = "residents";
const ENTERPRISES: &str = "enterprises";
const CERTIFICATES: &str = "certificates";
const CASES: &str = "cases_written";

type Say<'a> = &'a mut (dyn FnMut(&str) + Send);

async fn done_of(db: &Db, part: &'static str) -> anyhow::Result<u64> {
    let done: Result<u64, store::Error> = db.read(move |tx| marker::progress(tx, part)).await;
    Ok(done?)
}

/// Residents with their accounts, then enterprises with their heads.
pub(crate) async fn people(
    db: &Db,
    people: &People,
    town: &Arc<Town>,
    password_hash: &str,
    founded: jiff::Timestamp,
) -> anyhow::Result<()> {
    let mut done = done_of(db, RESIDENTS).await? as usize;
    while done < town.residents.len() {
        let upto = (done + PIECE).min(town.residents.len());
        let (town, people, hash) = (Arc::clone(town), people.clone(), password_hash.to_owned());
        db.write(move |tx| -> Result<(), people::Error> {
            let piece = &town.residents[done..upto];
            Town::write_residents(tx, &people, piece, &hash, founded)?;
            Ok(marker::advance(tx, RESIDENTS, upto as u64)?)
        })
        .await?;
        done = upto;
    }
    let mut done = done_of(db, ENTERPRISES).await? as usize;
    while done < town.enterprises.len() {
        let upto = (done + PIECE).min(town.enterprises.len());
        let piece: Vec<_> = town.enterprises[done..upto]
            .iter()
            .map(|enterprise| town.registration(enterprise, founded))
            .collect();
        let people = people.clone();
        db.write(move |tx| -> Result<(), people::Error> {
            Town::write_enterprises(tx, &people, &piece, founded)?;
            Ok(marker::advance(tx, ENTERPRISES, upto as u64)?)
        })
        .await?;
        done = upto;
    }
    Ok(())
}

/// Takes the runs of document numbers, and learns what they look like.
pub(crate) async fn letters(
    db: &Db,
    teller: &Arc<Teller>,
    year: &Arc<Year>,
) -> anyhow::Result<letters::Patterns> {
    let (teller, year) = (Arc::clone(teller), Arc::clone(year));
    let patterns: Result<_, store::Error> = db
        .write(move |tx| letters::reserve(tx, &teller.offices, &year.letters))
        .await;
    patterns.context("numbers of documents")
}

/// Certificates in the order they were made, before the cases that name them.
pub(crate) async fn certificates(
    db: &Db,
    people: &People,
    teller: &Arc<Teller>,
    year: &Arc<Year>,
) -> anyhow::Result<Vec<(u32, Box<str>)>> {
    let already = done_of(db, CERTIFICATES).await? as usize;
    let mut made = known_certificates(db, year, already).await?;
    let mut done = already;
    while done < year.certificates.len() {
        let upto = (done + PIECE).min(year.certificates.len());
        let piece: Vec<NewLicense> = year.certificates[done..upto]
            .iter()
            .map(|(case, at)| certificate(teller, year, *case, *at))
            .collect::<anyhow::Result<_>>()?;
        let people = people.clone();
        let written: Result<Vec<Box<str>>, license::Error> = db
            .write(move |tx| {
                let mut ids = Vec::with_capacity(piece.len());
                for new in &piece {
                    ids.push(
                        license::issue(tx, &people, new)?
                            .license_id
                            .into_boxed_str(),
                    );
                }
                marker::advance(tx, CERTIFICATES, upto as u64)?;
                Ok(ids)
            })
            .await;
        let cases = year.certificates[done..upto].iter().map(|(case, _)| *case);
        made.extend(cases.zip(written.context("certificates")?));
        done = upto;
    }
    Ok(made)
}

async fn known_certificates(
    db: &Db,
    year: &Arc<Year>,
    already: usize,
) -> anyhow::Result<Vec<(u32, Box<str>)>> {
    let year = Arc::clone(year);
    let known: Result<Vec<_>, license::Error> = db
        .read(move |tx| {
            let mut known = Vec::with_capacity(already);
            for (case, _) in &year.certificates[..already] {
                let id = year.cases[*case as usize].id;
                if let Some((license, _)) = license::by_case(tx, id)? {
                    known.push((*case, license.license_id.into_boxed_str()));
                }
            }
            Ok(known)
        })
        .await;
    known.context("certificates made before")
}

fn certificate(teller: &Teller, year: &Year, case: u32, at: i64) -> anyhow::Result<NewLicense> {
    let planned = &year.cases[case as usize];
    let offer = &teller.offers.list[planned.offer as usize];
    let body = &teller.offices.desks[offer.desk].body;
    let applicant = teller.town.applicant(planned.who);
    let item = &offer.item;
    let type_name = if item.result.name.is_empty() {
        &item.name
    } else {
        &item.result.name
    };
    Ok(NewLicense {
        case_id: planned.id,
        case_no: case_no(offer, planned)?,
        type_name: type_name.clone(),
        item_name: item.name.clone(),
        item_id: offer.item_id,
        holder: applicant.party,
        holder_name: applicant.name.to_owned(),
        issuer: offer.org,
        issuer_name: body.name.clone(),
        issuer_uscc: body.uscc.clone(),
        region: item.region_code.clone(),
        valid_from: calendar::civil_date(instant(at)),
        valid_years: item.result.valid_years,
        at: instant(at),
    })
}

/// Cases with their trails, answers, ratings and schedules.
pub(crate) async fn cases(
    db: &Db,
    people: &People,
    teller: &Arc<Teller>,
    year: &Arc<Year>,
    say: Say<'_>,
) -> anyhow::Result<()> {
    let all = year.cases.len();
    let mut done = done_of(db, CASES).await? as usize;
    let (send, mut pieces) = tokio::sync::mpsc::channel(AHEAD);
    let telling = {
        let (teller, year) = (Arc::clone(teller), Arc::clone(year));
        tokio::task::spawn_blocking(move || {
            let mut from = done;
            while from < all {
                let upto = (from + PIECE).min(all);
                let told: anyhow::Result<Vec<Told>> = (from..upto)
                    .map(|place| teller.tell(place as u32, &year.cases[place]))
                    .collect();
                let failed = told.is_err();
                // Nobody listens any more: the writer has failed and says why.
                if send.blocking_send(told).is_err() || failed {
                    return;
                }
                from = upto;
            }
        })
    };
    let mut said = done * 10 / all.max(1);
    while let Some(told) = pieces.recv().await {
        let told = told?;
        let upto = done + told.len();
        let (teller, people) = (Arc::clone(teller), people.clone());
        let written: anyhow::Result<()> = db
            .write(move |tx| -> Result<(), Failed> {
                for case in &told {
                    write_case(tx, &people, &teller, case)?;
                }
                Ok(marker::advance(tx, CASES, upto as u64)?)
            })
            .await
            .context("writing cases");
        written?;
        done = upto;
        let tenths = done * 10 / all.max(1);
        if tenths > said && all >= 20_000 {
            said = tenths;
            say(&format!("办件 {done}/{all}"));
        }
    }
    telling.await.context("telling cases")?;
    anyhow::ensure!(done == all, "{done} of {all} cases were written");
    Ok(())
}

fn write_case(
    tx: &mut Tx<'_>,
    people: &People,
    teller: &Teller,
    told: &Told,
) -> Result<(), Failed> {
    cases::history(tx, &teller.calendar, told.id, &told.events)?;
    for (revision, given) in &told.answers {
        answers::store(tx, people, told.id, *revision, given)?;
    }
    if let Some(due_at) = told.deemed_at {
        tx.schedule(NewJob {
            job_id: told.id.uuid(),
            kind: approval::DEEM_JOB.to_owned(),
            subject: told.id.uuid(),
            due_at,
            payload: String::new(),
        })?;
    }
    if let Some(rating) = &told.rating {
        rating::store::keep(tx, rating)?;
    }
    Ok(())
}

/// Leaves the case number series where the year left them, so that live cases go on after it, and counts what was
/// asked for how often.
pub(crate) async fn counts(db: &Db, teller: &Arc<Teller>, year: &Arc<Year>) -> anyhow::Result<()> {
    let mut uses = vec![0_i64; teller.offers.list.len()];
    for planned in &year.cases {
        uses[planned.offer as usize] += 1;
    }
    let popularity: Vec<_> = teller
        .offers
        .list
        .iter()
        .zip(uses)
        .map(|(offer, uses)| (offer.item_id, uses))
        .collect();
    let year = Arc::clone(year);
    let written: Result<(), store::Error> = db
        .write(move |tx| {
            for (series, last) in &year.numbers {
                cases::number::go_on_after(tx, series, *last)?;
            }
            catalog::store::replace_popularity(tx, &popularity)
        })
        .await;
    written.context("counts")
}

/// Why a piece was not written.
#[derive(Debug)]
enum Failed {
    Cases(cases::Error),
    Approval(approval::Error),
    Rating(rating::Error),
    Store(store::Error),
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failed::Cases(error) => error.fmt(f),
            Failed::Approval(error) => error.fmt(f),
            Failed::Rating(error) => error.fmt(f),
            Failed::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Failed {}

impl From<cases::Error> for Failed {
    fn from(error: cases::Error) -> Failed {
        Failed::Cases(error)
    }
}

impl From<approval::Error> for Failed {
    fn from(error: approval::Error) -> Failed {
        Failed::Approval(error)
    }
}

impl From<rating::Error> for Failed {
    fn from(error: rating::Error) -> Failed {
        Failed::Rating(error)
    }
}

impl From<store::Error> for Failed {
    fn from(error: store::Error) -> Failed {
        Failed::Store(error)
    }
}

impl store::Retry for Failed {
    fn storage(&self) -> Option<&store::Error> {
        match self {
            Failed::Cases(error) => error.storage(),
            Failed::Approval(error) => error.storage(),
            Failed::Rating(error) => error.storage(),
            Failed::Store(error) => Some(error),
        }
    }
}
