//! Many images: where their names come from, and how many are looked at at once.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fs;
use std::io::Read;
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

use globset::{GlobBuilder, GlobMatcher};
use imgscan_model::{InputError, InputErrorKind, limits};
use imgscan_source::{Reference, RegistryName, SourceError, Target};

use crate::cli::ScanArgs;
use crate::exit::Failure;
use crate::inputs::{self, Access};

/// The images of a run.
pub(crate) struct Fleet {
    /// Their references, in the order asked for, those that a pattern stands for in the order of the registry.
    pub(crate) targets: Vec<String>,
    /// Patterns that could not be answered.
    pub(crate) errors: Vec<InputError>,
}

impl Fleet {
    /// The images named on the command line and in the file, patterns resolved; without those that an earlier run has
    /// reports of. References are checked before the first image is looked at.
    pub(crate) fn new(args: &ScanArgs, access: &Access) -> Result<Self, Failure> {
        let mut named = args.images.clone();
        if let Some(path) = &args.from_file {
            named.extend(lines(&read(path)?).map(str::to_owned));
        }
        let mut fleet = Fleet { targets: Vec::new(), errors: Vec::new() };
        for name in named {
            match Pattern::parse(&name)? {
                None => fleet.targets.push(name),
                Some(pattern) => pattern.resolve(&name, access, &mut fleet),
            }
        }
        if let Some(path) = &args.resume {
            let done = done(path)?;
            fleet.targets.retain(|target| !done.contains(target));
        }
        for target in &fleet.targets {
            inputs::reference(target)?;
        }
        Ok(fleet)
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    let unreadable = |e| Failure::usage(format!("cannot read `{}`: {e}", path.display()));
    if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(unreadable)?;
        return Ok(text);
    }
    fs::read_to_string(path).map_err(unreadable)
}

/// One reference a line; empty lines and those that begin with `#` say nothing.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// The references of which JSON lines of an earlier run hold a report. A line that was not finished, and one that tells
/// an error, is none; a file that is not there yet has none.
fn done(path: &Path) -> Result<HashSet<String>, Failure> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        other => other.map_err(|e| Failure::usage(format!("cannot read `{}`: {e}", path.display())))?,
    };
    let reports = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let whole = reports.filter(|report| report["errors"].as_array().is_some_and(Vec::is_empty));
    let reference = |result: &serde_json::Value| result["reference"].as_str().map(str::to_owned);
    Ok(whole
        .flat_map(|r| r["results"].as_array().cloned().unwrap_or_default())
        .filter_map(|r| reference(&r))
        .collect())
}

/// The characters that make a pattern.
const WILD: [char; 4] = ['*', '?', '[', '{'];

/// `registry/team/*:*`: `*` is anything but `/`, `**` anything, `?` one character, `[…]` and `{…}` as in shells.
struct Pattern {
    registry: String,
    repository: String,
    repositories: GlobMatcher,
    tags: GlobMatcher,
}

impl Pattern {
    /// `None` for what is a reference or a path that exists.
    fn parse(typed: &str) -> Result<Option<Pattern>, Failure> {
        // What is a reference is none, whatever stands in it: `[::1]:5000/a`, `oci:dir[1]`.
        if !typed.contains(WILD) || Path::new(typed).exists() || Reference::parse(typed).is_ok() {
            return Ok(None);
        }
        // Where no host is named it is Docker Hub, as in references.
        let (registry, rest) = match typed.split_once('/') {
            Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => (host, rest.to_owned()),
            Some(_) => ("docker.io", typed.to_owned()),
            None => ("docker.io", format!("library/{typed}")),
        };
        // The host of an IPv6 address has brackets.
        if registry.contains(['*', '?', '{']) {
            return Err(Failure::usage(format!(
                "`{typed}` stands for images of several registries\nhelp: name one, e.g. `ghcr.io/team/*:*`"
            )));
        }
        let (repository, tag) = rest.rsplit_once(':').unwrap_or((&rest, "latest"));
        let matcher = |glob: &str| {
            let glob = GlobBuilder::new(glob).literal_separator(true).build();
            glob.map(|g| g.compile_matcher())
        };
        // What is no pattern either is a wrong reference, and told as one.
        let (Ok(repositories), Ok(tags)) = (matcher(repository), matcher(tag)) else { return Ok(None) };
        Ok(Some(Pattern {
            registry: registry.to_owned(),
            repository: repository.to_owned(),
            repositories,
            tags,
        }))
    }

    /// Adds the images that it stands for. A repository that does not tell its tags stops no other.
    fn resolve(&self, typed: &str, access: &Access, fleet: &mut Fleet) {
        let before = (fleet.targets.len(), fleet.errors.len());
        // A registry need not tell its repositories, so it is not asked for one that is named.
        let repositories = match self.repository.contains(WILD) {
            true => access.sources().catalog(&self.registry),
            false => Ok(vec![self.repository.clone()]),
        };
        let repositories = repositories.unwrap_or_else(|error| {
            fleet.errors.push(inputs::input_error(typed, &error));
            Vec::new()
        });
        for repository in repositories.into_iter().filter(|r| self.repositories.is_match(r)) {
            let at = format!("{}/{repository}", self.registry);
            let (registry, tag, digest) = (self.registry.clone(), None, None);
            match access.sources().tags(&RegistryName { registry, repository, tag, digest }) {
                Ok(tags) => {
                    let wanted = tags.iter().filter(|tag| self.tags.is_match(tag));
                    fleet.targets.extend(wanted.map(|tag| format!("{at}:{tag}")));
                }
                Err(error) => fleet.errors.push(inputs::input_error(&at, &error)),
            }
        }
        // A typo must not look like an empty registry.
        if before == (fleet.targets.len(), fleet.errors.len()) {
            let message = format!("no image of `{}` fits the pattern `{typed}`", self.registry);
            let error = SourceError::new(InputErrorKind::NotFound, message);
            fleet.errors.push(inputs::input_error(typed, &error));
        }
    }
}

/// The targets that wait, and how many are at work at each registry.
struct Queue {
    waiting: VecDeque<usize>,
    busy: HashMap<String, usize>,
}

/// Does `work` for every target, several at once and no more of one registry than it can be asked for; `done` gets the
/// answers on the caller's own thread as they come, with the position of their target.
pub(crate) fn each<T: Send>(
    targets: &[String],
    at_once: usize,
    work: impl Fn(&str) -> T + Sync,
    mut done: impl FnMut(usize, T) -> Result<(), Failure>,
) -> Result<(), Failure> {
    if targets.len() <= 1 || at_once <= 1 {
        return targets.iter().enumerate().try_for_each(|(index, target)| done(index, work(target)));
    }
    let hosts: Vec<String> = targets.iter().map(|target| host(target)).collect();
    let queue = Mutex::new(Queue { waiting: (0..targets.len()).collect(), busy: HashMap::new() });
    let freed = Condvar::new();
    thread::scope(|scope| {
        let (send, receive) = sync_channel(1);
        for _ in 0..at_once.min(targets.len()) {
            let (send, queue, freed, hosts, work) = (send.clone(), &queue, &freed, &hosts, &work);
            scope.spawn(move || {
                while let Some(index) = next(queue, freed, hosts) {
                    let answer = targets.get(index).map(|target| work(target));
                    let mut held = queue.lock().unwrap_or_else(PoisonError::into_inner);
                    if let Some(count) = hosts.get(index).and_then(|host| held.busy.get_mut(host)) {
                        *count -= 1;
                    }
                    drop(held);
                    freed.notify_all();
                    // When nobody listens any more, the rest is of no use.
                    if answer.is_none_or(|answer| send.send((index, answer)).is_err()) {
                        return;
                    }
                }
            });
        }
        drop(send);
        receive.into_iter().try_for_each(|(index, answer)| done(index, answer))
    })
}

/// The next target whose registry has room; waits for it, and answers `None` when none is left.
fn next(queue: &Mutex<Queue>, freed: &Condvar, hosts: &[String]) -> Option<usize> {
    let mut held = queue.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        if held.waiting.is_empty() {
            return None;
        }
        let has_room = |held: &Queue, index: usize| {
            hosts
                .get(index)
                .is_none_or(|host| held.busy.get(host).is_none_or(|busy| *busy < limits::IMAGES_OF_A_HOST))
        };
        if let Some(at) = held.waiting.iter().position(|index| has_room(&held, *index)) {
            let index = held.waiting.remove(at)?;
            if let Some(host) = hosts.get(index) {
                *held.busy.entry(host.clone()).or_default() += 1;
            }
            return Some(index);
        }
        held = freed.wait(held).unwrap_or_else(PoisonError::into_inner);
    }
}

/// The registry of a reference; what lies on this machine counts as one.
fn host(typed: &str) -> String {
    match Reference::parse(typed).as_ref().map(Reference::target) {
        Ok(Target::Registry(name)) => name.registry.clone(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_target_is_done_once_and_no_more_of_a_registry_than_may_be() {
        let targets: Vec<String> = (0..40).map(|n| format!("r{}.example/a:{n}", n % 2)).collect();
        let busy = [AtomicUsize::new(0), AtomicUsize::new(0)];
        let most = AtomicUsize::new(0);
        let work = |target: &str| {
            let of = &busy[usize::from(target.starts_with("r1"))];
            most.fetch_max(of.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            thread::sleep(Duration::from_millis(2));
            of.fetch_sub(1, Ordering::SeqCst);
            target.to_owned()
        };
        let mut seen = vec![0; targets.len()];
        each(&targets, 16, work, |index, target| {
            assert_eq!(target, targets[index]);
            seen[index] += 1;
            Ok(())
        })
        .unwrap();
        assert!(seen.iter().all(|count| *count == 1), "{seen:?}");
        assert!(most.into_inner() <= limits::IMAGES_OF_A_HOST);
    }

    #[test]
    fn whoever_stops_early_ends_the_rest() {
        let targets: Vec<String> = (0..100).map(|n| format!("a:{n}")).collect();
        let stop = each(&targets, 4, str::to_owned, |_, _| Err(Failure::usage("enough")));
        assert_eq!(stop.unwrap_err().message, "enough");
    }

    #[test]
    fn patterns_name_one_registry() {
        let pattern = Pattern::parse("r.example:5000/team/*:v?").unwrap().unwrap();
        assert_eq!((pattern.registry.as_str(), pattern.repository.as_str()), ("r.example:5000", "team/*"));
        assert!(pattern.repositories.is_match("team/a") && !pattern.repositories.is_match("team/a/b"));
        assert!(pattern.tags.is_match("v1") && !pattern.tags.is_match("v10"));
        assert!(Pattern::parse("r.example/a:1").unwrap().is_none());
        let of_hub = |typed| Pattern::parse(typed).unwrap().map(|p| (p.registry, p.repository)).unwrap();
        assert_eq!(of_hub("team/*:1"), ("docker.io".to_owned(), "team/*".to_owned()));
        assert_eq!(of_hub("nginx:1.*"), ("docker.io".to_owned(), "library/nginx".to_owned()));
        assert!(Pattern::parse("*.example/a:1").is_err());
        assert!(Pattern::parse("[::1]:5000/a:1").unwrap().is_none());
        assert!(Pattern::parse("[::1]:5000/a:*").unwrap().is_some_and(|p| p.registry == "[::1]:5000"));
        assert!(Pattern::parse("oci:/no/such/dir[1]").unwrap().is_none());
    }

    #[test]
    fn only_whole_reports_count_as_done() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("out.jsonl");
        assert!(done(&file).unwrap().is_empty());
        let lines = [
            r#"{"results":[{"reference":"a:1"},{"reference":"a:1"}],"errors":[]}"#,
            r#"{"results":[],"errors":[{"input":"b:1"}]}"#,
            r#"{"results":[{"reference":"c:1"}],"err"#,
        ];
        fs::write(&file, lines.join("\n")).unwrap();
        assert_eq!(done(&file).unwrap(), HashSet::from(["a:1".to_owned()]));
    }
}
