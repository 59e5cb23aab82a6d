//! What states, clocks and remaining time are called.

use calendar::Calendar;
use cases::queue::{Counts, Light};
use casework::Flow;
use casework::flow::State;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The words of the processes that are watched.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    pub flows: &'static [&'static Flow],
    /// Name of a clock by its kind.
    pub clock: fn(&str) -> &'static str,
}

impl Words {
    /// The official term of a state.
    pub fn state(&self, state: &str) -> &'static str {
        self.flows
            .iter()
            .find_map(|flow| flow.state(state))
            .map_or("未知状态", |state| state.label)
    }

    /// Every state once, in the order of the flows.
    pub fn states(&self) -> Vec<&'static State> {
        let mut states: Vec<&'static State> = Vec::new();
        for state in self.flows.iter().flat_map(|flow| flow.states) {
            if states.iter().all(|known| known.name != state.name) {
                states.push(state);
            }
        }
        states
    }
}

/// 时限状态 in addresses and JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LightWord {
    /// 超期.
    Over,
    /// 快到期.
    Near,
    /// 充裕.
    Ok,
    /// 停止计时.
    Held,
}

impl LightWord {
    pub const ALL: [LightWord; 4] = [
        LightWord::Over,
        LightWord::Near,
        LightWord::Ok,
        LightWord::Held,
    ];

    pub fn light(self) -> Light {
        match self {
            LightWord::Over => Light::Over,
            LightWord::Near => Light::Near,
            LightWord::Ok => Light::Ok,
            LightWord::Held => Light::Held,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            LightWord::Over => "over",
            LightWord::Near => "near",
            LightWord::Ok => "ok",
            LightWord::Held => "held",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            LightWord::Over => "超期",
            LightWord::Near => "快到期",
            LightWord::Ok => "充裕",
            LightWord::Held => "停止计时",
        }
    }

    /// The component's own word.
    pub fn class(self) -> &'static str {
        match self {
            LightWord::Held => "hold",
            other => other.word(),
        }
    }

    /// How many of these there are.
    pub fn of_counts(self, counts: &Counts) -> i64 {
        match self {
            LightWord::Over => counts.over,
            LightWord::Near => counts.near,
            LightWord::Ok => counts.ok,
            LightWord::Held => counts.held,
        }
    }

    /// The light of a clock, by the same bounds as the figures of `cases::board`.
    pub fn of(due: Option<Timestamp>, near: Option<Timestamp>, now: Timestamp) -> LightWord {
        match (due, near) {
            (None, _) => LightWord::Held,
            (Some(due), _) if due < now => LightWord::Over,
            (Some(_), Some(near)) if near <= now => LightWord::Near,
            (Some(_), _) => LightWord::Ok,
        }
    }
}

/// 剩3个工作日, 今天到期, 超期1天, 停止计时.
pub fn time_left(due: Option<Timestamp>, now: Timestamp, calendar: &Calendar) -> String {
    let Some(due) = due else {
        return "停止计时".to_owned();
    };
    let today = calendar::civil_date(now);
    let last = ui::format::last_day(due);
    if due < now {
        let days = (today - last).get_days().max(1);
        return format!("超期{days}天");
    }
    if last <= today {
        return "今天到期".to_owned();
    }
    let tomorrow = today.tomorrow().unwrap_or(today);
    match calendar.working_days(tomorrow, last) {
        Ok(0) | Err(_) => "即将到期".to_owned(),
        Ok(days) => format!("剩{days}个工作日"),
    }
}

#[cfg(test)]
mod tests {
    use calendar::Calendar;
    use jiff::Timestamp;

    use super::{LightWord, time_left};

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    #[test]
    fn time_left_is_told_in_working_days() {
        let calendar = Calendar::builtin();
        // Wednesday, 20 May 2026, 10:00 in China.
        let now = at("2026-05-20T02:00:00Z");
        for (due, words) in [
            ("2026-05-20T16:00:00Z", "今天到期"),
            ("2026-05-21T16:00:00Z", "剩1个工作日"),
            // Friday to the next Monday.
            ("2026-05-25T16:00:00Z", "剩3个工作日"),
            ("2026-05-19T16:00:00Z", "超期1天"),
            ("2026-05-17T16:00:00Z", "超期3天"),
        ] {
            assert_eq!(time_left(Some(at(due)), now, &calendar), words, "{due}");
        }
        assert_eq!(time_left(None, now, &calendar), "停止计时");
    }

    #[test]
    fn lights_have_the_bounds_of_the_figures() {
        let now = at("2026-05-20T02:00:00Z");
        let (before, after) = (at("2026-05-20T01:59:59Z"), at("2026-05-20T02:00:01Z"));
        for (due, near, light) in [
            (None, None, LightWord::Held),
            (Some(before), Some(before), LightWord::Over),
            (Some(now), Some(before), LightWord::Near),
            (Some(after), Some(now), LightWord::Near),
            (Some(after), Some(after), LightWord::Ok),
        ] {
            assert_eq!(LightWord::of(due, near, now), light);
        }
    }
}
