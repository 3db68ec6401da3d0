//! Programs that fetch variables from elsewhere and start a command with them. What they add is not in the image, like
//! anything that `docker run --env` may add: it is said, and the process stays likely.

use imgscan_model::{Program, Text};

use super::{Stuck, Tree, Unwrapped, Wrapper, assume, made, shell_text};
use crate::call::{Call, Executor};

/// A program with verbs before the command.
struct Fetcher {
    /// The words that must come first.
    verbs: &'static [&'static str],
    /// Options with a value in the next word, for calls without `--`.
    values: &'static [&'static str],
    /// Words between the verbs and the command, where there is no `--`; `None` where `--` is required.
    operands: Option<usize>,
    tree: Tree,
}

pub(super) static WRAPPERS: &[Wrapper] = &[
    Wrapper::custom(&["doppler"], &[], doppler),
    Wrapper::custom(&["chamber"], &[], chamber),
    Wrapper::custom(&["aws-vault"], &[], aws_vault),
    Wrapper::custom(&["op"], &[], op),
    Wrapper::custom(&["infisical"], &[], infisical),
    Wrapper::custom(&["vault-env"], &[], vault_env),
    Wrapper::custom(&["berglas"], &[], berglas),
    Wrapper::custom(&["envconsul"], &[], envconsul),
    Wrapper::custom(&["aws-env", "awsenv"], &[], aws_env),
    Wrapper::custom(&["summon"], &[], summon),
    Wrapper::custom(&["teller"], &[], teller),
];

impl Fetcher {
    fn unwrap(&self, call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
        let at = self.command(call, program)?;
        let mut inner = self.tree.start(call, at, Executor::Kernel)?;
        let name = call.argv.first().map(Text::display).unwrap_or_default();
        assume(&mut inner, format!("`{name}` adds environment variables that are not in the image"));
        Ok(Unwrapped::one(inner))
    }

    /// Where the command begins: after `--`, or after verbs, options and operands.
    fn command(&self, call: &Call, program: &Program) -> Result<usize, Stuck> {
        let words = &call.argv;
        let dashes = words.iter().skip(program.words).position(|word| word.raw() == "--");
        let before = dashes.map_or(words.len(), |offset| program.words + offset);
        let mut verbs = self.verbs.iter();
        let mut wanted = verbs.next();
        let mut operands = 0;
        let mut at = program.words;
        while at < before {
            let Some(word) = words.get(at) else { break };
            let raw = word.raw();
            if raw.starts_with('-') && raw.len() > 1 {
                at += if self.values.contains(&raw) { 2 } else { 1 };
                continue;
            }
            match (wanted, self.operands) {
                (Some(verb), _) if *verb == raw => wanted = verbs.next(),
                (Some(_), _) => return Err(Stuck::Ends),
                (None, Some(count)) if dashes.is_none() && operands == count => return Ok(at),
                (None, _) => operands += 1,
            }
            at += 1;
        }
        match dashes {
            Some(_) if wanted.is_none() => Ok(before + 1),
            _ => Err(Stuck::Ends),
        }
    }
}

/// `doppler run [options] -- COMMAND…` or `--command TEXT`.
fn doppler(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    const FETCHER: Fetcher = Fetcher {
        verbs: &["run"],
        values: &[
            "-c",
            "--config",
            "-p",
            "--project",
            "-t",
            "--token",
            "--scope",
            "--fallback",
            "--fallback-passphrase",
            "--name-transformer",
            "--mount",
            "--mount-format",
            "--mount-template",
            "--mount-max-reads",
            "--only-secrets",
            "--config-dir",
            "--api-host",
            "--timeout",
            "--attempts",
        ],
        operands: Some(0),
        tree: Tree::Fork(None),
    };
    let option = |word: &Text| {
        let raw = word.raw();
        raw == "--command" || raw.starts_with("--command=")
    };
    if let Some(at) = call.argv.iter().position(option) {
        let word = call.argv.get(at).cloned().unwrap_or_default();
        let attached = word.raw().find('=').map(|equals| word.slice(equals + 1..word.len()));
        let text = attached.or_else(|| call.argv.get(at + 1).cloned()).ok_or(Stuck::Ends)?;
        let mut inner = shell_text(call, made(call, "sh"), text, Executor::Kernel);
        inner.parents.push(super::waiting(call, None));
        assume(&mut inner, "`doppler` adds environment variables that are not in the image");
        return Ok(Unwrapped::one(inner));
    }
    FETCHER.unwrap(call, program)
}

/// `chamber exec SERVICE… -- COMMAND…`, which replaces itself.
fn chamber(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    Fetcher {
        verbs: &["exec"],
        values: &["-b", "--backend", "-r", "--retries"],
        operands: None,
        tree: Tree::Exec,
    }
    .unwrap(call, program)
}

/// `aws-vault exec PROFILE -- COMMAND…`.
fn aws_vault(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    Fetcher {
        verbs: &["exec"],
        values: &["-d", "--duration", "-t", "--mfa-token", "--region", "--backend"],
        operands: None,
        tree: Tree::Fork(None),
    }
    .unwrap(call, program)
}

/// `op run [--env-file=FILE] -- COMMAND…`.
fn op(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    Fetcher { verbs: &["run"], values: &["--env-file", "--account"], operands: None, tree: Tree::Fork(None) }
        .unwrap(call, program)
}

/// `infisical run [options] -- COMMAND…`.
fn infisical(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    Fetcher {
        verbs: &["run"],
        values: &["--env", "-e", "--path", "--projectId", "--token", "--domain", "--tags", "-t"],
        operands: None,
        tree: Tree::Fork(None),
    }
    .unwrap(call, program)
}

/// `vault-env COMMAND…`.
fn vault_env(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    Fetcher { verbs: &[], values: &[], operands: Some(0), tree: Tree::Fork(None) }.unwrap(call, program)
}

/// `berglas exec -- COMMAND…`.
fn berglas(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    Fetcher { verbs: &["exec"], values: &[], operands: None, tree: Tree::Fork(None) }.unwrap(call, program)
}

/// `envconsul [options] COMMAND…`; without `--` its options cannot be told from the command's.
fn envconsul(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    Fetcher {
        verbs: &[],
        values: &[
            "-config",
            "-prefix",
            "-secret",
            "-consul-addr",
            "-vault-addr",
            "-vault-token",
            "-log-level",
        ],
        operands: Some(0),
        tree: Tree::Fork(None),
    }
    .unwrap(call, program)
}

/// `aws-env exec -- COMMAND…`.
fn aws_env(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    Fetcher { verbs: &["exec"], values: &[], operands: None, tree: Tree::Fork(None) }.unwrap(call, program)
}

/// `summon [options] COMMAND…`.
fn summon(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    Fetcher {
        verbs: &[],
        values: &["-p", "--provider", "-f", "-e", "--environment", "-D", "--yaml", "-i", "--ignore"],
        operands: Some(0),
        tree: Tree::Fork(None),
    }
    .unwrap(call, program)
}

/// `teller run [options] -- COMMAND…`.
fn teller(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    Fetcher { verbs: &["run"], values: &["-c", "--config"], operands: None, tree: Tree::Fork(None) }
        .unwrap(call, program)
}
