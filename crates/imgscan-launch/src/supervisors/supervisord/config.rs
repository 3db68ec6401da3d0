//! The configuration file and what it includes.

use imgscan_model::{Env, FileView, Need, Opaque, Origin, Problem, Shape, Text, limits, path};
use imgscan_text::ini::{self, Entry, Ini};

use crate::call::Call;
use crate::getopt::Parsed;
use crate::glob::glob;
use crate::lookup::{self, Lookup};
use crate::supervisors::format::{Held, Names, expand};
use crate::wrappers::Stuck;

/// A configuration that was read, with its includes.
pub(super) struct Config {
    pub ini: Ini,
    /// The directory of the main file.
    here: String,
    /// Each file that was read, as origins name it, with the directory that `%(here)s` is in it.
    read: Vec<(Option<Origin>, String)>,
    pub problems: Vec<Problem>,
}

impl Config {
    /// `-c`, else the first that is there of the places where supervisord looks.
    pub(super) fn find(call: &Call, options: &Parsed) -> Result<Self, Stuck> {
        let given = options.value(&["c", "configuration"]);
        let path = match given {
            Some(word) => {
                let known = word.known().and_then(|word| lookup::at(word, &call.cwd));
                known
                    .ok_or_else(|| Stuck::at(0, "which configuration file supervisord reads is not known"))?
            }
            None => {
                let mut places = search_places(call).into_iter();
                places.find(|place| call.files.exists(place) == Some(true)).ok_or_else(|| {
                    Stuck::at(0, "`supervisord` does not start: no config file found at default paths")
                })?
            }
        };
        let mut config = Config {
            ini: Ini::default(),
            here: path::parent(&path).to_owned(),
            read: Vec::new(),
            problems: Vec::new(),
        };
        config.read(call, &path)?;
        config.include(call)?;
        Ok(config)
    }

    fn read(&mut self, call: &Call, file: &str) -> Result<(), Stuck> {
        let text = call.files.read(file).map_err(|error| Stuck::at(0, format!("`{file}`: {error}")))?;
        self.read.push((text.whole().map(|place| place.origin), path::parent(file).to_owned()));
        self.ini.read(&text, &ini::SUPERVISOR).map_err(|refused| Stuck::Elsewhere {
            origin: refused.origin.unwrap_or_else(|| call.origin(0)),
            message: format!("`supervisord` does not start: {}", refused.message),
        })
    }

    /// What `%(here)s` is in the file that an entry stands in.
    pub(super) fn here(&self, entry: &Entry) -> &str {
        let same = |origin: &Origin| origin.path().is_some() && origin.path() == entry.origin.path();
        let held = self.read.iter().find(|(origin, _)| origin.as_ref().is_some_and(same));
        held.map_or(&self.here, |(_, dir)| dir)
    }

    /// `[include] files`: patterns from the directory of the main file, each pattern's matches sorted.
    fn include(&mut self, call: &Call) -> Result<(), Stuck> {
        if self.ini.section("include").is_none() {
            return Ok(());
        }
        let Some(entry) = self.ini.get("include", "files").cloned() else {
            return Err(Stuck::at(
                0,
                "`supervisord` does not start: [include] section, but no files setting",
            ));
        };
        let mut names = Names::default();
        names.set("here", Held::Text(Text::derived(self.here.as_str(), entry.origin.clone())));
        environment_names(&call.env, &mut names);
        host_name(call, &mut names);
        let text = entry.value.clone().unwrap_or_default();
        let files = expand(&text, &names, &entry.origin, &mut |_| None);
        let files = files.ok().and_then(|files| files.known().map(str::to_owned));
        let Some(files) = files else {
            let message = "which files `[include]` names is not known";
            self.problems.push(Problem::at(entry.origin, message));
            return Ok(());
        };
        let mut count = 0;
        for pattern in files.split_whitespace() {
            for file in glob(&call.files, &path::join(&self.here, pattern)) {
                count += 1;
                if count > limits::CONFIG_FILES {
                    return Ok(());
                }
                self.read(call, &file)?;
            }
        }
        Ok(())
    }
}

/// `Options.searchpaths`: beside the program's directory, then from the working directory, then in `/etc`.
fn search_places(call: &Call) -> Vec<String> {
    let mut places = Vec::new();
    let word = call.argv.first().and_then(Text::known).unwrap_or_default();
    if let Lookup::Found { path: program, .. } = lookup::look_up(word, &call.env, &call.cwd, &call.files) {
        let above = path::parent(path::parent(&program));
        places.extend([path::join(above, "etc/supervisord.conf"), path::join(above, "supervisord.conf")]);
    }
    let relative = ["supervisord.conf", "etc/supervisord.conf"];
    places.extend(relative.iter().filter_map(|file| lookup::at(file, &call.cwd)));
    places.extend(["/etc/supervisord.conf".to_owned(), "/etc/supervisor/supervisord.conf".to_owned()]);
    places
}

pub(super) fn environment_names(env: &Env, names: &mut Names) {
    for var in env.iter() {
        names.set(format!("ENV_{}", var.name), Held::Text(var.value.clone()));
    }
}

pub(super) fn host_name(call: &Call, names: &mut Names) {
    let name = Opaque {
        text: "%(host_node_name)s".into(),
        needs: vec![Need::Hostname],
        shape: Shape::Word,
        reason: None,
    };
    names.set("host_node_name", Held::Text(Text::opaque(name, call.origin(0))));
}
