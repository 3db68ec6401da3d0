//! `getopts`

use imgscan_model::Text;

use crate::expand;
use crate::interp::{Interp, Paths, Words, done};
use crate::shell::{GetoptsState, Shell};

/// `getopts options name [words]`
pub(super) fn getopts(interp: &mut Interp<'_>, words: Words, mut shell: Box<Shell>) -> Paths {
    let args = words.argv.get(1..).unwrap_or(&[]);
    let (Some(options), Some(name)) =
        (args.first().and_then(|a| a.known()), args.get(1).and_then(|a| a.known()))
    else {
        return done(shell, 2);
    };
    let (options, name) = (options.to_owned(), name.to_owned());
    let given = args.get(2..).filter(|rest| !rest.is_empty());
    let list: Vec<Text> = given.map_or_else(|| shell.local.positional.clone(), <[Text]>::to_vec);
    let index = shell.value("OPTIND").and_then(|t| t.known()?.trim().parse::<usize>().ok());
    let Some(index) = index else {
        interp.lose(shell, "`OPTIND` is not known");
        return Vec::new();
    };
    // Within a word of several letters the place is the shell's own; a script that sets `OPTIND` begins anew.
    let (at, offset) = match shell.local.getopts {
        Some(state) if state.shown == index => (state.index, state.offset),
        _ => (index.max(1), 0),
    };
    let mut scan = Scan { index: at, offset, argument: None };
    let seen = list.get(..scan.index.min(list.len())).unwrap_or(&list);
    let unsure = seen.iter().any(|word| expand::is_open(word) || word.known().is_none());
    if unsure {
        interp.lose(shell, "the words that `getopts` reads are not known");
        return Vec::new();
    }
    let (letter, ok) = scan.next(&options, &list);
    let place = list.get(at.saturating_sub(1)).cloned().unwrap_or_default();
    let letter_text = place.respelled(letter.to_string());
    shell.assign(&name, letter_text);
    match scan.argument {
        Some(text) => shell.assign("OPTARG", text),
        None => shell.unset("OPTARG"),
    }
    // bash counts a word when its last letter is read, dash and busybox with its first.
    let shown = if scan.offset > 0 && !shell.is_bash() { scan.index + 1 } else { scan.index };
    shell.assign("OPTIND", place.respelled(shown.to_string()));
    shell.local.getopts = Some(GetoptsState { shown, index: scan.index, offset: scan.offset });
    done(shell, u8::from(!ok))
}

struct Scan {
    /// Number of the next word, from 1.
    index: usize,
    /// Bytes of that word that are done.
    offset: usize,
    argument: Option<Text>,
}

impl Scan {
    /// The next option: its letter (or `?`, `:`), and whether there was one.
    fn next(&mut self, options: &str, list: &[Text]) -> (char, bool) {
        let silent = options.starts_with(':');
        let Some(word) = list.get(self.index - 1) else { return ('?', false) };
        let raw = word.raw();
        if self.offset == 0 {
            if raw == "--" {
                self.index += 1;
                return ('?', false);
            }
            if !raw.starts_with('-') || raw.len() < 2 {
                return ('?', false);
            }
            self.offset = 1;
        }
        let rest = raw.get(self.offset..).unwrap_or("");
        let Some(letter) = rest.chars().next() else {
            self.offset = 0;
            self.index += 1;
            return self.next(options, list);
        };
        self.offset += letter.len_utf8();
        let ends = self.offset >= raw.len();
        let known = letter != ':' && options.trim_start_matches(':').contains(letter);
        let takes = known && options.split_once(letter).is_some_and(|(_, after)| after.starts_with(':'));
        if takes {
            let argument =
                if ends { list.get(self.index).cloned() } else { Some(word.slice(self.offset..raw.len())) };
            self.index += if ends { 2 } else { 1 };
            self.offset = 0;
            return match argument {
                Some(text) => {
                    self.argument = Some(text);
                    (letter, true)
                }
                None => {
                    self.index = self.index.min(list.len() + 1);
                    self.argument = silent.then(|| word.respelled(letter.to_string()));
                    (if silent { ':' } else { '?' }, true)
                }
            };
        }
        if ends {
            self.index += 1;
            self.offset = 0;
        }
        if known {
            return (letter, true);
        }
        self.argument = silent.then(|| word.respelled(letter.to_string()));
        ('?', true)
    }
}
