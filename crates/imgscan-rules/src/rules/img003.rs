use imgscan_model::{Finding, Launcher, Pid1Role, Server};

use crate::Facts;
use crate::draft::serving;
use crate::signals::{self, Stop};

rule! {
    /// ## What it finds
    ///
    /// The signal that stops the container is not the one on which its server finishes its requests.
    ///
    /// ## Why it matters
    ///
    /// nginx ends at once on `SIGTERM` and gracefully on `SIGQUIT`; with gunicorn it is the other way round. Without
    /// `STOPSIGNAL` the runtime sends `SIGTERM`. An image built on nginx's inherits `STOPSIGNAL SIGQUIT`, and a
    /// gunicorn in it drops its requests at every stop.
    ///
    /// ## Example
    ///
    /// ```dockerfile
    /// FROM nginx
    /// RUN apt-get install -y gunicorn
    /// CMD ["gunicorn", "app:application"]
    /// ```
    ///
    /// ## How to fix
    ///
    /// `STOPSIGNAL SIGTERM` for gunicorn and uvicorn, `STOPSIGNAL SIGQUIT` for nginx.
    ///
    /// ## References
    ///
    /// - nginx/docker-nginx#377, bitnami/containers#65691
    /// - [nginx: control](https://nginx.org/en/docs/control.html), [gunicorn: signals](https://docs.gunicorn.org/en/stable/signals.html)
    StopSignalMismatch = "IMG003", "stop-signal-mismatch", Medium, "STOPSIGNAL is not the server's graceful signal"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    // A supervisor below an init stops its programs with signals of its own.
    let is_supervised =
        |s: &Server| s.process.launched_by.iter().any(|step| step.launcher == Launcher::Supervisor);
    let gets_it = |s: &&Server| {
        !is_supervised(s)
            && matches!(s.process.pid1.role, Pid1Role::Server | Pid1Role::Init)
            && s.process.pid1.signals_reach_server == Some(true)
    };
    serving(facts).filter(gets_it).filter_map(|server| finding(facts, server)).collect()
}

fn finding(facts: &Facts<'_>, server: &Server) -> Option<Finding> {
    let set = facts.config.stop_signal.as_deref().filter(|s| !s.is_empty());
    let signal = signals::name(set.unwrap_or("TERM"));
    let (graceful, stop) = signals::stop(&server.name, &signal)?;
    let name = &server.name;
    let does = match stop {
        Stop::Graceful => return None,
        Stop::Fast => format!("on which {name} drops its requests"),
        Stop::Ignored => format!("on which {name} does not stop at all"),
    };
    let who =
        if set.is_some() { "the image's `STOPSIGNAL` is" } else { "the image has no `STOPSIGNAL`, so it is" };
    let draft = StopSignalMismatch::META
        .finds(format!("{who} SIG{signal}, {does}"))
        .about(server)
        .at(&facts.config.field("StopSignal", "STOPSIGNAL"), format!("{name} wants SIG{graceful}"))
        .help(format!("write in the Dockerfile: STOPSIGNAL SIG{graceful}"));
    Some(draft.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Image;

    fn with_signal(image: Image, signal: Option<&str>) -> Image {
        image.with(|i| i.config.stop_signal = signal.map(str::to_owned))
    }

    #[test]
    fn a_gunicorn_that_inherits_the_signal_of_nginx_speaks() {
        assert_eq!(
            with_signal(Image::gunicorn(), Some("SIGQUIT")).says(&StopSignalMismatch),
            ["the image's `STOPSIGNAL` is SIGQUIT, on which gunicorn drops its requests"]
        );
        assert_eq!(
            with_signal(Image::gunicorn(), Some("HUP")).says(&StopSignalMismatch),
            ["the image's `STOPSIGNAL` is SIGHUP, on which gunicorn does not stop at all"]
        );
    }

    #[test]
    fn an_nginx_without_a_signal_speaks() {
        assert_eq!(
            with_signal(Image::nginx(), None).says(&StopSignalMismatch),
            ["the image has no `STOPSIGNAL`, so it is SIGTERM, on which nginx drops its requests"]
        );
    }

    #[test]
    fn the_right_signal_in_any_spelling_stays_silent() {
        for (image, signal) in [
            (Image::gunicorn(), None),
            (Image::gunicorn(), Some("15")),
            (Image::nginx(), Some("SIGQUIT")),
            (Image::nginx(), Some("3")),
        ] {
            assert_eq!(with_signal(image, signal).says(&StopSignalMismatch), [] as [&str; 0]);
        }
    }

    #[test]
    fn below_a_supervisor_and_where_no_signal_arrives_it_stays_silent() {
        let mut image = with_signal(Image::nginx(), None);
        image.servers[0].process.pid1.role = Pid1Role::Supervisor;
        assert_eq!(image.says(&StopSignalMismatch), [] as [&str; 0]);
        image.servers[0].process.pid1.role = Pid1Role::Init;
        let mut step = image.servers[0].process.launched_by[0].clone();
        step.launcher = Launcher::Supervisor;
        image.servers[0].process.launched_by.push(step);
        assert_eq!(image.says(&StopSignalMismatch), [] as [&str; 0]);
        image.servers[0].process.launched_by.pop();
        image.servers[0].process.pid1.signals_reach_server = Some(false);
        assert_eq!(image.says(&StopSignalMismatch), [] as [&str; 0]);
    }
}
