//! The options that stand for the run time, spelled as in `docker run`.

use imgscan_model::{EnvSource, Origin, Overrides, Text};
use imgscan_text::docker_env_file::{self, EnvFileError};

/// What was given on the command line, not yet read.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// Each `--env`: `NAME=value`, or a bare `NAME` that takes the value of the machine imgscan runs on.
    pub env: Vec<String>,
    /// Each `--env-file`: its name for messages, and its content.
    pub env_files: Vec<(String, String)>,
    /// `--entrypoint`: one word; empty clears the image's ENTRYPOINT.
    pub entrypoint: Option<String>,
    /// Words after `--`, in place of CMD.
    pub args: Vec<String>,
    /// `--workdir`.
    pub workdir: Option<String>,
    /// `--user`.
    pub user: Option<String>,
    /// `--cpus`.
    pub cpus: Option<u32>,
}

/// An option that cannot be read. The command line is wrong (exit status 2).
#[derive(Debug, thiserror::Error)]
pub enum OptionError {
    /// `--env =value`.
    #[error("`--env {0}` has no name\nhelp: write `--env NAME=value`")]
    EnvWithoutName(String),
    /// An env file with a line docker refuses.
    #[error("env file `{file}`, line {}: {error}", .error.line())]
    EnvFile {
        /// The file as named.
        file: String,
        /// What is wrong.
        error: EnvFileError,
    },
    /// `--workdir` with a relative path, which docker refuses.
    #[error("`--workdir {0}` is no absolute path")]
    RelativeWorkdir(String),
}

impl RunOptions {
    /// The options as overrides. `host` answers what a variable holds on this machine, for bare names.
    ///
    /// Order as in docker/cli `opts.ReadKVEnvStrings`: all env files before all `--env`, later ones win. A bare name
    /// that this machine does not have is left out in a file, but after `--env` takes the image's variable away
    /// (moby `daemon/commit.go` `merge`).
    ///
    /// # Errors
    ///
    /// An option or a line of an env file that docker would refuse.
    pub fn overrides(&self, host: &dyn Fn(&str) -> Option<String>) -> Result<Overrides, OptionError> {
        let mut env = Vec::new();
        for (file, content) in &self.env_files {
            let origin = Origin::Overlay { file: file.as_str().into(), span: None };
            let entries = docker_env_file::read(&Text::new(content.as_str(), origin))
                .map_err(|error| OptionError::EnvFile { file: file.clone(), error })?;
            for entry in entries {
                let value = match entry.value {
                    Some(value) => value,
                    None => match host(&entry.name) {
                        Some(held) => Text::derived(held, entry.origin),
                        None => continue,
                    },
                };
                env.push((entry.name, Some(value), EnvSource::Overlay));
            }
        }
        for given in &self.env {
            env.push(env_option(given, host)?);
        }
        if let Some(dir) = self.workdir.as_ref().filter(|dir| !dir.is_empty() && !dir.starts_with('/')) {
            return Err(OptionError::RelativeWorkdir(dir.clone()));
        }
        let entrypoint = self.entrypoint.as_ref().map(|word| {
            let word = option("--entrypoint", word);
            if word.is_empty() { Vec::new() } else { vec![word] }
        });
        let args: Vec<Text> = self.args.iter().map(|word| option("--", word)).collect();
        let given = |flag: &str, value: &Option<String>| {
            value.as_ref().filter(|v| !v.is_empty()).map(|value| option(flag, value))
        };
        Ok(Overrides {
            env,
            entrypoint,
            args: (!args.is_empty()).then_some(args),
            workdir: given("--workdir", &self.workdir),
            user: given("--user", &self.user),
            cpus: self.cpus,
        })
    }
}

/// A whole option value with its place.
fn option(flag: &str, value: &str) -> Text {
    Text::new(value, Origin::Option { flag: flag.into(), text: value.into(), chars: None })
}

/// One `--env`. The name is everything before the first `=`; docker refuses an empty one.
fn env_option(
    given: &str,
    host: &dyn Fn(&str) -> Option<String>,
) -> Result<(String, Option<Text>, EnvSource), OptionError> {
    let whole = option("--env", given);
    let (name, value) = match given.find('=') {
        Some(0) => return Err(OptionError::EnvWithoutName(given.to_owned())),
        None if given.is_empty() => return Err(OptionError::EnvWithoutName(given.to_owned())),
        Some(at) => (&given[..at], Some(whole.slice(at + 1..whole.len()))),
        None => {
            let origin = Origin::Option { flag: "--env".into(), text: given.into(), chars: None };
            (given, host(given).map(|held| Text::derived(held, origin)))
        }
    };
    let value = value.map(|v| if secret(name, &v) { v.into_secret() } else { v });
    Ok((name.to_owned(), value, EnvSource::Overlay))
}

fn secret(name: &str, value: &Text) -> bool {
    use imgscan_model::secret::{is_secret_name, is_secret_value};
    !value.is_empty() && (is_secret_name(name) || is_secret_value(value.raw()))
}
