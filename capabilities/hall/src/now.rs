//! Whether a hall is open at this moment, and when it opens next.
//!
//! Public holidays have no hours; make-up working days 调休上班日 follow the hours of Monday.

use calendar::{Calendar, DayKind};
use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, ToSpan as _};
use ui::Lang;

use crate::halls::{self, HallFilter};
use crate::hours::{Period, clock};
use crate::model::{Hall, HallKind};

/// Days looked ahead for the next opening: past the longest holiday.
const AHEAD: i32 = 14;

/// How a hall stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Now {
    /// Until this minute of the day.
    Open { until: u16 },
    /// Closed; opens again at a minute of a day.
    Opens { day: Date, at: u16, today: bool },
    /// Closed, and nobody knows until when.
    Closed,
    /// The hours are not known.
    Unknown,
}

/// How the hall stands at this moment.
pub fn of(hall: &Hall, calendar: &Calendar, now: Timestamp) -> Now {
    if hall.hours.is_empty() {
        return Now::Unknown;
    }
    let today = calendar::civil_date(now);
    let minute = minute_of_day(now);
    for ahead in 0..=AHEAD {
        let day = today.saturating_add(ahead.days());
        for period in periods_on(hall, calendar, day) {
            if ahead == 0 && period.closes <= minute {
                continue;
            }
            if ahead == 0 && period.opens <= minute {
                return Now::Open {
                    until: period.closes,
                };
            }
            return Now::Opens {
                day,
                at: period.opens,
                today: ahead == 0,
            };
        }
    }
    Now::Closed
}

/// The minute of the day at UTC+8.
fn minute_of_day(now: Timestamp) -> u16 {
    let begin = calendar::start_of_day(calendar::civil_date(now));
    u16::try_from((now.as_second() - begin.as_second()) / 60).unwrap_or(0)
}

/// The periods of a day in their order; none on a day the hall is closed.
pub fn periods_on<'h>(hall: &'h Hall, calendar: &Calendar, day: Date) -> Vec<&'h Period> {
    let weekday = match calendar.day(day).map(|day| day.kind) {
        Ok(DayKind::Holiday(_)) => return Vec::new(),
        Ok(DayKind::MakeupWorkday(_)) => Weekday::Monday,
        _ => day.weekday(),
    };
    let mut periods: Vec<&Period> = hall
        .hours
        .iter()
        .filter(|period| period.is_on(weekday))
        .collect();
    periods.sort_by_key(|period| period.opens);
    periods
}

impl Now {
    /// The kind of light: `ok`, `hold`, or none where nobody knows.
    pub fn light(self) -> &'static str {
        match self {
            Now::Open { .. } => "ok",
            Now::Opens { .. } | Now::Closed => "hold",
            Now::Unknown => "",
        }
    }

    /// In words: 开放中，17:00关门.
    pub fn words(self, lang: Lang) -> String {
        let page = ui::Page {
            lang,
            ..ui::Page::default()
        };
        match self {
            Now::Open { until } => page.t1("开放中，{time}关门", "time", clock(until)),
            Now::Opens {
                at, today: true, ..
            } => page.t1("现在休息，今天{time}开门", "time", clock(at)),
            Now::Opens { day, at, .. } => page.tf(
                "已关门，{day}{time}开门",
                &[("day", &page.date_short(day)), ("time", &clock(at))],
            ),
            Now::Closed => page.t("不开放").to_owned(),
            Now::Unknown => page.t("请电话询问").to_owned(),
        }
    }
}

/// A hall with how it stands and whose matters its windows take in.
#[derive(Clone, Debug)]
pub struct Standing {
    pub hall: Hall,
    pub now: Now,
    /// Empty where some window takes everybody's, or none is known.
    pub orgs: Vec<base::ids::OrgId>,
}

impl Standing {
    pub fn is_main(&self) -> bool {
        self.hall.kind == HallKind::Hall
    }
}

/// Every hall of this deployment with how it stands at this moment, the large ones first.
pub async fn all(app: &web::App) -> web::Result<Vec<Standing>> {
    let (now, calendar) = (app.now(), app.calendar());
    let today = app.today();
    let region = app.config.region.clone();
    let mut standings = app
        .db
        .read(move |tx| -> Result<_, people::Error> {
            let filter = HallFilter {
                region: Some(region),
                on: Some(today),
                ..HallFilter::default()
            };
            let mut standings = Vec::new();
            for hall in halls::list(tx, &filter, None, halls::LIST_MAX)? {
                let orgs = halls::orgs_of(tx, hall.id)?;
                standings.push(Standing {
                    now: of(&hall, &calendar, now),
                    hall,
                    orgs,
                });
            }
            Ok(standings)
        })
        .await?;
    standings.sort_by_key(|standing| match standing.hall.kind {
        HallKind::Hall => 0,
        HallKind::Branch => 1,
        HallKind::Station => 2,
    });
    Ok(standings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::ids::{HallId, Uuid};
    use jiff::civil::date;

    fn hall(hours: &str) -> Hall {
        Hall {
            id: HallId::from_uuid(Uuid::nil()),
            key: "city".into(),
            name: "政务服务中心".into(),
            kind: HallKind::Hall,
            tier: None,
            region: "990100".into(),
            parent: None,
            address: String::new(),
            phone: String::new(),
            hours: crate::hours::parse(hours).expect("hours"),
            zones: Vec::new(),
            note: String::new(),
            valid_from: date(2020, 1, 1),
            valid_to: None,
        }
    }

    /// A moment in Beijing.
    fn at(day: Date, hour: i8, minute: i8) -> Timestamp {
        let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60;
        Timestamp::from_second(calendar::start_of_day(day).as_second() + seconds).expect("a moment")
    }

    #[test]
    fn open_closed_and_next() {
        let hall = hall("周一至周五 9:00—12:00\n周一至周五 13:00—17:00\n周六 9:00—12:00");
        let calendar = Calendar::builtin();
        let monday = date(2026, 5, 11);
        assert_eq!(
            of(&hall, &calendar, at(monday, 10, 20)),
            Now::Open { until: 12 * 60 }
        );
        assert_eq!(
            of(&hall, &calendar, at(monday, 12, 0)),
            Now::Opens {
                day: monday,
                at: 13 * 60,
                today: true
            }
        );
        assert_eq!(
            of(&hall, &calendar, at(date(2026, 5, 16), 12, 30)),
            Now::Opens {
                day: date(2026, 5, 18),
                at: 9 * 60,
                today: false
            }
        );
        // 国庆节: closed however the weekday falls.
        assert!(matches!(
            of(&hall, &calendar, at(date(2026, 10, 1), 10, 0)),
            Now::Opens { day, .. } if day > date(2026, 10, 5)
        ));
        assert_eq!(
            of(&self::hall(""), &calendar, at(monday, 10, 0)),
            Now::Unknown
        );
    }

    #[test]
    fn the_words_say_when() {
        let now = Now::Open { until: 17 * 60 };
        assert_eq!(now.words(Lang::Zh), "开放中，17:00关门");
        let later = Now::Opens {
            day: date(2026, 5, 18),
            at: 9 * 60,
            today: false,
        };
        assert_eq!(later.words(Lang::Zh), "已关门，5月18日9:00开门");
        assert!(later.words(Lang::En).contains("9:00"));
    }
}
