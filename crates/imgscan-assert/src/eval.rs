//! Judging an expression in three values: it holds, it does not, it cannot be told.

use imgscan_model::{Source, Value, Verdict};

use crate::Unit;
use crate::operand::Operand;
use crate::syntax::{Comparison, Expression, Kind, Name, Node, Question};

/// Where settings come from.
pub trait Lookup {
    /// The setting of the process at hand, in the scope at hand. `None` where this process has no such setting: that
    /// is a fault, for a name that nobody knows must not pass for one that nobody sets.
    fn setting(&self, name: &Name) -> Option<Fact>;
}

/// What is known of one setting.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// Its effective value.
    pub value: Value,
    /// By which way the winner speaks.
    pub source: Source,
    /// What its number counts.
    pub unit: Option<Unit>,
}

/// An expression that asks what cannot be asked of these settings (exit status 2).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// The character of the expression, counted from 0.
    pub at: usize,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What to write instead, when we know.
    pub help: Option<String>,
}

impl Expression {
    /// Judges the expression over some settings. All parts are looked at, so that a fault never hides behind a part that
    /// decides before it.
    ///
    /// # Errors
    /// Where the expression compares what cannot be compared, or names a setting that is not there.
    pub fn judge(&self, settings: &dyn Lookup) -> Result<Verdict, Fault> {
        let judge = Judge { expression: self, settings };
        Ok(match judge.truth(&self.root)? {
            Some(true) => Verdict::Holds,
            Some(false) => Verdict::Fails,
            None => Verdict::Undecided,
        })
    }
}

struct Judge<'a> {
    expression: &'a Expression,
    settings: &'a dyn Lookup,
}

/// A part's value; `None` where it is not known.
type Known<T> = Result<Option<T>, Fault>;

impl Judge<'_> {
    fn truth(&self, node: &Node) -> Known<bool> {
        match &node.kind {
            Kind::Not(inner) => Ok(self.truth(inner)?.map(|t| !t)),
            Kind::And(a, b) => Ok(both(self.truth(a)?, self.truth(b)?)),
            Kind::Or(a, b) => {
                let (a, b) = (self.truth(a)?, self.truth(b)?);
                Ok(both(a.map(|t| !t), b.map(|t| !t)).map(|t| !t))
            }
            _ => match self.value(node)? {
                None => Ok(None),
                Some(Operand::Bool(truth)) => Ok(Some(truth)),
                Some(other) => fault(node, format!("{} is neither true nor false", other.noun()), None),
            },
        }
    }

    fn value(&self, node: &Node) -> Known<Operand> {
        let truth = |found: Known<bool>| found.map(|t| t.map(Operand::Bool));
        match &node.kind {
            Kind::Literal(value) => Ok(Some(value.clone())),
            Kind::List(items) => {
                let items: Result<Vec<Option<Operand>>, Fault> =
                    items.iter().map(|i| self.value(i)).collect();
                Ok(items?.into_iter().collect::<Option<Vec<Operand>>>().map(Operand::List))
            }
            Kind::Setting(name) => {
                let fact = self.fact(*name)?;
                Ok(match &fact.value {
                    Value::Known(data) => Some(Operand::of(data, fact.unit)),
                    Value::Unset => Some(Operand::Unset),
                    Value::Symbolic { .. } | Value::Unknown { .. } => None,
                })
            }
            Kind::Not(_) | Kind::And(..) | Kind::Or(..) => truth(self.truth(node)),
            Kind::Compare(comparison, a, b) => truth(self.compare(node, *comparison, a, b)),
            Kind::In(a, b) => truth(self.is_in(node, a, b)),
            Kind::Matches(inner, pattern) => {
                let Some(value) = self.value(inner)? else { return Ok(None) };
                match value {
                    Operand::Text(text) => Ok(Some(Operand::Bool(pattern.is_match(&text)))),
                    Operand::List(_) => fault(
                        node,
                        "a list has no one text".into(),
                        Some("ask `any(LIST, \"…\")` or `all(LIST, \"…\")`"),
                    ),
                    Operand::Unset | Operand::None => Ok(Some(Operand::Bool(false))),
                    other => fault(node, format!("{} has no text", other.noun()), None),
                }
            }
            Kind::Arithmetic(sign, a, b) => self.calculate(node, *sign, a, b),
            Kind::Each(all, inner, pattern) => {
                let Some(value) = self.value(inner)? else { return Ok(None) };
                let items = match value {
                    Operand::List(items) => items,
                    Operand::Unset | Operand::None => Vec::new(),
                    single => vec![single],
                };
                let fits = |item: &Operand| match item.as_text() {
                    Some(text) => Ok(pattern.is_match(&text)),
                    None => fault(inner, format!("{} has no text", item.noun()), None),
                };
                let fits: Vec<bool> = items.iter().map(fits).collect::<Result<_, _>>()?;
                let answer = if *all { fits.iter().all(|f| *f) } else { fits.iter().any(|f| *f) };
                Ok(Some(Operand::Bool(answer)))
            }
            Kind::Length(inner) => match self.value(inner)? {
                None => Ok(None),
                Some(Operand::List(items)) => Ok(Some(Operand::Int(items.len() as i128))),
                Some(Operand::Text(text)) => Ok(Some(Operand::Int(text.chars().count() as i128))),
                Some(Operand::Unset | Operand::None) => Ok(Some(Operand::Int(0))),
                Some(other) => fault(inner, format!("{} has no length", other.noun()), None),
            },
            Kind::About(question, name) => self.about(*question, *name),
        }
    }

    fn fact(&self, name: usize) -> Result<Fact, Fault> {
        let missing = || Fault { at: 0, message: "a setting has no name".into(), help: None };
        let name = self.expression.names.get(name).ok_or_else(missing)?;
        self.settings.setting(name).ok_or_else(|| Fault {
            at: name.at,
            message: format!("{} knows no setting `{}`", name.process, name.setting),
            help: None,
        })
    }

    fn about(&self, question: Question, name: usize) -> Known<Operand> {
        let fact = self.fact(name)?;
        let decided = matches!(fact.value, Value::Known(_) | Value::Unset);
        Ok(match question {
            Question::Known => Some(Operand::Bool(decided)),
            // Who sets a value that is not known may not be known either.
            _ if !decided => None,
            Question::IsSet => {
                let is_set = fact.source != Source::Default && fact.value != Value::Unset;
                Some(Operand::Bool(is_set))
            }
            Question::Source => Some(Operand::Text(word(fact.source).to_owned())),
        })
    }

    fn compare(&self, node: &Node, how: Comparison, a: &Node, b: &Node) -> Known<bool> {
        let (left, right) = (self.value(a)?, self.value(b)?);
        let (Some(left), Some(right)) = (left, right) else { return Ok(None) };
        let answer = if how.is_equality() {
            left.same(&right).map(|same| same == (how == Comparison::Equal))
        } else {
            left.order(&right).map(|order| match how {
                Comparison::Less => order.is_lt(),
                Comparison::AtMost => order.is_le(),
                Comparison::More => order.is_gt(),
                _ => order.is_ge(),
            })
        };
        answer.map_or_else(|| incomparable(node, &left, &right), |truth| Ok(Some(truth)))
    }

    fn is_in(&self, node: &Node, a: &Node, b: &Node) -> Known<bool> {
        let (left, right) = (self.value(a)?, self.value(b)?);
        let (Some(left), Some(right)) = (left, right) else { return Ok(None) };
        let items = match right {
            Operand::List(items) => items,
            Operand::Unset | Operand::None => return Ok(Some(false)),
            other => {
                return fault(node, format!("{} is no list", other.noun()), Some("`in` looks into a list"));
            }
        };
        let same = |item: &Operand| left.same(item).map_or_else(|| incomparable(node, &left, item), Ok);
        let found: Vec<bool> = items.iter().map(same).collect::<Result<_, _>>()?;
        Ok(Some(found.contains(&true)))
    }

    fn calculate(&self, node: &Node, sign: char, a: &Node, b: &Node) -> Known<Operand> {
        let (left, right) = (self.value(a)?, self.value(b)?);
        let (Some(left), Some(right)) = (left, right) else { return Ok(None) };
        match left.calculate(sign, &right) {
            Some(value) => Ok(Some(value)),
            None => fault(node, format!("{} {sign} {} is no calculation", left.noun(), right.noun()), None),
        }
    }
}

fn both(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

/// The word for a source, as in the report.
fn word(source: Source) -> &'static str {
    match source {
        Source::Default => "default",
        Source::EnvDefault => "env-default",
        Source::File => "file",
        Source::Env => "env",
        Source::EnvArgs => "env-args",
        Source::Flag => "flag",
        Source::App => "app",
    }
}

fn fault<T>(node: &Node, message: String, help: Option<&str>) -> Result<T, Fault> {
    Err(Fault { at: node.at, message, help: help.map(str::to_owned) })
}

fn incomparable<T>(node: &Node, a: &Operand, b: &Operand) -> Result<T, Fault> {
    let message = format!("{} cannot be compared with {}", a.noun(), b.noun());
    let help = match (a, b) {
        (Operand::Time(_, None), Operand::Int(n)) | (Operand::Int(n), Operand::Time(_, None)) => {
            Some(format!("say what it counts: `{n}s` or `{n}ms`"))
        }
        (Operand::List(_), Operand::Text(_)) | (Operand::Text(_), Operand::List(_)) => {
            Some("ask whether it is in the list: `TEXT in LIST`".to_owned())
        }
        (Operand::Unset | Operand::None, _) | (_, Operand::Unset | Operand::None) => {
            Some("say what holds then, e.g. `X == none || X >= 30`".to_owned())
        }
        (Operand::Amount(_), Operand::Amount(_)) => {
            Some("say what they count: `min` for minutes, `MiB` for mebibytes".to_owned())
        }
        _ => None,
    };
    fault(node, message, help.as_deref())
}
