use imgscan_model::{Confidence, Finding, History, Origin, path};

use crate::Facts;
use crate::command::is_as_built;

rule! {
    /// ## What it finds
    ///
    /// `CMD` does not belong to this `ENTRYPOINT`: a later `ENTRYPOINT` has emptied the base image's `CMD`, and what is
    /// left starts nothing; or the base image's `CMD` has become an argument of a server.
    ///
    /// ## Why it matters
    ///
    /// Setting `ENTRYPOINT` in a Dockerfile empties the `CMD` that comes from the base image. An entrypoint script that
    /// ends with `exec "$@"` then has nothing to execute. With other builders the base's `CMD` stays, and
    /// `ENTRYPOINT ["gunicorn"]` takes `python3` for the application.
    ///
    /// ## Example
    ///
    /// ```dockerfile
    /// FROM example/app
    /// ENTRYPOINT ["/wait-for-db.sh"]
    /// ```
    ///
    /// where the base image has `CMD ["gunicorn", "app:application"]`.
    ///
    /// ## How to fix
    ///
    /// Repeat `CMD` behind the new `ENTRYPOINT`.
    ///
    /// ## References
    ///
    /// - docker-library/python#263, moby/moby#35027
    InheritedCmd = "IMG006", "inherited-cmd", Medium, "CMD was emptied by a later ENTRYPOINT, or does not suit it"
}

/// What base images of languages and systems have as `CMD`: nothing that an application's ENTRYPOINT waits for.
const OF_BASES: [&str; 9] = ["python3", "python", "bash", "sh", "ash", "node", "irb", "php", "jshell"];

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    if !is_as_built(facts) {
        return Vec::new();
    }
    emptied(facts).or_else(|| unsuited(facts)).into_iter().collect()
}

/// The last history entry of a keyword.
fn last<'a>(facts: &Facts<'a>, keyword: &str) -> Option<(usize, &'a History)> {
    let is_it = |h: &History| h.instruction.as_ref().is_some_and(|i| i.keyword == keyword);
    facts.config.history.iter().enumerate().rev().find(|(_, h)| is_it(h))
}

/// A CMD of the base image that is gone, in an image in which nothing starts.
fn emptied(facts: &Facts<'_>) -> Option<Finding> {
    let is_gone = facts.config.cmd.as_ref().is_none_or(Vec::is_empty);
    let (cmd_at, cmd) = last(facts, "CMD")?;
    let (entrypoint_at, _) = last(facts, "ENTRYPOINT")?;
    let text = &cmd.instruction.as_ref()?.text;
    let is_of_base = OF_BASES.iter().any(|word| first_word(text) == Some(word));
    if !is_gone || cmd_at > entrypoint_at || !facts.servers.is_empty() || is_of_base {
        return None;
    }
    let origin = Origin::ImageEntrypoint {
        index: 0,
        chars: None,
        instruction: facts.config.entrypoint_instruction.clone(),
    };
    let draft = InheritedCmd::META
        .finds(format!("ENTRYPOINT has emptied the earlier `{text}`, and what is left starts no server"))
        .at_most(Confidence::Likely)
        .at(&origin, "empties CMD")
        .help(format!("write it again behind ENTRYPOINT: {text}"));
    Some(draft.into())
}

/// A CMD of the base image that a server takes for an argument.
fn unsuited(facts: &Facts<'_>) -> Option<Finding> {
    let entrypoint = facts.config.entrypoint.as_ref()?.first()?;
    let word = facts.config.cmd.as_ref()?.first()?;
    let server = facts.servers.iter().find(|s| path::name(entrypoint) == s.name)?;
    let (cmd_at, _) = last(facts, "CMD")?;
    let (entrypoint_at, _) = last(facts, "ENTRYPOINT")?;
    if cmd_at > entrypoint_at || !OF_BASES.contains(&path::name(word)) {
        return None;
    }
    let origin =
        Origin::ImageCmd { index: 0, chars: None, instruction: facts.config.cmd_instruction.clone() };
    let draft = InheritedCmd::META
        .finds(format!(
            "`{word}` is the CMD of an earlier stage, and {} takes it for an argument",
            server.name
        ))
        .about(server)
        .at_most(Confidence::Likely)
        .at(&origin, "inherited")
        .help("write a CMD behind ENTRYPOINT, or `CMD []`");
    Some(draft.into())
}

/// The first word of a CMD in either form.
fn first_word(instruction: &str) -> Option<&str> {
    let rest = instruction.strip_prefix("CMD")?.trim_start_matches([' ', '[', '"']);
    rest.split(['"', ' ', ',', ']']).next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Image;
    use imgscan_model::Instruction;

    fn step(text: &str) -> History {
        let keyword = text.split(' ').next().unwrap().to_owned();
        History {
            created_by: text.into(),
            created: None,
            comment: None,
            author: None,
            empty_layer: true,
            instruction: Some(Instruction { keyword, text: text.into() }),
            layer: None,
        }
    }

    fn image(steps: &[&str], cmd: Option<&[&str]>) -> Image {
        Image::empty().with(|i| {
            i.config.history = steps.iter().map(|s| step(s)).collect();
            i.config.entrypoint = Some(vec!["/wait.sh".into()]);
            i.config.cmd = cmd.map(|words| words.iter().map(|w| (*w).to_owned()).collect());
        })
    }

    #[test]
    fn an_emptied_cmd_in_an_image_that_starts_nothing_speaks() {
        let image = image(&["CMD [\"gunicorn\", \"app:app\"]", "ENTRYPOINT [\"/wait.sh\"]"], None);
        assert_eq!(
            image.says(&InheritedCmd),
            [
                "ENTRYPOINT has emptied the earlier `CMD [\"gunicorn\", \"app:app\"]`, and what is left starts no server"
            ]
        );
    }

    #[test]
    fn a_base_cmd_as_an_argument_of_a_server_speaks() {
        let mut image = Image::gunicorn();
        image.config.history = vec![step("CMD [\"python3\"]"), step("ENTRYPOINT [\"gunicorn\"]")];
        image.config.entrypoint = Some(vec!["gunicorn".into()]);
        image.config.cmd = Some(vec!["python3".into()]);
        assert_eq!(
            image.says(&InheritedCmd),
            ["`python3` is the CMD of an earlier stage, and gunicorn takes it for an argument"]
        );
    }

    #[test]
    fn what_starts_a_server_or_says_cmd_again_stays_silent() {
        let mut started = Image::gunicorn();
        started.config.history =
            vec![step("CMD [\"python3\"]"), step("ENTRYPOINT [\"gunicorn\", \"app:app\"]")];
        started.config.cmd = None;
        assert_eq!(started.says(&InheritedCmd), [] as [&str; 0]);
        let again = image(&["CMD [\"a\"]", "ENTRYPOINT [\"/wait.sh\"]", "CMD [\"b\"]"], Some(&["b"]));
        assert_eq!(again.says(&InheritedCmd), [] as [&str; 0]);
        let of_base = image(&["CMD [\"python3\"]", "ENTRYPOINT [\"/wait.sh\"]"], None);
        assert_eq!(of_base.says(&InheritedCmd), [] as [&str; 0]);
    }
}
