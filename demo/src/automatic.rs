//! Applications that rules looked at (智能审批): some decided without a person, some passed to one, so that the office
//! has both to see on the city's first morning.
//!
//! Each is looked at against the registers and filed through the same door as anybody's.

use std::sync::Arc;

use anyhow::Context as _;
use approval::Approval;
use approval::details::Delivery;
use base::IdSource;
use base::codes::{CaseNo, Channel as Digit, RegionCode};
use base::ids::{CaseId, PartyId};
use casework::{Actor, Channel};
use intake::Intake;
use intake::at_once::{self, Ask, Looked};
use intake::filing::Application;
use jiff::Timestamp;
use smart::Smart;
use web::{App, ManualClock};

use crate::Parts;
use crate::dice::{Dice, Part};
use crate::items::Offer;
use crate::marker;
use crate::residents::Who;
use crate::story::Teller;
use crate::words::Words;

const PART: &str = "automatic";
/// Sequence numbers of these cases, far beyond any day's own.
const SEQUENCE: u32 = 920_001;
/// 高龄津贴, 老年人优待证, 灵活就业参保: base code and the age of those who apply.
const ITEMS: [(&str, i16, i16); 3] = [
    ("990506001000", 80, 110),
    ("992006001000", 65, 110),
    ("992009001000", 25, 50),
];
/// Applications of each.
const EACH: usize = 4;
/// Cases this adds.
pub(crate) const CASES: u64 = (ITEMS.len() * EACH) as u64;

/// One application, looked at and not filed yet.
struct Asked {
    case: CaseId,
    case_no: String,
    actor: Actor,
    applicant: (PartyId, String),
    application: Application,
    looked: Looked,
}

/// Files them, once.
pub(crate) async fn add(
    parts: &Parts,
    teller: &Teller,
    ids: IdSource,
    until: Timestamp,
) -> anyhow::Result<()> {
    let done = parts.app.db.read(|tx| marker::progress(tx, PART)).await;
    if done.context("reading whether rules have looked")? > 0 {
        return Ok(());
    }
    // With identifiers of its own: whatever is written on the way, the same seed makes the same city.
    let app = App::new(web::Parts {
        db: parts.app.db.clone(),
        objects: parts.app.objects.clone(),
        people: parts.app.people.clone(),
        ids,
        clock: Arc::new(ManualClock::new(until)),
        calendar: parts.app.calendar(),
        config: parts.app.config.as_ref().clone(),
    });
    let approval = Approval::new(app, parts.catalog.clone());
    let intake = Intake::new(approval, intake::Config::default());
    let smart = Smart::new(intake.clone());
    smart.refresh().await.context("reading the rules")?;
    intake.decide_with(smart.decider());

    let mut asked = Vec::new();
    for item in ITEMS {
        let offer = offer(teller, item.0).with_context(|| format!("nobody offers {}", item.0))?;
        for who in people(teller, offer, item, until) {
            let number = u32::try_from(asked.len())?;
            asked.push(ask(parts, teller, &intake, (offer, who, number), until).await?);
        }
    }
    let asked = Arc::new(asked);
    let written: web::Result<()> = parts
        .app
        .db
        .write(move |tx| {
            for one in asked.iter() {
                intake.file_looked(
                    tx,
                    &one.actor,
                    until,
                    (one.case, &one.case_no),
                    (one.applicant.0, &one.applicant.1),
                    &one.application,
                    &one.looked,
                )?;
            }
            Ok(marker::advance(tx, PART, 1)?)
        })
        .await;
    written.context("what rules decided")
}

/// The first offer of an item to people.
fn offer<'a>(teller: &'a Teller, base_code: &str) -> Option<&'a Offer> {
    let mut offers = teller.offers.list.iter();
    offers.find(|offer| offer.person && offer.item.base_code == base_code)
}

/// Residents of the right age, nearest to the office first; where a small town has too few, anybody.
fn people(
    teller: &Teller,
    offer: &Offer,
    (_, from, to): (&str, i16, i16),
    until: Timestamp,
) -> Vec<u32> {
    let region = &teller.offices.desks[offer.desk].body.region;
    let year = calendar::civil_date(until).year();
    let mut all: Vec<(u32, bool, usize)> = (0u32..)
        .zip(&teller.town.residents)
        .map(|(place, resident)| {
            let age = year - resident.born.year() - 1;
            let alike = resident.region.bytes().zip(region.bytes());
            let near = alike.take_while(|(a, b)| a == b).count();
            (place, !(from..=to).contains(&age), usize::MAX - near)
        })
        .collect();
    all.sort_by_key(|&(place, unfit, far)| (unfit, far, place));
    all.iter().take(EACH).map(|(place, ..)| *place).collect()
}

async fn ask(
    parts: &Parts,
    teller: &Teller,
    intake: &Intake,
    (offer, who, number): (&Offer, u32, u32),
    until: Timestamp,
) -> anyhow::Result<Asked> {
    let published = parts.catalog.version(offer.version_id).await?;
    let published = published.context("the item's version")?;
    let applicant = teller.town.applicant(Who::Resident(who));
    let mut words = Words {
        dice: Dice::of(
            teller.seed,
            Part::Words(u64::MAX - u64::from(SEQUENCE + number)),
        ),
        item: &offer.item,
        applicant: &applicant,
        papers: &teller.papers,
    };
    let application = Application {
        published: Arc::clone(&published),
        situation: catalog::guided::Answers::new(),
        channel: Channel::Web,
        answers: words.answers(until.as_millisecond()),
        materials: words.materials(false),
        delivery: Delivery::Electronic,
        after: None,
        origins: approval::origins::Origins::default(),
    };
    let case: CaseId = intake.app.ids.next(until);
    let looked = intake
        .look(&published, || Ask {
            case_id: case,
            published: Arc::clone(&published),
            applicant: at_once::Applicant::Party(applicant.party),
            answers: application.answers.clone(),
            materials: application.materials.clone(),
            now: until,
        })
        .await;
    let region: String = published.item.region_code.chars().take(6).collect();
    let digit = Digit::from_digit(Channel::Web.digit()).context("a channel's digit")?;
    let region = RegionCode::parse(&region).context("a region")?;
    let day = calendar::civil_date(until);
    let case_no = CaseNo::make(&region, day, digit, SEQUENCE + number).context("a case number")?;
    Ok(Asked {
        case,
        case_no: case_no.as_str().to_owned(),
        actor: applicant.actor(),
        applicant: (applicant.party, applicant.name.to_owned()),
        application,
        looked,
    })
}
