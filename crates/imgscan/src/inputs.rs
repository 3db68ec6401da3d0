//! Options of the command line to what sources and launch understand.

use std::fs;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use imgscan_cache::Cache;
use imgscan_launch::RunOptions;
use imgscan_model::{InputError, Overrides};
use imgscan_scan::{ScanOptions, Shared};
use imgscan_source::{
    ClientCertificate, Credential, CredentialOptions, Image, Mirror, Options, PlatformChoice, Progress,
    Reference, Secret, SourceError, Sources,
};

use crate::cli::{AccessArgs, RuntimeArgs};
use crate::exit::{Exit, Failure};

/// The run-time options, env files read.
pub(crate) fn overrides(args: &RuntimeArgs, words: &[String]) -> Result<Overrides, Failure> {
    let mut env_files = Vec::new();
    for path in &args.env_file {
        let name = path.display().to_string();
        let text = fs::read_to_string(path)
            .map_err(|e| Failure::usage(format!("cannot read env file `{name}`: {e}")))?;
        env_files.push((name, text));
    }
    let options = RunOptions {
        env: args.env.clone(),
        env_files,
        entrypoint: args.entrypoint.clone(),
        args: words.to_vec(),
        workdir: args.workdir.clone(),
        user: args.user.clone(),
        cpus: args.cpus,
    };
    options.overrides(&|name| std::env::var(name).ok()).map_err(Failure::usage)
}

/// The way to images.
pub(crate) struct Access {
    sources: Arc<Sources>,
    platform: PlatformChoice,
    shared: Arc<Shared>,
}

impl Access {
    /// Reads the access options; passwords and tokens come from standard input.
    pub(crate) fn new(args: &AccessArgs, progress: Progress) -> Result<Self, Failure> {
        let platform = match &args.platform {
            Some(text) => PlatformChoice::parse(text).map_err(Failure::usage)?,
            None => PlatformChoice::Default,
        };
        let cache = if args.no_cache { None } else { cache().map(Arc::new) };
        let mut options = Options {
            cache: cache.clone(),
            credentials: credentials(args)?,
            mirrors: args.mirror.iter().map(|(of, at)| Mirror { of: of.clone(), at: at.clone() }).collect(),
            insecure: args.insecure.clone(),
            foreign_layers: args.foreign_layers,
            deadline: Duration::from_secs(args.timeout),
            progress,
            ..Options::default()
        };
        options.tls.ca_files.clone_from(&args.ca_file);
        if let (Some(certificate), Some(key)) = (&args.client_cert, &args.client_key) {
            options.tls.client =
                Some(ClientCertificate { certificate: certificate.clone(), key: key.clone() });
        }
        let shared = Arc::new(Shared::new(cache, 0));
        Ok(Access { sources: Arc::new(Sources::new(options)), platform, shared })
    }

    /// The options of a scan over these images.
    pub(crate) fn scan_options(&self, overrides: Overrides) -> ScanOptions {
        ScanOptions { overrides, shared: Arc::clone(&self.shared) }
    }

    /// The same way to images of another platform.
    pub(crate) fn on(&self, platform: &str) -> Result<Self, Failure> {
        let platform = PlatformChoice::parse(platform).map_err(Failure::usage)?;
        Ok(Access { sources: Arc::clone(&self.sources), platform, shared: Arc::clone(&self.shared) })
    }

    /// The image, one for each platform asked for. A reference that is no reference is a wrong command line.
    pub(crate) fn open(&self, typed: &str) -> Result<Result<Vec<Image>, SourceError>, Failure> {
        Ok(self.sources.open(&reference(typed)?, &self.platform))
    }

    /// The places that images come from.
    pub(crate) fn sources(&self) -> &Sources {
        &self.sources
    }

    /// One image, for the commands that look at one only.
    pub(crate) fn open_one(&self, typed: &str) -> Result<Image, Failure> {
        let images = self.open(typed)?.map_err(|error| failure(typed, &error))?;
        let count = images.len();
        let mut images = images.into_iter();
        match (images.next(), count) {
            (Some(image), 1) => Ok(image),
            _ => Err(Failure::usage(format!(
                "`{typed}` has {count} platforms, this command shows one\nhelp: name it with `--platform os/arch`"
            ))),
        }
    }
}

/// A reference; what is none is a wrong command line.
pub(crate) fn reference(typed: &str) -> Result<Reference, Failure> {
    Reference::parse(typed).map_err(|error| Failure {
        exit: Exit::Usage,
        message: error.to_string(),
        help: error.help.clone(),
    })
}

/// The user's cache; `None` where the environment names no place for it.
pub(crate) fn cache() -> Option<Cache> {
    imgscan_cache::directory(|name| std::env::var(name).ok()).map(Cache::new)
}

fn credentials(args: &AccessArgs) -> Result<CredentialOptions, Failure> {
    let mut options = CredentialOptions::default();
    if !args.password_stdin && !args.token_stdin {
        return Ok(options);
    }
    let mut secret = String::new();
    // A credential that does not fit is not one.
    std::io::stdin()
        .take(imgscan_model::limits::TOKEN_BYTES)
        .read_to_string(&mut secret)
        .map_err(|e| Failure::usage(format!("cannot read the credential from standard input: {e}")))?;
    let secret = Secret::new(secret.trim_end_matches(['\r', '\n']));
    options.given = Some(match &args.username {
        Some(username) => Credential::Basic { username: username.clone(), password: secret },
        None => Credential::Bearer(secret),
    });
    Ok(options)
}

/// A source's error as a failure of the whole command.
pub(crate) fn failure(typed: &str, error: &SourceError) -> Failure {
    Failure { exit: Exit::of(error.kind), message: format!("{typed}: {error}"), help: error.help.clone() }
}

/// A source's error as an entry of the report.
pub(crate) fn input_error(typed: &str, error: &SourceError) -> InputError {
    InputError {
        input: typed.to_owned(),
        kind: error.kind,
        message: error.to_string(),
        help: error.help.clone(),
    }
}
