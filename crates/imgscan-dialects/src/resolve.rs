//! The one resolver: candidates and a dialect's ranks in, one setting with winner and losers out.

use imgscan_model::{Candidate, Setting, Source, Status};

/// The order in which a server's sources beat one another, strongest first. Data of the dialect, by server version.
pub type Ranks = [Source];

/// Decides a setting. `candidates` stand in the order in which the server meets them: of two with the same source the
/// later one wins. `default` stands for "nobody sets it" and loses to every other. What was never loaded or is
/// invalid is listed but cannot win; a source that the ranks leave out is weaker than all in them.
pub fn resolve(ranks: &Ranks, default: Candidate, candidates: Vec<Candidate>) -> Setting {
    let strength = |source: Source| ranks.iter().position(|s| *s == source).unwrap_or(ranks.len());
    let mut ordered: Vec<Candidate> = candidates;
    ordered.reverse();
    ordered.push(default);
    ordered.sort_by_key(|c| (can_win(c), c.source == Source::Default, strength(c.source)));
    // `can_win` sorts those that can before those that cannot; the default can.
    let winner = ordered.remove(0);
    let losers = ordered.into_iter().map(lose).collect();
    Setting::new(winner, losers)
}

/// 0 for a candidate that the server would take, 1 for one that is only listed.
fn can_win(candidate: &Candidate) -> u8 {
    u8::from(matches!(candidate.status, Status::NotLoaded | Status::Invalid))
}

fn lose(candidate: Candidate) -> Candidate {
    let status = match (candidate.status, candidate.source) {
        (kept @ (Status::NotLoaded | Status::Invalid), _) => kept,
        (_, Source::Default | Source::EnvDefault) => Status::Dead,
        _ => Status::Overridden,
    };
    candidate.status(status)
}

#[cfg(test)]
mod tests {
    use super::*;
    use imgscan_model::{Data, Origin, Place, Value};

    const RANKS: &Ranks = &[Source::Flag, Source::EnvArgs, Source::File, Source::EnvDefault, Source::Default];

    fn candidate(source: Source, n: i64) -> Candidate {
        Candidate::new(source, Value::Known(Data::Int(n)), Place::new(Origin::default_of("test", None)))
    }

    fn shape(setting: &Setting) -> Vec<(Source, Status, i64)> {
        let int = |c: &Candidate| c.value.known().and_then(Data::as_int).unwrap_or(-1);
        setting.candidates().iter().map(|c| (c.source, c.status, int(c))).collect()
    }

    #[test]
    fn the_strongest_source_wins_and_the_losers_follow_in_order() {
        let all =
            vec![candidate(Source::File, 1), candidate(Source::Flag, 2), candidate(Source::EnvDefault, 3)];
        assert_eq!(
            shape(&resolve(RANKS, candidate(Source::Default, 0), all)),
            [
                (Source::Flag, Status::Effective, 2),
                (Source::File, Status::Overridden, 1),
                (Source::EnvDefault, Status::Dead, 3),
                (Source::Default, Status::Dead, 0),
            ]
        );
    }

    #[test]
    fn the_later_of_two_equals_wins() {
        let all = vec![candidate(Source::Flag, 1), candidate(Source::Flag, 2)];
        assert_eq!(shape(&resolve(RANKS, candidate(Source::Default, 0), all))[0].2, 2);
    }

    #[test]
    fn what_is_never_loaded_cannot_win() {
        let lost = candidate(Source::File, 1).status(Status::NotLoaded);
        assert_eq!(
            shape(&resolve(RANKS, candidate(Source::Default, 0), vec![lost])),
            [(Source::Default, Status::Effective, 0), (Source::File, Status::NotLoaded, 1)]
        );
    }
}
