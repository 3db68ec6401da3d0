//! scratch
#![allow(clippy::all, missing_docs)]
use imgscan_model::testing::MemoryFiles;
use imgscan_model::*;
use imgscan_shell::*;
struct H;
impl Host for H {
    fn external(&mut self, c: &Command) -> Vec<External> {
        let argv: Vec<String> = c.argv.iter().map(|a| a.display()).collect();
        if let Ok(node) = &c.program {
            if let Magic::Script(i) = &node.magic {
                let text = c.files.read(&node.path).unwrap();
                let mut env = c.env.clone(); let _ = &mut env;
                let mut st = State::new(Dialect::named("sh", if i.contains("bash") {"bash"} else if std::env::var("ASH").is_ok() {"busybox"} else {"dash"}).unwrap(), &c.env, c.files.clone());
                st.cwd = c.cwd.clone(); st.user = c.user.clone(); st.umask = c.umask; st.cpus = c.cpus; st.depth = c.depth + 1; st.budget = c.budget.clone();
                st.arg0 = c.argv[0].clone(); st.positional = c.argv[1..].to_vec(); st.stdin = c.stdin.clone();
                let (script, problems) = parse(&text, st.dialect);
                for p in problems { println!("PROBLEM {}", p.message); }
                let ends = run(&script, st, self);
                println!("  child {} -> {:?}", node.path, ends.iter().map(|e| (format!("{:?}", e.end), e.condition.clone())).collect::<Vec<_>>());
                for e in &ends { for p in &e.problems { println!("   child problem {:?} {}", p.origin.as_ref().and_then(|o| o.span()).map(|s| s.line), p.message); } }
                return External::of_paths(ends);
            }
        }
        println!("EXT {:?} prog={:?} exec={:?} bg={} sub={} cond={:?} cwd={:?}", argv, c.program.as_ref().map(|n| n.path.clone()).map_err(|e| e.to_string()), c.replaces, c.background, c.subshell, c.condition, c.cwd);
        let base = argv[0].rsplit('/').next().unwrap().to_owned();
        if ["nginx", "gunicorn", "uvicorn", "server"].contains(&base.as_str()) { return External::stays(c); }
        External::not_followed(c)
    }
}
fn add(m: MemoryFiles, dir: &std::path::Path, root: &std::path::Path) -> MemoryFiles {
    let mut m = m;
    for e in std::fs::read_dir(dir).unwrap() {
        let e = e.unwrap(); let p = e.path(); let rel = format!("/{}", p.strip_prefix(root).unwrap().display());
        let ft = e.file_type().unwrap();
        if ft.is_dir() { m = m.dir(&rel); m = add(m, &p, root); }
        else if ft.is_symlink() { m = m.link(&rel, &std::fs::read_link(&p).unwrap().display().to_string()); }
        else { use std::os::unix::fs::PermissionsExt; let mode = e.metadata().unwrap().permissions().mode() & 0o7777; m = match std::fs::read_to_string(&p) { Ok(s) => m.file_with_mode(&rel, &s, mode), Err(_) => m.program(&rel) }; }
    }
    m
}
fn main() {
    // follow ROOT DIALECT SCRIPT args... ; env from FOLLOW_ENV k=v;k=v
    let a: Vec<String> = std::env::args().collect();
    let root = std::path::Path::new(&a[1]);
    let m = add(MemoryFiles::new(), root, root);
    let mut env = Env::default();
    let t = |s: &str| Text::new(s, Origin::image_env("X", s, None));
    for kv in std::env::var("FOLLOW_ENV").unwrap_or_default().split(';').filter(|s| !s.is_empty()) { let (k, v) = kv.split_once('=').unwrap(); env.set(k, Text::new(v, Origin::image_env(k, v, None)), EnvSource::Image); }
    env.set("PATH", t("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"), EnvSource::Image);
    let files = StartFiles::over(m.shared());
    let d = match a[2].as_str() { "bash" => Dialect::Bash, "ash" => Dialect::Ash, "posix" => Dialect::Posix, _ => Dialect::Dash };
    let mut st = State::new(d, &env, files.clone());
    let text = if a[3] == "-c" { st.options.command_string = true; Text::new(a[4].as_str(), Origin::ImageCmd { index: 2, chars: None, instruction: None }) } else { files.read(&a[3]).unwrap() };
    st.arg0 = t(&a[3]);
    let skip = if a[3] == "-c" { 5 } else { 4 };
    st.positional = a[skip..].iter().map(|s| t(s)).collect();
    if let Ok(c) = std::env::var("CPUS") { st.cpus = c.parse().ok(); }
    if let Ok(c) = std::env::var("FUSER") { st.user = t(&c); }
    let now = std::time::Instant::now();
    let (script, problems) = parse(&text, d);
    for p in problems { println!("PROBLEM {}", p.message); }
    let ends = run(&script, st, &mut H);
    println!("took {:?}", now.elapsed());
    for e in &ends {
        println!("END {:?} cond={:?}", e.end, e.condition);
        for p in &e.problems { println!("   problem {:?} {}", p.origin.as_ref().and_then(|o| o.span()).map(|s| s.line), p.message); }
        println!("   reads {:?}", e.state.reads.iter().map(|r| format!("{}:{:?}", r.name, r.default)).collect::<Vec<_>>());
        for path in e.state.files.changed() { match e.state.files.content(path) { Ok(c) => println!("   FILE {path}: {:?}", c.display().chars().take(1500).collect::<String>()), Err(er) => println!("   FILE {path}: {er}") } }
    }
}
