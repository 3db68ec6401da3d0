//! A finding in the making, and the small questions that many rules ask.

use imgscan_model::{
    Candidate, Confidence, EnvSource, EnvVar, Finding, Label, Need, Origin, Role, Server, Setting, Source,
    StartStatus, Value,
};

use crate::{Facts, Meta};

/// A finding in the making.
pub(crate) struct Draft(Finding);

impl Meta {
    /// Begins a finding of this rule; certain unless said otherwise.
    pub(crate) fn finds(&self, message: impl Into<String>) -> Draft {
        Draft(Finding {
            code: self.code,
            name: self.name,
            title: self.title,
            severity: self.severity,
            confidence: Confidence::Certain,
            message: message.into(),
            process: None,
            setting: None,
            labels: Vec::new(),
            help: None,
        })
    }
}

impl Draft {
    /// It is about this server: as sure as the process is, and no surer than [`Confidence::Likely`] where the
    /// version is not known and the newest is assumed.
    pub(crate) fn about(mut self, server: &Server) -> Self {
        self.0.process = Some(server.id.clone());
        let of_version = if server.version.is_some() { Confidence::Certain } else { Confidence::Likely };
        self.at_most(of_version.min(server.process.confidence))
    }

    /// It is about this setting.
    pub(crate) fn setting(mut self, name: &str) -> Self {
        self.0.setting = Some(name.to_owned());
        self
    }

    /// It is no surer than this.
    pub(crate) fn at_most(mut self, confidence: Confidence) -> Self {
        self.0.confidence = self.0.confidence.min(confidence);
        self
    }

    /// The place it is about.
    pub(crate) fn at(self, origin: &Origin, text: impl Into<String>) -> Self {
        self.label(Role::Primary, origin, text)
    }

    /// A place that explains it.
    pub(crate) fn see(self, origin: &Origin, text: impl Into<String>) -> Self {
        self.label(Role::Related, origin, text)
    }

    fn label(mut self, role: Role, origin: &Origin, text: impl Into<String>) -> Self {
        self.0.labels.push(Label { role, origin: origin.clone(), text: text.into() });
        self
    }

    /// The exact change that mends it.
    pub(crate) fn help(mut self, text: impl Into<String>) -> Self {
        self.0.help = Some(text.into());
        self
    }
}

impl From<Draft> for Finding {
    fn from(draft: Draft) -> Finding {
        draft.0
    }
}

/// The servers that stay and serve: not those that print something and end.
pub(crate) fn serving<'a>(facts: &Facts<'a>) -> impl Iterator<Item = &'a Server> + use<'a> {
    facts.servers.iter().filter(|s| s.start.status != StartStatus::Exits)
}

/// The gunicorns that stay, or would if they accepted their configuration.
pub(crate) fn gunicorns<'a>(facts: &Facts<'a>) -> impl Iterator<Item = &'a Server> + use<'a> {
    serving(facts).filter(|s| s.name == "gunicorn")
}

/// Whether a server refuses its configuration: what its settings would do does not matter then.
pub(crate) fn refuses(server: &Server) -> bool {
    server.start.status == StartStatus::Fails
}

/// Where a server is started: the place to write what nobody has set.
pub(crate) fn started_at(server: &Server) -> Option<Origin> {
    server.process.argv.first().and_then(|word| word.whole()).map(|place| place.origin)
}

/// A candidate's value for a message.
pub(crate) fn shown(candidate: &Candidate) -> String {
    match &candidate.value {
        _ if candidate.secret => "[redacted]".to_owned(),
        Value::Known(_) => candidate.text.clone(),
        other => other.to_string(),
    }
}

/// The effective value for a message.
pub(crate) fn effective(setting: &Setting) -> String {
    if setting.winner().secret { "[redacted]".to_owned() } else { setting.text() }
}

/// Whether the candidate speaks through the environment by itself, not as a default.
pub(crate) fn is_env(candidate: &Candidate) -> bool {
    matches!(candidate.source, Source::Env | Source::EnvArgs)
}

/// Whether both values are known and differ.
pub(crate) fn differ(a: &Value, b: &Value) -> bool {
    matches!((a.known(), b.known()), (Some(a), Some(b)) if a != b)
}

/// Whether `winner` takes away what `loser` says: it does not hang on the variable behind `loser`, and it is another
/// value, or an expression that this variable does not decide.
pub(crate) fn defeats(winner: &Candidate, loser: &Candidate) -> bool {
    let name = variable(loser);
    let comes_from_it = |origin: &Origin| name.is_some() && variable_of(origin) == name;
    if winner.place.via.iter().any(comes_from_it) || comes_from_it(&winner.place.origin) {
        return false;
    }
    match (&winner.value, &loser.value) {
        (Value::Symbolic { needs, .. }, Value::Known(_)) => {
            !needs.iter().any(|need| matches!(need, Need::Env(n) if Some(n.as_str()) == name))
        }
        (winner, loser) => differ(winner, loser),
    }
}

/// The environment variable in which a candidate stands, or through which it came.
pub(crate) fn variable(candidate: &Candidate) -> Option<&str> {
    variable_of(&candidate.place.origin).or_else(|| candidate.place.via.iter().find_map(variable_of))
}

/// The environment variable that an origin names.
pub(crate) fn variable_of(origin: &Origin) -> Option<&str> {
    match origin {
        Origin::ImageEnv { name, .. } => Some(name),
        Origin::Option { flag, text, .. } if &**flag == "--env" => text.split('=').next(),
        _ => None,
    }
}

/// Who a candidate is, for a message: `` `CMD` ``, `` `GUNICORN_CMD_ARGS` ``, a path.
pub(crate) fn who(candidate: &Candidate) -> String {
    if let Some(name) = variable(candidate).filter(|_| candidate.source != Source::File) {
        return format!("`{name}`");
    }
    match (&candidate.place.origin, candidate.source) {
        (Origin::LayerFile { path, .. }, _) => format!("`{path}`"),
        (_, Source::EnvArgs) => "`GUNICORN_CMD_ARGS`".to_owned(),
        (Origin::ImageCmd { .. }, _) => "`CMD`".to_owned(),
        (Origin::ImageEntrypoint { .. }, _) => "`ENTRYPOINT`".to_owned(),
        (Origin::Overlay { file, .. }, _) => format!("`{file}`"),
        (Origin::Option { flag, .. }, _) => format!("option `{flag}`"),
        _ => "the start".to_owned(),
    }
}

/// The variables that image, options or deployment files set for a server, not those of its scripts and the runtime.
pub(crate) fn given_env(server: &Server) -> impl Iterator<Item = &EnvVar> {
    server.process.env.iter().filter(|v| matches!(v.source, EnvSource::Image | EnvSource::Overlay))
}

/// Whether anything that starts in this image is known to ask for a variable.
pub(crate) fn is_read(facts: &Facts<'_>, name: &str) -> bool {
    facts.reads_env.iter().any(|n| n == name)
        || facts.servers.iter().any(|s| s.reads_env.iter().any(|n| n == name))
        || facts.servers.iter().any(|s| leaves_a_trace(s, name))
}

/// Whether a variable has found its way into the words or the settings of a server.
fn leaves_a_trace(server: &Server, name: &str) -> bool {
    let in_words = server.process.argv.iter().any(|word| {
        word.whole().is_some_and(|place| {
            std::iter::once(&place.origin).chain(&place.via).any(|o| variable_of(o) == Some(name))
        }) || word.needs().iter().any(|need| matches!(need, Need::Env(n) if n == name))
    });
    let scoped = server.scopes.iter().flat_map(|s| s.settings.values());
    in_words
        || server.settings.values().chain(scoped).flat_map(Setting::candidates).any(|c| {
            std::iter::once(&c.place.origin).chain(&c.place.via).any(|o| variable_of(o) == Some(name))
        })
}

/// `a`, `b` and `c`.
pub(crate) fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [front @ .., last] => format!("{} and {last}", front.join(", ")),
    }
}
