//! Conditions: CEL, read once, checked against the kinds of facts, evaluated with what is known.
//!
//! The connectives are ours, so that a condition can be settled without all of its facts (Kleene's logic: what is
//! not known is neither true nor false); what stands between them (an atom) is evaluated by the `cel` crate.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, LiteralValue, operators as op};
use cel::parser::Expression;
use cel::{Context, Env, Program};
use serde_json::Value;

use super::pattern;
use crate::model::{Kind, Truth};

/// Longest condition.
const LENGTH_MAX: usize = 1000;
/// Deepest nesting of a condition.
const DEPTH_MAX: usize = 40;
/// The function for regular expressions: `fits(text, 'pattern')`.
const FITS: &str = "fits";

/// Words that CEL keeps for itself, and ours.
pub(super) const RESERVED: [&str; 19] = [
    "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function",
    "if", "import", "let", "loop", "package", "return", "var", FITS,
];

static ENV: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// A condition: connectives over atoms.
#[derive(Clone, Debug)]
pub enum Formula {
    Known(bool),
    Atom(Box<Atom>),
    Not(Box<Formula>),
    And(Box<Formula>, Box<Formula>),
    Or(Box<Formula>, Box<Formula>),
}

/// What stands between connectives.
#[derive(Clone, Debug)]
pub struct Atom {
    expression: Expression,
    facts: Vec<String>,
    /// Whether it needs the function for regular expressions.
    patterned: bool,
}

/// What an expression is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Bool,
    Int,
    Text,
    Date,
    Texts,
    Ints,
}

impl Sort {
    fn of(kind: Kind) -> Sort {
        match kind {
            Kind::Bool => Sort::Bool,
            Kind::Int => Sort::Int,
            Kind::Text => Sort::Text,
            Kind::Date => Sort::Date,
            Kind::Texts => Sort::Texts,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Sort::Bool => "是否",
            Sort::Int => "整数",
            Sort::Text => "文字",
            Sort::Date => "日期",
            Sort::Texts => "多个文字",
            Sort::Ints => "多个整数",
        }
    }
}

impl Formula {
    /// Reads a condition over facts of these kinds.
    ///
    /// # Errors
    /// What is wrong with it, for the editor.
    pub fn read(text: &str, kinds: &BTreeMap<&str, Kind>) -> Result<Formula, String> {
        if text.trim().is_empty() {
            return Err("请写明条件".to_owned());
        }
        if text.len() > LENGTH_MAX {
            return Err(format!("最多{LENGTH_MAX}个字节"));
        }
        let program = Program::compile(text).map_err(|_| "写法不完整或有错别字".to_owned())?;
        let scope = Scope { kinds };
        match scope.sort(program.expression(), &mut Vec::new(), 0)? {
            Sort::Bool => Ok(formula(program.expression(), kinds)),
            other => Err(format!("结果应为是或否，现在是{}", other.word())),
        }
    }

    /// Facts it looks at.
    pub(super) fn facts(&self, found: &mut BTreeSet<String>) {
        match self {
            Formula::Known(_) => {}
            Formula::Atom(atom) => found.extend(atom.facts.iter().cloned()),
            Formula::Not(inner) => inner.facts(found),
            Formula::And(left, right) | Formula::Or(left, right) => {
                left.facts(found);
                right.facts(found);
            }
        }
    }

    /// Whether it holds with what is known.
    pub(super) fn truth(&self, known: &BTreeMap<&str, &Value>) -> Truth {
        match self {
            Formula::Known(value) => truth_of(*value),
            Formula::Atom(atom) => atom.truth(known),
            Formula::Not(inner) => match inner.truth(known) {
                Truth::True => Truth::False,
                Truth::False => Truth::True,
                Truth::Unknown => Truth::Unknown,
            },
            Formula::And(left, right) => match (left.truth(known), right.truth(known)) {
                (Truth::False, _) | (_, Truth::False) => Truth::False,
                (Truth::True, Truth::True) => Truth::True,
                _ => Truth::Unknown,
            },
            Formula::Or(left, right) => match (left.truth(known), right.truth(known)) {
                (Truth::True, _) | (_, Truth::True) => Truth::True,
                (Truth::False, Truth::False) => Truth::False,
                _ => Truth::Unknown,
            },
        }
    }
}

impl Atom {
    fn truth(&self, known: &BTreeMap<&str, &Value>) -> Truth {
        let mut context = Context::with_env(Arc::clone(&ENV));
        for fact in &self.facts {
            let Some(value) = known.get(fact.as_str()).and_then(|value| cel_value(value)) else {
                return Truth::Unknown;
            };
            context.add_variable_from_value(fact.as_str(), value);
        }
        if self.patterned {
            let added = context.add_function(FITS, |text: Arc<String>, pattern: Arc<String>| {
                pattern::fits(&text, &pattern).unwrap_or(false)
            });
            if added.is_err() {
                return Truth::Unknown;
            }
        }
        match cel::Value::resolve(&self.expression, &context) {
            Ok(cel::Value::Bool(holds)) => truth_of(holds),
            // Kinds were checked when the condition was read; an overflow is no answer.
            _ => Truth::Unknown,
        }
    }
}

fn truth_of(value: bool) -> Truth {
    if value { Truth::True } else { Truth::False }
}

fn cel_value(value: &Value) -> Option<cel::Value> {
    Some(match value {
        Value::Bool(value) => cel::Value::Bool(*value),
        Value::Number(number) => cel::Value::Int(number.as_i64()?),
        Value::String(text) => cel::Value::from(text.as_str()),
        Value::Array(values) => cel::Value::from(
            values
                .iter()
                .map(cel_value)
                .collect::<Option<Vec<cel::Value>>>()?,
        ),
        Value::Null | Value::Object(_) => return None,
    })
}

fn formula(expression: &Expression, kinds: &BTreeMap<&str, Kind>) -> Formula {
    match &expression.expr {
        Expr::Literal(LiteralValue::Boolean(value)) => Formula::Known(*value.inner()),
        Expr::Call(call) if call.func_name == op::LOGICAL_NOT => {
            Formula::Not(Box::new(formula(&call.args[0], kinds)))
        }
        Expr::Call(call) if call.func_name == op::LOGICAL_AND => Formula::And(
            Box::new(formula(&call.args[0], kinds)),
            Box::new(formula(&call.args[1], kinds)),
        ),
        Expr::Call(call) if call.func_name == op::LOGICAL_OR => Formula::Or(
            Box::new(formula(&call.args[0], kinds)),
            Box::new(formula(&call.args[1], kinds)),
        ),
        _ => {
            let references = expression.references();
            Formula::Atom(Box::new(Atom {
                facts: kinds
                    .keys()
                    .filter(|key| references.has_variable(key))
                    .map(|key| (*key).to_owned())
                    .collect(),
                patterned: references.has_function(FITS),
                expression: expression.clone(),
            }))
        }
    }
}

struct Scope<'a> {
    kinds: &'a BTreeMap<&'a str, Kind>,
}

type Locals = Vec<(String, Sort)>;

impl Scope<'_> {
    fn sort(
        &self,
        expression: &Expression,
        locals: &mut Locals,
        depth: usize,
    ) -> Result<Sort, String> {
        if depth > DEPTH_MAX {
            return Err("括号嵌套过深，请拆成几条规则".to_owned());
        }
        match &expression.expr {
            Expr::Literal(LiteralValue::Boolean(_)) => Ok(Sort::Bool),
            Expr::Literal(LiteralValue::Int(_)) => Ok(Sort::Int),
            Expr::Literal(LiteralValue::String(_)) => Ok(Sort::Text),
            Expr::Literal(_) => Err("只能写文字、整数、true、false".to_owned()),
            Expr::Ident(name) => locals
                .iter()
                .rev()
                .find(|(local, _)| local == name)
                .map(|(_, sort)| *sort)
                .or_else(|| self.kinds.get(name.as_str()).map(|kind| Sort::of(*kind)))
                .ok_or_else(|| format!("没有“{name}”这个数据项")),
            Expr::List(list) => {
                let mut sorts = Vec::new();
                for element in &list.elements {
                    sorts.push(self.sort(element, locals, depth + 1)?);
                }
                match sorts.first() {
                    Some(Sort::Text) if sorts.iter().all(|sort| *sort == Sort::Text) => {
                        Ok(Sort::Texts)
                    }
                    Some(Sort::Int) if sorts.iter().all(|sort| *sort == Sort::Int) => {
                        Ok(Sort::Ints)
                    }
                    _ => Err("方括号里应全是文字或者全是整数".to_owned()),
                }
            }
            Expr::Call(call) => self.call(call, locals, depth),
            Expr::Comprehension(fold) => self.comprehension(fold, locals, depth),
            _ => Err("不支持这种写法".to_owned()),
        }
    }

    fn call(&self, call: &CallExpr, locals: &mut Locals, depth: usize) -> Result<Sort, String> {
        let name = call.func_name.as_str();
        let args: Vec<&Expression> = call
            .target
            .iter()
            .map(AsRef::as_ref)
            .chain(&call.args)
            .collect();
        let mut sorts = Vec::new();
        for arg in &args {
            sorts.push(self.sort(arg, locals, depth + 1)?);
        }
        match (name, sorts.as_slice()) {
            (FITS, [Sort::Text, Sort::Text]) => {
                let Expr::Literal(LiteralValue::String(pattern)) = &args[1].expr else {
                    return Err("fits的第二项应写明正则表达式".to_owned());
                };
                pattern::read(pattern.inner()).map(|_| Sort::Bool)
            }
            (op::LOGICAL_AND | op::LOGICAL_OR, [Sort::Bool, Sort::Bool])
            | (op::LOGICAL_NOT | op::NOT_STRICTLY_FALSE, [Sort::Bool])
            | (op::IN, [Sort::Text, Sort::Texts] | [Sort::Int, Sort::Ints])
            | ("startsWith" | "endsWith" | "contains", [Sort::Text, Sort::Text])
            | (
                op::LESS
                | op::LESS_EQUALS
                | op::GREATER
                | op::GREATER_EQUALS
                | op::EQUALS
                | op::NOT_EQUALS,
                [Sort::Int, Sort::Int]
                | [Sort::Date, Sort::Date]
                | [Sort::Date, Sort::Text]
                | [Sort::Text, Sort::Date],
            ) => Ok(Sort::Bool),
            (op::EQUALS | op::NOT_EQUALS, [left, right]) if left == right => Ok(Sort::Bool),
            (op::ADD | op::SUBSTRACT, [Sort::Int, Sort::Int])
            | ("size", [Sort::Text | Sort::Texts | Sort::Ints]) => Ok(Sort::Int),
            (op::CONDITIONAL, [Sort::Bool, left, right]) if left == right => Ok(*left),
            _ => {
                let words: Vec<&str> = sorts.iter().map(|sort| sort.word()).collect();
                let symbol = match name {
                    op::IN => "in",
                    op::CONDITIONAL => "?:",
                    _ => name.trim_matches('_'),
                };
                Err(format!("“{symbol}”不能用于：{}", words.join("、")))
            }
        }
    }

    /// `exists` and `all` over a list.
    fn comprehension(
        &self,
        fold: &ComprehensionExpr,
        locals: &mut Locals,
        depth: usize,
    ) -> Result<Sort, String> {
        let element = match self.sort(&fold.iter_range, locals, depth + 1)? {
            Sort::Texts => Sort::Text,
            Sort::Ints => Sort::Int,
            _ => return Err("exists、all只能用于多个文字或者方括号".to_owned()),
        };
        if self.sort(&fold.accu_init, locals, depth + 1)? != Sort::Bool {
            return Err("只支持exists和all".to_owned());
        }
        let outer = locals.len();
        locals.push((fold.iter_var.clone(), element));
        locals.push((fold.accu_var.clone(), Sort::Bool));
        let sorts = [&fold.loop_cond, &fold.loop_step, &fold.result]
            .map(|part| self.sort(part, locals, depth + 1));
        locals.truncate(outer);
        for sort in sorts {
            if sort? != Sort::Bool {
                return Err("只支持exists和all".to_owned());
            }
        }
        Ok(Sort::Bool)
    }
}
