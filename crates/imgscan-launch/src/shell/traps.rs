//! What a script's trap for SIGTERM does to the programs that it started in the background.

use imgscan_model::{Origin, Span};

/// Whether a SIGTERM to the shell is passed on by its trap to a program in the background: `None` where that is not
/// followed. `script` is the shell's text, `origin` the command that started the program.
///
/// dash, bash and busybox run a trap as soon as the `wait` is interrupted. It is followed where its text (or that of
/// the function that it names) holds a `kill` with SIGTERM for the process group, or for a variable that was set to
/// `$!` right behind the command, and where the shell waits once more: one that ends at once as PID 1 takes the program
/// with it before that can react.
pub(super) fn passes_on(script: &str, origin: &Origin) -> Option<bool> {
    let action = term_action(script)?;
    let body = function_body(script, &action).unwrap_or(action);
    let behind = match origin {
        Origin::LayerFile { span: Some(span), .. } => variable_behind(script, *span),
        _ => None,
    };
    let passed = commands(&body).position(|words| kills(&words, behind.as_deref()))?;
    let waits = |words: &Vec<String>| words.first().is_some_and(|word| word == "wait");
    let again = commands(&body).skip(passed).any(|words| waits(&words)) || {
        let rest = match origin {
            Origin::LayerFile { span: Some(span), .. } => {
                usize::try_from(span.end_line).unwrap_or(usize::MAX)
            }
            _ => 0,
        };
        let rest: Vec<&str> = script.lines().skip(rest.saturating_sub(1)).collect();
        commands(&rest.join("\n")).filter(waits).count() > 1
    };
    again.then_some(true)
}

/// Whether a script has a `trap` for SIGTERM on one of its lines. The shell that waits may set it behind the command
/// that it waits for. bash runs a trap for `EXIT` too when SIGTERM ends it.
pub(super) fn traps_term(script: &str, bash: bool) -> bool {
    script.lines().any(|line| {
        let mut words =
            line.split(|c: char| c.is_whitespace() || c == ';').map(|word| word.trim_matches(['\'', '"']));
        words.by_ref().any(|word| word == "trap")
            && words.any(|word| is_term(word) || bash && matches!(word, "EXIT" | "0"))
    })
}

/// Whether this names SIGTERM.
pub(super) fn is_term(signal: &str) -> bool {
    matches!(signal, "TERM" | "SIGTERM" | "15")
}

/// The action of the only `trap` for SIGTERM.
fn term_action(script: &str) -> Option<String> {
    let mut found = script.lines().filter_map(|line| {
        let rest = line.trim_start().strip_prefix("trap ")?.trim_start();
        let (action, signals) = match rest.chars().next()? {
            quote @ ('\'' | '"') => rest.get(1..)?.split_once(quote)?,
            _ => rest.split_once(' ')?,
        };
        signals.split_whitespace().any(is_term).then(|| action.to_owned())
    });
    let first = found.next()?;
    found.all(|other| other == "-" || other.is_empty()).then_some(first)
}

/// The body of the function that an action names.
fn function_body(script: &str, action: &str) -> Option<String> {
    let name = action.trim();
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let heads = [format!("{name}()"), format!("{name} ()"), format!("function {name}")];
    let begins = |line: &str| heads.iter().any(|head| line.trim_start().starts_with(head.as_str()));
    let at = script.lines().position(begins).filter(|_| is_name)?;
    let lines: Vec<&str> = script.lines().skip(at).collect();
    let end = if lines.first()?.trim_end().ends_with('}') {
        0
    } else {
        lines.iter().position(|line| line.trim() == "}")?
    };
    let text = lines.get(..=end)?.join("\n");
    text.split_once('{').map(|(_, body)| body.to_owned())
}

/// The simple commands of a text, as words without their quotes.
fn commands(text: &str) -> impl Iterator<Item = Vec<String>> {
    text.split(['\n', ';', '&', '|', '{', '}']).map(|command| {
        command.split_whitespace().map(|word| word.replace(['"', '\''], "")).collect::<Vec<_>>()
    })
}

/// Whether a command is a `kill` that sends SIGTERM to the program.
fn kills(words: &[String], behind: Option<&str>) -> bool {
    let [kill, rest @ ..] = words else { return false };
    if kill != "kill" {
        return false;
    }
    let targets = match rest {
        [option, signal, targets @ ..] if option == "-s" && is_term(signal) => targets,
        [option, targets @ ..] if option.strip_prefix('-').is_some_and(is_term) => targets,
        [option, ..] if option.starts_with('-') && option != "--" => return false,
        targets => targets,
    };
    targets.iter().take_while(|word| !word.contains('>')).any(|word| {
        let name = word.strip_prefix('$').map(|name| name.trim_matches(['{', '}']));
        word == "-$$" || name.is_some_and(|name| Some(name) == behind)
    })
}

/// The variable that is set to `$!` right behind a command in the background, and nowhere else.
fn variable_behind(script: &str, span: Span) -> Option<String> {
    let line = usize::try_from(span.end_line).ok()?.checked_sub(1)?;
    let column = usize::try_from(span.end_column).ok()?.checked_sub(1)?;
    let mut lines = script.lines().skip(line);
    let first: String = lines.next()?.chars().skip(column).collect();
    let rest: String = std::iter::once(first.as_str()).chain(lines.take(4)).collect::<Vec<_>>().join("\n");
    let (_, behind) = rest.split_once('&')?;
    let assignment = behind.trim_start_matches([' ', '\t', '\n', ';']).lines().next()?;
    let (name, value) = assignment.split_once('=')?;
    let set = format!("{name}=");
    let once = script.matches(set.as_str()).count() == 1;
    (once && matches!(value.trim_end_matches([' ', ';']), "$!" | "\"$!\"" | "${!}")).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(script: &str, command: &str) -> Origin {
        let start = script.find(command).unwrap();
        let line = script[..start].matches('\n').count() as u32 + 1;
        let column = (start - script[..start].rfind('\n').map_or(0, |at| at + 1)) as u32 + 1;
        let end_column = column + command.len() as u32;
        let span = Span { line, column, end_line: line, end_column };
        Origin::LayerFile { layer: None, path: "/e.sh".into(), span: Some(span), instruction: None }
    }

    #[test]
    fn traps_that_pass_the_signal_on() {
        for script in [
            "trap 'kill -TERM $PID' TERM INT\ngunicorn x:y &\nPID=$!\nwait $PID\nwait $PID\n",
            "stop() {\n  kill -s TERM \"$pid\" 2>/dev/null\n  wait \"$pid\"\n}\ntrap stop SIGTERM\ngunicorn x:y & pid=$!\nwait\n",
            "trap \"kill -- -$$; wait\" TERM\ngunicorn x:y &\nwait\n",
        ] {
            assert_eq!(passes_on(script, &at(script, "gunicorn x:y")), Some(true), "{script}");
        }
    }

    #[test]
    fn traps_that_may_not() {
        for script in [
            "trap 'echo bye; wait' TERM\ngunicorn x:y &\nwait\n",
            "trap 'kill -TERM $PID' TERM\ngunicorn x:y &\nPID=$!\nwait $PID\n",
            "trap 'kill -USR1 $PID; wait' TERM\ngunicorn x:y &\nPID=$!\nwait\n",
            "trap 'kill $PID; wait' TERM\ngunicorn x:y &\nnginx &\nPID=$!\nwait\n",
            "trap 'kill $PID; wait' TERM\ngunicorn x:y &\nPID=$!\nnginx &\nPID=$!\nwait\n",
            "trap 'kill $PID; wait' INT\ngunicorn x:y &\nPID=$!\nwait\n",
            "trap stop TERM\n. ./lib.sh\ngunicorn x:y &\nPID=$!\nwait\nwait\n",
            "trap 'kill $(jobs -p); wait' TERM\ngunicorn x:y &\nwait\n",
        ] {
            assert_eq!(passes_on(script, &at(script, "gunicorn x:y")), None, "{script}");
        }
    }
}
