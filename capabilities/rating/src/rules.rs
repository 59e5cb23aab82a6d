//! Whether a case may be rated, by whom, and whether what was given is a rating. Pure.

use std::collections::BTreeSet;

use base::text::{TextLimit, paragraphs};
use casework::{Actor, Case};
use jiff::{Timestamp, ToSpan, civil::Date};

use crate::error::Error;
use crate::model::{Channel, Level, Rating, SAID_CHARS_MAX, Settings};
use crate::tags::{self, Service};

/// What the rater sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Code of the level.
    pub level: Option<i64>,
    /// Tag codes.
    pub tags: Vec<String>,
    pub said: String,
    pub channel: Channel,
}

/// The last day on which the case may be rated; `None` while it is open.
pub fn last_day(case: &Case, settings: Settings) -> Option<Date> {
    last_day_after(case.closed_at?, settings)
}

/// The last day on which a case closed at this instant may be rated.
pub fn last_day_after(closed_at: Timestamp, settings: Settings) -> Option<Date> {
    calendar::civil_date(closed_at)
        .checked_add(i64::from(settings.window_days).days())
        .ok()
}

/// Whether the actor may rate the case now. Only its applicant, or who acts for them: nobody of the staff rates for
/// a person (GB/T 39734-2020 4.1).
pub fn check(case: &Case, actor: &Actor, settings: Settings, now: Timestamp) -> Result<(), Error> {
    let Actor::Person(_) = actor else {
        return Err(Error::Staff);
    };
    if !actor.owns(case.applicant) {
        return Err(Error::NotFound);
    }
    let last = last_day(case, settings).ok_or(Error::Open)?;
    if calendar::civil_date(now) > last {
        return Err(Error::Late { last });
    }
    Ok(())
}

/// The rating that follows from what was given, or every fault of it by field.
pub fn rate(
    case: &Case,
    actor: &Actor,
    settings: Settings,
    now: Timestamp,
    given: &Given,
) -> Result<Rating, Error> {
    check(case, actor, settings, now)?;
    let Actor::Person(person) = actor else {
        return Err(Error::Staff);
    };
    let mut faults = Vec::new();
    let level = given.level.and_then(Level::from_code);
    if level.is_none() {
        faults.push(("level", "请选择满意程度".to_owned()));
    }
    let said = paragraphs(&given.said).trim().to_owned();
    let limit = TextLimit {
        min: 0,
        max: SAID_CHARS_MAX,
    };
    if limit.check(&said).is_err() {
        faults.push(("text", format!("请把评价内容写在{SAID_CHARS_MAX}字以内")));
    }
    let offered = tags::current();
    let tags: Vec<String> = given
        .tags
        .iter()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .cloned()
        .collect();
    if let Some(level) = level {
        let known = offered.of(Service::of(case.channel), level);
        let odd = tags
            .iter()
            .any(|tag| known.iter().all(|known| known.code != *tag));
        if odd {
            faults.push(("tags", "所选标签与满意程度不一致，请重新选择".to_owned()));
        } else if level.is_bad() && tags.is_empty() && said.is_empty() {
            faults.push((
                "tags",
                "请至少选择一项需要改进的地方，或者写明情况，我们才能整改".to_owned(),
            ));
        }
    }
    let (Some(level), true) = (level, faults.is_empty()) else {
        return Err(Error::Invalid(faults));
    };
    Ok(Rating {
        case: case.id,
        org: case.org,
        region: case.region.clone(),
        item: case.title.clone(),
        level,
        tags,
        tag_set: offered.version.clone(),
        said,
        channel: given.channel,
        rater: person.applicant(),
        // The feed's entries of one subject never go back in time.
        at: now.max(case.last.at),
    })
}
