//! Reading regular expressions.

use super::{Assert, Node, Syntax};
use crate::pattern::Member;

struct Reader<'a> {
    chars: Vec<char>,
    at: usize,
    groups: usize,
    depth: usize,
    syntax: &'a Syntax,
}

/// The tree of an expression and the number of its groups; `None` where it is refused or not followed.
pub(super) fn parse(text: &str, syntax: Syntax) -> Option<(Node, usize)> {
    let mut reader = Reader { chars: text.chars().collect(), at: 0, groups: 0, depth: 0, syntax: &syntax };
    let node = reader.alternatives()?;
    if reader.at < reader.chars.len() {
        return None;
    }
    Some((node, reader.groups))
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn second(&self) -> Option<char> {
        self.chars.get(self.at + 1).copied()
    }

    /// Takes an operator: in extended syntax as it stands, in basic syntax with a backslash.
    fn operator(&mut self, c: char) -> bool {
        let found = self.at_operator(c);
        if found {
            self.at += if self.syntax.extended { 1 } else { 2 };
        }
        found
    }

    fn at_operator(&self, c: char) -> bool {
        if self.syntax.extended {
            self.peek() == Some(c)
        } else {
            self.peek() == Some('\\') && self.second() == Some(c)
        }
    }

    fn alternatives(&mut self) -> Option<Node> {
        self.depth += 1;
        if self.depth > 60 {
            return None;
        }
        let mut choices = vec![self.concat()?];
        while self.operator('|') {
            choices.push(self.concat()?);
        }
        self.depth -= 1;
        // An empty alternative is read differently by different libraries.
        let empty = |node: &Node| matches!(node, Node::Concat(nodes) if nodes.is_empty());
        if choices.len() > 1 && choices.iter().any(empty) {
            return None;
        }
        if choices.len() == 1 { choices.pop() } else { Some(Node::Alternatives(choices)) }
    }

    fn concat(&mut self) -> Option<Node> {
        let mut nodes = Vec::new();
        loop {
            if self.peek().is_none() || self.at_operator('|') || self.at_operator(')') && self.depth > 1 {
                return Some(Node::Concat(nodes));
            }
            let node = self.atom(nodes.is_empty())?;
            nodes.push(self.repeated(node)?);
        }
    }

    fn atom(&mut self, first: bool) -> Option<Node> {
        let extended = self.syntax.extended;
        if self.at_operator('(') {
            self.operator('(');
            self.groups += 1;
            let group = self.groups;
            let inner = self.alternatives()?;
            return self.operator(')').then(|| Node::Group(group, Box::new(inner)));
        }
        let c = self.peek()?;
        self.at += 1;
        match c {
            '.' => Some(Node::Any),
            '[' => self.bracket(),
            '\\' => self.escape(),
            '^' if extended || first => Some(Node::Assert(Assert::Start)),
            '$' if extended => Some(Node::Assert(Assert::End)),
            '$' if self.peek().is_none() || self.at_operator('|') || self.at_operator(')') => {
                Some(Node::Assert(Assert::End))
            }
            // A star at the beginning of a basic expression is a character.
            '*' if !extended && first => Some(Node::Char('*')),
            '*' | '+' | '?' | '{' if extended => None,
            ')' if extended => None,
            c => Some(Node::Char(c)),
        }
    }

    fn escape(&mut self) -> Option<Node> {
        let c = self.peek()?;
        self.at += 1;
        let named = |name: &str, negated: bool| {
            let mut members = vec![Member::Named(name.to_owned())];
            if name == "alnum" {
                members.push(Member::Char('_'));
            }
            Some(Node::Set { negated, members })
        };
        match c {
            'n' => Some(Node::Char('\n')),
            't' if self.syntax.gnu || self.syntax.awk => Some(Node::Char('\t')),
            's' => named("space", false),
            'S' => named("space", true),
            'w' => named("alnum", false),
            'W' => named("alnum", true),
            'b' if self.syntax.gnu && !self.syntax.awk => Some(Node::Assert(Assert::WordEdge)),
            'B' if self.syntax.gnu && !self.syntax.awk => Some(Node::Assert(Assert::NotWordEdge)),
            '<' if self.syntax.gnu && !self.syntax.awk => Some(Node::Assert(Assert::WordStart)),
            '>' if self.syntax.gnu && !self.syntax.awk => Some(Node::Assert(Assert::WordEnd)),
            '/' | '"' | '&' if self.syntax.awk => Some(Node::Char(c)),
            c if c.is_ascii_punctuation() && !matches!(c, '`' | '\'' | '<' | '>') => {
                let operator = !self.syntax.extended && matches!(c, '(' | ')' | '{' | '}' | '|' | '+' | '?');
                if operator { None } else { Some(Node::Char(c)) }
            }
            _ => None,
        }
    }

    /// The repetitions behind a node.
    fn repeated(&mut self, node: Node) -> Option<Node> {
        let mut node = node;
        let mut times = 0;
        loop {
            let (least, most) = if self.peek() == Some('*') {
                self.at += 1;
                (0, None)
            } else if self.operator('+') {
                (1, None)
            } else if self.operator('?') {
                (0, Some(1))
            } else if self.operator('{') {
                self.interval()?
            } else {
                return Some(node);
            };
            times += 1;
            // Several repetitions in a row, and repeated places, are read differently.
            if times > 1 || matches!(node, Node::Assert(_)) {
                return None;
            }
            node = Node::Repeat { node: Box::new(node), least, most };
        }
    }

    fn interval(&mut self) -> Option<(u32, Option<u32>)> {
        let least = self.number()?;
        let most = if self.peek() == Some(',') {
            self.at += 1;
            if self.peek().is_some_and(|c| c.is_ascii_digit()) { Some(self.number()?) } else { None }
        } else {
            Some(least)
        };
        if !self.operator('}')
            || most.is_some_and(|m| m < least)
            || least > 255
            || most.is_some_and(|m| m > 255)
        {
            return None;
        }
        Some((least, most))
    }

    fn number(&mut self) -> Option<u32> {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        self.chars.get(start..self.at)?.iter().collect::<String>().parse().ok()
    }

    /// A bracket expression; the cursor stands behind `[`.
    fn bracket(&mut self) -> Option<Node> {
        let negated = self.peek() == Some('^');
        self.at += usize::from(negated);
        let mut members = Vec::new();
        let first = self.at;
        loop {
            let c = self.peek()?;
            if c == ']' && self.at > first {
                self.at += 1;
                break;
            }
            if c == '[' && matches!(self.second(), Some('.' | '=')) {
                return None;
            }
            if c == '[' && self.second() == Some(':') {
                let rest: String = self.chars.get(self.at + 2..)?.iter().take(10).collect();
                let name = rest.split(":]").next().filter(|n| rest.len() > n.len())?;
                let known = [
                    "alpha", "digit", "alnum", "upper", "lower", "space", "blank", "punct", "print", "graph",
                    "cntrl", "xdigit",
                ];
                if !known.contains(&name) {
                    return None;
                }
                members.push(Member::Named(name.to_owned()));
                self.at += name.len() + 4;
                continue;
            }
            let from = self.bracket_char()?;
            let ranged = self.peek() == Some('-') && self.second().is_some_and(|c| c != ']');
            if !ranged {
                members.push(Member::Char(from));
                continue;
            }
            self.at += 1;
            if self.peek() == Some('[') {
                return None;
            }
            let to = self.bracket_char()?;
            // In other locales than C a range may hold other characters; digits and letters of one case are safe.
            let safe = |a: char, b: char| {
                a.is_ascii_digit() && b.is_ascii_digit()
                    || a.is_ascii_lowercase() && b.is_ascii_lowercase()
                    || a.is_ascii_uppercase() && b.is_ascii_uppercase()
            };
            if !safe(from, to) || from > to {
                return None;
            }
            members.push(Member::Range(from, to));
        }
        Some(Node::Set { negated, members })
    }

    fn bracket_char(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        if c != '\\' {
            return Some(c);
        }
        match self.peek() {
            // sed reads `\n` and `\t` here, and awk all escapes; others take the backslash as it is.
            Some(e @ ('n' | 't')) if self.syntax.gnu || self.syntax.awk => {
                self.at += 1;
                Some(if e == 'n' { '\n' } else { '\t' })
            }
            Some(e) if self.syntax.awk && e.is_ascii_punctuation() => {
                self.at += 1;
                Some(e)
            }
            Some(e) if e.is_ascii_alphabetic() || self.syntax.awk => None,
            _ => Some('\\'),
        }
    }
}
