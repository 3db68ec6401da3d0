//! Questions that cannot be answered are answered both ways, one after the other.

/// The answers of one play. Replaying with [`Decisions::advance`] visits every combination.
#[derive(Default)]
pub(super) struct Decisions {
    taken: Vec<bool>,
    at: usize,
    tried: usize,
}

impl Decisions {
    /// The answer to the next question: at first "no".
    pub(super) fn next(&mut self) -> bool {
        if self.at == self.taken.len() {
            self.taken.push(false);
        }
        self.at += 1;
        self.taken.get(self.at - 1).copied().unwrap_or(false)
    }

    /// Goes to the next combination. `false` when all have been visited.
    pub(super) fn advance(&mut self) -> bool {
        self.taken.truncate(self.at);
        self.at = 0;
        self.tried += 1;
        while let Some(last) = self.taken.pop() {
            if !last {
                self.taken.push(true);
                return true;
            }
        }
        false
    }

    /// How many combinations have been visited.
    pub(super) fn tried(&self) -> usize {
        self.tried
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination_is_visited_once() {
        let mut decisions = Decisions::default();
        let mut seen = Vec::new();
        loop {
            let first = decisions.next();
            let second = if first { decisions.next() } else { false };
            seen.push((first, second));
            if !decisions.advance() {
                break;
            }
        }
        assert_eq!(seen, [(false, false), (true, false), (true, true)]);
    }
}
