//! Command substitution and process substitution.

use imgscan_model::{Need, Origin, Shape, Text};

use super::{End, Ended, Interp, Paths, Stop};
use crate::dialect::Dialect;
use crate::outcome::Status;
use crate::shell::descriptor::Description;
use crate::shell::{Shell, shown};
use crate::syntax::tree::{Kind, List, RedirectOp, Span, Substitution, Target};
use crate::texts;

impl Interp<'_> {
    /// What `$( … )` becomes.
    pub(crate) fn substitute(
        &mut self,
        shell: &mut Shell,
        substitution: &Substitution,
        span: Span,
    ) -> Result<Text, Stop> {
        let origin = shell.origin(span);
        let text = match substitution {
            Substitution::Inline(list) => match self.file_only(shell, list)? {
                Some(text) => text,
                None => self.output(shell, span, |i, child| i.list(list, child, false))?,
            },
            Substitution::Own(script) => self.output(shell, span, |i, mut child| {
                child.local.unit = script.unit.clone();
                i.lines(&script.lines, child)
            })?,
        };
        Ok(texts::without_newlines(&text).through(&origin))
    }

    /// bash's `$(< file)`.
    fn file_only(&mut self, shell: &mut Shell, list: &List) -> Result<Option<Text>, Stop> {
        let [item] = list.items.as_slice() else { return Ok(None) };
        let [command] = item.and_or.first.commands.as_slice() else { return Ok(None) };
        let ([redirect], Kind::Simple { assigns, words }) = (command.redirects.as_slice(), &command.kind)
        else {
            return Ok(None);
        };
        let Target::Word(RedirectOp::Read, word) = &redirect.target else { return Ok(None) };
        let alone = assigns.is_empty() && words.is_empty() && item.and_or.rest.is_empty();
        if !alone || !shell.is_bash() {
            return Ok(None);
        }
        let path = self.single(shell, word)?;
        Ok(Some(match shell.read_path(&path) {
            Ok(text) => text,
            Err(crate::shell::disk::ReadError::Fails(_)) => {
                shell.complain();
                if shell.local.options.errexit {
                    // 5.2 reads the file itself and ends, also where a failure is asked about; 5.1 forked.
                    let reason = "whether bash ends where `$(< file)` finds no file under `set -e` hangs on its version";
                    return Err(Stop::Lost(reason.into()));
                }
                shell.local.substitution_status = Some(Status::Known(1));
                Text::derived("", shell.origin(command.span))
            }
            Err(error) => shell.unread(path.raw(), &error),
        }))
    }

    /// What commands in a subshell write to their standard output.
    fn output(
        &mut self,
        shell: &mut Shell,
        span: Span,
        run: impl FnOnce(&mut Self, Box<Shell>) -> Paths,
    ) -> Result<Text, Stop> {
        let mut child = Box::new(shell.clone());
        child.enter_subshell();
        child.local.context.substituted = true;
        let keeps_errexit = match shell.local.dialect {
            // Where a failure is asked about, that is inherited too.
            Dialect::Bash => shell.local.shopts.inherit_errexit && !self.tested,
            Dialect::BashPosix => !self.tested,
            Dialect::Ash => false,
            Dialect::Dash | Dialect::Posix => true,
        };
        child.local.options.errexit &= keeps_errexit;
        let capture = child.capture(1);
        let (_, ended) = self.level(|i| {
            for path in i.nested(child, run) {
                let status = path.shell.local.status.clone();
                i.exit(path.shell, status);
            }
            Vec::new()
        });
        self.join_outputs(shell, ended, capture, span)
    }

    /// Joins the paths through a command substitution: the shell itself takes one.
    fn join_outputs(
        &mut self,
        shell: &mut Shell,
        ended: Vec<Ended>,
        capture: usize,
        span: Span,
    ) -> Result<Text, Stop> {
        let origin = shell.origin(span);
        let mut joined: Option<(Text, Status)> = None;
        let mut stays = None;
        let conditions = shell.world.condition.clone();
        let descriptions = shell.world.descriptions.len();
        for Ended { shell: mut child, end } in ended {
            let captured = child.end_capture(capture);
            let output = match captured.text {
                Ok(_) if captured.unordered => Err("the order of its lines is not known".to_owned()),
                text => text,
            };
            child.world.descriptions.truncate(descriptions);
            let (output, status) = match end {
                End::Exit(status) => {
                    (output.unwrap_or_else(|reason| lost(shell, span, reason, &origin)), status)
                }
                End::Lost { reason, .. } => {
                    let status = Status::Unknown(shown(shell.local.unit.raw(span)));
                    (lost(shell, span, reason, &origin), status)
                }
                end => {
                    stays.get_or_insert(end);
                    continue;
                }
            };
            joined = Some(match joined {
                None => {
                    shell.world = child.world;
                    (output, status)
                }
                Some((before, status_before)) => {
                    super::join::join_worlds(
                        shell,
                        child.world,
                        "some paths of a command substitution write it",
                    );
                    let text = if before == output {
                        before
                    } else {
                        differs(shell, span, &[before, output], &origin)
                    };
                    (text, either(status_before, status, shell, span))
                }
            });
        }
        shell.world.condition = conditions;
        match (joined, stays) {
            (Some((text, status)), _) => {
                if shell.is_bash() {
                    shell.set_status(status.clone());
                }
                shell.local.substitution_status = Some(status);
                Ok(text)
            }
            (None, Some(end)) => Err(Stop::End(end)),
            (None, None) => Err(Stop::Lost("no path leads through this command substitution".into())),
        }
    }

    /// `<( … )`: a path behind which the output stands. `>( … )` is followed, what it reads is not known.
    pub(crate) fn process_substitution(
        &mut self,
        shell: &mut Shell,
        out: bool,
        list: &List,
        span: Span,
    ) -> Result<Text, Stop> {
        let origin = shell.origin(span);
        let number = 63 - u32::try_from(shell.world.piped.len()).unwrap_or(0).min(40);
        let content = if out {
            self.beside(shell, list);
            Text::derived("", origin.clone())
        } else {
            let status = shell.local.status.clone();
            let text = self.output(shell, span, |i, child| i.list(list, child, false))?;
            shell.set_status(status);
            text
        };
        shell.world.piped.insert(number, content);
        Ok(shell.local.unit.slice(span).respelled(format!("/dev/fd/{number}")))
    }
}

impl Interp<'_> {
    /// `>( … )` runs beside the commands that write to it: what it writes itself, and when, is not known.
    fn beside(&mut self, shell: &mut Shell, list: &List) {
        let reason = "a `>( … )` writes it at a time that is not known";
        let mut child = Box::new(shell.clone());
        child.enter_subshell();
        child.open(0, Description::Other("what is written to a `>( … )`".into()));
        let condition = shell.world.condition.clone();
        let ended = self.muted_level(|i| {
            for path in i.nested(child, |i, child| i.list(list, child, false)) {
                let status = path.shell.local.status.clone();
                i.exit(path.shell, status);
            }
        });
        for Ended { shell: child, end } in ended {
            super::join::join_worlds(shell, child.world, reason);
            if !matches!(end, End::Exit(_)) {
                let hole = texts::unknown(reason, Vec::new(), &shell.here());
                let here = shell.here();
                shell.write_unknown(1, &hole, &here);
                shell.write_unknown(2, &hole, &here);
            }
        }
        shell.world.condition = condition;
    }
}

/// What stands for output that is not known.
fn lost(shell: &Shell, span: Span, reason: String, origin: &Origin) -> Text {
    let text = shown(shell.local.unit.raw(span));
    let opaque = imgscan_model::Opaque { text, needs: Vec::new(), shape: Shape::Any, reason: Some(reason) };
    Text::opaque(opaque, origin.clone())
}

/// What stands for output that differs between paths.
fn differs(shell: &Shell, span: Span, outputs: &[Text], origin: &Origin) -> Text {
    let text = shown(shell.local.unit.raw(span));
    let mut needs = texts::needs_of(outputs);
    if needs.is_empty() {
        needs.push(Need::Other(format!("output of `{text}`")));
    }
    let number = |t: &Text| {
        let trimmed = texts::without_newlines(t);
        match trimmed.known() {
            Some(known) => !known.is_empty() && known.bytes().all(|b| b.is_ascii_digit()),
            None => {
                trimmed.raw().chars().count() == 1 && trimmed.holes().all(|(_, o)| o.shape == Shape::Number)
            }
        }
    };
    let shape = if outputs.iter().all(number) { Shape::Number } else { Shape::Any };
    texts::symbol(text, shape, needs, origin)
}

fn either(a: Status, b: Status, shell: &Shell, span: Span) -> Status {
    if a == b {
        return a;
    }
    let what = shown(shell.local.unit.raw(span));
    if a.is_success() == Some(false) && b.is_success() == Some(false) {
        Status::Failed(what)
    } else {
        Status::Unknown(what)
    }
}
