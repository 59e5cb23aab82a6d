//! A guide as a spreadsheet, for whoever thinks in tables: sheets 问题, 选项 and 结果. Written and read again it is the
//! same guide, and written twice it is the same file.

use calendar::Unit;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, XlsxError};

use crate::import::{Table, Unreadable, named_sheet};
use crate::model::{Choice, Limit, Outcome, Question, QuestionKind, Situation};

const QUESTIONS: &str = "问题";
const OPTIONS: &str = "选项";
const OUTCOMES: &str = "结果";

const QUESTION_COLUMNS: [&str; 6] = ["标识", "问题", "说明", "类型", "分界", "提问条件"];
const OPTION_COLUMNS: [&str; 4] = ["问题标识", "值", "文字", "说明"];
const OUTCOME_COLUMNS: [&str; 13] = [
    "标识",
    "名称",
    "条件",
    "业务办理项",
    "要交的材料",
    "不交的材料",
    "要填的页",
    "承诺时限",
    "时限单位",
    "时限说明",
    "到现场次数",
    "办理路线",
    "不能办的说明",
];

const KINDS: [(QuestionKind, &str); 4] = [
    (QuestionKind::Choice, "单选"),
    (QuestionKind::Choices, "多选"),
    (QuestionKind::YesNo, "是否"),
    (QuestionKind::Number, "整数"),
];

const UNITS: [(Unit, &str); 5] = [
    (Unit::WorkingDay, "工作日"),
    (Unit::Day, "日"),
    (Unit::Hour, "小时"),
    (Unit::Minute, "分钟"),
    (Unit::Month, "个月"),
];

/// The word of a kind of question.
pub fn kind_word(kind: QuestionKind) -> &'static str {
    KINDS
        .iter()
        .find(|(known, _)| *known == kind)
        .map_or("", |(_, word)| word)
}

/// The kind of a word.
pub fn kind_of(word: &str) -> Option<QuestionKind> {
    KINDS
        .iter()
        .find(|(_, known)| *known == word)
        .map(|(kind, _)| *kind)
}

/// The word of a unit of time.
pub fn unit_word(unit: Unit) -> &'static str {
    UNITS
        .iter()
        .find(|(known, _)| *known == unit)
        .map_or("", |(_, word)| word)
}

/// The unit of a word.
pub fn unit_of(word: &str) -> Option<Unit> {
    UNITS
        .iter()
        .find(|(_, known)| *known == word)
        .map(|(unit, _)| *unit)
}

/// All kinds and units in words, as an editor offers them.
pub fn words() -> (Vec<&'static str>, Vec<&'static str>) {
    (
        KINDS.iter().map(|(_, word)| *word).collect(),
        UNITS.iter().map(|(_, word)| *word).collect(),
    )
}

/// Writes a guide.
pub fn write(situation: &Situation) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let questions = situation.questions.iter().map(|question| {
        vec![
            question.key.clone(),
            question.text.clone(),
            question.hint.clone(),
            kind_word(question.kind).to_owned(),
            lines(question.steps.iter().map(ToString::to_string)),
            question.when.clone(),
        ]
    });
    table(&mut book, QUESTIONS, &QUESTION_COLUMNS, questions)?;
    let options = situation.questions.iter().flat_map(|question| {
        question.options.iter().map(|option| {
            vec![
                question.key.clone(),
                option.value.clone(),
                option.label.clone(),
                option.hint.clone(),
            ]
        })
    });
    table(&mut book, OPTIONS, &OPTION_COLUMNS, options)?;
    let outcomes = situation.outcomes.iter().map(|outcome| {
        let limit = outcome.promised_limit.as_ref();
        vec![
            outcome.key.clone(),
            outcome.name.clone(),
            outcome.when.clone(),
            outcome.handling_item.clone(),
            lines(outcome.materials.iter().cloned()),
            lines(outcome.without.iter().cloned()),
            lines(outcome.pages.iter().cloned()),
            limit.map_or_else(String::new, |limit| limit.n.to_string()),
            limit.map_or_else(String::new, |limit| unit_word(limit.unit).to_owned()),
            limit.map_or_else(String::new, |limit| limit.note.clone()),
            outcome
                .visit_count
                .map_or_else(String::new, |count| count.to_string()),
            outcome.route.clone(),
            outcome.stop.clone(),
        ]
    });
    table(&mut book, OUTCOMES, &OUTCOME_COLUMNS, outcomes)?;
    book.save_to_buffer()
}

fn table(
    book: &mut Workbook,
    name: &str,
    columns: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
) -> Result<(), XlsxError> {
    let sheet = book.add_worksheet();
    sheet.set_name(name)?;
    for (column, heading) in (0_u16..).zip(columns) {
        sheet.set_column_width(column, 22.0)?;
        sheet.write_string(0, column, *heading)?;
    }
    for (row, cells) in (1_u32..).zip(rows) {
        for (column, cell) in (0_u16..).zip(cells) {
            if !cell.is_empty() {
                sheet.write_string(row, column, cell)?;
            }
        }
    }
    Ok(())
}

fn lines(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join("\n")
}

/// Reads a guide.
///
/// # Errors
/// What is wrong, with sheet and row, for the editor. Conditions are judged by the check.
pub fn read(content: &[u8]) -> Result<Situation, Vec<String>> {
    let unreadable = |error: Unreadable| vec![error.to_string()];
    let mut wrong = Vec::new();
    let mut sheet = |name: &str, columns: &[&str]| -> Result<Vec<Row>, Vec<String>> {
        match named_sheet(content, name).map_err(unreadable)? {
            None => {
                wrong.push(format!("缺少“{name}”表"));
                Ok(Vec::new())
            }
            Some(table) => Ok(rows(name, columns, table, &mut wrong)),
        }
    };
    let questions = sheet(QUESTIONS, &QUESTION_COLUMNS)?;
    let options = sheet(OPTIONS, &OPTION_COLUMNS)?;
    let outcomes = sheet(OUTCOMES, &OUTCOME_COLUMNS)?;
    let mut situation = Situation::default();
    for row in &questions {
        situation.questions.push(question(row, &mut wrong));
    }
    for row in options {
        let key = row.cell("问题标识");
        match situation
            .questions
            .iter_mut()
            .find(|question| question.key == key)
        {
            None => wrong.push(row.says(&format!("“{QUESTIONS}”表里没有“{key}”"))),
            Some(question) => question.options.push(Choice {
                value: row.cell("值").to_owned(),
                label: row.cell("文字").to_owned(),
                hint: row.cell("说明").to_owned(),
            }),
        }
    }
    for row in &outcomes {
        situation.outcomes.push(outcome(row, &mut wrong));
    }
    if wrong.is_empty() {
        Ok(situation)
    } else {
        Err(wrong)
    }
}

struct Row {
    sheet: String,
    line: usize,
    cells: Vec<(String, String)>,
}

impl Row {
    fn cell(&self, column: &str) -> &str {
        self.cells
            .iter()
            .find(|(known, _)| known == column)
            .map_or("", |(_, cell)| cell)
    }

    fn words(&self, column: &str) -> Vec<String> {
        let cell = self.cell(column).lines().map(str::trim);
        cell.filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    }

    fn says(&self, message: &str) -> String {
        format!("“{}”表第{}行：{message}", self.sheet, self.line)
    }

    fn number<T: std::str::FromStr>(&self, column: &str, wrong: &mut Vec<String>) -> Option<T> {
        let cell = self.cell(column).trim();
        if cell.is_empty() {
            return None;
        }
        let read = cell.parse().ok();
        if read.is_none() {
            wrong.push(self.says(&format!("“{column}”应为整数，现在是“{cell}”")));
        }
        read
    }
}

fn rows(name: &str, columns: &[&str], table: Table, wrong: &mut Vec<String>) -> Vec<Row> {
    for column in columns {
        if !table.header.iter().any(|known| known == column) {
            wrong.push(format!("“{name}”表缺少“{column}”列"));
        }
    }
    let mut found = Vec::new();
    for (line, cells) in table.rows {
        match cells {
            Err(message) => wrong.push(format!("“{name}”表第{line}行：{message}")),
            Ok(cells) if cells.iter().all(|cell| cell.trim().is_empty()) => {}
            Ok(cells) => found.push(Row {
                sheet: name.to_owned(),
                line,
                cells: table.header.iter().cloned().zip(cells).collect(),
            }),
        }
    }
    found
}

fn question(row: &Row, wrong: &mut Vec<String>) -> Question {
    let word = row.cell("类型");
    let kind = kind_of(word).unwrap_or_else(|| {
        let all: Vec<&str> = KINDS.iter().map(|(_, word)| *word).collect();
        wrong.push(row.says(&format!("“类型”应为{}，现在是“{word}”", all.join("、"))));
        QuestionKind::default()
    });
    let mut steps = Vec::new();
    for step in row.words("分界") {
        match step.parse() {
            Ok(step) => steps.push(step),
            Err(_) => wrong.push(row.says(&format!("“分界”应为整数，现在是“{step}”"))),
        }
    }
    Question {
        key: row.cell("标识").to_owned(),
        text: row.cell("问题").to_owned(),
        hint: row.cell("说明").to_owned(),
        kind,
        options: Vec::new(),
        steps,
        when: row.cell("提问条件").to_owned(),
    }
}

fn outcome(row: &Row, wrong: &mut Vec<String>) -> Outcome {
    let unit = row.cell("时限单位");
    let promised_limit = row.number("承诺时限", wrong).and_then(|n| {
        if let Some(unit) = unit_of(unit) {
            Some(Limit {
                n,
                unit,
                note: row.cell("时限说明").to_owned(),
            })
        } else {
            let all: Vec<&str> = UNITS.iter().map(|(_, word)| *word).collect();
            wrong.push(row.says(&format!("“时限单位”应为{}，现在是“{unit}”", all.join("、"))));
            None
        }
    });
    Outcome {
        key: row.cell("标识").to_owned(),
        name: row.cell("名称").to_owned(),
        when: row.cell("条件").to_owned(),
        handling_item: row.cell("业务办理项").to_owned(),
        materials: row.words("要交的材料"),
        without: row.words("不交的材料"),
        pages: row.words("要填的页"),
        promised_limit,
        visit_count: row.number("到现场次数", wrong),
        route: row.cell("办理路线").to_owned(),
        stop: row.cell("不能办的说明").to_owned(),
    }
}
