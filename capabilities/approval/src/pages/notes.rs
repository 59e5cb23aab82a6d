//! What the officer has to know of a case beside its state: who reminds them of it, what was promised and is awaited, what a promise stands for,
//! how far a hearing has come. Whoever takes things in is led to where they do it.

use calendar::Calendar;
use casework::Case;
use jiff::Timestamp;

use crate::clocks;
use crate::law::Named;
use crate::special::{gap, hearing, urging};

/// One thing to know.
pub(super) struct Note {
    /// Kind of the notice.
    pub kind: &'static str,
    pub words: String,
    /// Address at which it is taken in, and what the link says; empty for those who do not.
    pub href: String,
    pub link: &'static str,
}

impl Note {
    fn new(kind: &'static str, words: String) -> Note {
        Note {
            kind,
            words,
            href: String::new(),
            link: "",
        }
    }

    fn leading(self, receives: bool, href: String, link: &'static str) -> Note {
        let href = if receives { href } else { String::new() };
        Note { href, link, ..self }
    }
}

/// Everything to know of a case; `receives`: the reader may take in what the applicant brings.
pub(super) fn of(case: &Case, calendar: &Calendar, now: Timestamp, receives: bool) -> Vec<Note> {
    [
        of_urges(case),
        of_gap(case, calendar, receives),
        of_promise(case),
        of_hearing(case, calendar, now, receives),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn names(named: &[Named]) -> String {
    let names: Vec<&str> = named.iter().map(|one| one.name.as_str()).collect();
    names.join("、")
}

fn long(date: jiff::civil::Date) -> String {
    ui::format::date_long(ui::Lang::Zh, date)
}

fn on(at: Timestamp) -> String {
    long(calendar::civil_date(at))
}

/// The last day of an open clock.
fn last_day(case: &Case, kind: &str, calendar: &Calendar) -> Option<String> {
    let due = case.open_clock(kind)?.due(calendar).ok()?.due()?;
    Some(long(due.date))
}

/// 催办: whoever opens the case reads the newest reminder.
fn of_urges(case: &Case) -> Option<Note> {
    let open = urging::open(case);
    let last = open.last()?;
    let words = format!(
        "被催办{}次，最近一次{}，{}：{}",
        open.len(),
        on(last.at),
        last.who(),
        last.text
    );
    Some(Note::new("zhu", words))
}

fn of_gap(case: &Case, calendar: &Calendar, receives: bool) -> Option<Note> {
    let gap = gap::of(case)?;
    let names = names(&gap.missing);
    if let Some(at) = gap.completed_at {
        let words = format!("容缺材料已补齐（{}）：{names}", on(at));
        return Some(Note::new("green", words));
    }
    if let Some(at) = gap.lapsed_at {
        let words = format!("容缺材料逾期未补（{}）：{names}", on(at));
        return Some(Note::new("zhu", words));
    }
    if !case.is_open() {
        return None;
    }
    if gap.accepted_at.is_none() {
        let words = format!("申请人承诺补交：{names}；可以容缺受理");
        return Some(Note::new("amber", words));
    }
    let until = last_day(case, clocks::GAP, calendar)
        .map_or_else(String::new, |day| format!("，最迟{day}"));
    let words = format!("容缺受理，待补：{names}{until}；补齐前不能准予");
    let address = format!("/cases/{}/gap", case.id);
    Some(Note::new("amber", words).leading(receives, address, "登记补交材料"))
}

fn of_promise(case: &Case) -> Option<Note> {
    let promise = crate::promise::of(case)?;
    let words = format!(
        "告知承诺办理，承诺代替：{}；决定后核查",
        names(&promise.materials)
    );
    Some(Note::new("amber", words))
}

fn of_hearing(case: &Case, calendar: &Calendar, now: Timestamp, receives: bool) -> Option<Note> {
    let known = hearing::of(case)?;
    if !case.is_open() || known.waived_at.is_some() || known.held_at.is_some() {
        return None;
    }
    let note = match (known.requested_at, known.on) {
        (Some(_), Some(day)) => {
            let words = format!("听证定于{}{}在{}举行", long(day), known.time, known.place);
            Note::new("amber", words)
        }
        (Some(at), None) => {
            let by = last_day(case, clocks::HEARING_HOLD, calendar).unwrap_or_default();
            Note::new("zhu", format!("{}有人要求听证，最迟{by}举行", on(at)))
        }
        (None, _) => {
            let clock = case.open_clock(clocks::HEARING_REQUEST);
            let due = clock.and_then(|clock| clocks::due_at(clock, calendar));
            match (due, last_day(case, clocks::HEARING_REQUEST, calendar)) {
                (Some(due), _) if due <= now => {
                    return Some(Note::new(
                        "amber",
                        "要求听证的期限已过，没有人要求".to_owned(),
                    ));
                }
                (_, Some(by)) => Note::new("amber", format!("已告知听证权利，{by}前可以要求听证")),
                _ => return Some(Note::new("amber", "听证权利告知书尚未送达".to_owned())),
            }
        }
    };
    let address = format!("/cases/{}/hearing", case.id);
    Some(note.leading(receives, address, "登记听证意愿"))
}
