//! Files as they would be with one path changed.

use std::sync::Arc;

use imgscan_model::{FileError, FileView, Node, Text, Version};

/// A view in which one path is another, or is not there.
pub(crate) struct Changed {
    below: Arc<dyn FileView>,
    path: Arc<str>,
    there: Option<(Node, Result<Text, FileError>)>,
}

impl Changed {
    /// With an older version at the path.
    pub(crate) fn older(
        below: Arc<dyn FileView>,
        path: Arc<str>,
        node: Node,
        content: Result<Text, FileError>,
    ) -> Self {
        Changed { below, path, there: Some((node, content)) }
    }

    /// Without the path.
    pub(crate) fn without(below: Arc<dyn FileView>, path: Arc<str>) -> Self {
        Changed { below, path, there: None }
    }

    fn but_for_what_is_gone(&self, visit: &mut dyn FnMut(&Node)) -> impl FnMut(&Node) {
        move |node| {
            if *node.path != *self.path || self.there.is_some() {
                visit(node);
            }
        }
    }
}

impl FileView for Changed {
    fn entry(&self, path: &str) -> Option<Node> {
        if path == &*self.path {
            self.there.as_ref().map(|(node, _)| node.clone())
        } else {
            self.below.entry(path)
        }
    }

    fn children(&self, dir: &str) -> Vec<Arc<str>> {
        let mut names = self.below.children(dir);
        if imgscan_model::path::parent(&self.path) == dir {
            let name = imgscan_model::path::name(&self.path);
            match (names.binary_search_by(|n| (**n).cmp(name)), &self.there) {
                (Err(at), Some(_)) => names.insert(at, name.into()),
                (Ok(at), None) => drop(names.remove(at)),
                _ => {}
            }
        }
        names
    }

    fn content(&self, path: &str) -> Result<Text, FileError> {
        match &self.there {
            _ if path != &*self.path => self.below.content(path),
            Some((_, content)) => content.clone(),
            None => Err(FileError::NotFound),
        }
    }

    fn versions(&self, path: &str) -> Vec<Version> {
        self.below.versions(path)
    }

    fn for_each(&self, visit: &mut dyn FnMut(&Node)) {
        self.below.for_each(&mut self.but_for_what_is_gone(visit));
    }

    fn for_each_of(&self, wanted: &dyn Fn(&str) -> bool, visit: &mut dyn FnMut(&Node)) {
        self.below.for_each_of(wanted, &mut self.but_for_what_is_gone(visit));
    }

    fn for_each_named(&self, named: &dyn Fn(&str) -> bool, visit: &mut dyn FnMut(&Node)) {
        self.below.for_each_named(named, &mut self.but_for_what_is_gone(visit));
    }

    fn for_each_below(&self, dir: &str, visit: &mut dyn FnMut(&Node)) {
        self.below.for_each_below(dir, &mut self.but_for_what_is_gone(visit));
    }

    fn unknown(&self, path: &str) -> Option<String> {
        if path == &*self.path { None } else { self.below.unknown(path) }
    }
}
