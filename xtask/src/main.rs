//! `cargo xtask`: the project's own commands.

use std::process::ExitCode;

use xtask::{Failure, bench, book, e2e, gunicorn_settings, images, nginx_directives, tidy, truth};

/// A command with its word for `cargo xtask` and what it does.
struct Command {
    name: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Result<(), Failure>,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "bench",
        about: "compare speed, memory and bytes with other tools and with the raw limit; write docs/performance.md",
        run: bench::run,
    },
    Command {
        name: "book",
        about: "make the book of docs/ in target/book and follow its links",
        run: book::run,
    },
    Command {
        name: "demo",
        about: "build the incident image, scan it with a release build, show the findings",
        run: images::demo,
    },
    Command {
        name: "e2e",
        about: "push images with real layers to a real registry, scan them, compare with real gunicorn",
        run: e2e::run,
    },
    Command {
        name: "gunicorn-settings",
        about: "write the settings tables of every gunicorn version, asked of the real packages",
        run: gunicorn_settings::run,
    },
    Command {
        name: "images",
        about: "build every recipe of testdata/images as an OCI layout under target/images",
        run: images::run,
    },
    Command {
        name: "nginx-directives",
        about: "write the table of nginx's directives from what its sources say and real servers answered",
        run: nginx_directives::run,
    },
    Command {
        name: "tidy",
        about: "check the house: directions between crates, links, generated files, manifests",
        run: tidy::run,
    },
    Command {
        name: "truth",
        about: "compare with real servers on recorded and on random configurations (`truth nginx`)",
        run: truth::run,
    },
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some(command) = words.first().and_then(|w| COMMANDS.iter().find(|c| c.name == w)) else {
        eprintln!("usage: cargo xtask COMMAND\n");
        COMMANDS.iter().for_each(|c| eprintln!("  {:<20}{}", c.name, c.about));
        return ExitCode::from(2);
    };
    match (command.run)(&words[1..]) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}
