//! What people browse by: themes 主题 and life events 人生事件, as shipped in `data/search`.

use std::sync::LazyLock;

use crate::brief::Brief;

const THEMES: &str = include_str!("../../../data/search/themes.csv");
const LIFE_EVENTS: &str = include_str!("../../../data/search/life_events.csv");

/// Who is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Audience {
    /// 个人.
    Person,
    /// 企业和其他组织.
    Enterprise,
}

impl Audience {
    pub const ALL: [Audience; 2] = [Audience::Person, Audience::Enterprise];

    /// The word in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Audience::Person => "person",
            Audience::Enterprise => "corp",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Audience::Person => "个人办事",
            Audience::Enterprise => "企业办事",
        }
    }

    pub fn from_word(word: &str) -> Option<Audience> {
        Audience::ALL
            .into_iter()
            .find(|audience| audience.word() == word)
    }

    /// Whether an item serves them. A record that does not say serves everybody.
    pub fn has(self, brief: &Brief) -> bool {
        brief.body.service_objects.is_empty()
            || match self {
                Audience::Person => brief.for_people(),
                Audience::Enterprise => brief.for_enterprises(),
            }
    }
}

/// A theme or a life event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The word in addresses.
    pub key: String,
    /// The name items carry.
    pub name: String,
    pub audience: Audience,
    /// Words of item names that belong to it, for items nobody sorted yet.
    pub keywords: Vec<String>,
    /// Said beside the name.
    pub note: String,
}

/// All of them, in the order they are shown.
#[derive(Debug)]
pub struct Topics {
    pub themes: Vec<Topic>,
    pub life_events: Vec<Topic>,
}

impl Topics {
    /// The shipped ones, read once.
    pub fn shipped() -> &'static Topics {
        static TOPICS: LazyLock<Topics> = LazyLock::new(|| Topics {
            themes: read(THEMES, false),
            life_events: read(LIFE_EVENTS, true),
        });
        &TOPICS
    }

    pub fn theme(&self, key: &str) -> Option<&Topic> {
        self.themes.iter().find(|topic| topic.key == key)
    }

    pub fn life_event(&self, key: &str) -> Option<&Topic> {
        self.life_events.iter().find(|topic| topic.key == key)
    }

    /// The life events of an item: those it names, and where it names none, those whose keywords its name holds.
    pub fn life_events_of<'a>(&'a self, brief: &'a Brief) -> Vec<&'a str> {
        if !brief.body.life_events.is_empty() {
            let mut events: Vec<&str> = brief.body.life_events.iter().map(String::as_str).collect();
            events.sort_unstable();
            events.dedup();
            return events;
        }
        self.life_events
            .iter()
            .filter(|event| event.audience.has(brief))
            .filter(|event| {
                event
                    .keywords
                    .iter()
                    .any(|word| brief.name.contains(word.as_str()))
            })
            .map(|event| event.name.as_str())
            .collect()
    }
}

/// Columns: key, name, audience, order, then keywords or a note.
fn read(csv: &str, keywords: bool) -> Vec<Topic> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let mut topics: Vec<(u32, Topic)> = Vec::new();
    for record in reader.records() {
        let record = record.expect("the shipped lists are sound");
        let cell = |place: usize| record.get(place).unwrap_or_default();
        let last = cell(4);
        topics.push((
            cell(3).parse().expect("the shipped lists are sound"),
            Topic {
                key: cell(0).to_owned(),
                name: cell(1).to_owned(),
                audience: Audience::from_word(cell(2)).expect("the shipped lists are sound"),
                keywords: if keywords {
                    last.split_whitespace().map(str::to_owned).collect()
                } else {
                    Vec::new()
                },
                note: if keywords {
                    String::new()
                } else {
                    last.to_owned()
                },
            },
        ));
    }
    topics.sort_by_key(|(order, topic)| (topic.audience.word() == "corp", *order));
    topics.into_iter().map(|(_, topic)| topic).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_lists_read_and_have_distinct_keys() {
        let topics = Topics::shipped();
        assert!(topics.themes.len() >= 70);
        assert!(topics.life_events.len() >= 20);
        for list in [&topics.themes, &topics.life_events] {
            let mut keys: Vec<&str> = list.iter().map(|topic| topic.key.as_str()).collect();
            keys.sort_unstable();
            keys.dedup();
            assert_eq!(keys.len(), list.len());
        }
        assert_eq!(topics.themes[0].audience, Audience::Person);
    }
}
