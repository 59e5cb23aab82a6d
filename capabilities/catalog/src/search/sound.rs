//! Names as they sound: pinyin in full and by initials, for questions typed in letters and for homophones.

use pinyin::ToPinyin;

/// The sounds of all names and aliases, one after the other in one text, so that a question is one scan.
#[derive(Debug, Default)]
pub(super) struct Sounds {
    initials: Lines,
    full: Lines,
}

/// Lines of one text, each belonging to a document.
#[derive(Debug, Default)]
struct Lines {
    text: String,
    /// Where each line begins, with its document and alias.
    starts: Vec<(u32, u32, Option<u16>)>,
}

/// A line in which the question was found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heard {
    pub(super) doc: u32,
    pub(super) alias: Option<u16>,
    /// At the beginning of the name.
    pub(super) begins: bool,
    /// The whole name.
    pub(super) whole: bool,
    /// In full rather than by initials.
    pub(super) full: bool,
}

/// Lines looked at for one question.
const HEARD_MAX: usize = 3000;

impl Sounds {
    pub(super) fn add(&mut self, doc: u32, alias: Option<u16>, name: &str) {
        let (initials, full) = of(name);
        self.initials.add(doc, alias, &initials);
        self.full.add(doc, alias, &full);
    }

    /// Where the letters are found; initials first.
    pub(super) fn find(&self, letters: &str) -> Vec<Heard> {
        let mut heard = Vec::new();
        if letters.len() >= 2 {
            self.initials.find(letters, false, &mut heard);
        }
        // Two letters are found in nearly every name written out.
        if letters.len() >= 3 {
            self.full.find(letters, true, &mut heard);
        }
        heard
    }

    /// Names that hold a word's sound, for a word nobody wrote.
    pub(super) fn homophones(&self, word: &str) -> Vec<Heard> {
        let mut heard = Vec::new();
        let (_, full) = of(word);
        if full.len() >= 4 {
            self.full.find(&full, true, &mut heard);
        }
        heard
    }
}

impl Lines {
    fn add(&mut self, doc: u32, alias: Option<u16>, line: &str) {
        let start =
            u32::try_from(self.text.len()).expect("the sounds of a catalogue stay below 4 GiB");
        self.starts.push((start, doc, alias));
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn find(&self, letters: &str, full: bool, heard: &mut Vec<Heard>) {
        let mut last = usize::MAX;
        for (place, _) in self.text.match_indices(letters) {
            // The line the place lies in: the last that begins at or before it.
            let line = self
                .starts
                .partition_point(|(start, ..)| *start as usize <= place)
                - 1;
            if line == last {
                continue;
            }
            last = line;
            let (start, doc, alias) = self.starts[line];
            let begins = start as usize == place;
            heard.push(Heard {
                doc,
                alias,
                begins,
                whole: begins && self.text[place + letters.len()..].starts_with('\n'),
                full,
            });
            if heard.len() == HEARD_MAX {
                return;
            }
        }
    }
}

/// Whether a character is read aloud one way or another.
pub(super) fn has_sound(c: char) -> bool {
    c.to_pinyin().is_some() || c.is_ascii_alphanumeric()
}

/// Letters without the differences many people neither speak nor hear: zh, ch, sh and z, c, s; n and ng at the end;
/// n and l at the beginning; ü and u.
pub(super) fn fold(letters: &str) -> String {
    let bytes = letters.as_bytes();
    let mut folded = String::with_capacity(letters.len());
    for (place, byte) in bytes.iter().enumerate() {
        let before = place.checked_sub(1).map(|place| bytes[place]);
        let after = bytes.get(place + 1);
        match byte {
            b'h' if matches!(before, Some(b'z' | b'c' | b's')) => {}
            b'g' if before == Some(b'n') => {}
            b'n' if matches!(after, Some(b'a' | b'e' | b'i' | b'o' | b'u' | b'v')) => {
                folded.push('l');
            }
            b'v' => folded.push('u'),
            byte => folded.push(char::from(*byte)),
        }
    }
    folded
}

/// Initials and full sound of a name; letters and digits stand for themselves.
pub(super) fn of(name: &str) -> (String, String) {
    let mut initials = String::with_capacity(name.len() / 3);
    let mut full = String::with_capacity(name.len() * 2);
    for c in name.chars() {
        match c.to_pinyin() {
            Some(sound) => {
                initials.push_str(sound.first_letter());
                // ü is typed as v.
                full.push_str(&sound.plain().replace('ü', "v"));
            }
            None if c.is_ascii_alphanumeric() => {
                initials.push(c);
                full.push(c);
            }
            None => {}
        }
    }
    (initials, full)
}
