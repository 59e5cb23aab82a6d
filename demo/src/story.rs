//! From a planned case to its trail. Every event is made by the rules of `approval` from the actor, the instant and the
//! command, exactly as when somebody presses the button; what the rules refuse stops the build.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context as _;
use approval::details::{About, MaterialGiven};
use approval::law;
use approval::rules::{self, Command, Filing};
use approval::{Answers, answers};
use base::codes::{CaseNo, Channel as Digit, RegionCode};
use base::ids::CaseId;
use calendar::{Calendar, civil_date};
use casework::{Actor, Case, Channel, Context, Event};
use intake::Intake;
use rating::{Rating, Settings};

use crate::course::{Act, Mark};
use crate::dice::{Dice, Part};
use crate::items::{Offer, Offers};
use crate::letters::{self, Patterns};
use crate::office::instant;
use crate::offices::Offices;
use crate::papers::Paper;
use crate::residents::{Applicant, Town};
use crate::words::Words;
use crate::year::{Judged, Planned, Series, letter};

/// Everything a trail is told from.
pub(crate) struct Teller {
    pub(crate) seed: u64,
    pub(crate) end: i64,
    pub(crate) calendar: Calendar,
    pub(crate) offices: Arc<Offices>,
    pub(crate) town: Arc<Town>,
    pub(crate) offers: Offers,
    pub(crate) papers: Vec<Paper>,
    pub(crate) patterns: Patterns,
    /// Certificates by the place of their case.
    pub(crate) licenses: HashMap<u32, Box<str>>,
    pub(crate) intake: Intake,
}

/// A case with all that belongs to it.
pub(crate) struct Told {
    pub(crate) id: CaseId,
    pub(crate) events: Vec<Event>,
    /// Form answers by revision.
    pub(crate) answers: Vec<(i64, Answers)>,
    pub(crate) rating: Option<Rating>,
    /// Where the office has not looked yet: when the case would be deemed accepted, UTC milliseconds.
    pub(crate) deemed_at: Option<i64>,
}

/// The number of a planned case.
pub(crate) fn case_no(offer: &Offer, planned: &Planned) -> anyhow::Result<String> {
    let region: String = offer.item.region_code.chars().take(6).collect();
    let region = RegionCode::parse(&region)?;
    let digit = Digit::from_digit(planned.channel.digit()).context("a channel's digit")?;
    let day = civil_date(instant(planned.at));
    CaseNo::make(&region, day, digit, planned.sequence)
        .map(|no| no.as_str().to_owned())
        .with_context(|| format!("more than {} cases on {day}", CaseNo::SEQUENCE_MAX))
}

impl Teller {
    /// Tells one case.
    pub(crate) fn tell(&self, place: u32, planned: &Planned) -> anyhow::Result<Told> {
        let offer = &self.offers.list[planned.offer as usize];
        let applicant = self.town.applicant(planned.who);
        let person = applicant.actor();
        let at_window = planned.channel == Channel::Window;
        let clerk = &self.offices.staff[planned.clerk as usize].actor;
        let filer = if at_window { clerk } else { &person };
        let mut words = Words {
            dice: Dice::of(self.seed, Part::Words(u64::from(place))),
            item: &offer.item,
            applicant: &applicant,
            papers: &self.papers,
        };
        let first = words.answers(planned.at);
        let filing = self.filing(offer, planned, &applicant, &first, &mut words)?;
        let no = filing.case_no.clone();
        let opened = rules::file(self.context(planned.at, filer), &filing);
        let mut case = Case::open(planned.id, &opened).context("filing opens a case")?;
        let mut events = Vec::with_capacity(planned.marks.len() + 1);
        events.push(opened);
        let mut revisions = vec![(1, first)];
        for mark in &planned.marks {
            let command = self.command(place, offer, mark, &case, &mut words, &mut revisions);
            let actor = match mark.act {
                Act::Deem => &Actor::System,
                Act::Supply | Act::Withdraw if !at_window => &person,
                _ => &self.offices.staff[mark.by as usize].actor,
            };
            let event = rules::decide(self.context(mark.at, actor), &case, &command)
                .map_err(|refusal| anyhow::anyhow!("case {no}, {}: {refusal:?}", command.word()))?;
            case.apply(&event);
            events.push(event);
        }
        let rating = self.rating(planned, &case, &person, &mut words)?;
        let deemed_at = case
            .open_clock(approval::clocks::NOTICE)
            .and_then(|clock| approval::clocks::due_at(clock, &self.calendar))
            .filter(|_| case.state == "received")
            .map(jiff::Timestamp::as_millisecond);
        Ok(Told {
            id: planned.id,
            events,
            answers: revisions,
            rating,
            deemed_at,
        })
    }

    fn context<'a>(&'a self, at: i64, actor: &'a Actor) -> Context<'a> {
        Context {
            now: instant(at),
            calendar: &self.calendar,
            actor,
            expected_version: None,
        }
    }

    fn filing(
        &self,
        offer: &Offer,
        planned: &Planned,
        applicant: &Applicant<'_>,
        first: &Answers,
        words: &mut Words<'_>,
    ) -> anyhow::Result<Filing> {
        let item = &offer.item;
        let case_no = case_no(offer, planned)?;
        let code = self.intake.query_code(planned.id);
        Ok(Filing {
            case_id: planned.id,
            title: item.name.clone(),
            region: item.region_code.clone(),
            org: offer.org,
            applicant: applicant.party,
            applicant_name: applicant.name.to_owned(),
            channel: planned.channel,
            about: About {
                item: offer.item_id,
                version: offer.version_id,
                impl_code: item.impl_code.clone(),
                item_type: item.item_type.clone(),
                result_name: item.result.name.clone(),
                situation: catalog::guided::Answers::new(),
            },
            terms: law::terms(item, law::Settings::default()),
            form: answers::reference(1, first),
            materials: words.materials(planned.channel == Channel::Window),
            delivery: planned.delivery,
            origins: approval::origins::Origins::default(),
            query_code: approval::query_digest(&case_no, &code),
            after: None,
            together: approval::together::Together::default(),
            filed_by: approval::window::FiledBy::default(),
            case_no,
        })
    }

    fn command(
        &self,
        place: u32,
        offer: &Offer,
        mark: &Mark,
        case: &Case,
        words: &mut Words<'_>,
        revisions: &mut Vec<(i64, Answers)>,
    ) -> Command {
        let doc_no = letter(mark.act).map_or_else(String::new, |letter| {
            let series = Series {
                desk: offer.desk as u32,
                licensing: offer.licensing(),
                letter,
                year: civil_date(instant(mark.at)).year(),
            };
            letters::text(&self.patterns, series, mark.serial)
        });
        match mark.act {
            Act::Accept => Command::Accept {
                doc_no,
                remark: words.accepted(),
            },
            Act::Deem => Command::DeemAccepted,
            Act::Take => Command::Take { back: false },
            Act::Correct => Command::RequestCorrection {
                doc_no,
                items: words.correction(case),
                remark: String::new(),
            },
            Act::Supply => {
                let asked = approval::details::correction(case);
                let keys: Vec<String> = asked
                    .iter()
                    .flat_map(|correction| &correction.items)
                    .map(|item| item.material.clone())
                    .filter(|key| !key.is_empty())
                    .collect();
                let window = case.channel == Channel::Window;
                let materials: Vec<MaterialGiven> =
                    keys.iter().map(|key| words.given(key, window)).collect();
                let form = (materials.is_empty() || words.dice.chance(250)).then(|| {
                    let again = words.answers(mark.at);
                    let form = answers::reference(2, &again);
                    revisions.push((2, again));
                    form
                });
                Command::SupplyCorrection {
                    form,
                    materials,
                    sources: Vec::new(),
                    remark: words.supplied(),
                }
            }
            Act::NotAccept => words.not_accepted(doc_no),
            Act::Grant => Command::Grant {
                doc_no,
                opinion: words.granted(),
                license_id: self.licenses.get(&place).map(ToString::to_string),
            },
            Act::Refuse => words.refused(doc_no),
            Act::Deliver => words.delivered(approval::details::delivery_wish(case)),
            Act::Withdraw => Command::Withdraw {
                reason: words.withdrawn(),
            },
        }
    }

    /// What the applicant said of a closed case, if they said anything by now.
    fn rating(
        &self,
        planned: &Planned,
        case: &Case,
        person: &Actor,
        words: &mut Words<'_>,
    ) -> anyhow::Result<Option<Rating>> {
        let Some(closed_at) = case.closed_at else {
            return Ok(None);
        };
        let share = match (planned.rating, case.state.as_str()) {
            (Judged::Always, _) => 1000,
            (Judged::Never, _) => 0,
            (Judged::Perhaps, "done") => 350,
            (Judged::Perhaps, "not_accepted") => 120,
            (Judged::Perhaps, _) => 20,
        };
        if !words.dice.chance(share) {
            return Ok(None);
        }
        let minutes = if words.dice.chance(700) {
            words.dice.between(4, 12 * 60)
        } else {
            words.dice.between(12 * 60, 12 * 24 * 60)
        };
        let at = closed_at.as_millisecond() + minutes * 60_000 + words.dice.between(0, 59_999);
        if at > self.end {
            return Ok(None);
        }
        let content = case
            .outcome
            .as_ref()
            .is_some_and(|outcome| outcome.code == "granted");
        let given = words.rating(planned.channel, content);
        let rating = rating::rules::rate(case, person, Settings::default(), instant(at), &given)
            .with_context(|| format!("rating of case {}", case.no))?;
        Ok(Some(rating))
    }
}
