use super::*;
use imgscan_model::{Need, Opaque, Origin, Shape};

fn parser() -> Parser {
    let option = |flags: &[&str], dest: &str, action, kind| Opt {
        flags: flags.iter().map(|f| (*f).to_owned()).collect(),
        dest: dest.to_owned(),
        action,
        kind,
        constant: PyValue::Bool(true),
    };
    Parser::new(vec![
        option(&["-h", "--help"], "", Action::Help, Kind::Str),
        option(&["-w", "--workers"], "workers", Action::Store, Kind::Int),
        option(&["-k", "--worker-class"], "worker_class", Action::Store, Kind::Str),
        option(&["-b", "--bind"], "bind", Action::Append, Kind::Str),
        option(&["-R", "--enable"], "enable", Action::Constant, Kind::Str),
        option(&["--proxy"], "proxy", Action::StoreOptional, Kind::Str),
    ])
}

fn at(index: u32) -> Origin {
    Origin::ImageCmd { index, chars: None, instruction: None }
}

fn word(text: &str, index: u32) -> Text {
    Text::new(text, at(index))
}

fn hole(shape: Shape, index: u32) -> Text {
    Text::opaque(
        Opaque { text: "$X".into(), needs: vec![Need::Env("X".into())], shape, reason: None },
        at(index),
    )
}

fn parse(texts: &[Text], flavour: Flavour) -> Parsed {
    let words: Vec<Word> = texts.iter().map(|t| Word { text: t.clone(), place: t.whole() }).collect();
    parser().parse(&words, flavour)
}

fn known(line: &str, flavour: Flavour) -> Parsed {
    let words: Vec<Text> = line.split(' ').zip(0..).map(|(w, i)| word(w, i)).collect();
    parse(&words, flavour)
}

fn values(parsed: &Parsed) -> Vec<(usize, PyValue)> {
    parsed.taken.iter().map(|t| (t.option, t.value.clone())).collect()
}

fn int(number: i32) -> PyValue {
    PyValue::Int(number.into())
}

#[test]
fn the_releases_of_python_differ_in_what_follows_a_switch() {
    let refused = |parsed: &Parsed| matches!(&parsed.end, End::Refused(..));
    assert_eq!(values(&known("-R=w3", Flavour::Old)), [(4, PyValue::Bool(true)), (1, int(3))]);
    assert!(refused(&known("-R=w3", Flavour::New)));
    assert!(refused(&known("-Rw=3", Flavour::Old)));
    assert_eq!(values(&known("-Rw=3", Flavour::New)), [(4, PyValue::Bool(true)), (1, int(3))]);
    // An ambiguous word is refused at once, or when its turn comes.
    assert!(refused(&known("-h --work 3", Flavour::Old)));
    assert!(matches!(known("-h --work 3", Flavour::New).end, End::Exits(Action::Help, _)));
}

#[test]
fn a_part_that_is_not_known_stays_in_its_argument() {
    let glued = Text::concat([&word("-w", 0), &hole(Shape::Number, 0)]);
    let parsed = parse(&[glued, word("app", 1)], Flavour::New);
    assert_eq!(parsed.end, End::Parsed);
    assert!(matches!(&parsed.taken[0].value, PyValue::Symbolic { text, .. } if text == "$X"));
    assert_eq!(parsed.taken[0].doubt, None);
    assert_eq!(parsed.positionals.len(), 1);
}

#[test]
fn the_argument_of_an_option_may_be_a_word_that_is_not_known() {
    let parsed = parse(&[word("--bind", 0), hole(Shape::Word, 1), word("app", 2)], Flavour::New);
    assert_eq!(parsed.end, End::Parsed);
    assert_eq!(parsed.taken.len(), 1);
    let parsed = parse(&[word("-w", 0), hole(Shape::Any, 1)], Flavour::New);
    assert!(parsed.taken[0].doubt.is_some());
}

#[test]
fn a_word_that_may_be_an_option_leaves_the_line_open() {
    for shape in [Shape::Word, Shape::Any, Shape::Words] {
        assert!(
            matches!(parse(&[hole(shape, 0), word("app", 1)], Flavour::New).end, End::Unknown(..)),
            "{shape:?}"
        );
    }
    let optional = parse(&[word("--proxy", 0), hole(Shape::Word, 1)], Flavour::New);
    assert!(matches!(optional.end, End::Unknown(..)));
    let several = parse(&[word("--bind", 0), hole(Shape::Words, 1)], Flavour::New);
    assert!(matches!(several.end, End::Unknown(..)));
}

#[test]
fn a_number_that_is_not_known_is_never_an_option() {
    let parsed = parse(&[hole(Shape::Number, 0), word("-w", 1), hole(Shape::Number, 2)], Flavour::New);
    assert_eq!(parsed.end, End::Parsed);
    assert_eq!((parsed.positionals.len(), parsed.taken.len()), (1, 1));
}
