//! Cases on the roads beside the straight one: materials to follow, a hearing, a promise in place of a proof, an extension,
//! a special procedure. Every step is taken through the use cases of `approval`, at its own instant; the head of a body,
//! who alone may extend, gets an account of their own.

use std::sync::Arc;

use anyhow::Context as _;
use approval::details::{Delivery, MaterialGiven};
use approval::special::notices::Means;
use approval::special::procedure::{Kind, Start};
use approval::special::{Command, hearing};
use approval::{Act, Answers, Application, Approval};
use base::IdSource;
use base::codes::{CaseNo, Channel as Digit, RegionCode};
use base::ids::{AccountId, CaseId, StaffId};
use calendar::{Deadline, Length, Moment, Rule};
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
use crate::story::Teller;
use crate::words::Words;

pub(crate) const BODY: &str = "990102.market";
/// 食品经营许可新办: rules and health certificates may follow.
const FOOD: &str = "990121001001";
/// 个体工商户设立登记: a promise may take the place of the proof of premises.
const SHOP: &str = "990121002001";
const PART: &str = "special";
/// Sequence numbers of these cases, far beyond any day's own.
const SEQUENCE: u32 = 900_201;
/// Applications that these stories are told of.
const STORIES: u32 = 6;
/// Cases this adds to those of the year: the applications, and the check of the promise in one of them.
pub(crate) const CASES: u64 = STORIES as u64 + 1;
/// Login and name of the head of the body.
pub(crate) const HEAD: (&str, &str) = ("head1", "梁国栋");

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
    food: Arc<Published>,
    shop: Arc<Published>,
    office: Actor,
    head: (StaffId, AccountId, NewStaff),
    people: Vec<Person>,
    ids: Vec<CaseId>,
    query_codes: Vec<String>,
    today: Date,
    until: Timestamp,
}

/// Adds the stories, once.
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
    written.context("cases on the roads beside the straight one")
}

async fn scene(
    parts: &Parts,
    teller: &Teller,
    ids: &IdSource,
    password_hash: &str,
    until: Timestamp,
) -> anyhow::Result<Scene> {
    let place = |code: &str| teller.offers.of(&teller.offices, BODY, code);
    let (food, shop) = (
        &teller.offers.list[place(FOOD)?],
        &teller.offers.list[place(SHOP)?],
    );
    let office = teller
        .offices
        .staff
        .iter()
        .find(|member| member.role == Role::Approver && member.desk == food.desk)
        .context("an approver of the body")?;
    let desk = &teller.offices.desks[food.desk];
    let version = async |id| -> anyhow::Result<Arc<Published>> {
        let published = parts.catalog.version(id).await?;
        published.context("the item's version")
    };
    let mut people = Vec::new();
    for number in 0..STORIES {
        let applicant = teller.town.applicant(Who::Resident(number));
        let item = if number == 2 { &shop.item } else { &food.item };
        let mut words = Words {
            dice: Dice::of(teller.seed, Part::Words(u64::MAX - 100 - u64::from(number))),
            item,
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
    let head = NewStaff {
        login: HEAD.0.to_owned(),
        password_hash: password_hash.to_owned(),
        must_change: false,
        name: HEAD.1.to_owned(),
        org: desk.id,
        title: "局长".to_owned(),
        window: None,
        grants: vec![Grant {
            role: Role::AgencyHead,
            region: desk.body.region.clone(),
            org: Some(desk.id),
        }],
    };
    let cases: Vec<CaseId> = (0..STORIES).map(|_| ids.next(until)).collect();
    Ok(Scene {
        approval: parts.approval.clone(),
        food: version(food.version_id).await?,
        shop: version(shop.version_id).await?,
        office: office.actor.clone(),
        head: (ids.next(until), ids.next(until), head),
        people,
        query_codes: cases
            .iter()
            .map(|id| teller.intake.query_code(*id))
            .collect(),
        ids: cases,
        today: calendar::civil_date(until),
        until,
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
        self.with_a_gap(tx)?;
        self.with_a_hearing(tx)?;
        self.by_promise(tx)?;
        self.extended(tx)?;
        self.with_a_procedure(tx)?;
        self.to_be_extended(tx)
    }

    /// 容缺受理: the layout is there; rules and health certificates are promised and have not come yet.
    fn with_a_gap(&self, tx: &mut Tx<'_>) -> Result<(), approval::Error> {
        let core = self.people[0]
            .materials
            .iter()
            .filter(|given| given.key == "layout")
            .cloned()
            .collect();
        let case = self.filed(tx, 0, &self.food, core, 4)?;
        let person = &self.people[0].actor;
        self.act(tx, person, case.id, 4, Command::PromiseGap)?;
        let accept = Command::AcceptWithGap {
            acceptance_no: String::new(),
            doc_no: String::new(),
            days: None,
            means: Means::new(Delivery::Electronic),
        };
        self.act(tx, &self.office, case.id, 3, accept)
    }

    /// 听证: asked for, called, still to be held.
    fn with_a_hearing(&self, tx: &mut Tx<'_>) -> Result<(), approval::Error> {
        let case = self.accepted(tx, 1, 9)?;
        let right = Command::TellHearingRight {
            doc_no: String::new(),
            reason: "直接涉及申请人与相邻住户之间重大利益关系".to_owned(),
            means: Means::new(Delivery::Electronic),
        };
        self.act(tx, &self.office, case.id, 7, right)?;
        let request = Command::RequestHearing {
            by: String::new(),
            reason: "希望当面说明油烟和噪声怎样处理".to_owned(),
        };
        self.act(tx, &self.people[1].actor, case.id, 5, request)?;
        let call = Command::CallHearing(hearing::Call {
            doc_no: String::new(),
            on: self.working_days_after(self.day(4), 12),
            time: "上午9时30分".to_owned(),
            place: "云川区政务服务中心三楼听证室".to_owned(),
            officer: "何平".to_owned(),
            means: Means::new(Delivery::Electronic),
        });
        self.act(tx, &self.office, case.id, 4, call)
    }

    /// 告知承诺: the proof of premises was promised; granted, and to be checked afterwards.
    fn by_promise(&self, tx: &mut Tx<'_>) -> Result<(), approval::Error> {
        let mut materials = self.people[2].materials.clone();
        intake::materials::set_promised(&mut materials, "premises", false);
        materials.retain(|given| given.key != "premises");
        intake::materials::set_promised(&mut materials, "premises", true);
        let case = self.filed(tx, 2, &self.shop, materials, 3)?;
        for (back, act) in [
            (
                3,
                Act::Accept {
                    remark: String::new(),
                },
            ),
            (
                2,
                Act::Grant {
                    opinion: "按告知承诺办理，准予登记".to_owned(),
                },
            ),
        ] {
            let at = self.day(back);
            self.approval
                .act(tx, &self.office, at, case.id, None, &act)?;
        }
        Ok(())
    }

    /// 延长: asked for by the officer, approved by the head; the applicant reminds them since (催办).
    fn extended(&self, tx: &mut Tx<'_>) -> Result<(), approval::Error> {
        let case = self.accepted(tx, 3, 8)?;
        let request = Command::RequestExtension {
            days: 10,
            reason: "现场条件与图纸不一致，需要再次核查".to_owned(),
        };
        self.act(tx, &self.office, case.id, 4, request)?;
        let (staff, account, new) = &self.head;
        let people = &self.approval.app.people;
        people
            .create_staff(tx, new, *staff, *account, self.day(60))
            .map_err(damaged)?;
        let head = people.actor_for(tx, *account).map_err(damaged)?;
        let head = head.ok_or(approval::Error::NotFound)?;
        let approve = Command::ApproveExtension {
            doc_no: String::new(),
        };
        self.act(tx, &head, case.id, 3, approve)?;
        let urge = Command::Urge {
            text: "店面已经租好，请尽快安排再次核查".to_owned(),
        };
        self.act(tx, &self.people[3].actor, case.id, 1, urge)
    }

    /// 特别程序: an expert review is under way, the clocks stand still.
    fn with_a_procedure(&self, tx: &mut Tx<'_>) -> Result<(), approval::Error> {
        let case = self.accepted(tx, 4, 8)?;
        let start = Command::StartProcedure(Start {
            doc_no: String::new(),
            kind: Kind::ExpertReview,
            name: String::new(),
            reason: "中央厨房的工艺布局需要专家评审".to_owned(),
            body: "云川市食品安全专家委员会".to_owned(),
            days: 10,
            means: Means::new(Delivery::Electronic),
        });
        self.act(tx, &self.office, case.id, 6, start)
    }

    /// 延长: asked for, and waiting for the head.
    fn to_be_extended(&self, tx: &mut Tx<'_>) -> Result<(), approval::Error> {
        let case = self.accepted(tx, 5, 7)?;
        let request = Command::RequestExtension {
            days: 5,
            reason: "申请人的加工工艺需要向上级机关请示".to_owned(),
        };
        self.act(tx, &self.office, case.id, 1, request)
    }

    fn act(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        case: CaseId,
        back: i64,
        command: Command,
    ) -> Result<(), approval::Error> {
        let (at, act) = (self.day(back), Act::Special(command));
        self.approval.act(tx, actor, at, case, None, &act).map(drop)
    }

    /// An application for the food permit that was accepted `back` days ago.
    fn accepted(&self, tx: &mut Tx<'_>, number: usize, back: i64) -> Result<Case, approval::Error> {
        let materials = self.people[number].materials.clone();
        let case = self.filed(tx, number, &self.food, materials, back + 1)?;
        let accept = Act::Accept {
            remark: String::new(),
        };
        let at = self.day(back);
        self.approval
            .act(tx, &self.office, at, case.id, None, &accept)
    }

    fn filed(
        &self,
        tx: &mut Tx<'_>,
        number: usize,
        published: &Arc<Published>,
        materials: Vec<MaterialGiven>,
        back: i64,
    ) -> Result<Case, approval::Error> {
        let who = &self.people[number];
        let at = self.day(back).min(self.until);
        let application = Application {
            case_id: self.ids[number],
            case_no: case_no(published, number, at),
            published: Arc::clone(published),
            situation: catalog::guided::Answers::new(),
            applicant: who.party,
            applicant_name: who.name.clone(),
            channel: Channel::Web,
            answers: who.answers.clone(),
            materials,
            origins: approval::origins::Origins::default(),
            delivery: Delivery::Electronic,
            query_code: self.query_codes[number].clone(),
            together: approval::together::Together::default(),
            after: None,
        };
        self.approval.file(tx, &who.actor, at, &application)
    }

    fn working_days_after(&self, from: Timestamp, days: u32) -> Date {
        let calendar = self.approval.app.calendar();
        let length = Length::working_days(days);
        match calendar::due(&calendar, Moment::At(from), length, &[], Rule::default()) {
            Ok(Deadline::On(due)) => due.date,
            _ => self.today,
        }
    }
}

fn damaged(error: people::Error) -> approval::Error {
    approval::Error::Cases(cases::Error::Damaged(error.to_string()))
}

fn case_no(published: &Published, number: usize, at: Timestamp) -> String {
    let region: String = published.item.region_code.chars().take(6).collect();
    let digit = Digit::from_digit(Channel::Web.digit()).expect("a channel's digit");
    RegionCode::parse(&region)
        .ok()
        .and_then(|region| {
            let day = calendar::civil_date(at);
            CaseNo::make(&region, day, digit, SEQUENCE + number as u32)
        })
        .map_or_else(String::new, |no| no.as_str().to_owned())
}
