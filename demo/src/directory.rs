//! The published directory of a real district (`data/items/directory_guangan.csv`), read as matters of the city: which
//! department they belong to, what kind they are, which law stands behind them.

use anyhow::Context as _;
use calendar::Unit;
use catalog::model::Limit;
use serde::Deserialize;

const DIRECTORY: &str = include_str!("../../data/items/directory_guangan.csv");
const FUNCTIONS: &str = include_str!("../../data/items/directory_functions.csv");
const RULES: &str = include_str!("../../data/items/base_rules.csv");

/// Names longer than this are whole sentences of exceptions.
const NAME_CHARS_MAX: usize = 60;
/// What only the source's own district can mean.
const ELSEWHERE: [&str; 4] = ["广安", "四川", "成都", "省政府"];

/// One matter of the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Matter {
    /// `function` of the bodies that do it.
    pub(crate) function: String,
    pub(crate) name: String,
    pub(crate) main_name: String,
    /// 事项类型, two digits.
    pub(crate) item_type: String,
    pub(crate) kind: Kind,
    pub(crate) audience: Audience,
    pub(crate) law: String,
    pub(crate) article: String,
    /// What the article sets, if it sets any.
    pub(crate) limit: Option<Limit>,
}

/// What is done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Consult,
    Query,
    Cancel,
    Reissue,
    Renew,
    Change,
    Filing,
    Benefit,
    Licence,
    Confirm,
    Service,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    Person,
    Company,
}

#[derive(Deserialize)]
struct Row {
    item_name: String,
    department: String,
    main_item: String,
    task_type_code: String,
    service_kind: String,
}

/// Which function does what of a department: the first line whose words are in the name.
#[derive(Deserialize)]
struct Function {
    department: String,
    words: String,
    #[serde(rename = "function")]
    name: String,
}

/// Which law stands behind a matter: the first line of its function whose words are in the name.
#[derive(Deserialize)]
struct Rule {
    function: String,
    words: String,
    law: String,
    article: String,
    days: Option<u32>,
    unit: String,
}

/// Every matter that can be told in this city, in the order of the directory.
pub(crate) fn read() -> anyhow::Result<Vec<Matter>> {
    let functions: Vec<Function> = rows(FUNCTIONS).context("directory_functions.csv")?;
    let rules: Vec<Rule> = rows(RULES).context("base_rules.csv")?;
    let directory: Vec<Row> = rows(DIRECTORY).context("directory_guangan.csv")?;
    let mut seen = std::collections::HashSet::new();
    let mut matters = Vec::with_capacity(directory.len());
    for row in directory {
        let name = tidy(&row.item_name);
        let strange = ELSEWHERE.iter().any(|word| row.item_name.contains(word));
        let function = functions
            .iter()
            .find(|line| line.department == row.department && holds(&line.words, &name));
        let Some(function) = function.filter(|_| !strange && fits(&name)) else {
            continue;
        };
        let function = function.name.clone();
        if !seen.insert((function.clone(), name.clone())) {
            continue;
        }
        let item_type = format!("{:0>2}", row.task_type_code);
        let kind = kind(&name, &item_type, &row.service_kind);
        let rule = rules
            .iter()
            .find(|rule| rule.function == function && holds(&rule.words, &name))
            .with_context(|| format!("no law for {function}"))?;
        let main = tidy(&row.main_item);
        matters.push(Matter {
            audience: audience(&function, &name),
            main_name: if fits(&main) { main } else { name.clone() },
            law: rule.law.clone(),
            article: rule.article.clone(),
            limit: limit(rule, kind)?,
            function,
            name,
            item_type,
            kind,
        });
    }
    Ok(matters)
}

fn rows<T: for<'de> Deserialize<'de>>(text: &str) -> Result<Vec<T>, csv::Error> {
    csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .collect()
}

/// Whether one of the words, parted by `|`, is in the name; no words mean every name.
fn holds(words: &str, name: &str) -> bool {
    words.is_empty() || words.split('|').any(|word| name.contains(word))
}

fn fits(name: &str) -> bool {
    !name.is_empty() && name.chars().count() <= NAME_CHARS_MAX
}

/// The name without the level it was exercised at.
fn tidy(name: &str) -> String {
    let mut name = name.trim().replace('\\', "/");
    for level in ["县级行使", "县级权限", "县级", "市级", "住建行使"] {
        for (open, close) in [('（', '）'), ('(', ')'), ('（', ')'), ('(', '）')] {
            name = name.replace(&format!("{open}{level}{close}"), "");
        }
    }
    name
}

fn kind(name: &str, item_type: &str, service: &str) -> Kind {
    let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if service == "consult" || says(&["咨询", "指引"]) {
        Kind::Consult
    } else if service == "query" || says(&["查询", "查阅", "查（借）阅"]) {
        Kind::Query
    } else if says(&["注销", "终止", "停业", "撤销"]) {
        Kind::Cancel
    } else if says(&["补办", "补发", "补证", "补领", "挂失", "遗失"]) {
        Kind::Reissue
    } else if says(&[
        "延续", "换发", "换证", "续期", "换领", "校验", "年审", "年检", "到期",
    ]) {
        Kind::Renew
    } else if says(&["变更", "更正", "转移", "迁移", "过户", "更名"]) {
        Kind::Change
    } else if says(&["备案", "报告", "报验", "采集"]) {
        Kind::Filing
    } else if item_type == "05"
        || says(&[
            "补贴", "救助", "津贴", "补助", "申领", "报销", "抚恤", "奖励", "支付",
        ])
    {
        Kind::Benefit
    } else if item_type == "01" {
        Kind::Licence
    } else if item_type == "07" || says(&["确认", "认定"]) {
        Kind::Confirm
    } else {
        Kind::Service
    }
}

fn audience(function: &str, name: &str) -> Audience {
    let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if says(&[
        "个人",
        "居民",
        "公民",
        "残疾",
        "养老",
        "失业",
        "户口",
        "婚",
        "儿童",
        "学生",
        "医师",
        "护士",
        "老年",
        "退役",
        "职工",
        "驾驶证",
        "学历",
        "乡村医生",
        "公证员",
    ]) {
        return Audience::Person;
    }
    if says(&[
        "企业",
        "公司",
        "单位",
        "经营",
        "机构",
        "工程",
        "建设",
        "项目",
        "生产",
        "营业",
        "许可证",
        "纳税人",
        "招标",
        "学校",
        "团体",
        "场所",
        "用地",
        "矿",
    ]) {
        return Audience::Company;
    }
    match function {
        "civil" | "labour" | "medical_insurance" | "veterans" | "disabled" | "education"
        | "police" | "justice" => Audience::Person,
        _ => Audience::Company,
    }
}

/// 《行政许可法》第四十二条 gives twenty working days where no other law says otherwise. What is done on the spot has no
/// limit of its own.
fn limit(rule: &Rule, kind: Kind) -> anyhow::Result<Option<Limit>> {
    let on_the_spot = matches!(
        kind,
        Kind::Consult | Kind::Query | Kind::Cancel | Kind::Reissue
    );
    let (n, unit) = match (rule.days, rule.unit.as_str()) {
        _ if on_the_spot => return Ok(None),
        (Some(n), "working_day") => (n, Unit::WorkingDay),
        (Some(n), "day") => (n, Unit::Day),
        (Some(n), "month") => (n, Unit::Month),
        (Some(_), unit) => anyhow::bail!("unit {unit} in base_rules.csv"),
        (None, _) if kind == Kind::Licence => (20, Unit::WorkingDay),
        (None, _) => return Ok(None),
    };
    Ok(Some(Limit {
        n,
        unit,
        note: String::new(),
    }))
}

#[cfg(test)]
mod tests {
    use super::{Audience, Kind, read};

    #[test]
    fn the_directory_is_told_in_words_of_this_city() {
        let matters = read().expect("the shipped directory");
        assert!(matters.len() > 850, "{}", matters.len());
        assert!(matters.iter().all(|matter| !matter.name.contains("（县级")));
        let find = |name: &str| {
            matters
                .iter()
                .find(|matter| matter.name == name)
                .unwrap_or_else(|| panic!("no {name}"))
        };
        let nurse = find("护士执业证书遗失补办");
        assert_eq!(
            (nurse.function.as_str(), nurse.kind),
            ("health", Kind::Reissue)
        );
        assert_eq!(nurse.audience, Audience::Person);
        let company = find("公司设立登记");
        assert_eq!(company.law, "《市场主体登记管理条例》");
        assert_eq!(company.limit.as_ref().map(|limit| limit.n), Some(3));
        assert_eq!(find("失业登记").kind, Kind::Service);
    }
}
