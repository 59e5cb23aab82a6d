//! 主动服务: the platform finds who reaches an age and offers what they have a right to; they need only confirm.
//!
//! A register finds everybody born in a month by a keyed code of the month, so a search opens the records of that
//! month and no others, and the table tells nobody's birthday to whoever reads it.

use std::sync::Arc;

use base::ids::{CaseId, ItemId};
use casework::{Actor, Channel};
use catalog::snapshot::Snapshot;
use intake::at_once::{Applicant, Ask};
use intake::filing::{Application, serves};
use intake::messages::Message;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use jobs::{Job, Outcome as Done};
use people::{Party, PartyKind, People};
use serde::Deserialize;
use serde_json::{Map, Value};
use store::Tx;
use uuid::Uuid;

use crate::error::Error;
use crate::model::Record;
use crate::shipped;
use crate::sources::local::{self, Codes};
use crate::state::Smart;
use crate::store as records;
use crate::store::offers::{Body, Offer, State};

/// Kind of the daily job.
pub const OFFER_JOB: &str = "smart.offer";
/// Most people of one month.
pub const MONTH_MAX: usize = 20_000;

/// Something that is offered.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proactive {
    pub base_code: String,
    pub name: String,
    /// Whole years.
    pub age: i16,
    /// Register that is searched; its records name `alive`, `name`, `household_region`, `address`.
    pub source: String,
    /// Register and field with what the person gets already.
    pub already: Already,
    /// Register with the account it is paid to: `card_account`, `card_bank`.
    pub account: String,
    /// Said to the person; `{name}` is theirs.
    pub words: String,
    pub legal_basis: String,
    /// Answers of the form that are the same for everybody.
    pub answers: Map<String, Value>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Already {
    pub source: String,
    pub field: String,
    pub value: String,
}

/// Somebody found.
#[derive(Clone, Debug)]
pub struct Found {
    pub subject: [u8; 32],
    pub number: String,
    pub name: String,
    pub region: String,
    pub address: String,
    pub born: String,
}

/// Who reaches the age in the month of `today`, lives, and does not get it yet.
pub fn find(
    tx: &mut Tx<'_>,
    people: &People,
    codes: &Codes,
    what: &Proactive,
    today: Date,
) -> Result<Vec<Found>, store::Error> {
    let month = (today.year() - what.age, today.month());
    let born = local::born_in(tx, people, codes, &what.source, month, MONTH_MAX)?;
    let mut found = Vec::with_capacity(born.len());
    for (subject, number, record) in born {
        if record.fields.get("alive") != Some(&Value::Bool(true)) {
            continue;
        }
        let text = |field: &str| text(&record, field);
        found.push(Found {
            subject,
            name: text("name"),
            region: text("household_region"),
            address: text("address"),
            born: text("born"),
            number,
        });
    }
    Ok(found)
}

fn text(record: &Record, field: &str) -> String {
    record
        .fields
        .get(field)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// Makes the offers of the month of `today` that are not made yet; how many.
pub fn make(
    tx: &mut Tx<'_>,
    smart: &Smart,
    what: &Proactive,
    today: Date,
    now: Timestamp,
) -> Result<usize, store::Error> {
    let snapshot = smart.catalog.snapshot();
    let mut made = 0;
    for person in find(tx, &smart.app.people, &smart.codes, what, today)? {
        if gets_already(tx, smart, what, &person.number)? {
            continue;
        }
        let Some(item) = item_for(&snapshot, &what.base_code, &person.region) else {
            continue;
        };
        let number = person.number.clone();
        let offer = Offer {
            id: smart.app.ids.next_uuid(now),
            base_code: what.base_code.clone(),
            item,
            subject: person.subject,
            region: person.region.clone(),
            month: format!("{:04}-{:02}", today.year(), today.month()),
            state: State::Open,
            body: Body {
                name: person.name,
                number: person.number,
                born: person.born,
                address: person.address,
            },
            made_at: now,
            answered_at: None,
            case: None,
        };
        if records::offers::insert(tx, &smart.app.people, &offer)? {
            made += 1;
            tell(tx, smart, what, &offer, &number, now)?;
        }
    }
    Ok(made)
}

/// Tells whoever is known here; anybody else is found by the register alone and sees the offer when they sign in.
fn tell(
    tx: &mut Tx<'_>,
    smart: &Smart,
    what: &Proactive,
    offer: &Offer,
    number: &str,
    now: Timestamp,
) -> Result<(), store::Error> {
    let party = match smart.app.people.find_party(tx, number) {
        Ok(party) => party,
        Err(people::Error::Store(error)) => return Err(error),
        Err(error) => {
            tracing::warn!(%error, "somebody is offered something and not told");
            None
        }
    };
    let Some(party) = party else {
        return Ok(());
    };
    let words = what.words.replace("{name}", &party.name);
    let message = Message::offered(party.id, offer.id, &what.name, &words, now);
    intake::store::messages::keep(tx, &message)
}

fn gets_already(
    tx: &mut Tx<'_>,
    smart: &Smart,
    what: &Proactive,
    number: &str,
) -> Result<bool, store::Error> {
    let Already {
        source,
        field,
        value,
    } = &what.already;
    let told = local::read(tx, &smart.app.people, &smart.codes, source, number)?;
    Ok(told.iter().any(|record| {
        record
            .fields
            .get(field)
            .and_then(Value::as_array)
            .is_some_and(|values| values.iter().any(|known| known == value))
    }))
}

/// The item of whoever is responsible for a household: the county's, else of the city above it.
fn item_for(snapshot: &Snapshot, base_code: &str, region: &str) -> Option<ItemId> {
    let all = || {
        snapshot.items().iter().filter(|brief| {
            brief.base_code == base_code && brief.state == catalog::model::ItemState::Published
        })
    };
    let county = region.get(..6)?;
    all()
        .find(|brief| brief.region == county)
        .or_else(|| all().find(|brief| casework::actor::covers(&brief.region, region)))
        .map(|brief| brief.item_id)
}

/// Finds and offers, every day an hour after midnight.
pub fn daily(smart: Smart) -> impl jobs::Handler {
    move |tx: &mut Tx<'_>, job: &Job| -> Result<Done, jobs::Error> {
        let today = calendar::civil_date(job.now);
        for what in shipped::proactive() {
            make(tx, &smart, what, today, job.now)?;
        }
        let midnight = calendar::start_of_day(today.saturating_add(1.day()));
        Ok(Done::Again {
            at: midnight.checked_add(1.hour()).unwrap_or(midnight),
        })
    }
}

/// What is offered by a base code.
pub fn of_code(base_code: &str) -> Option<&'static Proactive> {
    shipped::proactive()
        .iter()
        .find(|what| what.base_code == base_code)
}

/// Offers to a person.
pub fn of_party(tx: &mut Tx<'_>, smart: &Smart, party: &Party) -> Result<Vec<Offer>, store::Error> {
    let mut offers = Vec::new();
    let mut asked: Vec<&str> = Vec::new();
    for what in shipped::proactive() {
        if asked.contains(&what.source.as_str()) {
            continue;
        }
        asked.push(&what.source);
        let subject = smart.codes.subject(&what.source, party.id_number.reveal());
        offers.extend(records::offers::of_subject(
            tx,
            &smart.app.people,
            &subject,
        )?);
    }
    Ok(offers)
}

/// An offer of this person; for anybody else it is not there.
pub fn one_of_party(
    tx: &mut Tx<'_>,
    smart: &Smart,
    party: &Party,
    id: Uuid,
) -> Result<Offer, Error> {
    let offer = records::offers::one(tx, &smart.app.people, id)?.ok_or(Error::NotFound)?;
    if offer.body.number == party.id_number.reveal() {
        Ok(offer)
    } else {
        Err(Error::NotFound)
    }
}

/// The account it would be paid to: number and bank, where the register knows one.
pub fn account(
    tx: &mut Tx<'_>,
    smart: &Smart,
    what: &Proactive,
    number: &str,
) -> Result<Option<(String, String)>, store::Error> {
    let told = local::read(tx, &smart.app.people, &smart.codes, &what.account, number)?;
    Ok(told.first().and_then(|record| {
        let (card, bank) = (text(record, "card_account"), text(record, "card_bank"));
        (!card.is_empty()).then_some((card, bank))
    }))
}

/// Files what was offered for the person who confirms it, and lets the rules decide.
pub async fn confirm(
    smart: &Smart,
    person: &casework::actor::Person,
    id: Uuid,
    typed: Typed,
) -> web::Result<CaseId> {
    let now = smart.app.now();
    let (handle, party_id) = (smart.clone(), person.party);
    let (offer, party, known) = smart
        .app
        .db
        .read(move |tx| -> Result<_, Error> {
            let party = handle
                .app
                .people
                .party(tx, party_id)?
                .ok_or(Error::NotFound)?;
            let offer = one_of_party(tx, &handle, &party, id)?;
            let known = match of_code(&offer.base_code) {
                Some(what) => account(tx, &handle, what, &offer.body.number)?,
                None => None,
            };
            Ok((offer, party, known))
        })
        .await?;
    if let Some(case) = offer.case {
        return Ok(case);
    }
    let what = of_code(&offer.base_code).ok_or(Error::NotFound)?;
    if offer.state != State::Open {
        return Err(Error::Conflict("offer_answered", "您已经答复过这项服务".to_owned()).into());
    }
    let published = smart.intake.open_item(offer.item).await?;
    serves(&published.item, PartyKind::Person)?;
    let answers = answers(what, &offer, &party, known, &typed)?;
    let application = Application {
        published: Arc::clone(&published),
        situation: catalog::guided::Answers::new(),
        channel: Channel::Web,
        answers,
        materials: Vec::new(),
        origins: approval::origins::Origins::default(),
        delivery: approval::details::Delivery::Electronic,
        after: None,
    };
    let findings = smart.intake.check(&application)?;
    if let Some(wrong) = findings.answers.first() {
        return Err(web::Problem::invalid(
            wrong.field.clone(),
            format!("“{}”还不能用：请改到窗口或者在线申请页填写", wrong.field),
        ));
    }
    if !findings.is_empty() {
        return Err(web::Problem::conflict(
            "offer_incomplete",
            "这个事项现在还要交别的材料，请从办事指南在线申请",
        ));
    }
    let case_id: CaseId = smart.app.ids.next(now);
    let case_no = smart
        .approval
        .next_case_no(&published.item.region_code, Channel::Web)
        .await?;
    let looked = smart
        .intake
        .look(&published, || Ask {
            case_id,
            published: Arc::clone(&published),
            applicant: Applicant::Party(party.id),
            answers: application.answers.clone(),
            materials: Vec::new(),
            now,
        })
        .await;
    let (handle, actor) = (
        smart.clone(),
        Actor::Person(casework::actor::Person {
            acting_for: None,
            ..person.clone()
        }),
    );
    smart
        .app
        .db
        .write(move |tx| -> web::Result<CaseId> {
            if !records::offers::answer(tx, id, State::Confirmed, Some(case_id), now)? {
                let offer = records::offers::one(tx, &handle.app.people, id)?;
                return offer
                    .and_then(|offer| offer.case)
                    .ok_or_else(|| Error::NotFound.into());
            }
            handle.intake.file_looked(
                tx,
                &actor,
                now,
                (case_id, &case_no),
                (party.id, &party.name),
                &application,
                &looked,
            )?;
            Ok(case_id)
        })
        .await
}

/// What the person may add when they confirm.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    /// Another account than the register's.
    pub bank_card: String,
    pub bank_name: String,
}

fn answers(
    what: &Proactive,
    offer: &Offer,
    party: &Party,
    known: Option<(String, String)>,
    typed: &Typed,
) -> Result<Map<String, Value>, Error> {
    let (card, bank) = if typed.bank_card.trim().is_empty() {
        known.ok_or_else(|| {
            Error::invalid(
                "bank_card",
                "没有查到您的社会保障卡账户，请填写本人的银行卡号和开户银行",
            )
        })?
    } else {
        (
            base::text::normalise_code(&typed.bank_card),
            base::text::single_line(&typed.bank_name),
        )
    };
    let mut answers = what.answers.clone();
    answers.insert("bank_card".to_owned(), Value::from(card));
    answers.insert("bank_name".to_owned(), Value::from(bank));
    let address = party.address.as_ref().map_or_else(
        || offer.body.address.clone(),
        |address| address.reveal().to_owned(),
    );
    answers.insert("address".to_owned(), Value::from(address));
    Ok(answers)
}

/// The person does not want it. They may still apply as anybody.
pub async fn decline(
    smart: &Smart,
    person: &casework::actor::Person,
    id: Uuid,
) -> Result<(), Error> {
    let (handle, party_id, now) = (smart.clone(), person.party, smart.app.now());
    smart
        .app
        .db
        .write(move |tx| -> Result<(), Error> {
            let party = handle
                .app
                .people
                .party(tx, party_id)?
                .ok_or(Error::NotFound)?;
            one_of_party(tx, &handle, &party, id)?;
            if records::offers::answer(tx, id, State::Declined, None, now)? {
                Ok(())
            } else {
                Err(Error::Conflict(
                    "offer_answered",
                    "您已经答复过这项服务".to_owned(),
                ))
            }
        })
        .await
}
