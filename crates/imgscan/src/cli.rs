//! The command line, each option declared once with the text that people read.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

const AFTER: &str = "\
Image references:
  registry/repository:tag        a registry (docker.io/library where none is named); @sha256:… pins it
  oci:DIR[:TAG]                  an OCI image layout
  oci-archive:FILE               the same in a tar
  docker-archive:FILE            what `docker save` writes
  containers-storage:NAME        in the storage folder of Podman, Buildah or CRI-O
  containerd:[NAMESPACE/]NAME    in the folder of containerd
  dir:ROOTFS                     a root file system with its image config beside it
  -                              an archive on standard input
A path that exists is recognised for what it is.

Exit status:
  0  done, nothing at or above --fail-on    3  an image could not be had
  1  a finding at or above --fail-on        4  an image is damaged or over a limit
  2  the command line is wrong              5  the report could not be written";

/// Which configuration will the server in a container image really start with, and who won?
///
/// imgscan reads an image from a registry or a file, follows ENTRYPOINT and CMD to the server, reads the server's
/// configuration the way the server itself would, and shows for every setting the winner, the losers and the place
/// each was written. The image is never run.
#[derive(Debug, Parser)]
#[command(name = "imgscan", version, after_help = AFTER, args_conflicts_with_subcommands = true)]
#[command(subcommand_precedence_over_arg = true, max_term_width = 110)]
pub(crate) struct Cli {
    /// What to do; `scan` where nothing is said.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) scan: ScanArgs,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Report what the servers in images really start with [default]
    Scan(Box<ScanArgs>),
    /// Say who sets one setting, and what would change it
    Explain(Box<ExplainArgs>),
    /// List every setting that the servers end up with, defaults included
    Effective(Box<EffectiveArgs>),
    /// Demand that something holds of the settings; what is not known does not pass
    Assert(Box<AssertArgs>),
    /// Say what two images, or one image under other options, start differently
    Diff(Box<DiffArgs>),
    /// Print the config blob (as `crane config` does)
    Config(InspectArgs),
    /// Print the manifest (as `crane manifest` does)
    Manifest(InspectArgs),
    /// Print the instructions that made the image, with their layers
    History(InspectArgs),
    /// List the files of the merged image, with the layer that wrote each
    Ls(LsArgs),
    /// Print a file of the merged image, or the configuration that a server puts together from files
    Cat(CatArgs),
    /// List the rules, or show the page of one
    Rules(RulesArgs),
    /// Write a commented `imgscan.toml`
    Init(InitArgs),
    /// Show or clear what was kept of images read before
    Cache(CacheArgs),
    /// Print completions for a shell
    Completions(CompletionsArgs),
    /// Print the manual page, or write those of all commands
    Man(ManArgs),
}

/// `imgscan scan`.
#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    /// Images to scan; `registry/team/*:*` stands for every image of a registry that it fits
    #[arg(value_name = "IMAGE", required_unless_present = "from_file")]
    pub(crate) images: Vec<String>,
    /// Scan the images that a file names as well, one a line; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) from_file: Option<PathBuf>,
    /// Leave out the images of which the JSON lines in FILE, of an earlier run, hold a report
    #[arg(long, value_name = "FILE")]
    pub(crate) resume: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) runtime: RuntimeArgs,
    #[command(flatten)]
    pub(crate) access: AccessArgs,
    #[command(flatten)]
    pub(crate) shown: ShownArgs,
    /// Format on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub(crate) format: Format,
    /// Write the report to a file as well, e.g. `-o json=report.json`; may be given several times
    #[arg(short, long, value_name = "FORMAT=FILE", value_parser = parse_output, help_heading = "Output")]
    pub(crate) output: Vec<(Format, PathBuf)>,
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    /// Exit with 0 where findings would make it 1
    #[arg(long, help_heading = "Output")]
    pub(crate) exit_zero: bool,
    /// Add run time, requests and bytes read to the report
    #[arg(long, help_heading = "Output")]
    pub(crate) stats: bool,
    /// Words in place of CMD, as after the image in `docker run`
    #[arg(last = true, value_name = "WORD")]
    pub(crate) words: Vec<String>,
}

/// `imgscan explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The image
    #[arg(value_name = "IMAGE")]
    pub(crate) image: String,
    /// The setting, e.g. `gunicorn.timeout` or `nginx.client_max_body_size`
    #[arg(value_name = "PROCESS.SETTING")]
    pub(crate) setting: String,
    #[command(flatten)]
    pub(crate) request: RequestArgs,
    #[command(flatten)]
    pub(crate) runtime: RuntimeArgs,
    #[command(flatten)]
    pub(crate) access: AccessArgs,
    #[command(flatten)]
    pub(crate) shown: ShownArgs,
    /// Format on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub(crate) format: AnswerFormat,
    /// Words in place of CMD, as after the image in `docker run`
    #[arg(last = true, value_name = "WORD")]
    pub(crate) words: Vec<String>,
}

/// `imgscan effective`.
#[derive(Debug, Args)]
pub(crate) struct EffectiveArgs {
    /// Images to look at
    #[arg(value_name = "IMAGE", required = true)]
    pub(crate) images: Vec<String>,
    /// Only servers of this kind, e.g. `gunicorn` or `nginx`
    #[arg(long, value_name = "SERVER")]
    pub(crate) dialect: Option<String>,
    #[command(flatten)]
    pub(crate) runtime: RuntimeArgs,
    #[command(flatten)]
    pub(crate) access: AccessArgs,
    #[command(flatten)]
    pub(crate) shown: ShownArgs,
    /// Format on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub(crate) format: AnswerFormat,
    /// Words in place of CMD, as after the image in `docker run`
    #[arg(last = true, value_name = "WORD")]
    pub(crate) words: Vec<String>,
}

/// `imgscan assert`.
#[derive(Debug, Args)]
pub(crate) struct AssertArgs {
    /// The image
    #[arg(value_name = "IMAGE")]
    pub(crate) image: String,
    /// What must hold, e.g. `gunicorn.timeout == 0 || gunicorn.timeout >= 300`
    #[arg(value_name = "EXPRESSION", required_unless_present = "file")]
    pub(crate) expressions: Vec<String>,
    /// Demand what the `[[expect]]` tables of this file demand of the image as well; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) request: RequestArgs,
    #[command(flatten)]
    pub(crate) runtime: RuntimeArgs,
    #[command(flatten)]
    pub(crate) access: AccessArgs,
    #[command(flatten)]
    pub(crate) shown: ShownArgs,
    /// Format on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub(crate) format: AnswerFormat,
    /// Words in place of CMD, as after the image in `docker run`
    #[arg(last = true, value_name = "WORD")]
    pub(crate) words: Vec<String>,
}

/// `imgscan diff`.
#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The image before
    #[arg(value_name = "BEFORE")]
    pub(crate) before: String,
    /// The image after; without it BEFORE again, under the run-time options
    #[arg(value_name = "AFTER")]
    pub(crate) after: Option<String>,
    /// Platform of the image after, where it is another
    #[arg(long, value_name = "PLATFORM", help_heading = "Access")]
    pub(crate) other_platform: Option<String>,
    /// Exit with 1 where anything differs
    #[arg(long, help_heading = "Output")]
    pub(crate) exit_code: bool,
    #[command(flatten)]
    pub(crate) runtime: RuntimeArgs,
    #[command(flatten)]
    pub(crate) access: AccessArgs,
    #[command(flatten)]
    pub(crate) shown: ShownArgs,
    /// Format on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub(crate) format: AnswerFormat,
    /// Words in place of CMD of the image after
    #[arg(last = true, value_name = "WORD")]
    pub(crate) words: Vec<String>,
}

/// `imgscan config`, `manifest`, `history`.
#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// The image
    #[arg(value_name = "IMAGE")]
    pub(crate) image: String,
    #[command(flatten)]
    pub(crate) access: AccessArgs,
    /// When to colour
    #[arg(long, value_name = "WHEN", default_value = "auto", help_heading = "Output")]
    pub(crate) color: Color,
}

/// `imgscan ls`.
#[derive(Debug, Args)]
pub(crate) struct LsArgs {
    #[command(flatten)]
    pub(crate) inspect: InspectArgs,
    /// Only this path and what is below it
    #[arg(value_name = "PATH", help_heading = None, default_value = "/")]
    pub(crate) path: String,
}

/// `imgscan cat`.
#[derive(Debug, Args)]
pub(crate) struct CatArgs {
    #[command(flatten)]
    pub(crate) inspect: InspectArgs,
    /// The file
    #[arg(
        value_name = "PATH",
        help_heading = None,
        required_unless_present = "effective",
        conflicts_with_all = ["effective", "env", "env_file", "entrypoint", "workdir", "user", "cpus"]
    )]
    pub(crate) path: Option<String>,
    /// The version that this layer wrote, counted from 0 at the base, in place of the one that counts
    #[arg(long, value_name = "INDEX", help_heading = None, requires = "path")]
    pub(crate) layer: Option<u32>,
    /// In place of a file all that a server reads as its configuration, includes followed, with the place of each line
    /// as a comment: `nginx`, or the id of one of several
    #[arg(long, value_name = "SERVER", help_heading = None)]
    pub(crate) effective: Option<String>,
    /// Words in place of CMD, as after the image in `docker run`
    #[arg(last = true, value_name = "WORD", help_heading = None, requires = "effective")]
    pub(crate) words: Vec<String>,
    #[command(flatten)]
    pub(crate) runtime: RuntimeArgs,
}

/// `imgscan rules`.
#[derive(Debug, Args)]
pub(crate) struct RulesArgs {
    /// A rule's code or name, e.g. `OVR005`
    #[arg(value_name = "RULE")]
    pub(crate) code: Option<String>,
}

/// `imgscan init`.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The file to write
    #[arg(value_name = "FILE", default_value = "imgscan.toml")]
    pub(crate) file: String,
}

/// `imgscan cache`.
#[derive(Debug, Args)]
pub(crate) struct CacheArgs {
    /// What to do
    #[command(subcommand)]
    pub(crate) action: CacheAction,
}

/// What to do with the cache.
#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum CacheAction {
    /// Say where it is and how much it holds
    Stats,
    /// Delete what it holds
    Clear,
}

/// `imgscan man`.
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Write the pages of all commands into this directory
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

/// `imgscan completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}

/// Options that stand for what only the run time knows.
#[derive(Debug, Args)]
#[command(next_help_heading = "Run time (as in `docker run`)")]
pub(crate) struct RuntimeArgs {
    /// Set an environment variable; a NAME alone is taken from this environment
    #[arg(short, long, value_name = "NAME=VALUE")]
    pub(crate) env: Vec<String>,
    /// Read environment variables from a file
    #[arg(long, value_name = "FILE")]
    pub(crate) env_file: Vec<PathBuf>,
    /// Start this in place of ENTRYPOINT; the image's CMD is dropped with it
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) entrypoint: Option<String>,
    /// Working directory in place of WORKDIR
    #[arg(short, long, value_name = "DIR")]
    pub(crate) workdir: Option<String>,
    /// User in place of USER
    #[arg(short, long, value_name = "USER")]
    pub(crate) user: Option<String>,
    /// What `cpu_count()` and `nproc` answer; symbolic where not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65536))]
    pub(crate) cpus: Option<u32>,
}

/// How images are had.
#[derive(Debug, Args)]
#[command(next_help_heading = "Access")]
pub(crate) struct AccessArgs {
    /// Platform of an image index: os/arch[/variant], or `all`
    #[arg(long, value_name = "PLATFORM")]
    pub(crate) platform: Option<String>,
    /// User name for the registry (`IMGSCAN_USERNAME` with `IMGSCAN_PASSWORD`, or `IMGSCAN_TOKEN`, do without options)
    #[arg(long, value_name = "NAME", requires = "password_stdin")]
    pub(crate) username: Option<String>,
    /// Read the password for --username from standard input
    #[arg(long, requires = "username")]
    pub(crate) password_stdin: bool,
    /// Read a bearer token for the registry from standard input
    #[arg(long, conflicts_with = "username")]
    pub(crate) token_stdin: bool,
    /// Ask MIRROR before HOST, e.g. `docker.io=mirror.example/hub`; may be given several times
    #[arg(long, value_name = "HOST=MIRROR", value_parser = parse_mirror)]
    pub(crate) mirror: Vec<(String, String)>,
    /// Allow plain http, and certificates that cannot be checked, for this registry
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(crate) insecure: Vec<String>,
    /// Trust the certificate authorities of a PEM file as well
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Vec<PathBuf>,
    /// Client certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "client_key")]
    pub(crate) client_cert: Option<PathBuf>,
    /// Key of the client certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "client_cert")]
    pub(crate) client_key: Option<PathBuf>,
    /// Fetch layers from the foreign addresses that their descriptors name
    #[arg(long)]
    pub(crate) foreign_layers: bool,
    /// Neither use nor fill the cache of layers and manifests
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Seconds that everything together may take
    #[arg(long, value_name = "SECONDS", default_value_t = imgscan_model::limits::DEADLINE.as_secs())]
    pub(crate) timeout: u64,
}

/// A request, for servers whose settings hang on it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Request (nginx chooses server and location for it)")]
pub(crate) struct RequestArgs {
    /// The host that is asked for
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Option<String>,
    /// The address at which the request arrives
    #[arg(long, value_name = "IP")]
    pub(crate) address: Option<std::net::IpAddr>,
    /// The port at which it arrives
    #[arg(long, value_name = "N")]
    pub(crate) port: Option<u16>,
    /// Its method
    #[arg(long, value_name = "METHOD")]
    pub(crate) method: Option<String>,
    /// Its URI, with arguments
    #[arg(long, value_name = "URI")]
    pub(crate) uri: Option<String>,
    /// A connection to a stream server
    #[arg(long)]
    pub(crate) stream: bool,
}

/// What counts.
#[derive(Debug, Args)]
#[command(next_help_heading = "Policy")]
pub(crate) struct PolicyArgs {
    /// Lowest severity of a finding that makes the exit status 1 [default: high]
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<FailOn>,
    /// Configuration file; without it the nearest `imgscan.toml` from the working directory upward
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Look for no configuration file
    #[arg(long, conflicts_with = "config")]
    pub(crate) no_config: bool,
    /// Findings listed in this file are known and do not count
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write the findings of this run to the file of --baseline
    #[arg(long, requires = "baseline")]
    pub(crate) update_baseline: bool,
}

/// How a report is shown.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct ShownArgs {
    /// When to colour
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
}

/// A report format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// `imgscan/report/v1`
    Json,
    /// The same, a report on one line for each image, as soon as it is there
    Jsonl,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML
    Junit,
    /// GitHub annotations
    Github,
    /// GitLab Code Quality
    Gitlab,
    /// GitLab container scanning
    GitlabSecurity,
    /// Markdown, for a comment on a pull request
    Markdown,
    /// One page, for a browser
    Html,
}

/// A format for the answer to one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AnswerFormat {
    /// For people
    Text,
    /// For machines
    Json,
}

/// When to colour. `NO_COLOR` and `CLICOLOR_FORCE` are respected where it is `auto`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Which findings make the exit status 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// All
    Info,
    /// Low and above
    Low,
    /// Medium and above
    Medium,
    /// High
    High,
    /// None
    Never,
}

fn parse_output(text: &str) -> Result<(Format, PathBuf), String> {
    let (format, file) = text.split_once('=').ok_or("write it as FORMAT=FILE, e.g. `json=report.json`")?;
    if file.is_empty() {
        return Err("the file has no name".into());
    }
    Ok((Format::from_str(format, false)?, file.into()))
}

fn parse_mirror(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((of, at)) if !of.is_empty() && !at.is_empty() => Ok((of.to_owned(), at.to_owned())),
        _ => Err("write it as HOST=MIRROR, e.g. `docker.io=mirror.example/hub`".into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_image_alone_is_scanned() {
        let cli = Cli::try_parse_from(["imgscan", "--format", "json", "a/b:1", "--", "gunicorn", "-w", "4"])
            .unwrap();
        assert!(cli.command.is_none());
        assert_eq!(cli.scan.images, ["a/b:1"]);
        assert_eq!(cli.scan.words, ["gunicorn", "-w", "4"]);
    }

    #[test]
    fn a_command_is_a_command() {
        let cli = Cli::try_parse_from(["imgscan", "explain", "a/b:1", "gunicorn.timeout"]).unwrap();
        assert!(matches!(cli.command, Some(Command::Explain(_))));
    }
}
