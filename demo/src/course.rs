//! How a case goes on: what is done with it, by whom and when. Only times and persons are decided here; whether the
//! law lets them is for the rules of `approval`, which make every event.

use approval::details::Delivery;
use calendar::{Calendar, Deadline, Length, Moment, Rule};
use casework::Channel;
use std::cell::RefCell;
use std::collections::HashMap;

use crate::dice::Dice;
use crate::items::Offer;
use crate::office::{DAY, Office, end_of_day, instant};
use crate::offices::Desk;

/// One act after filing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Accept,
    /// 逾期未告知，视为受理.
    Deem,
    Take,
    Correct,
    Supply,
    NotAccept,
    Grant,
    Refuse,
    Deliver,
    Withdraw,
}

/// When an act happens and who does it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    pub(crate) act: Act,
    /// UTC milliseconds.
    pub(crate) at: i64,
    /// Place of the member of staff; unused where the applicant or the platform acts.
    pub(crate) by: u32,
    /// Serial of the document it issues, 0 for none; given later.
    pub(crate) serial: u32,
}

/// Where a case made for a demo account stands today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Received,
    Correcting,
    Reviewing,
    NearDue,
    Overdue,
    ToDeliver,
    RefusedToDeliver,
    /// Granted and over, so many working days ago.
    Done(i64),
    Refused(i64),
    Withdrawn(i64),
}

/// The course of one case.
pub(crate) struct Course {
    pub(crate) delivery: Delivery,
    /// Clerk who takes the matter in or hands it out.
    pub(crate) clerk: u32,
    pub(crate) marks: Vec<Mark>,
}

/// What courses are decided on.
pub(crate) struct Ground<'a> {
    pub(crate) office: &'a Office,
    pub(crate) calendar: &'a Calendar,
    /// The end of the year: nothing has happened after it.
    pub(crate) end: i64,
    due: RefCell<HashMap<(i64, u32, calendar::Unit), i64>>,
}

/// A case with everything its course depends on.
pub(crate) struct Start<'a> {
    pub(crate) at: i64,
    pub(crate) offer: &'a Offer,
    pub(crate) desk: &'a Desk,
    pub(crate) channel: Channel,
}

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const OFFSET_MS: i64 = 8 * 60 * 60 * 1000;

impl<'a> Ground<'a> {
    pub(crate) fn new(office: &'a Office, calendar: &'a Calendar, end: i64) -> Ground<'a> {
        Ground {
            office,
            calendar,
            end,
            due: RefCell::default(),
        }
    }

    /// The instant a period that starts at `from` is over.
    fn due(&self, from: i64, n: u32, unit: calendar::Unit) -> anyhow::Result<i64> {
        let day = (from + OFFSET_MS) / DAY_MS;
        if let Some(known) = self.due.borrow().get(&(day, n, unit)) {
            return Ok(*known);
        }
        let start = Moment::At(instant(from));
        let found = calendar::due(
            self.calendar,
            start,
            Length::new(n, unit),
            &[],
            Rule::default(),
        )?;
        let Deadline::On(due) = found else {
            anyhow::bail!("a period without a pause has an end");
        };
        let at = due.at.as_millisecond();
        // Periods in hours end at different instants of one day.
        if !unit.is_exact() {
            self.due.borrow_mut().insert((day, n, unit), at);
        }
        Ok(at)
    }

    /// When the decision is due.
    fn decision_due(&self, offer: &Offer, accepted: i64) -> anyhow::Result<i64> {
        let limit = offer
            .item
            .promised_limit
            .as_ref()
            .or(offer.item.statutory_limit.as_ref());
        match limit {
            Some(limit) => self.due(accepted, limit.n, limit.unit),
            None => Ok(accepted + 20 * DAY_MS),
        }
    }

    /// A course by chance, as far as it has come.
    pub(crate) fn course(&self, start: &Start<'_>, dice: &mut Dice) -> anyhow::Result<Course> {
        let mut course = begin(start, dice);
        let mut road = Road::new(self, start.at);
        self.natural(start, &mut course, &mut road, dice)?;
        course.marks = road.taken;
        Ok(course)
    }

    fn natural(
        &self,
        start: &Start<'_>,
        course: &mut Course,
        road: &mut Road<'_, '_>,
        dice: &mut Dice,
    ) -> anyhow::Result<()> {
        let window = start.channel == Channel::Window;
        let instant_case = start.offer.instant();
        let desk = start.desk;
        let approver = desk.approvers[dice.index(desk.approvers.len().saturating_sub(1).max(1))];
        let fate = dice.below(1000);
        let correction = if instant_case { 85 } else { 135 };

        if fate < 2 && !instant_case && !window {
            // Nobody said anything in five working days.
            let due = self.due(start.at, 5, calendar::Unit::WorkingDay)?;
            road.mark_at(Act::Deem, due + dice.between(1, 40) * 1000, 0);
            return self.decide(start, course, road, approver, dice);
        }
        if (20..25).contains(&fate) {
            road.later_any_time(dice.between(10, 60 * 30), dice);
            road.mark(Act::Withdraw, course.clerk);
            return Ok(());
        }
        let look = match (instant_case, window) {
            (true, true) => dice.between(3, 25),
            (true, false) => dice.between(8, 150),
            (false, true) if dice.chance(700) => dice.between(6, 45),
            (false, true) => dice.between(60, 500),
            (false, false) => match dice.below(100) {
                0..55 => dice.between(30, DAY),
                55..90 => dice.between(DAY, 2 * DAY),
                _ => dice.between(2 * DAY, 3 * DAY + 200),
            },
        };
        road.later(look, dice);
        let looker = if window || dice.chance(400) {
            course.clerk
        } else {
            approver
        };
        if (2..20).contains(&fate) {
            road.mark(Act::NotAccept, approver);
            return Ok(());
        }
        if (25..25 + correction).contains(&fate) {
            road.mark(Act::Correct, looker);
            if dice.chance(45) {
                road.later_any_time(dice.between(12 * 24 * 60, 45 * 24 * 60), dice);
                road.mark(Act::Withdraw, course.clerk);
                return Ok(());
            }
            let days = if dice.chance(750) {
                dice.between(120, 4 * 24 * 60)
            } else {
                dice.between(4 * 24 * 60, 18 * 24 * 60)
            };
            if window {
                road.later_any_time(days, dice);
                road.later(dice.between(1, 60), dice);
            } else {
                road.later_any_time(days, dice);
            }
            road.mark(Act::Supply, course.clerk);
            road.later(dice.between(20, if instant_case { 120 } else { DAY }), dice);
        }
        road.mark(Act::Accept, looker);
        if (980..985).contains(&fate) && !instant_case {
            road.later_any_time(dice.between(60, 2 * 24 * 60), dice);
            road.mark(Act::Withdraw, course.clerk);
            return Ok(());
        }
        self.decide(start, course, road, approver, dice)
    }

    /// From acceptance to the end.
    fn decide(
        &self,
        start: &Start<'_>,
        course: &Course,
        road: &mut Road<'_, '_>,
        approver: u32,
        dice: &mut Dice,
    ) -> anyhow::Result<()> {
        let desk = start.desk;
        let accepted = road.at;
        let instant_case = start.offer.instant();
        let due = self.decision_due(start.offer, accepted)?;
        let (from, upto) = (self.office.minutes(accepted), self.office.minutes(due));
        let late = !instant_case && dice.chance(12);
        let decided = if late {
            upto + dice.between(20, 6 * DAY)
        } else if instant_case {
            (from + dice.between(5, 120))
                .min(end_of_day(from))
                .max(from + 1)
        } else {
            // Two draws make the middle likelier than the ends.
            let part = 0.25 + 0.70 * (dice.unit() + dice.unit()) / 2.0;
            from + ((upto - from) as f64 * part) as i64
        };
        let minutes = (decided - from).max(1);
        if !instant_case && dice.chance(150) {
            let wait = dice.between(1, (minutes / 3).max(1));
            road.later(wait, dice);
            road.mark(Act::Take, approver);
        }
        road.until(decided.max(from + 1), dice);
        let signer = if dice.chance(750) {
            approver
        } else {
            desk.approvers[desk.approvers.len() - 1]
        };
        let refused = dice.chance(if instant_case { 8 } else { 48 });
        road.mark(if refused { Act::Refuse } else { Act::Grant }, signer);
        match course.delivery {
            Delivery::Electronic => {}
            Delivery::Window => {
                let wait = if instant_case && dice.chance(800) {
                    dice.between(2, 40)
                } else {
                    dice.between(60, 6 * DAY)
                };
                road.later(wait, dice);
                road.mark(Act::Deliver, course.clerk);
            }
            Delivery::Post => {
                road.later(dice.between(90, 3 * DAY), dice);
                road.mark(Act::Deliver, course.clerk);
            }
        }
        Ok(())
    }

    /// When a case must have been filed to stand where it is wished today, and its course until then.
    pub(crate) fn wished(
        &self,
        wish: Wish,
        offer: &Offer,
        desk: &Desk,
        channel: Channel,
        dice: &mut Dice,
    ) -> (i64, Course) {
        let now = self.office.minutes(self.end);
        let limit = offer
            .item
            .promised_limit
            .as_ref()
            .map_or(10, |limit| i64::from(limit.n));
        let approver = desk.approvers[0];
        let start = Start {
            at: self.end,
            offer,
            desk,
            channel,
        };
        let mut course = begin(&start, dice);
        let decision = match wish {
            Wish::Refused(_) | Wish::RefusedToDeliver => Act::Refuse,
            _ => Act::Grant,
        };
        let work = if offer.instant() {
            60
        } else {
            (limit * 6 / 10).max(1) * DAY
        };
        // Working minutes before now, and what is done then.
        let mut plan: Vec<(i64, Act, u32)> = Vec::new();
        let filed = match wish {
            Wish::Received => dice.between(5, DAY + 200),
            Wish::Correcting => {
                let told = dice.between(60, 2 * DAY);
                plan.push((told, Act::Correct, course.clerk));
                told + dice.between(60, 300)
            }
            Wish::Reviewing | Wish::NearDue | Wish::Overdue => {
                let days = match wish {
                    Wish::Reviewing => dice.between(0, (limit - 4).max(0)),
                    Wish::NearDue => (limit - 1).max(0),
                    _ => limit + dice.between(1, 4),
                };
                let accepted = days * DAY + dice.between(16, 400);
                plan.push((accepted, Act::Accept, course.clerk));
                if dice.chance(350) {
                    plan.push((accepted - 15, Act::Take, approver));
                }
                accepted + dice.between(30, 200)
            }
            Wish::ToDeliver | Wish::RefusedToDeliver => {
                if course.delivery == Delivery::Electronic {
                    let post = offer
                        .item
                        .delivery
                        .contains(&catalog::model::Delivery::Post);
                    course.delivery = if post {
                        Delivery::Post
                    } else {
                        Delivery::Window
                    };
                }
                let granted = dice.between(15, 3 * DAY);
                plan.push((granted + work, Act::Accept, course.clerk));
                plan.push((granted, decision, approver));
                granted + work + dice.between(30, 200)
            }
            Wish::Done(days) | Wish::Refused(days) => {
                let electronic = catalog::model::Delivery::Electronic;
                if offer.item.delivery.contains(&electronic) {
                    course.delivery = Delivery::Electronic;
                }
                let decided = days * DAY + dice.between(30, 200);
                plan.push((decided + work, Act::Accept, course.clerk));
                plan.push((decided, decision, approver));
                if course.delivery != Delivery::Electronic {
                    plan.push((decided - 20, Act::Deliver, course.clerk));
                }
                decided + work + dice.between(30, 200)
            }
            Wish::Withdrawn(days) => {
                let back = days * DAY + dice.between(30, 200);
                plan.push((back, Act::Withdraw, course.clerk));
                back + dice.between(60, 300)
            }
        };
        let filed_at = self.office.at(now - filed) + dice.between(0, 59) * 1000;
        let mut road = Road::new(self, filed_at);
        for (before, act, by) in plan {
            road.until(now - before, dice);
            road.mark(act, by);
        }
        course.marks = road.taken;
        (filed_at, course)
    }
}

/// How the result will reach the applicant, and which clerk is theirs.
fn begin(start: &Start<'_>, dice: &mut Dice) -> Course {
    let ways = &start.offer.item.delivery;
    let offered = |way| ways.contains(&way);
    let online = start.channel != Channel::Window;
    let electronic = offered(catalog::model::Delivery::Electronic);
    let delivery = if electronic && dice.chance(if online { 800 } else { 420 }) {
        Delivery::Electronic
    } else if offered(catalog::model::Delivery::Post) && dice.chance(if online { 600 } else { 150 })
    {
        Delivery::Post
    } else if offered(catalog::model::Delivery::Window) || !electronic {
        Delivery::Window
    } else {
        Delivery::Electronic
    };
    Course {
        delivery,
        clerk: *dice.pick(&start.desk.clerks),
        marks: Vec::new(),
    }
}

/// The way of a case through time; what lies beyond today has not happened.
struct Road<'g, 'a> {
    ground: &'g Ground<'a>,
    at: i64,
    over: bool,
    taken: Vec<Mark>,
}

impl<'g, 'a> Road<'g, 'a> {
    fn new(ground: &'g Ground<'a>, at: i64) -> Road<'g, 'a> {
        Road {
            ground,
            at,
            over: false,
            taken: Vec::with_capacity(5),
        }
    }

    /// So many working minutes later.
    fn later(&mut self, minutes: i64, dice: &mut Dice) {
        let from = self.ground.office.minutes(self.at);
        self.until(from + minutes, dice);
    }

    /// At a working minute, or just after the act before.
    fn until(&mut self, minute: i64, dice: &mut Dice) {
        let at = self.ground.office.at(minute) + dice.between(0, 59) * 1000;
        self.at = at.max(self.at + 20_000);
    }

    /// So many minutes later by the clock on the wall: people at home. Nobody gets up in the night for it.
    fn later_any_time(&mut self, minutes: i64, dice: &mut Dice) {
        let mut at = self.at + minutes * 60_000 + dice.between(0, 59) * 1000;
        let of_day = (at + OFFSET_MS).rem_euclid(DAY_MS);
        if of_day < DAY_MS * 7 / 24 {
            at += DAY_MS * 8 / 24;
        }
        self.at = at;
    }

    fn mark(&mut self, act: Act, by: u32) {
        self.mark_at(act, self.at, by);
    }

    fn mark_at(&mut self, act: Act, at: i64, by: u32) {
        self.at = at;
        self.over |= at > self.ground.end;
        if !self.over {
            self.taken.push(Mark {
                act,
                at,
                by,
                serial: 0,
            });
        }
    }
}
