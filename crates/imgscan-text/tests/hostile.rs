//! No reader panics or hangs on any text.

use imgscan_model::{Env, Origin, Text};
use imgscan_text::{docker_env_file, dotenv, ini, procfile, py_shlex, toml};
use proptest::prelude::*;

fn file(text: &str) -> Text {
    Text::new(text, Origin::LayerFile { layer: None, path: "/x".into(), span: None, instruction: None })
}

/// Texts of the characters that mean something to one of the readers, and of any others.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![r#"[\[\]{}()=:;#'"\\$\-%a-c \t\r\n]{0,60}"#, "\\PC{0,40}", ".{0,40}"]
}

proptest! {
    #[test]
    fn every_reader_takes_any_text(text in text()) {
        let file = file(&text);
        for dialect in [&ini::PYTHON, &ini::SUPERVISOR, &ini::CIRCUS] {
            let mut held = ini::Ini::default();
            let _ = held.read(&file, dialect);
            let _ = held.read(&file, dialect);
        }
        let (bindings, _) = dotenv::read(&file);
        let _ = dotenv::resolve(&bindings, &Env::default(), true);
        let _ = dotenv::plain(&file);
        let _ = docker_env_file::read(&file);
        let _ = procfile::read(&file);
        let _ = procfile::read_env(&file);
        let _ = py_shlex::split(&file);
        let _ = toml::read(&file);
    }
}

#[test]
fn time_does_not_grow_with_the_square_of_the_size() {
    let lines: String = (0..8_000).map(|n| format!("k{n}=v\n")).collect();
    let mut held = ini::Ini::default();
    assert!(held.read(&file(&format!("[s]\n{lines}")), &ini::PYTHON).is_ok());
    assert_eq!(held.sections[0].entries.len(), 8_000);
    let (bindings, _) = dotenv::read(&file(&lines));
    assert_eq!(dotenv::resolve(&bindings, &Env::default(), true).len(), 8_000);
    assert_eq!(procfile::read_env(&file(&lines)).map(|pairs| pairs.len()), Ok(8_000));
}
