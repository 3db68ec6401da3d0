//! Tries one program, for a person who looks into something.

mod support {
    mod world;
    pub(crate) use world::*;
}
use support::{World, show};

#[test]
fn try_it() {
    let Ok(file) = std::env::var("PYFILE") else { return };
    let source = std::fs::read_to_string(&file).unwrap();
    let mut world = World::default();
    if let Ok(cpus) = std::env::var("CPUS") {
        world.cpus = cpus.parse().ok();
    }
    for pair in std::env::var("PYENV_VARS").unwrap_or_default().split(';').filter(|p| !p.is_empty()) {
        let (n, v) = pair.split_once('=').unwrap();
        world.set(n, v);
    }
    if std::env::var_os("NOCPUS").is_some() {
        world.cpus = None;
        world.set_opaque("PORT", imgscan_model::Shape::Number);
        world.set_opaque("APP_ENV", imgscan_model::Shape::Any);
        world.set_opaque("HOST", imgscan_model::Shape::Word);
    }
    let start = std::time::Instant::now();
    let outcome = world.run(&source);
    println!("{:?}", start.elapsed());
    for b in &outcome.bindings {
        println!(
            "{} = {}  {:?} reads {:?} via {}",
            b.name,
            show(&b.value),
            b.condition,
            b.reads.iter().map(|r| (&r.name, &r.default)).collect::<Vec<_>>(),
            b.place.via.len()
        );
    }
    println!("{:?} open {:?} {:?}", outcome.end, outcome.open, outcome.problems);
}
