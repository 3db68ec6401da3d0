use imgscan_model::{
    Candidate, ConfigFile, ConfigFileStatus, Finding, Origin, Server, Setting, Source, Status, Text,
};

use crate::Facts;
use crate::draft::{Draft, differ, effective, listed, serving, shown};

rule! {
    /// ## What it finds
    ///
    /// A config file of a server stands in the image, and no process loads it: nothing names it, and it is not where
    /// the server looks by itself.
    ///
    /// ## Why it matters
    ///
    /// Every setting in the file is void, and nobody says so: the server starts with its defaults. A `timeout = 0`
    /// that is never read is a timeout of 30 seconds, and the first slow request dies of it in production.
    ///
    /// ## Example
    ///
    /// ```dockerfile
    /// WORKDIR /app
    /// COPY gunicorn.conf.py /opt/conf/
    /// ENV GUNICORN_CMD_ARGS="--bind 0.0.0.0:8443 --workers=3"
    /// CMD ["gunicorn", "app:application"]
    /// ```
    ///
    /// gunicorn looks for `/app/gunicorn.conf.py` and for nothing else. It is often told that `GUNICORN_CMD_ARGS`
    /// replaces the file; it does not: only the options in it do, and the file would count for all others.
    ///
    /// ## How to fix
    ///
    /// Name the file, `gunicorn -c /opt/conf/gunicorn.conf.py app:application`, or put it where the server looks.
    ///
    /// ## References
    ///
    /// - [gunicorn: `config`](https://docs.gunicorn.org/en/stable/settings.html#config)
    /// - benoitc/gunicorn#1576, tiangolo/uvicorn-gunicorn-fastapi-docker#56
    ConfigNeverRead = "OVR005", "config-never-read", High, "Config file is in the image but no process loads it"
}

/// Most settings named in a message.
const NAMED: usize = 3;

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let is_loaded = |path: &str| {
        let files = facts.servers.iter().flat_map(|s| &s.config_files);
        files.into_iter().any(|f| &*f.path == path && f.status == ConfigFileStatus::Loaded)
    };
    // A file that is named in vain need not be there.
    let is_there = |server: &Server, path: &str| {
        facts.files.entry(path).is_some() || server.process.files.entry(path).is_some()
    };
    let mut findings = Vec::new();
    // A file of nginx that is not included has a rule of its own.
    for server in serving(facts).filter(|s| s.name != "nginx") {
        let unread = server.config_files.iter().filter(|f| f.status == ConfigFileStatus::NotLoaded);
        for file in unread.filter(|f| !is_loaded(&f.path) && is_there(server, &f.path)) {
            findings.extend(finding(server, file).map(Finding::from));
        }
    }
    findings
}

fn finding(server: &Server, file: &ConfigFile) -> Option<Draft> {
    let path = &*file.path;
    let said: Vec<(&str, &Setting, &Candidate)> = server
        .settings
        .iter()
        .filter_map(|(name, setting)| {
            let loser = setting.losers().iter().find(|c| {
                c.source == Source::File && c.status == Status::NotLoaded && c.origin().path() == Some(path)
            })?;
            Some((name.as_str(), setting, loser))
        })
        .collect();
    let mut void: Vec<_> = said.iter().copied().filter(|(_, s, c)| is_void(s, c)).collect();
    if void.is_empty() && !said.is_empty() {
        // Everything in it is as it says, or would be beaten all the same.
        return None;
    }
    void.sort_by_key(|(_, _, c)| c.origin().span());
    let why = why(server, file);
    let draft = ConfigNeverRead::META.finds(message(path, &why, &void)).about(server);
    let draft = match void.first() {
        Some((name, _, first)) => draft.setting(name).at(first.origin(), "never read"),
        None => match &file.origin {
            Some(origin) => draft.at(origin, "never read"),
            None => draft,
        },
    };
    let draft =
        void.iter().skip(1).take(NAMED - 1).fold(draft, |d, (_, _, c)| d.see(c.origin(), "never read"));
    let draft = match (names_another(server), server.process.argv.first().and_then(Text::whole)) {
        (Some(origin), _) => draft.see(origin, "names another file"),
        (None, Some(place)) => draft.see(&place.origin, "started here"),
        (None, None) => draft,
    };
    Some(match help(server, path) {
        Some(help) => draft.help(help),
        None => draft,
    })
}

/// Where somebody named the file that is read instead.
fn names_another(server: &Server) -> Option<&Origin> {
    let winner = server.settings.get("config")?.winner();
    (winner.source > Source::File).then(|| winner.origin())
}

/// Whether the file's value would be in effect if the file were read, and is not: it differs from what is in effect,
/// and what is in effect is nothing stronger than a file.
fn is_void(setting: &Setting, unread: &Candidate) -> bool {
    let winner = setting.winner();
    winner.source <= Source::File && (differ(&winner.value, &unread.value) || unread.value.known().is_none())
}

fn message(path: &str, why: &str, void: &[(&str, &Setting, &Candidate)]) -> String {
    if void.is_empty() {
        return format!("`{path}` is in the image, but {why}");
    }
    let named = &void[..void.len().min(NAMED)];
    let more = void.len() - named.len();
    let mut sets: Vec<String> = named.iter().map(|(name, _, c)| format!("`{name} = {}`", shown(c))).collect();
    if more > 0 {
        sets.push(format!("{more} more"));
    }
    let are: Vec<String> = named.iter().map(|(name, s, _)| format!("`{name}` is {}", effective(s))).collect();
    format!("`{path}` sets {}, but {why}, so {}", listed(&sets), listed(&are))
}

/// Why the server does not read the file.
fn why(server: &Server, file: &ConfigFile) -> String {
    let name = &server.name;
    if let (Some(asked), Some(reason)) = (&file.asked, &file.reason) {
        return format!("{name} does not read it, though `{asked}` names it ({reason})");
    }
    let other = server.config_files.iter().find(|f| f.status == ConfigFileStatus::Loaded);
    if let Some(other) = other {
        return format!("{name} reads only `{}`", other.path);
    }
    let missing = server.config_files.iter().find(|f| f.status == ConfigFileStatus::Missing);
    if let Some(asked) = missing.and_then(|f| f.asked.as_deref()) {
        return format!("{name} is told to read `{asked}`");
    }
    match (name.as_str(), server.process.cwd_known(), &file.reason) {
        ("gunicorn", Some(cwd), _) => {
            let looked_for = imgscan_model::path::join(cwd, "gunicorn.conf.py");
            format!("{name} is started without `-c` and looks only for `{looked_for}`")
        }
        ("gunicorn", None, _) => {
            format!(
                "{name} is started without `-c` and looks only for `gunicorn.conf.py` in its working directory"
            )
        }
        (_, _, Some(reason)) => format!("{name} does not read it: {reason}"),
        (_, _, None) => format!("{name} does not read it"),
    }
}

/// The command line with the file named in it.
fn help(server: &Server, path: &str) -> Option<String> {
    if server.name != "gunicorn"
        || server.config_files.iter().any(|f| f.status != ConfigFileStatus::NotLoaded)
    {
        return None;
    }
    let program = server.process.argv.get(..server.process.program.words)?;
    let words = program.iter().map(Text::display);
    let args = server.process.args().iter().map(Text::display);
    let all: Vec<String> = words.chain(["-c".to_owned(), path.to_owned()]).chain(args).map(quoted).collect();
    Some(format!("start it with: {}", all.join(" ")))
}

/// A word as a shell needs it.
fn quoted(word: String) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%$(){}".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Image, args, data, default, file, in_file};

    const PATH: &str = "/opt/conf/gunicorn.conf.py";

    fn unread(value: i64, line: u32) -> Candidate {
        data(Source::File, value, in_file(PATH, Some(line))).status(Status::NotLoaded)
    }

    fn incident() -> Image {
        Image::gunicorn()
            .config_file(PATH, ConfigFileStatus::NotLoaded, None)
            .set("workers", args(3), vec![default(1), unread(4, 4)])
            .set("keepalive", default(2), vec![unread(5, 6)])
            .set("timeout", default(30), vec![unread(0, 5)])
    }

    #[test]
    fn the_incident_speaks_of_what_is_void() {
        let findings = incident().findings(&ConfigNeverRead);
        assert_eq!(findings.len(), 1);
        let finding = &findings[0];
        assert_eq!(
            finding.message,
            "`/opt/conf/gunicorn.conf.py` sets `timeout = 0` and `keepalive = 5`, but gunicorn is started without \
             `-c` and looks only for `/app/gunicorn.conf.py`, so `timeout` is 30 and `keepalive` is 2"
        );
        assert_eq!(finding.setting.as_deref(), Some("timeout"));
        assert_eq!(
            finding.help.as_deref(),
            Some("start it with: gunicorn -c /opt/conf/gunicorn.conf.py app:application")
        );
    }

    #[test]
    fn a_file_about_which_nothing_is_known_speaks_too() {
        let image = Image::gunicorn().config_file(PATH, ConfigFileStatus::NotLoaded, None);
        assert_eq!(
            image.says(&ConfigNeverRead),
            [
                "`/opt/conf/gunicorn.conf.py` is in the image, but gunicorn is started without `-c` and looks only for \
              `/app/gunicorn.conf.py`"
            ]
        );
    }

    #[test]
    fn another_file_that_is_read_is_named() {
        let image = Image::gunicorn()
            .config_file("/app/gunicorn.conf.py", ConfigFileStatus::Loaded, None)
            .config_file(PATH, ConfigFileStatus::NotLoaded, None)
            .set("timeout", file(60, 1), vec![unread(0, 5)]);
        assert_eq!(
            image.says(&ConfigNeverRead),
            [
                "`/opt/conf/gunicorn.conf.py` sets `timeout = 0`, but gunicorn reads only `/app/gunicorn.conf.py`, so \
              `timeout` is 60"
            ]
        );
    }

    #[test]
    fn a_file_that_is_named_in_vain_says_why() {
        let image = Image::gunicorn().config_file(PATH, ConfigFileStatus::NotLoaded, Some(PATH)).with(|i| {
            i.servers[0].config_files[0].reason = Some("the `-c` of the command line replaces it".into());
        });
        assert_eq!(
            image.says(&ConfigNeverRead),
            ["`/opt/conf/gunicorn.conf.py` is in the image, but gunicorn does not read it, though \
              `/opt/conf/gunicorn.conf.py` names it (the `-c` of the command line replaces it)"]
        );
    }

    #[test]
    fn a_file_that_says_nothing_new_stays_silent() {
        let image = Image::gunicorn()
            .config_file(PATH, ConfigFileStatus::NotLoaded, None)
            .set("workers", args(3), vec![unread(4, 4)])
            .set("timeout", default(30), vec![unread(30, 5)]);
        assert_eq!(image.says(&ConfigNeverRead), [] as [&str; 0]);
    }

    #[test]
    fn a_file_that_is_not_there_stays_silent() {
        let mut image = incident();
        image.files = imgscan_model::testing::MemoryFiles::new();
        assert_eq!(image.says(&ConfigNeverRead), [] as [&str; 0]);
    }

    #[test]
    fn a_file_that_is_read_stays_silent_for_a_second_process_too() {
        let mut image = incident();
        let mut second = image.servers[0].clone();
        second.id = "gunicorn-2".into();
        second.config_files[0].status = ConfigFileStatus::Loaded;
        image.servers.push(second);
        assert_eq!(image.says(&ConfigNeverRead), [] as [&str; 0]);
    }
}
