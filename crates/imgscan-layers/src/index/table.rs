//! From a directory and a name to the node, while a layer is read: an open-addressing table of node numbers, four
//! bytes a slot, with a hash that nobody outside can aim at.

use std::hash::{BuildHasher, RandomState};

use super::node::Id;

const FREE: Id = Id::MAX;

pub(crate) struct Table {
    slots: Vec<Id>,
    used: usize,
    hasher: RandomState,
}

impl Table {
    pub(crate) fn new() -> Self {
        Table { slots: vec![FREE; 64], used: 0, hasher: RandomState::new() }
    }

    /// The bytes it takes.
    pub(crate) fn size(&self) -> u64 {
        self.slots.len() as u64 * 4
    }

    /// The number stored for a key. `key_of` gives the key of a number.
    pub(crate) fn get<'a>(&self, key: (Id, &str), key_of: impl Fn(Id) -> (Id, &'a str)) -> Option<Id> {
        let id = *self.slots.get(self.slot(key, key_of))?;
        if id == FREE { None } else { Some(id) }
    }

    /// Stores a number for its key, in place of the one that was there.
    pub(crate) fn put<'a>(&mut self, id: Id, key_of: impl Fn(Id) -> (Id, &'a str)) {
        if self.used * 4 >= self.slots.len() * 3 {
            self.grow(&key_of);
        }
        let slot = self.slot(key_of(id), key_of);
        if let Some(place) = self.slots.get_mut(slot) {
            self.used += usize::from(*place == FREE);
            *place = id;
        }
    }

    fn grow<'a>(&mut self, key_of: &impl Fn(Id) -> (Id, &'a str)) {
        let larger = vec![FREE; self.slots.len() * 2];
        let old = std::mem::replace(&mut self.slots, larger);
        for id in old.into_iter().filter(|id| *id != FREE) {
            let slot = self.slot(key_of(id), key_of);
            if let Some(place) = self.slots.get_mut(slot) {
                *place = id;
            }
        }
    }

    /// The slot of a key, or the free one where it belongs. There is always a free one.
    fn slot<'a>(&self, key: (Id, &str), key_of: impl Fn(Id) -> (Id, &'a str)) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = self.hasher.hash_one(key) as usize & mask;
        while let Some(id) = self.slots.get(slot) {
            if *id == FREE || key_of(*id) == key {
                return slot;
            }
            slot = (slot + 1) & mask;
        }
        0
    }
}
