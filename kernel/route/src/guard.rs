//! Conditions of edges: CEL over typed facts, and which ways out of a node can be taken at all.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use cel::common::ast::{Expr, LiteralValue, operators as op};
use cel::parser::Expression;
use cel::{Context, Env, Program};
use serde::{Deserialize, Serialize};

use crate::model::{Domain, FactDef};

/// Longest condition, in bytes.
pub const LENGTH_MAX: usize = 500;
/// Deepest nesting of a condition.
const DEPTH_MAX: usize = 30;
/// Combinations of facts tried for one node; a node that needs more is refused.
const COMBINATIONS_MAX: usize = 20_000;
/// What stands before a step's key: whether the step was done in favour.
pub const AGREED: &str = "agreed";

static ENV: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// What is known of a case, by fact key; `agreed.<step>` for how a step was done.
pub type Facts = BTreeMap<String, Value>;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    YesNo(bool),
    Number(i64),
    Choice(String),
}

impl Value {
    pub fn in_words(&self) -> String {
        match self {
            Value::YesNo(true) => "是".to_owned(),
            Value::YesNo(false) => "否".to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Choice(text) => text.clone(),
        }
    }

    /// Whether it is a value the fact can have.
    pub fn fits(&self, domain: &Domain) -> bool {
        match (self, domain) {
            (Value::YesNo(_), Domain::YesNo) => true,
            (Value::Number(number), Domain::Number { min, max }) => (min..=max).contains(&number),
            (Value::Choice(text), Domain::Choice { options }) => options.contains(text),
            _ => false,
        }
    }

    /// What somebody typed for a fact.
    pub fn read(text: &str, domain: &Domain) -> Option<Value> {
        let text = text.trim();
        let value = match domain {
            Domain::YesNo => Value::YesNo(match text {
                "yes" | "true" => true,
                "no" | "false" => false,
                _ => return None,
            }),
            Domain::Number { .. } => Value::Number(text.parse().ok()?),
            Domain::Choice { .. } => Value::Choice(text.to_owned()),
        };
        value.fits(domain).then_some(value)
    }
}

/// A condition that was read.
#[derive(Clone, Debug)]
pub struct Guard {
    expression: Expression,
    /// Keys of the facts it looks at, `agreed.<step>` included.
    pub facts: Vec<String>,
}

/// What a CEL expression is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Sort {
    Bool,
    Int,
    Fact(String),
    Str,
    Chosen(String),
    Strs,
    Ints,
}

impl Sort {
    fn plain(&self) -> Sort {
        match self {
            Sort::Fact(_) => Sort::Int,
            Sort::Chosen(_) => Sort::Str,
            other => other.clone(),
        }
    }

    fn word(&self) -> &'static str {
        match self.plain() {
            Sort::Bool => "是否",
            Sort::Int | Sort::Fact(_) => "整数",
            Sort::Str | Sort::Chosen(_) => "文字",
            Sort::Strs => "多个文字",
            Sort::Ints => "多个整数",
        }
    }
}

/// What conditions may name.
pub struct Scope<'a> {
    pub facts: &'a [FactDef],
    /// Keys of steps for `agreed.<step>`.
    pub steps: &'a [String],
    /// Prefix of the steps of the part the condition stands in.
    pub prefix: &'a str,
}

impl Guard {
    /// Reads a condition.
    ///
    /// # Errors
    /// What is wrong with it, for the editor.
    pub fn read(text: &str, scope: &Scope<'_>) -> Result<Guard, String> {
        if text.len() > LENGTH_MAX {
            return Err(format!("条件最多{LENGTH_MAX}个字节"));
        }
        let program = Program::compile(text).map_err(|_| "写法不完整或有错别字".to_owned())?;
        let expression = rewritten(program.expression(), scope, 0)?;
        let mut facts = Vec::new();
        match sort(&expression, scope, &mut facts, 0)? {
            Sort::Bool => {}
            other => return Err(format!("结果应为是或否，现在是{}", other.word())),
        }
        facts.sort();
        facts.dedup();
        Ok(Guard { expression, facts })
    }

    /// Whether it holds.
    ///
    /// # Errors
    /// The first fact that is not known.
    pub fn holds(&self, facts: &Facts) -> Result<bool, String> {
        let mut context = Context::with_env(Arc::clone(&ENV));
        for key in &self.facts {
            let value = match facts.get(key) {
                Some(Value::YesNo(yes)) => cel::Value::Bool(*yes),
                Some(Value::Number(number)) => cel::Value::Int(*number),
                Some(Value::Choice(text)) => cel::Value::from(text.as_str()),
                // A step that was not done was not done in favour.
                None if key.starts_with(AGREED) => cel::Value::Bool(false),
                None => return Err(key.clone()),
            };
            context.add_variable_from_value(variable(key), value);
        }
        // Kinds were checked when the condition was read.
        Ok(matches!(
            cel::Value::resolve(&self.expression, &context),
            Ok(cel::Value::Bool(true))
        ))
    }

    fn numbers(&self, key: &str, found: &mut Vec<i64>) {
        compared(&self.expression, &variable(key), found);
    }
}

/// `agreed.visit` as one name that CEL takes for a variable.
fn variable(key: &str) -> String {
    key.replace(['.', '/'], "__")
}

/// The expression with `agreed.<step>` as one variable.
fn rewritten(
    expression: &Expression,
    scope: &Scope<'_>,
    depth: usize,
) -> Result<Expression, String> {
    if depth > DEPTH_MAX {
        return Err("括号嵌套过深，请拆成几个条件".to_owned());
    }
    let mut expression = expression.clone();
    match &mut expression.expr {
        Expr::Select(select) => {
            let is_agreed = matches!(&select.operand.expr, Expr::Ident(name) if name == AGREED);
            if !is_agreed || select.test {
                return Err("只能写事实的键和 agreed.环节键".to_owned());
            }
            let step = format!("{}{}", scope.prefix, select.field);
            if !scope.steps.contains(&step) {
                return Err(format!("没有键为“{}”的环节", select.field));
            }
            expression.expr = Expr::Ident(variable(&format!("{AGREED}.{step}")));
        }
        Expr::Call(call) => {
            if let Some(target) = &mut call.target {
                **target = rewritten(target, scope, depth + 1)?;
            }
            for arg in &mut call.args {
                *arg = rewritten(arg, scope, depth + 1)?;
            }
        }
        _ => {}
    }
    Ok(expression)
}

fn sort(
    expression: &Expression,
    scope: &Scope<'_>,
    facts: &mut Vec<String>,
    depth: usize,
) -> Result<Sort, String> {
    if depth > DEPTH_MAX {
        return Err("括号嵌套过深，请拆成几个条件".to_owned());
    }
    match &expression.expr {
        Expr::Literal(literal) => match literal {
            LiteralValue::Boolean(_) => Ok(Sort::Bool),
            LiteralValue::Int(_) => Ok(Sort::Int),
            LiteralValue::String(_) => Ok(Sort::Str),
            _ => Err("只能写文字、整数、true、false".to_owned()),
        },
        Expr::Ident(name) => {
            if let Some(step) = scope
                .steps
                .iter()
                .find(|step| variable(&format!("{AGREED}.{step}")) == *name)
            {
                facts.push(format!("{AGREED}.{step}"));
                return Ok(Sort::Bool);
            }
            let fact = scope
                .facts
                .iter()
                .find(|fact| fact.key == *name)
                .ok_or_else(|| format!("没有“{name}”这个事实，请先在“办理中要知道的事实”中添加"))?;
            facts.push(fact.key.clone());
            Ok(match fact.domain {
                Domain::YesNo => Sort::Bool,
                Domain::Number { .. } => Sort::Fact(fact.key.clone()),
                Domain::Choice { .. } => Sort::Chosen(fact.key.clone()),
            })
        }
        Expr::List(list) => {
            let mut sorts = Vec::new();
            for element in &list.elements {
                match &element.expr {
                    Expr::Literal(_) => sorts.push(sort(element, scope, facts, depth + 1)?),
                    _ => return Err("方括号里只能写文字或者整数".to_owned()),
                }
            }
            match sorts.first() {
                Some(Sort::Str) if sorts.iter().all(|sort| *sort == Sort::Str) => Ok(Sort::Strs),
                Some(Sort::Int) if sorts.iter().all(|sort| *sort == Sort::Int) => Ok(Sort::Ints),
                _ => Err("方括号里应全是文字或者全是整数".to_owned()),
            }
        }
        Expr::Call(call) => {
            let mut sorts = Vec::new();
            for arg in call.target.iter().map(AsRef::as_ref).chain(&call.args) {
                sorts.push(sort(arg, scope, facts, depth + 1)?);
            }
            let plain: Vec<Sort> = sorts.iter().map(Sort::plain).collect();
            let literal = |arg: &Expression| {
                matches!(
                    arg.expr,
                    Expr::Literal(LiteralValue::Int(_)) | Expr::List(_)
                )
            };
            let compares_number = sorts.iter().any(|sort| matches!(sort, Sort::Fact(_)));
            match (call.func_name.as_str(), plain.as_slice()) {
                (op::LOGICAL_AND | op::LOGICAL_OR, [Sort::Bool, Sort::Bool])
                | (op::LOGICAL_NOT, [Sort::Bool])
                | (op::EQUALS | op::NOT_EQUALS, [Sort::Bool, Sort::Bool]) => Ok(Sort::Bool),
                (
                    op::LESS
                    | op::LESS_EQUALS
                    | op::GREATER
                    | op::GREATER_EQUALS
                    | op::EQUALS
                    | op::NOT_EQUALS,
                    [Sort::Int, Sort::Int],
                )
                | (op::IN, [Sort::Int, Sort::Ints]) => {
                    // Between the written numbers a condition then says the same: so a few values stand for all.
                    if compares_number && !call.args.iter().any(literal) {
                        Err("数字只能和写明的整数比较".to_owned())
                    } else {
                        Ok(Sort::Bool)
                    }
                }
                (op::EQUALS | op::NOT_EQUALS, [Sort::Str, Sort::Str])
                | (op::IN, [Sort::Str, Sort::Strs]) => {
                    options(call.args.iter(), &sorts, scope)?;
                    Ok(Sort::Bool)
                }
                (name, _) => {
                    let words: Vec<&str> = plain.iter().map(Sort::word).collect();
                    Err(format!(
                        "不支持“{}”用于{}",
                        name.trim_matches(['_', '@']),
                        words.join("、")
                    ))
                }
            }
        }
        _ => Err("不支持这种写法".to_owned()),
    }
}

/// Words compared with a choice must be among its options.
fn options<'a>(
    args: impl Iterator<Item = &'a Expression>,
    sorts: &[Sort],
    scope: &Scope<'_>,
) -> Result<(), String> {
    let Some(fact) = sorts.iter().find_map(|sort| match sort {
        Sort::Chosen(key) => scope.facts.iter().find(|fact| fact.key == *key),
        _ => None,
    }) else {
        return Ok(());
    };
    let Domain::Choice { options } = &fact.domain else {
        return Ok(());
    };
    let mut words = Vec::new();
    args.for_each(|arg| texts(arg, &mut words));
    match words
        .iter()
        .find(|word| !options.iter().any(|option| option == **word))
    {
        None => Ok(()),
        Some(word) => Err(format!("“{}”没有“{word}”这个选项", fact.label)),
    }
}

fn texts<'a>(expression: &'a Expression, found: &mut Vec<&'a str>) {
    match &expression.expr {
        Expr::Literal(LiteralValue::String(text)) => found.push(text.inner()),
        Expr::List(list) => list
            .elements
            .iter()
            .for_each(|element| texts(element, found)),
        _ => {}
    }
}

/// Whole numbers that a variable is compared with.
fn compared(expression: &Expression, name: &str, found: &mut Vec<i64>) {
    let Expr::Call(call) = &expression.expr else {
        return;
    };
    for arg in &call.args {
        compared(arg, name, found);
    }
    if call
        .args
        .iter()
        .any(|arg| matches!(&arg.expr, Expr::Ident(ident) if ident == name))
    {
        for arg in &call.args {
            numbers(arg, found);
        }
    }
}

fn numbers(expression: &Expression, found: &mut Vec<i64>) {
    match &expression.expr {
        Expr::Literal(LiteralValue::Int(number)) => found.push(*number.inner()),
        Expr::List(list) => list
            .elements
            .iter()
            .for_each(|element| numbers(element, found)),
        _ => {}
    }
}

/// Which of the ways out of one node can be taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    /// By the order of the edges: facts with which this way is taken, if there are any.
    pub taken: Vec<Option<Facts>>,
    /// Facts with which no way is open.
    pub none: Option<Facts>,
}

/// Tries every combination of what the conditions can tell apart. `None` is the way that is taken otherwise.
///
/// # Errors
/// When there are too many combinations to try.
pub fn ways(guards: &[Option<&Guard>], facts: &[FactDef]) -> Result<Ways, String> {
    let mut keys: Vec<&str> = guards
        .iter()
        .flatten()
        .flat_map(|guard| guard.facts.iter().map(String::as_str))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    let candidates: Vec<Vec<Value>> = keys.iter().map(|key| values(key, guards, facts)).collect();
    let combinations = candidates
        .iter()
        .try_fold(1_usize, |all, values| all.checked_mul(values.len()))
        .filter(|all| *all <= COMBINATIONS_MAX)
        .ok_or("条件牵涉的事实太多，请拆成几步判断")?;
    let mut ways = Ways {
        taken: vec![None; guards.len()],
        none: None,
    };
    for mut number in 0..combinations {
        let mut tried = Facts::new();
        for (key, values) in keys.iter().zip(&candidates) {
            tried.insert((*key).to_owned(), values[number % values.len()].clone());
            number /= values.len();
        }
        match choose(guards, &tried) {
            Ok(Some(way)) => {
                ways.taken[way].get_or_insert(tried);
            }
            Ok(None) | Err(_) => {
                ways.none.get_or_insert(tried);
            }
        }
    }
    Ok(ways)
}

/// The way that is taken: the first whose condition holds, else the one without.
///
/// # Errors
/// The first fact that is not known.
pub fn choose(guards: &[Option<&Guard>], facts: &Facts) -> Result<Option<usize>, String> {
    for (way, guard) in guards.iter().enumerate() {
        if let Some(guard) = guard
            && guard.holds(facts)?
        {
            return Ok(Some(way));
        }
    }
    Ok(guards.iter().position(Option::is_none))
}

/// A value for every way the conditions can tell the fact's values apart.
fn values(key: &str, guards: &[Option<&Guard>], facts: &[FactDef]) -> Vec<Value> {
    let Some(fact) = facts.iter().find(|fact| fact.key == key) else {
        return vec![Value::YesNo(true), Value::YesNo(false)];
    };
    match &fact.domain {
        Domain::YesNo => vec![Value::YesNo(true), Value::YesNo(false)],
        Domain::Choice { options } => options.iter().cloned().map(Value::Choice).collect(),
        Domain::Number { min, max } => {
            let mut found = vec![*min, *max];
            let mut written = Vec::new();
            for guard in guards.iter().flatten() {
                guard.numbers(key, &mut written);
            }
            for number in written {
                found.extend([number.saturating_sub(1), number, number.saturating_add(1)]);
            }
            found.retain(|number| (min..=max).contains(&number));
            found.sort_unstable();
            found.dedup();
            found.into_iter().map(Value::Number).collect()
        }
    }
}
