//! What followed some decisions: a certificate that ends soon, one renewed, one reissued, one revoked, and a closed
//! file. Every step is taken through the use cases of `approval`, at its own instant.

use std::sync::Arc;

use anyhow::Context as _;
use approval::after::ending::{Command, End};
use approval::after::ending_service::Propose;
use approval::after::{Ask, Wish};
use approval::archive::{self, Retention};
use approval::details::{Delivery, MaterialGiven};
use approval::{Act, Answers, Application, Approval};
use base::IdSource;
use base::codes::{CaseNo, Channel as Digit, RegionCode};
use base::ids::CaseId;
use casework::{Actor, Case, Channel, Role};
use catalog::model::Published;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use store::Tx;

use crate::Parts;
use crate::dice::{Dice, Part};
use crate::marker;
use crate::residents::Who;
use crate::story::Teller;
use crate::words::Words;

const BODY: &str = "990102.market";
const ITEM: &str = "990121001001";
const PART: &str = "after";
/// Sequence numbers of these cases, far beyond any day's own.
const SEQUENCE: u32 = 900_001;
/// Cases this adds to those of the year.
pub(crate) const CASES: u64 = 8;

/// A resident as these stories need one.
struct Person {
    actor: Actor,
    party: base::ids::PartyId,
    name: String,
    answers: Answers,
    materials: Vec<MaterialGiven>,
}

/// Everything the stories are told from.
struct Scene {
    approval: Approval,
    published: Arc<Published>,
    office: Actor,
    people: Vec<Person>,
    ids: Vec<CaseId>,
    query_codes: Vec<String>,
    today: Date,
}

/// Adds the stories, once.
pub(crate) async fn add(
    parts: &Parts,
    teller: &Teller,
    ids: &IdSource,
    until: Timestamp,
) -> anyhow::Result<()> {
    let scene = Arc::new(scene(parts, teller, ids, until).await?);
    let written: Result<(), approval::Error> = parts
        .app
        .db
        .write(move |tx| {
            if marker::progress(tx, PART)? > 0 {
                return Ok(());
            }
            scene.tell(tx)?;
            Ok(marker::advance(tx, PART, 1)?)
        })
        .await;
    written.context("what followed some decisions")
}

async fn scene(
    parts: &Parts,
    teller: &Teller,
    ids: &IdSource,
    until: Timestamp,
) -> anyhow::Result<Scene> {
    let place = teller.offers.of(&teller.offices, BODY, ITEM)?;
    let offer = &teller.offers.list[place];
    let office = teller
        .offices
        .staff
        .iter()
        .find(|member| member.role == Role::Approver && member.desk == offer.desk)
        .context("an approver of the body")?;
    let published = parts
        .catalog
        .version(offer.version_id)
        .await?
        .context("the item's version")?;
    let mut people = Vec::new();
    for number in 0..5_u32 {
        let applicant = teller.town.applicant(Who::Resident(number));
        let mut words = Words {
            dice: Dice::of(teller.seed, Part::Words(u64::MAX - u64::from(number))),
            item: &offer.item,
            applicant: &applicant,
            papers: &teller.papers,
        };
        people.push(Person {
            answers: words.answers(until.as_millisecond()),
            materials: words.materials(false),
            actor: applicant.actor(),
            party: applicant.party,
            name: applicant.name.to_owned(),
        });
    }
    let ids: Vec<CaseId> = (0..CASES).map(|_| ids.next(until)).collect();
    Ok(Scene {
        approval: parts.approval.clone(),
        published,
        office: office.actor.clone(),
        people,
        query_codes: ids.iter().map(|id| teller.intake.query_code(*id)).collect(),
        ids,
        today: calendar::civil_date(until),
    })
}

impl Scene {
    /// Ten in the morning, so many days before the city's last.
    fn day(&self, back: i64) -> Timestamp {
        let day = self.today.checked_sub(back.days()).unwrap_or(self.today);
        let morning = calendar::start_of_day(day).as_second() + 10 * 3600;
        Timestamp::from_second(morning).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Days back to the day on which a certificate was made that ends in `left` days.
    fn made_to_end_in(&self, left: i64) -> i64 {
        let years = self.published.item.result.valid_years.unwrap_or(5);
        let last = self.today.checked_add(left.days()).unwrap_or(self.today);
        let made = last
            .checked_sub(i32::from(years).years())
            .and_then(|day| day.checked_add(1.day()))
            .unwrap_or(self.today);
        i64::from((self.today - made).get_days())
    }

    fn tell(&self, tx: &mut Tx<'_>) -> Result<(), approval::Error> {
        // Ends in 45 days: its holder has been reminded and may renew it.
        self.granted(tx, 0, 0, self.made_to_end_in(45), None)?;
        // Would have ended in 60 days; renewed last week.
        let first = self.granted(tx, 1, 1, self.made_to_end_in(60), None)?;
        let renewed = Ask {
            wish: Wish::Renew,
            license_id: license(&first)?,
            reason: String::new(),
        };
        self.granted(tx, 2, 1, 12, Some(renewed))?;
        // Lost, and reissued under the same number.
        let lost = self.granted(tx, 3, 2, 200, None)?;
        let reissued = Ask {
            wish: Wish::Reissue,
            license_id: license(&lost)?,
            reason: "店面装修时遗失，已在店内张贴遗失声明".to_owned(),
        };
        self.granted(tx, 4, 2, 30, Some(reissued))?;
        // Granted against the law, told, silent, revoked.
        let wrong = self.granted(tx, 5, 3, 160, None)?;
        self.revoked(tx, &license(&wrong)?)?;
        // Closed to a file.
        let filed = self.granted(tx, 7, 4, 90, None)?;
        let act = Act::Archive(archive::Act::Archive {
            retention: Retention::usual(&filed),
            pages: std::collections::BTreeMap::new(),
        });
        let at = self.day(60);
        self.approval
            .act(tx, &self.office, at, filed.id, None, &act)?;
        Ok(())
    }

    /// An application of a person that was granted `back` days ago.
    fn granted(
        &self,
        tx: &mut Tx<'_>,
        number: usize,
        person: usize,
        back: i64,
        after: Option<Ask>,
    ) -> Result<Case, approval::Error> {
        let who = &self.people[person];
        let filed_at = self.day(back + 3);
        let application = Application {
            case_id: self.ids[number],
            case_no: self.case_no(number, filed_at),
            published: Arc::clone(&self.published),
            situation: catalog::guided::Answers::new(),
            applicant: who.party,
            applicant_name: who.name.clone(),
            channel: Channel::Web,
            answers: who.answers.clone(),
            materials: who.materials.clone(),
            origins: approval::origins::Origins::default(),
            delivery: Delivery::Electronic,
            query_code: self.query_codes[number].clone(),
            together: approval::together::Together::default(),
            after,
        };
        let case = self.approval.file(tx, &who.actor, filed_at, &application)?;
        let accept = Act::Accept {
            remark: String::new(),
        };
        let grant = Act::Grant {
            opinion: "材料齐全，符合条件".to_owned(),
        };
        for (days, act) in [(2, accept), (0, grant)] {
            let at = self.day(back + days);
            self.approval
                .act(tx, &self.office, at, case.id, None, &act)?;
        }
        cases::load(tx, case.id)?.ok_or(approval::Error::NotFound)
    }

    fn revoked(&self, tx: &mut Tx<'_>, license_id: &str) -> Result<(), approval::Error> {
        let new = Propose {
            end: End::Revoke,
            license_id: license_id.to_owned(),
            ground: "unqualified".to_owned(),
            facts: "经营场所不具备食品处理区，现场核查时误认定为符合条件".to_owned(),
        };
        let told_at = self.day(25);
        let no = self.case_no(6, told_at);
        let case =
            self.approval
                .propose_ending(tx, &self.office, told_at, (self.ids[6], &no), &new)?;
        // Nobody answered; the five working days are over whatever holidays there were.
        let command = Command::End {
            doc_no: String::new(),
            reply: String::new(),
            from_start: false,
            safety: false,
        };
        let at = self.day(8);
        self.approval
            .act_on_ending(tx, &self.office, at, case.id, None, &command)?;
        Ok(())
    }

    fn case_no(&self, number: usize, at: Timestamp) -> String {
        let region: String = self.published.item.region_code.chars().take(6).collect();
        let digit = Digit::from_digit(Channel::Web.digit()).expect("a channel's digit");
        RegionCode::parse(&region)
            .ok()
            .and_then(|region| {
                let day = calendar::civil_date(at);
                CaseNo::make(&region, day, digit, SEQUENCE + number as u32)
            })
            .map_or_else(String::new, |no| no.as_str().to_owned())
    }
}

fn license(case: &Case) -> Result<String, approval::Error> {
    approval::details::decision(case)
        .and_then(|decision| decision.license_id)
        .ok_or(approval::Error::NotFound)
}
