//! Conditions: CEL, read once, checked against the questions before it, evaluated with what is known.
//!
//! The connectives are ours, so that a condition can be settled before all of its questions are; what stands between
//! them (an atom) is evaluated by the `cel` crate.

use std::sync::{Arc, LazyLock};

use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, LiteralValue, operators as op};
use cel::parser::Expression;
use cel::{Context, Env, Program, Value};

use super::answers::Answer;
use crate::model::{Question, QuestionKind};

/// Longest condition.
pub(super) const LENGTH_MAX: usize = 1000;
/// Deepest nesting of a condition.
const DEPTH_MAX: usize = 40;

static ENV: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// Kleene's three values; `Null` where a question was not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Truth {
    True,
    False,
    Null,
}

impl From<bool> for Truth {
    fn from(value: bool) -> Truth {
        if value { Truth::True } else { Truth::False }
    }
}

/// A condition: connectives over atoms.
#[derive(Clone, Debug)]
pub(super) enum Formula {
    Known(bool),
    Atom(usize),
    Not(Box<Formula>),
    And(Box<Formula>, Box<Formula>),
    Or(Box<Formula>, Box<Formula>),
}

/// The atoms of a guide's conditions.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    keys: Vec<String>,
    pub(super) atoms: Vec<Atom>,
}

#[derive(Debug)]
pub(super) struct Atom {
    expression: Expression,
    /// Questions it looks at, ascending.
    pub(super) questions: Vec<usize>,
}

/// What a CEL expression is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Bool,
    Int,
    /// The number a person gave: only compared with whole numbers.
    Answered(usize),
    Str,
    /// The option a person chose.
    Chosen(usize),
    Strs,
    /// The options a person chose.
    ChosenSeveral(usize),
    Ints,
}

impl Kind {
    /// As editors call it.
    fn word(self) -> &'static str {
        match self.plain() {
            Kind::Bool => "是否",
            Kind::Int | Kind::Answered(_) => "整数",
            Kind::Str | Kind::Chosen(_) => "文字",
            Kind::Strs | Kind::ChosenSeveral(_) => "多个选项",
            Kind::Ints => "多个整数",
        }
    }

    fn plain(self) -> Kind {
        match self {
            Kind::Answered(_) => Kind::Int,
            Kind::Chosen(_) => Kind::Str,
            Kind::ChosenSeveral(_) => Kind::Strs,
            kind => kind,
        }
    }
}

impl Conditions {
    pub(super) fn new(questions: &[Question]) -> Conditions {
        Conditions {
            keys: questions
                .iter()
                .map(|question| question.key.clone())
                .collect(),
            atoms: Vec::new(),
        }
    }

    /// Reads a condition that may look at the first `before` questions.
    ///
    /// # Errors
    /// What is wrong with it, for the editor.
    pub(super) fn read(
        &mut self,
        questions: &[Question],
        before: usize,
        text: &str,
    ) -> Result<Formula, String> {
        if text.trim().is_empty() {
            return Ok(Formula::Known(true));
        }
        if text.len() > LENGTH_MAX {
            return Err(format!("最多{LENGTH_MAX}个字节"));
        }
        let program = Program::compile(text).map_err(|_| "写法不完整或有错别字".to_owned())?;
        let scope = Scope { questions, before };
        let mut locals = Vec::new();
        match scope.kind(program.expression(), &mut locals, 0)? {
            Kind::Bool => Ok(self.formula(program.expression())),
            other => Err(format!("结果应为是或否，现在是{}", other.word())),
        }
    }

    fn formula(&mut self, expression: &Expression) -> Formula {
        match &expression.expr {
            Expr::Literal(LiteralValue::Boolean(value)) => Formula::Known(*value.inner()),
            Expr::Call(call) if call.func_name == op::LOGICAL_NOT => {
                Formula::Not(Box::new(self.formula(&call.args[0])))
            }
            Expr::Call(call) if call.func_name == op::LOGICAL_AND => Formula::And(
                Box::new(self.formula(&call.args[0])),
                Box::new(self.formula(&call.args[1])),
            ),
            Expr::Call(call) if call.func_name == op::LOGICAL_OR => Formula::Or(
                Box::new(self.formula(&call.args[0])),
                Box::new(self.formula(&call.args[1])),
            ),
            _ => {
                let references = expression.references();
                let questions = (0..self.keys.len())
                    .filter(|at| references.has_variable(&self.keys[*at]))
                    .collect();
                self.atoms.push(Atom {
                    expression: expression.clone(),
                    questions,
                });
                Formula::Atom(self.atoms.len() - 1)
            }
        }
    }

    /// Questions that a condition looks at.
    pub(super) fn questions(&self, formula: &Formula, found: &mut Vec<usize>) {
        match formula {
            Formula::Known(_) => {}
            Formula::Atom(at) => found.extend(&self.atoms[*at].questions),
            Formula::Not(inner) => self.questions(inner, found),
            Formula::And(left, right) | Formula::Or(left, right) => {
                self.questions(left, found);
                self.questions(right, found);
            }
        }
    }

    /// Whether a condition holds; questions without an answer were not asked.
    pub(super) fn truth(&self, formula: &Formula, known: &[Option<Answer>]) -> Truth {
        match formula {
            Formula::Known(value) => Truth::from(*value),
            Formula::Atom(at) => self.atom(*at, |question| known[question].as_ref()),
            Formula::Not(inner) => match self.truth(inner, known) {
                Truth::True => Truth::False,
                Truth::False => Truth::True,
                Truth::Null => Truth::Null,
            },
            Formula::And(left, right) => {
                match (self.truth(left, known), self.truth(right, known)) {
                    (Truth::False, _) | (_, Truth::False) => Truth::False,
                    (Truth::True, Truth::True) => Truth::True,
                    _ => Truth::Null,
                }
            }
            Formula::Or(left, right) => match (self.truth(left, known), self.truth(right, known)) {
                (Truth::True, _) | (_, Truth::True) => Truth::True,
                (Truth::False, Truth::False) => Truth::False,
                _ => Truth::Null,
            },
        }
    }

    /// Whether an atom holds.
    pub(super) fn atom<'a>(&self, at: usize, known: impl Fn(usize) -> Option<&'a Answer>) -> Truth {
        let atom = &self.atoms[at];
        let mut context = Context::with_env(Arc::clone(&ENV));
        for question in &atom.questions {
            match known(*question) {
                None => return Truth::Null,
                Some(answer) => {
                    context.add_variable_from_value(self.keys[*question].as_str(), value(answer));
                }
            }
        }
        match Value::resolve(&atom.expression, &context) {
            Ok(Value::Bool(holds)) => Truth::from(holds),
            // Kinds were checked when the condition was read.
            _ => Truth::Null,
        }
    }
}

fn value(answer: &Answer) -> Value {
    match answer {
        Answer::YesNo(yes) => Value::Bool(*yes),
        Answer::Number(number) => Value::Int(*number),
        Answer::One(text) => Value::from(text.as_str()),
        Answer::Several(texts) => Value::from(
            texts
                .iter()
                .map(|text| Value::from(text.as_str()))
                .collect::<Vec<Value>>(),
        ),
    }
}

/// Whole numbers that a condition compares the answer to a question with.
pub(super) fn compared(expression: &Expression, key: &str, found: &mut Vec<i64>) {
    if let Expr::Call(call) = &expression.expr {
        for arg in &call.args {
            compared(arg, key, found);
        }
        if call
            .args
            .iter()
            .any(|arg| matches!(&arg.expr, Expr::Ident(name) if name == key))
        {
            for arg in &call.args {
                numbers(arg, found);
            }
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

impl Atom {
    /// Whole numbers the answer to a question is compared with here.
    pub(super) fn compared(&self, key: &str, found: &mut Vec<i64>) {
        compared(&self.expression, key, found);
    }
}

struct Scope<'a> {
    questions: &'a [Question],
    before: usize,
}

type Locals = Vec<(String, Kind)>;

impl Scope<'_> {
    fn kind(
        &self,
        expression: &Expression,
        locals: &mut Locals,
        depth: usize,
    ) -> Result<Kind, String> {
        if depth > DEPTH_MAX {
            return Err("括号嵌套过深，请拆成几个结果".to_owned());
        }
        match &expression.expr {
            Expr::Literal(literal) => match literal {
                LiteralValue::Boolean(_) => Ok(Kind::Bool),
                LiteralValue::Int(_) => Ok(Kind::Int),
                LiteralValue::String(_) => Ok(Kind::Str),
                _ => Err("只能写文字、整数、true、false".to_owned()),
            },
            Expr::Ident(name) => self.variable(name, locals),
            Expr::List(list) => {
                let mut kinds = Vec::new();
                for element in &list.elements {
                    kinds.push(self.kind(element, locals, depth + 1)?.plain());
                }
                match kinds.first() {
                    Some(Kind::Str) if kinds.iter().all(|kind| *kind == Kind::Str) => {
                        Ok(Kind::Strs)
                    }
                    Some(Kind::Int) if kinds.iter().all(|kind| *kind == Kind::Int) => {
                        Ok(Kind::Ints)
                    }
                    _ => Err("方括号里应全是文字或者全是整数".to_owned()),
                }
            }
            Expr::Call(call) => self.call(call, locals, depth),
            Expr::Comprehension(comprehension) => self.comprehension(comprehension, locals, depth),
            _ => Err("不支持这种写法".to_owned()),
        }
    }

    fn variable(&self, name: &str, locals: &Locals) -> Result<Kind, String> {
        if let Some((_, kind)) = locals.iter().rev().find(|(local, _)| local == name) {
            return Ok(*kind);
        }
        let Some(at) = self
            .questions
            .iter()
            .position(|question| question.key == name)
        else {
            return Err(format!("没有“{name}”这个问题"));
        };
        if at >= self.before {
            return Err(format!("“{name}”排在后面，只能引用前面的问题"));
        }
        Ok(match self.questions[at].kind {
            QuestionKind::Choice => Kind::Chosen(at),
            QuestionKind::Choices => Kind::ChosenSeveral(at),
            QuestionKind::YesNo => Kind::Bool,
            QuestionKind::Number => Kind::Answered(at),
        })
    }

    fn call(&self, call: &CallExpr, locals: &mut Locals, depth: usize) -> Result<Kind, String> {
        let name = call.func_name.as_str();
        let mut kinds = Vec::new();
        for arg in call.target.iter().map(AsRef::as_ref).chain(&call.args) {
            kinds.push(self.kind(arg, locals, depth + 1)?);
        }
        let plain: Vec<Kind> = kinds.iter().map(|kind| kind.plain()).collect();
        // Other arithmetic would change its meaning between the steps that the check walks.
        let answered = kinds.iter().any(|kind| matches!(kind, Kind::Answered(_)));
        let literal = |arg: &Expression| matches!(arg.expr, Expr::Literal(LiteralValue::Int(_)));
        match (name, plain.as_slice()) {
            (op::LOGICAL_AND | op::LOGICAL_OR, [Kind::Bool, Kind::Bool])
            | (op::LOGICAL_NOT | op::NOT_STRICTLY_FALSE, [Kind::Bool])
            | (op::IN, [Kind::Int, Kind::Ints])
            | ("startsWith" | "endsWith" | "contains", [Kind::Str, Kind::Str]) => Ok(Kind::Bool),
            (
                op::LESS
                | op::LESS_EQUALS
                | op::GREATER
                | op::GREATER_EQUALS
                | op::EQUALS
                | op::NOT_EQUALS,
                [Kind::Int, Kind::Int],
            ) => {
                if answered && !call.args.iter().any(literal) {
                    Err("数字题的回答只能和写明的整数比较".to_owned())
                } else {
                    Ok(Kind::Bool)
                }
            }
            (op::EQUALS | op::NOT_EQUALS, [left, right]) if left == right => {
                self.options(call, &kinds)?;
                Ok(Kind::Bool)
            }
            (op::IN, [Kind::Str, Kind::Strs]) => {
                self.options(call, &kinds)?;
                Ok(Kind::Bool)
            }
            ("size", [Kind::Str | Kind::Strs | Kind::Ints]) => Ok(Kind::Int),
            (op::CONDITIONAL, [Kind::Bool, left, right]) if left == right && !answered => Ok(*left),
            (
                op::LOGICAL_AND
                | op::LOGICAL_OR
                | op::LOGICAL_NOT
                | op::LESS
                | op::LESS_EQUALS
                | op::GREATER
                | op::GREATER_EQUALS
                | op::EQUALS
                | op::NOT_EQUALS
                | op::IN
                | op::CONDITIONAL
                | "size"
                | "startsWith"
                | "endsWith"
                | "contains",
                _,
            ) => {
                let words: Vec<&str> = plain.iter().map(|kind| kind.word()).collect();
                Err(format!(
                    "“{}”两边的类型不合：{}",
                    symbol(name),
                    words.join("、")
                ))
            }
            _ => Err(format!("不支持“{}”", symbol(name))),
        }
    }

    /// Words compared with a choice must be among its options.
    fn options(&self, call: &CallExpr, kinds: &[Kind]) -> Result<(), String> {
        let chosen = kinds.iter().find_map(|kind| match kind {
            Kind::Chosen(at) | Kind::ChosenSeveral(at) => Some(*at),
            _ => None,
        });
        let Some(at) = chosen else { return Ok(()) };
        let question = &self.questions[at];
        let mut words = Vec::new();
        call.args.iter().for_each(|arg| texts(arg, &mut words));
        match words
            .iter()
            .find(|word| !question.options.iter().any(|option| option.value == **word))
        {
            None => Ok(()),
            Some(word) => Err(format!("“{}”没有“{word}”这个选项", question.key)),
        }
    }

    /// `exists` and `all` over a list.
    fn comprehension(
        &self,
        fold: &ComprehensionExpr,
        locals: &mut Locals,
        depth: usize,
    ) -> Result<Kind, String> {
        let element = match self.kind(&fold.iter_range, locals, depth + 1)?.plain() {
            Kind::Strs => Kind::Str,
            Kind::Ints => Kind::Int,
            _ => return Err("exists、all只能用于多选题或者方括号".to_owned()),
        };
        if self.kind(&fold.accu_init, locals, depth + 1)? != Kind::Bool {
            return Err("只支持exists和all".to_owned());
        }
        let outer = locals.len();
        locals.push((fold.iter_var.clone(), element));
        locals.push((fold.accu_var.clone(), Kind::Bool));
        let kinds = [&fold.loop_cond, &fold.loop_step, &fold.result]
            .map(|part| self.kind(part, locals, depth + 1));
        locals.truncate(outer);
        for kind in kinds {
            if kind? != Kind::Bool {
                return Err("只支持exists和all".to_owned());
            }
        }
        Ok(Kind::Bool)
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

/// The sign an editor writes for an operator: `_&&_` is `&&`.
fn symbol(name: &str) -> &str {
    match name {
        op::IN => "in",
        op::CONDITIONAL => "?:",
        _ => name.trim_matches('_'),
    }
}
