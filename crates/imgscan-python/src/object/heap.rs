//! The heap: every mutable object, shared until it is written to, so that a copy of the whole state costs little.

use std::rc::Rc;

use imgscan_model::Need;

use super::dict::Dict;
use super::instance::{
    BoundMethod, Class, DictPart, Function, Generator, Instance, Iter, Match, Module, OpenFile, Pattern, Set,
};
use super::symbolic::Level;
use super::value::Value;

/// An object's number. Numbers are never used twice, not even in two branches of the same `if`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Id(u32);

/// An object.
#[derive(Clone, Debug)]
pub(crate) enum Object {
    List(Vec<Value>),
    Dict(Dict),
    Set(Set),
    Function(Function),
    Method(BoundMethod),
    Class(Class),
    Instance(Instance),
    Module(Module),
    Iter(Iter),
    Generator(Generator),
    /// `dict.keys()` and the like.
    View(Id, DictPart),
    /// `property(get, set)`
    Property(Value, Value),
    StaticMethod(Value),
    ClassMethod(Value),
    /// `super(class, this)`: the class after which the search begins.
    Super {
        class: Value,
        this: Value,
    },
    /// What `super()` of a method finds: the class, once it is made.
    Cell(Option<Value>),
    File(OpenFile),
    Pattern(Pattern),
    Match(Match),
    /// `functools.partial`
    Partial {
        function: Value,
        args: Rc<[Value]>,
        keywords: Rc<[(Rc<str>, Value)]>,
    },
    /// A context manager that does nothing of note, with what it gives.
    Context(Value),
    /// A model of a library's object that needs a state of its own.
    Library(Rc<str>, Id),
    /// An object of which not even the class is known.
    Unmodelled,
    /// An object of another branch: never reached.
    Gone,
}

/// Why the state of an object is not known.
#[derive(Debug)]
pub(crate) struct Spoilt {
    pub(crate) reason: Rc<str>,
    pub(crate) needs: Rc<[Need]>,
    /// The state as an expression, where it is one, and how tightly that binds.
    pub(crate) text: Option<(Rc<str>, Level)>,
}

#[derive(Clone, Debug)]
struct Slot {
    object: Object,
    spoilt: Option<Rc<Spoilt>>,
}

/// All objects.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heap {
    slots: Vec<Option<Rc<Slot>>>,
}

const GONE: &Object = &Object::Gone;

impl Heap {
    /// How many numbers were given.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Makes room, so that numbers given in another branch are not given again.
    pub(crate) fn reserve(&mut self, length: usize) {
        if self.slots.len() < length {
            self.slots.resize(length, None);
        }
    }

    /// Puts an object in.
    pub(crate) fn add(&mut self, object: Object) -> Id {
        let id = Id(u32::try_from(self.slots.len()).unwrap_or(u32::MAX));
        self.slots.push(Some(Rc::new(Slot { object, spoilt: None })));
        id
    }

    fn slot(&self, id: Id) -> Option<&Rc<Slot>> {
        self.slots.get(id.0 as usize)?.as_ref()
    }

    /// The object.
    pub(crate) fn get(&self, id: Id) -> &Object {
        self.slot(id).map_or(GONE, |slot| &slot.object)
    }

    /// The object, to be changed. An expression for its state is none any more.
    pub(crate) fn get_mut(&mut self, id: Id) -> Option<&mut Object> {
        let slot = Rc::make_mut(self.slots.get_mut(id.0 as usize)?.as_mut()?);
        if let Some(spoilt) = slot.spoilt.as_ref().filter(|s| s.text.is_some()) {
            let (reason, needs) = (Rc::clone(&spoilt.reason), Rc::clone(&spoilt.needs));
            slot.spoilt = Some(Rc::new(Spoilt { reason, needs, text: None }));
        }
        Some(&mut slot.object)
    }

    /// The dict, if it is one.
    pub(crate) fn dict(&self, id: Id) -> Option<&Dict> {
        match self.get(id) {
            Object::Dict(dict) => Some(dict),
            _ => None,
        }
    }

    /// The dict, to be changed.
    pub(crate) fn dict_mut(&mut self, id: Id) -> Option<&mut Dict> {
        match self.get_mut(id) {
            Some(Object::Dict(dict)) => Some(dict),
            _ => None,
        }
    }

    /// The list, if it is one.
    pub(crate) fn list(&self, id: Id) -> Option<&Vec<Value>> {
        match self.get(id) {
            Object::List(list) => Some(list),
            _ => None,
        }
    }

    /// The list, to be changed.
    pub(crate) fn list_mut(&mut self, id: Id) -> Option<&mut Vec<Value>> {
        match self.get_mut(id) {
            Some(Object::List(list)) => Some(list),
            _ => None,
        }
    }

    /// Why its state is not known.
    pub(crate) fn spoilt(&self, id: Id) -> Option<&Rc<Spoilt>> {
        self.slot(id)?.spoilt.as_ref()
    }

    /// Notes that its state is not known from here on.
    pub(crate) fn spoil(&mut self, id: Id, spoilt: Rc<Spoilt>) {
        if let Some(Some(slot)) = self.slots.get_mut(id.0 as usize)
            && slot.spoilt.as_ref().is_none_or(|s| s.text.is_some())
        {
            Rc::make_mut(slot).spoilt = Some(spoilt);
        }
    }

    /// The objects that differ between two heaps, by number; both must have been the same heap once.
    pub(crate) fn changed<'a>(&'a self, other: &'a Heap) -> impl Iterator<Item = Id> + 'a {
        let length = self.slots.len().max(other.slots.len());
        (0..length).filter_map(|i| {
            let (a, b) =
                (self.slots.get(i).and_then(Option::as_ref), other.slots.get(i).and_then(Option::as_ref));
            let same = match (a, b) {
                (Some(a), Some(b)) => Rc::ptr_eq(a, b),
                (None, None) => true,
                _ => false,
            };
            if same { None } else { Some(Id(u32::try_from(i).unwrap_or(u32::MAX))) }
        })
    }

    /// Whether the object exists here.
    pub(crate) fn has(&self, id: Id) -> bool {
        self.slot(id).is_some()
    }

    /// Takes an object over from another branch.
    pub(crate) fn adopt(&mut self, id: Id, other: &Heap) {
        self.reserve(id.0 as usize + 1);
        if let (Some(mine), Some(theirs)) =
            (self.slots.get_mut(id.0 as usize), other.slots.get(id.0 as usize))
        {
            mine.clone_from(theirs);
        }
    }
}
