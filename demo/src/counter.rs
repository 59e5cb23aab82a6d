//! What windows have on their hands: an application taken in for another county with its originals in custody, a
//! limited licence with its queue, a list handed from one shift to the next, a helper's list, a colleague who stands in
//! for another. Every step is taken through the use cases, at its own instant.

use std::sync::Arc;

use anyhow::Context as _;
use approval::details::{Delivery, MaterialGiven};
use approval::quota::{self, Period};
use approval::{Act, Answers, Application, Approval, window};
use base::IdSource;
use base::codes::{CaseNo, Channel as Digit, RegionCode};
use base::ids::{CaseId, FileId, PartyId};
use casework::actor::Staff;
use casework::{Actor, Case, Channel, Role};
use catalog::model::Published;
use jiff::{Timestamp, ToSpan as _};
use people::People;
use people::deputies::NewDeputy;
use store::Tx;
use uuid::Uuid;

use crate::Parts;
use crate::dice::{Dice, Part};
use crate::marker;
use crate::offices::Member;
use crate::residents::Who;
use crate::story::Teller;
use crate::words::Words;

const PART: &str = "counter";
/// 犬只登记 of the district's city management: taken in anywhere in the city.
const EVERYWHERE: (&str, &str) = ("990102.city_management", "992024001000");
/// 烟花爆竹零售许可: as many as the announcement says.
const LIMITED: (&str, &str) = ("city.emergency", "990120001000");
/// The county whose windows take in for the district, and the district itself.
const ELSEWHERE: &str = "990103";
const HERE: &str = "990102";
/// Sequence numbers of these cases.
const SEQUENCE: u32 = 910_001;
/// Cases this adds to those of the year.
pub(crate) const CASES: u64 = 6;
/// Licences there are, applications for them that were accepted, and of these granted.
const PLACES: i64 = 2;
const APPLIED: usize = 4;

/// An application as it comes to a window.
struct Coming {
    id: CaseId,
    query_code: String,
    published: Arc<Published>,
    party: PartyId,
    name: String,
    actor: Actor,
    answers: Answers,
    materials: Vec<MaterialGiven>,
}

struct Scene {
    approval: Approval,
    people: People,
    /// Of another county, of the district.
    clerks: [Actor; 2],
    helper: Option<Staff>,
    officer: Actor,
    /// Away, and whoever stands in.
    colleagues: Option<[Staff; 2]>,
    coming: Vec<Coming>,
    marks: [Uuid; 2],
    until: Timestamp,
}

/// Adds the work, once.
pub(crate) async fn add(
    parts: &Parts,
    teller: &Teller,
    ids: &IdSource,
    until: Timestamp,
) -> anyhow::Result<()> {
    let scene = Arc::new(scene(parts, teller, ids, until).await?);
    let written: Result<(), web::Problem> = parts
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
    written
        .map_err(|problem| anyhow::anyhow!(problem.detail))
        .context("what windows have on their hands")
}

async fn scene(
    parts: &Parts,
    teller: &Teller,
    ids: &IdSource,
    until: Timestamp,
) -> anyhow::Result<Scene> {
    let everywhere = published(parts, teller, EVERYWHERE).await?;
    let limited = published(parts, teller, LIMITED).await?;
    let mut coming = Vec::new();
    for number in 0..CASES as u32 {
        let version = if (number as usize) < APPLIED {
            &limited
        } else {
            &everywhere
        };
        let applicant = teller.town.applicant(Who::Resident(number + 5));
        let mut words = Words {
            dice: Dice::of(teller.seed, Part::Words((1 << 41) + u64::from(number))),
            item: &version.item,
            applicant: &applicant,
            papers: &teller.papers,
        };
        let id: CaseId = ids.next(until);
        coming.push(Coming {
            id,
            query_code: teller.intake.query_code(id),
            answers: words.answers(until.as_millisecond()),
            materials: words.materials(false),
            party: applicant.party,
            name: applicant.name.to_owned(),
            actor: applicant.actor(),
            published: Arc::clone(version),
        });
    }
    let staff = &teller.offices.staff;
    let clerk = |region: &str| {
        let serves = |member: &&Member| {
            member.role == Role::WindowClerk
                && of(&member.actor).is_some_and(|staff| {
                    staff
                        .grants
                        .iter()
                        .any(|grant| grant.region == region && grant.org.is_none())
                })
        };
        let found = staff.iter().find(serves);
        found.map(|member| member.actor.clone())
    };
    let desk = |key: &str| teller.offices.desk(key).context("a body");
    let approvers = |key: &str| -> anyhow::Result<Vec<Actor>> {
        let desk = desk(key)?;
        let found = staff
            .iter()
            .filter(|member| member.role == Role::Approver && member.desk == desk);
        Ok(found.map(|member| member.actor.clone()).collect())
    };
    let colleagues: Vec<Staff> = approvers(EVERYWHERE.0)?
        .iter()
        .filter_map(|actor| of(actor).cloned())
        .collect();
    Ok(Scene {
        approval: parts.approval.clone(),
        people: parts.app.people.clone(),
        clerks: [
            clerk(ELSEWHERE).context("a clerk of another county")?,
            clerk(HERE).context("a clerk of the district")?,
        ],
        helper: staff
            .iter()
            .find(|member| member.role == Role::Helper)
            .and_then(|member| of(&member.actor).cloned()),
        officer: approvers(LIMITED.0)?
            .into_iter()
            .next()
            .context("an approver")?,
        colleagues: <[Staff; 2]>::try_from(colleagues.into_iter().take(2).collect::<Vec<Staff>>())
            .ok(),
        coming,
        marks: [
            ids.next::<FileId>(until).uuid(),
            ids.next::<FileId>(until).uuid(),
        ],
        until,
    })
}

async fn published(
    parts: &Parts,
    teller: &Teller,
    (body, code): (&str, &str),
) -> anyhow::Result<Arc<Published>> {
    let place = teller.offers.of(&teller.offices, body, code)?;
    let version = teller.offers.list[place].version_id;
    let found = parts.catalog.version(version).await?;
    found.context("the item's version")
}

fn of(actor: &Actor) -> Option<&Staff> {
    match actor {
        Actor::Staff(staff) => Some(staff),
        Actor::Person(_) | Actor::System => None,
    }
}

impl Scene {
    /// So many hours before the end of the year of cases.
    fn ago(&self, hours: i64) -> Timestamp {
        self.until.checked_sub(hours.hours()).unwrap_or(self.until)
    }

    fn tell(&self, tx: &mut Tx<'_>) -> Result<(), web::Problem> {
        self.limited(tx)?;
        self.everywhere(tx)?;
        self.desk(tx)?;
        self.deputy(tx)
    }

    /// Four for two places: one has one, the others wait in the order of acceptance.
    fn limited(&self, tx: &mut Tx<'_>) -> Result<(), web::Problem> {
        let item = self.coming[0].published.item_id;
        let basis = "云川市烟花爆竹零售点布设规划（云应急〔2026〕3号）";
        let by = self.officer.name();
        quota::set(tx, item, &Period::All, PLACES, basis, by, self.ago(200))?;
        for number in 0..APPLIED {
            let back = 60 - number as i64;
            let coming = &self.coming[number];
            self.file(tx, number, &coming.actor, Channel::Web, back)?;
            let accept = Act::Accept {
                remark: String::new(),
            };
            let (officer, at) = (&self.officer, self.ago(back - 20));
            self.approval
                .act(tx, officer, at, coming.id, None, &accept)?;
        }
        let grant = Act::Grant {
            opinion: "符合布设规划，安全条件合格".to_owned(),
        };
        let (officer, at) = (&self.officer, self.ago(18));
        self.approval
            .act(tx, officer, at, self.coming[0].id, None, &grant)?;
        Ok(())
    }

    /// Taken in at a window of another county, its originals kept there, on its way to the office that decides.
    fn everywhere(&self, tx: &mut Tx<'_>) -> Result<(), web::Problem> {
        let clerk = &self.clerks[0];
        let case = self.file(tx, APPLIED, clerk, Channel::Window, 27)?;
        let acts = [
            window::Command::TakeOriginals {
                papers: vec![("居民身份证".to_owned(), 1), ("犬只免疫证明".to_owned(), 1)],
            },
            window::Command::SendHandover {
                courier: "政务专递 990000027".to_owned(),
            },
        ];
        for (back, command) in [26, 25].into_iter().zip(acts) {
            let (at, act) = (self.ago(back), Act::Window(command));
            self.approval.act(tx, clerk, at, case.id, None, &act)?;
        }
        Ok(())
    }

    /// Brought in by a helper for somebody who cannot come, and gone along with; taken by a clerk, who hands the shift on.
    fn desk(&self, tx: &mut Tx<'_>) -> Result<(), web::Problem> {
        let clerk = &self.clerks[1];
        let helper = self.helper.clone().map(Actor::Staff);
        let by = helper.as_ref().unwrap_or(clerk);
        let case = self.file(tx, APPLIED + 1, by, Channel::Window, 8)?;
        let take = Act::Take { back: false };
        self.approval
            .act(tx, clerk, self.ago(7), case.id, None, &take)?;
        if let Some(staff) = of(clerk) {
            let remark = "申请人明早补送犬只照片";
            ::window::hand_over(tx, clerk, staff, self.marks[0], remark, self.ago(4))?;
        }
        if let Some(helper) = &self.helper {
            let actor = Actor::Staff(helper.clone());
            let note = "行动不便，上门收材料";
            let at = self.ago(6);
            ::window::go_along(tx, &actor, helper.staff, (&case.no, note), at)?;
        }
        Ok(())
    }

    /// Away for a week; a colleague does the work.
    fn deputy(&self, tx: &mut Tx<'_>) -> Result<(), web::Problem> {
        let Some([away, deputy]) = &self.colleagues else {
            return Ok(());
        };
        let last = calendar::civil_date(self.until)
            .checked_add(5.days())
            .unwrap_or(calendar::civil_date(self.until));
        let new = NewDeputy {
            absent: away.staff,
            staff: deputy.staff,
            from: self.ago(48),
            until: calendar::end_of_day(last),
            reason: "参加业务培训".to_owned(),
        };
        let at = self.ago(50);
        self.people.name_deputy(tx, away, &new, self.marks[1], at)?;
        Ok(())
    }

    fn file(
        &self,
        tx: &mut Tx<'_>,
        number: usize,
        by: &Actor,
        channel: Channel,
        back: i64,
    ) -> Result<Case, approval::Error> {
        let (coming, at) = (&self.coming[number], self.ago(back));
        let application = Application {
            case_id: coming.id,
            case_no: case_no(&coming.published, channel, number, at),
            published: Arc::clone(&coming.published),
            situation: catalog::guided::Answers::new(),
            applicant: coming.party,
            applicant_name: coming.name.clone(),
            channel,
            answers: coming.answers.clone(),
            materials: coming.materials.clone(),
            delivery: Delivery::Window,
            origins: approval::origins::Origins::default(),
            query_code: coming.query_code.clone(),
            after: None,
            together: approval::together::Together::default(),
        };
        self.approval.file(tx, by, at, &application)
    }
}

fn case_no(published: &Published, channel: Channel, number: usize, at: Timestamp) -> String {
    let region: String = published.item.region_code.chars().take(6).collect();
    let digit = Digit::from_digit(channel.digit()).expect("a channel's digit");
    RegionCode::parse(&region)
        .ok()
        .and_then(|region| {
            let day = calendar::civil_date(at);
            CaseNo::make(&region, day, digit, SEQUENCE + number as u32)
        })
        .map_or_else(String::new, |no| no.as_str().to_owned())
}
