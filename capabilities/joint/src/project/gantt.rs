//! The picture of a project: what each stage was planned to take, and what has become of it.

use base::ids::CaseId;
use calendar::{Calendar, Deadline, Length, Moment, civil_date};
use casework::Case;
use jiff::Timestamp;
use jiff::civil::Date;
use ui::Page;
use ui::charts::Gantt;
use ui::charts::gantt::{Progress, Row};

use super::classes::Class;
use super::rules::{StageStanding, stages};

/// Draws the stages of a class as they are; `href` makes the address of a stage's page.
pub fn of(
    page: &Page,
    case: &Case,
    class: &Class,
    calendar: &Calendar,
    now: Timestamp,
    href: impl Fn(CaseId) -> String,
) -> Gantt {
    let known = stages(case);
    let begin = civil_date(case.opened_at);
    let day = |date: Date| i64::from((date - begin).get_days()).max(0);
    let today = civil_date(now);
    // A stage is planned from the end of the one before it: as it was, or as it was planned.
    let mut from = known.get(&class.stages[0].key).map_or(today, |first| {
        civil_date(first.accepted_at.unwrap_or(first.filed_at))
    });
    let mut rows = Vec::with_capacity(class.stages.len());
    for stage in &class.stages {
        let standing = known.get(&stage.key);
        if let Some(accepted) = standing.and_then(|standing| standing.accepted_at) {
            from = civil_date(accepted);
        }
        let to = after(calendar, from, stage.days);
        let ended = standing.and_then(|standing| standing.ended_at.map(civil_date));
        let began =
            standing.map(|standing| civil_date(standing.accepted_at.unwrap_or(standing.filed_at)));
        let actual = began.map(|began| (began, ended.unwrap_or(today).max(began)));
        rows.push(Row {
            label: stage.name.clone(),
            href: standing.map_or_else(String::new, |standing| href(standing.case_id)),
            planned: (day(from), day(to)),
            actual: actual.map(|(began, until)| (day(began), day(until).max(day(began) + 1))),
            progress: progress(standing, to, today),
            planned_words: page.span(from, to),
            actual_words: match (began, ended) {
                (Some(began), Some(ended)) => page.span(began, ended),
                (Some(began), None) => page.t1("{date}开始", "date", page.date(began)),
                (None, _) => String::new(),
            },
        });
        from = ended.unwrap_or(to);
    }
    Gantt {
        id: "project-gantt".to_owned(),
        title: page.t("计划和实际").to_owned(),
        head: page.t("阶段").to_owned(),
        rows,
        today: Some(day(today)),
    }
}

fn progress(standing: Option<&StageStanding>, planned: Date, today: Date) -> Progress {
    match standing {
        None => Progress::Planned,
        Some(standing) if standing.passed => Progress::Done,
        Some(standing)
            if standing.ended_at.is_some()
                || matches!(standing.state.as_str(), "correcting" | "rectifying") =>
        {
            Progress::Stopped
        }
        Some(_) if today > planned => Progress::Late,
        Some(_) => Progress::Running,
    }
}

/// The last of so many working days after a day.
fn after(calendar: &Calendar, from: Date, days: u32) -> Date {
    calendar::due(
        calendar,
        Moment::Date(from),
        Length::working_days(days),
        &[],
        calendar::Rule::default(),
    )
    .ok()
    .and_then(Deadline::due)
    .map_or(from, |due| due.date)
}
