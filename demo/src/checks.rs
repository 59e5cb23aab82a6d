//! 承诺核查 after grants that rested on a promise: one that is due, one that was corrected, one that was broken and
//! whose credit was repaired since. Every step is taken through the use cases of `approval`, at its own instant; the
//! inspector gets an account of their own.

use std::sync::Arc;

use anyhow::Context as _;
use approval::after::ending::Command;
use approval::aftercheck::{self, Act as Check};
use approval::details::{Delivery, MaterialGiven};
use approval::{Act, Answers, Application, Approval, credit};
use base::IdSource;
use base::codes::{CaseNo, Channel as Digit, RegionCode};
use base::ids::{AccountId, CaseId, StaffId};
use casework::{Actor, Case, Channel, Grant, Role};
use catalog::model::Published;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use people::NewStaff;
use store::Tx;

use crate::Parts;
use crate::dice::{Dice, Part};
use crate::marker;
use crate::residents::Who;
use crate::special;
use crate::story::Teller;
use crate::words::Words;

/// 个体工商户设立登记: a promise may take the place of the proof of premises.
const SHOP: &str = "990121002001";
const PART: &str = "checks";
/// Sequence numbers of these cases, far beyond any day's own.
const SEQUENCE: u32 = 900_401;
/// Applications that were granted on a promise, how many days before the city's last.
const GRANTED: [i64; 3] = [52, 40, 75];
/// Cases this adds to those of the year: each grant with its check, and the revocation that the broken one began.
pub(crate) const CASES: u64 = 2 * GRANTED.len() as u64 + 1;
/// Login and name of the inspector.
pub(crate) const INSPECTOR: (&str, &str) = ("inspector1", "罗建勇");

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
    shop: Arc<Published>,
    office: Actor,
    inspector: (StaffId, AccountId, NewStaff),
    people: Vec<Person>,
    ids: Vec<CaseId>,
    query_codes: Vec<String>,
    today: Date,
}

/// Adds the stories, once; after those of [`special`], whose head of the body repairs the credit.
pub(crate) async fn add(
    parts: &Parts,
    teller: &Teller,
    ids: &IdSource,
    password_hash: &str,
    until: Timestamp,
) -> anyhow::Result<()> {
    let scene = Arc::new(scene(parts, teller, ids, password_hash, until).await?);
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
    written.context("promises that are checked")
}

async fn scene(
    parts: &Parts,
    teller: &Teller,
    ids: &IdSource,
    password_hash: &str,
    until: Timestamp,
) -> anyhow::Result<Scene> {
    let shop = &teller.offers.list[teller.offers.of(&teller.offices, special::BODY, SHOP)?];
    let office = teller
        .offices
        .staff
        .iter()
        .find(|member| member.role == Role::Approver && member.desk == shop.desk)
        .context("an approver of the body")?;
    let desk = &teller.offices.desks[shop.desk];
    let published = parts.catalog.version(shop.version_id).await?;
    let mut people = Vec::new();
    for number in 0..u32::try_from(GRANTED.len())? {
        // Others than those of `after` and `special`.
        let applicant = teller.town.applicant(Who::Resident(20 + number));
        let mut words = Words {
            dice: Dice::of(teller.seed, Part::Words(u64::MAX - 200 - u64::from(number))),
            item: &shop.item,
            applicant: &applicant,
            papers: &teller.papers,
        };
        let answers = words.answers(until.as_millisecond());
        let mut materials = words.materials(false);
        materials.retain(|given| given.key != "premises");
        intake::materials::set_promised(&mut materials, "premises", true);
        people.push(Person {
            answers,
            materials,
            actor: applicant.actor(),
            party: applicant.party,
            name: applicant.name.to_owned(),
        });
    }
    let inspector = NewStaff {
        login: INSPECTOR.0.to_owned(),
        password_hash: password_hash.to_owned(),
        must_change: false,
        name: INSPECTOR.1.to_owned(),
        org: desk.id,
        title: "监管科科员".to_owned(),
        window: None,
        grants: vec![Grant {
            role: Role::Inspector,
            region: desk.body.region.clone(),
            org: Some(desk.id),
        }],
    };
    let cases: Vec<CaseId> = (0..GRANTED.len()).map(|_| ids.next(until)).collect();
    Ok(Scene {
        approval: parts.approval.clone(),
        shop: published.context("the item's version")?,
        office: office.actor.clone(),
        inspector: (ids.next(until), ids.next(until), inspector),
        people,
        query_codes: cases
            .iter()
            .map(|id| teller.intake.query_code(*id))
            .collect(),
        ids: cases,
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

    fn tell(&self, tx: &mut Tx<'_>) -> Result<(), approval::Error> {
        let inspector = self.inspector(tx)?;
        // 40 working days from the grant: this one is due within days.
        self.granted(tx, 0)?;
        let corrected = self.granted(tx, 1)?;
        let order = Check::Order {
            text: "经营场所的门牌号与承诺的不一致，请办理场所变更手续".to_owned(),
            days: 10,
            stop: false,
        };
        self.check(tx, &inspector, &corrected, 25, &order)?;
        let well = Check::ConfirmCorrection {
            text: "复查：场所变更手续已办，与登记相符".to_owned(),
        };
        self.check(tx, &inspector, &corrected, 14, &well)?;
        let broken = self.granted(tx, 2)?;
        let found = Check::Broken {
            text: "两次到场，承诺的场所没有经营，房屋产权人称从未出租".to_owned(),
            deliberate: false,
        };
        self.check(tx, &inspector, &broken, 45, &found)?;
        // Its holder was told, said nothing, and the time for it is over.
        let end = Command::End {
            doc_no: String::new(),
            reply: String::new(),
            from_start: false,
            safety: false,
        };
        let ending = aftercheck::ending_of(aftercheck::id_of(broken.id));
        self.approval
            .act_on_ending(tx, &self.office, self.day(27), ending, None, &end)?;
        self.repaired(tx, &broken, 5)
    }

    fn inspector(&self, tx: &mut Tx<'_>) -> Result<Actor, approval::Error> {
        let (staff, account, new) = &self.inspector;
        let people = &self.approval.app.people;
        let hired = self.day(120);
        people
            .create_staff(tx, new, *staff, *account, hired)
            .map_err(damaged)?;
        let actor = people.actor_for(tx, *account).map_err(damaged)?;
        actor.ok_or(approval::Error::NotFound)
    }

    /// Filed with a promise, accepted the day after, granted the next.
    fn granted(&self, tx: &mut Tx<'_>, number: usize) -> Result<Case, approval::Error> {
        let (who, back) = (&self.people[number], GRANTED[number]);
        let filed_at = self.day(back + 2);
        let application = Application {
            case_id: self.ids[number],
            case_no: self.case_no(number, filed_at),
            published: Arc::clone(&self.shop),
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
            after: None,
        };
        let case = self.approval.file(tx, &who.actor, filed_at, &application)?;
        let accept = Act::Accept {
            remark: String::new(),
        };
        let grant = Act::Grant {
            opinion: "按告知承诺办理，准予登记".to_owned(),
        };
        for (days, act) in [(1, accept), (0, grant)] {
            let at = self.day(back + days);
            self.approval
                .act(tx, &self.office, at, case.id, None, &act)?;
        }
        cases::load(tx, case.id)?.ok_or(approval::Error::NotFound)
    }

    fn check(
        &self,
        tx: &mut Tx<'_>,
        inspector: &Actor,
        granted: &Case,
        back: i64,
        act: &Check,
    ) -> Result<(), approval::Error> {
        let (id, at) = (aftercheck::id_of(granted.id), self.day(back));
        let ending_no = self.case_no(GRANTED.len(), at);
        self.approval
            .check(tx, inspector, at, (id, None), act, &ending_no)?;
        Ok(())
    }

    /// The head of the body repairs what the broken promise left behind.
    fn repaired(&self, tx: &mut Tx<'_>, granted: &Case, back: i64) -> Result<(), approval::Error> {
        let people = &self.approval.app.people;
        let account = people
            .account_by_login(tx, special::HEAD.0)
            .map_err(damaged)?
            .ok_or(approval::Error::NotFound)?;
        let head = people.actor_for(tx, account.id).map_err(damaged)?;
        let head = head.ok_or(approval::Error::NotFound)?;
        let entry = credit::entry_id(granted.id, credit::Kind::FalsePromise);
        let reason = "已停止经营、交回执照，并参加信用修复培训";
        credit::repair(tx, &head, entry, reason, self.day(back))?;
        Ok(())
    }

    fn case_no(&self, number: usize, at: Timestamp) -> String {
        let region: String = self.shop.item.region_code.chars().take(6).collect();
        let digit = Digit::from_digit(Channel::Web.digit()).expect("a channel's digit");
        RegionCode::parse(&region)
            .ok()
            .and_then(|region| {
                let sequence = SEQUENCE + u32::try_from(number).unwrap_or_default();
                CaseNo::make(&region, calendar::civil_date(at), digit, sequence)
            })
            .map_or_else(String::new, |no| no.as_str().to_owned())
    }
}

fn damaged(error: people::Error) -> approval::Error {
    approval::Error::Cases(cases::Error::Damaged(error.to_string()))
}
