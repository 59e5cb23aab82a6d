//! What stands in one cell: limits, small numbers, lists, entries with several parts.

use crate::model::Limit;
use crate::words;

pub(super) fn limit(cell: &str) -> Result<Limit, String> {
    words::read_limit(cell).ok_or_else(|| {
        format!("看不懂的时限“{cell}”，请写成20个工作日、30日、3个月、2小时或当场办结")
    })
}

pub(super) fn note(cell: &str, limit: Option<&mut Limit>, column: &str) -> Result<(), String> {
    match limit {
        Some(limit) => {
            limit.note = base::text::paragraphs(cell);
            Ok(())
        }
        None => Err(format!("填了时限说明，却没有填{column}")),
    }
}

pub(super) fn small(cell: &str, column: &str) -> Result<u8, String> {
    // Spreadsheets show whole numbers as 1.0 now and then.
    let digits = cell.strip_suffix(".0").unwrap_or(cell);
    digits
        .parse()
        .map_err(|_| format!("{column}“{cell}”应为0至255的整数"))
}

pub(super) fn yes_out(yes: bool) -> &'static str {
    if yes { "是" } else { "否" }
}

pub(super) fn yes(cell: &str, column: &str) -> Result<bool, String> {
    match cell {
        "是" | "1" => Ok(true),
        "否" | "0" => Ok(false),
        _ => Err(format!("“{column}”请填是或否，现在是“{cell}”")),
    }
}

pub(super) fn whole<T: std::str::FromStr>(cell: &str, column: &str) -> Result<T, String> {
    cell.strip_suffix(".0")
        .unwrap_or(cell)
        .parse()
        .map_err(|_| format!("{column}“{cell}”不是能填的整数"))
}

/// Plain JSON in a cell.
pub(super) fn json<T: serde::de::DeserializeOwned>(cell: &str, column: &str) -> Result<T, String> {
    base::json::read(cell.as_bytes())
        .map_err(|error| format!("{column}不是有效的JSON：{error}。请不要手工改动这一列"))
}

pub(super) fn json_out(value: &impl serde::Serialize, empty: bool) -> String {
    if empty {
        String::new()
    } else {
        serde_json::to_string(value).expect("plain data")
    }
}

pub(super) fn lines(cell: &str) -> impl Iterator<Item = &str> {
    cell.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// A simple list: by lines, or by `；` and `、`.
pub(super) fn words_of(cell: &str) -> Vec<String> {
    cell.split(['\n', '；', ';', '、'])
        .map(base::text::single_line)
        .filter(|word| !word.is_empty())
        .collect()
}

pub(super) fn coded_out<C: PartialEq>(table: &'static [(C, &'static str)], codes: &[C]) -> String {
    let words: Vec<&str> = codes
        .iter()
        .filter_map(|code| words::word_of(table, code))
        .collect();
    words.join("\n")
}

pub(super) fn coded_in<C: Copy>(
    table: &'static [(C, &'static str)],
    cell: &str,
    column: &str,
) -> Result<Vec<C>, String> {
    words_of(cell)
        .iter()
        .map(|word| {
            words::code_of(table, word).ok_or_else(|| {
                let known: Vec<&str> = table.iter().map(|(_, word)| *word).collect();
                format!("不认识的{column}“{word}”，请从{}中选", known.join("、"))
            })
        })
        .collect()
}

pub(super) fn entries_out<T>(entries: &[T], parts: impl Fn(&T) -> Vec<String>) -> String {
    entries
        .iter()
        .map(|entry| {
            let parts: Vec<String> = parts(entry).iter().map(|part| escape(part)).collect();
            parts.join("|").trim_end_matches('|').to_owned()
        })
        .collect::<Vec<_>>()
        .join("\n")
}

pub(super) fn entries_in<T>(
    cell: &str,
    width: usize,
    column: &str,
    entry: impl Fn(Vec<String>) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    lines(cell)
        .map(|line| {
            let mut parts = unescape(line);
            if parts.len() > width {
                return Err(format!(
                    "{column}的一行最多{width}段，用|分隔；段内的|请写成\\|"
                ));
            }
            parts.resize(width, String::new());
            entry(parts)
        })
        .collect()
}

fn escape(part: &str) -> String {
    let mut out = String::with_capacity(part.len());
    for c in part.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '|' => out.push_str("\\|"),
            '｜' => out.push_str("\\｜"),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out
}

fn unescape(line: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '|' | '｜' => parts.push(String::new()),
            c => {
                let last = parts.last_mut().expect("one part to begin with");
                if c != '\\' {
                    last.push(c);
                    continue;
                }
                match chars.next() {
                    Some('n') => last.push('\n'),
                    Some(escaped) => last.push(escaped),
                    None => last.push('\\'),
                }
            }
        }
    }
    parts.iter().map(|part| part.trim().to_owned()).collect()
}
