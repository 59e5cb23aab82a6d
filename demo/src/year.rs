//! The year's cases: who asked for what, when and how, and how each went on, with the numbers of its documents.

use std::collections::{BTreeMap, HashMap};

use approval::details::Delivery;
use base::IdSource;
use base::ids::CaseId;
use calendar::{Calendar, civil_date};
use casework::Channel;
use jiff::civil::Date;

use crate::course::{Act, Ground, Mark, Start, Wish};
use crate::days::Days;
use crate::dice::{Dice, Part};
use crate::folk::Folk;
use crate::items::Offers;
use crate::office::{DAY, Office, instant};
use crate::offices::Offices;
use crate::residents::Who;

/// One case as it will be told.
pub(crate) struct Planned {
    pub(crate) id: CaseId,
    /// Filed, UTC milliseconds.
    pub(crate) at: i64,
    /// Running number in its series of case numbers.
    pub(crate) sequence: u32,
    /// Place in [`Offers::list`].
    pub(crate) offer: u32,
    pub(crate) who: Who,
    pub(crate) channel: Channel,
    pub(crate) delivery: Delivery,
    pub(crate) clerk: u32,
    /// Whether its applicant says how it was, where they may.
    pub(crate) rating: Judged,
    pub(crate) marks: Box<[Mark]>,
}

/// Whether a closed case is rated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judged {
    Perhaps,
    Always,
    Never,
}

/// Which documents share a run of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Series {
    pub(crate) desk: u32,
    pub(crate) licensing: bool,
    pub(crate) letter: u8,
    pub(crate) year: i16,
}

/// The whole year.
pub(crate) struct Year {
    pub(crate) cases: Vec<Planned>,
    /// Last document number of each run.
    pub(crate) letters: BTreeMap<Series, u32>,
    /// Cases granted with a certificate, in the order the certificates were made, with the instant.
    pub(crate) certificates: Vec<(u32, i64)>,
    /// Last case number of each series.
    pub(crate) numbers: BTreeMap<String, u32>,
}

/// What a year is made on.
pub(crate) struct Scene<'a> {
    pub(crate) seed: u64,
    pub(crate) offices: &'a Offices,
    pub(crate) folk: &'a Folk<'a>,
    pub(crate) offers: &'a Offers,
    pub(crate) office: &'a Office,
    pub(crate) calendar: &'a Calendar,
    /// The end, a full hour.
    pub(crate) end: i64,
}

struct Sketch {
    at: i64,
    offer: u32,
    who: Who,
    channel: Channel,
    wished: Option<(Wish, crate::course::Course)>,
}

impl Scene<'_> {
    /// The same year for the same scene.
    pub(crate) fn year(&self, cases: u64, ids: &IdSource) -> anyhow::Result<Year> {
        let ground = Ground::new(self.office, self.calendar, self.end);
        let mut dice = Dice::of(self.seed, Part::Year);
        let mut sketches = self.for_accounts(&ground, cases, &mut dice)?;
        let days = Days::new(self.calendar, self.end, &mut dice)?;
        while (sketches.len() as u64) < cases {
            sketches.push(self.sketch(&days, &mut dice));
        }
        sketches.sort_by_key(|sketch| sketch.at);
        let mut numbers: BTreeMap<String, u32> = BTreeMap::new();
        let mut series = Numbering::default();
        let mut planned = Vec::with_capacity(sketches.len());
        for (number, sketch) in sketches.into_iter().enumerate() {
            let offer = &self.offers.list[sketch.offer as usize];
            let sequence = series.next(
                &mut numbers,
                &offer.item.region_code,
                sketch.at,
                sketch.channel,
            );
            let (course, rating) = match sketch.wished {
                Some((Wish::Done(days), course)) => {
                    // What is long over was rated; what is just over waits for it.
                    let judged = if days > 20 {
                        Judged::Always
                    } else {
                        Judged::Never
                    };
                    (course, judged)
                }
                Some((_, course)) => (course, Judged::Never),
                None => {
                    let start = Start {
                        at: sketch.at,
                        offer,
                        desk: &self.offices.desks[offer.desk],
                        channel: sketch.channel,
                    };
                    let mut dice = Dice::of(self.seed, Part::Course(number as u64));
                    (ground.course(&start, &mut dice)?, Judged::Perhaps)
                }
            };
            planned.push(Planned {
                id: ids.next(instant(sketch.at)),
                at: sketch.at,
                sequence,
                offer: sketch.offer,
                who: sketch.who,
                channel: sketch.channel,
                delivery: course.delivery,
                clerk: course.clerk,
                rating,
                marks: course.marks.into_boxed_slice(),
            });
        }
        let mut year = Year {
            cases: planned,
            letters: BTreeMap::new(),
            certificates: Vec::new(),
            numbers,
        };
        self.number_letters(&mut year);
        Ok(year)
    }

    /// Gives every document its number, in the order they were issued: no gaps per body, kind and year.
    fn number_letters(&self, year: &mut Year) {
        let mut issued: Vec<(i64, u32, u8)> = Vec::new();
        for (case, planned) in year.cases.iter().enumerate() {
            for (place, mark) in planned.marks.iter().enumerate() {
                if letter(mark.act).is_some() {
                    issued.push((mark.at, case as u32, place as u8));
                }
            }
        }
        issued.sort_unstable();
        for (at, case, place) in issued {
            let planned = &mut year.cases[case as usize];
            let offer = &self.offers.list[planned.offer as usize];
            let mark = &mut planned.marks[usize::from(place)];
            let Some(letter) = letter(mark.act) else {
                continue;
            };
            let last = year
                .letters
                .entry(Series {
                    desk: offer.desk as u32,
                    licensing: offer.licensing(),
                    letter,
                    year: civil_date(instant(at)).year(),
                })
                .or_default();
            *last += 1;
            mark.serial = *last;
            if mark.act == Act::Grant && offer.certified() {
                year.certificates.push((case, at));
            }
        }
    }

    fn sketch(&self, days: &Days, dice: &mut Dice) -> Sketch {
        let place = self.offers.draw(dice);
        let offer = &self.offers.list[place];
        let who = self.folk.draw(offer, &self.offices.desks[offer.desk], dice);
        let forms = &offer.item.handling_forms;
        let takes = |form: u8| forms.is_empty() || forms.contains(&form);
        let mut ways = Vec::with_capacity(3);
        for (form, channel, share) in [
            (1, Channel::Window, 25_u64),
            (2, Channel::Web, 45),
            (3, Channel::Mobile, 30),
        ] {
            if takes(form) {
                ways.push((channel, share));
            }
        }
        let mut at = dice.below(ways.iter().map(|(_, share)| share).sum());
        let mut channel = Channel::Window;
        for (way, share) in ways {
            channel = way;
            if at < share {
                break;
            }
            at -= share;
        }
        let when = loop {
            let day = days.draw(dice);
            let when = if channel == Channel::Window {
                if !self.office.is_working(day) {
                    // The halls are closed: whoever can, applies from home.
                    if takes(2) {
                        channel = Channel::Web;
                    }
                    continue;
                }
                let minute = if dice.chance(560) {
                    dice.between(0, 179)
                } else {
                    dice.between(180, DAY - 1)
                };
                self.office.at(self.office.minutes(day) + minute)
            } else {
                let minute = days.hours.spin(dice) as i64 * 60 + dice.between(0, 59);
                day + minute * 60_000
            };
            let when = when + dice.between(0, 59_999);
            if when < self.end && when >= days.first {
                break when;
            }
        };
        Sketch {
            at: when,
            offer: place as u32,
            who,
            channel,
            wished: None,
        }
    }

    /// Cases the demo accounts find when they sign in.
    fn for_accounts(
        &self,
        ground: &Ground<'_>,
        cases: u64,
        dice: &mut Dice,
    ) -> anyhow::Result<Vec<Sketch>> {
        let mut told: Vec<(Who, &str, &str, Channel, Wish)> = ACCOUNT_CASES.to_vec();
        for (code, wish, count) in QUEUE {
            for _ in 0..*count {
                let offer = &self.offers.list[self.offers.of(self.offices, QUEUE_BODY, code)?];
                let who = self.folk.draw(offer, &self.offices.desks[offer.desk], dice);
                let channel = *dice.pick(&[Channel::Web, Channel::Mobile, Channel::Window]);
                told.push((who, QUEUE_BODY, code, channel, *wish));
            }
        }
        // A very small city keeps the accounts' own cases first.
        told.truncate(usize::try_from(cases)?);
        let mut sketches = Vec::with_capacity(usize::try_from(cases)?);
        for (who, key, code, channel, wish) in told {
            let place = self.offers.of(self.offices, key, code)?;
            let offer = &self.offers.list[place];
            let desk = &self.offices.desks[offer.desk];
            let (at, course) = ground.wished(wish, offer, desk, channel, dice);
            sketches.push(Sketch {
                at,
                offer: place as u32,
                who,
                channel,
                wished: Some((wish, course)),
            });
        }
        Ok(sketches)
    }
}

/// Cases of `citizen1` to `citizen3` and of the company of `citizen2`.
const ACCOUNT_CASES: &[(Who, &str, &str, Channel, Wish)] = &[
    (
        Who::Resident(0),
        "990102.construction",
        "990512001000",
        Channel::Web,
        Wish::Correcting,
    ),
    (
        Who::Resident(0),
        "990102.labour",
        "992009003000",
        Channel::Mobile,
        Wish::Reviewing,
    ),
    (
        Who::Resident(0),
        "990102.city_management",
        "992024001000",
        Channel::Mobile,
        Wish::Done(3),
    ),
    (
        Who::Resident(0),
        "990102.health",
        "992018001000",
        Channel::Web,
        Wish::Done(60),
    ),
    (
        Who::Resident(0),
        "990102.police",
        "990105001000",
        Channel::Web,
        Wish::ToDeliver,
    ),
    (
        Who::Enterprise(0),
        "990102.market",
        "990121001001",
        Channel::Web,
        Wish::NearDue,
    ),
    (
        Who::Enterprise(0),
        "990102.health",
        "990118001000",
        Channel::Web,
        Wish::Done(8),
    ),
    (
        Who::Resident(1),
        "990102.police",
        "990105001000",
        Channel::Mobile,
        Wish::Received,
    ),
    (
        Who::Resident(2),
        "990102.civil",
        "990506007000",
        Channel::Window,
        Wish::Overdue,
    ),
    (
        Who::Resident(2),
        "990102.market",
        "990121002001",
        Channel::Web,
        Wish::Done(170),
    ),
    (
        Who::Resident(2),
        "990102.market",
        "990121001001",
        Channel::Web,
        Wish::Refused(14),
    ),
    (
        Who::Resident(2),
        "990102.education",
        "990503001000",
        Channel::Mobile,
        Wish::Withdrawn(40),
    ),
];

/// The body of `approver1`, and what waits there beside what the year brings.
const QUEUE_BODY: &str = "990102.market";
const QUEUE: &[(&str, Wish, usize)] = &[
    ("990121001001", Wish::Received, 5),
    ("990121001002", Wish::Received, 2),
    ("990121001001", Wish::Correcting, 3),
    ("990121001001", Wish::Reviewing, 6),
    ("990121001002", Wish::Reviewing, 3),
    ("990121001001", Wish::NearDue, 3),
    ("990121001002", Wish::Overdue, 2),
    ("990121001001", Wish::ToDeliver, 4),
    ("990121001002", Wish::RefusedToDeliver, 1),
];

/// What documents an act issues, as a place in [`crate::letters::KINDS`].
pub(crate) fn letter(act: Act) -> Option<u8> {
    match act {
        Act::Accept => Some(0),
        Act::Correct => Some(1),
        Act::NotAccept => Some(2),
        Act::Grant => Some(3),
        Act::Refuse => Some(4),
        Act::Deem | Act::Take | Act::Supply | Act::Deliver | Act::Withdraw => None,
    }
}

/// The series a case number is from: region, day, channel.
pub(crate) fn series_of(region: &str, day: Date, channel: Channel) -> String {
    let region: String = region.chars().take(6).collect();
    format!("{region}{}{}", day.strftime("%Y%m%d"), channel.digit())
}

/// Running numbers of the day at hand.
#[derive(Default)]
struct Numbering {
    day: Option<Date>,
    keys: HashMap<(String, u8), String>,
}

impl Numbering {
    fn next(
        &mut self,
        numbers: &mut BTreeMap<String, u32>,
        region: &str,
        at: i64,
        channel: Channel,
    ) -> u32 {
        let day = civil_date(instant(at));
        if self.day != Some(day) {
            self.day = Some(day);
            self.keys.clear();
        }
        let key = self
            .keys
            .entry((region.to_owned(), channel.digit()))
            .or_insert_with(|| series_of(region, day, channel));
        let last = numbers.entry(key.clone()).or_default();
        *last += 1;
        *last
    }
}
