//! All of a merged tree, sorted by path bytes. `/a-b` comes between `/a` and `/a/b`: a directory stands for two
//! places in the order, its own and, with a slash behind its name, that of all it holds.

use super::stack::{At, Stack};

/// One step of the way.
enum Step {
    Visit(At),
    Descend(Vec<At>),
}

/// Steps of one directory that are still to be made, the next one last.
struct Frame {
    steps: Vec<(String, Step)>,
    /// Length of the directory's path.
    base: usize,
}

/// Calls `visit` for everything below the root with its path.
pub(crate) fn each(stack: &Stack, visit: &mut dyn FnMut(&str, At)) {
    let mut path = String::new();
    let mut frames = vec![frame(stack, &stack.roots(), 0)];
    while let Some(top) = frames.last_mut() {
        path.truncate(top.base);
        let Some((name, step)) = top.steps.pop() else {
            frames.pop();
            continue;
        };
        path.push('/');
        match step {
            Step::Visit(at) => {
                path.push_str(&name);
                visit(&path, at);
            }
            Step::Descend(dirs) => {
                path.push_str(name.trim_end_matches('/'));
                frames.push(frame(stack, &dirs, path.len()));
            }
        }
    }
}

fn frame(stack: &Stack, dirs: &[At], base: usize) -> Frame {
    let mut steps = Vec::new();
    for child in stack.merge(dirs) {
        steps.push((child.name.to_owned(), Step::Visit(child.at)));
        if !child.dirs.is_empty() {
            steps.push((format!("{}/", child.name), Step::Descend(child.dirs)));
        }
    }
    steps.sort_unstable_by(|x, y| y.0.cmp(&x.0));
    Frame { steps, base }
}
