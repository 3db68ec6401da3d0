//! Special methods, and what is certain about an object's class.

use crate::object::{ExternalKind, Kind, Object, Type, Value};

use super::{Args, Interp, Res};

impl Interp<'_> {
    /// Calls a special method that the program's own class defines; `None` where it defines none.
    pub(crate) fn call_special(&mut self, value: &Value, method: &str, args: &[Value]) -> Res<Option<Value>> {
        let Some(function) = self.find_special(value, method)? else { return Ok(None) };
        let mut all = vec![value.clone()];
        all.extend_from_slice(args);
        match function.id().map(|id| self.heap.get(id)) {
            Some(Object::StaticMethod(inner)) => {
                let inner = inner.clone();
                self.call(&inner, Args::of(args.to_vec())).map(Some)
            }
            Some(Object::ClassMethod(inner)) => {
                let inner = inner.clone();
                if let (Some(first), Some(class)) = (all.first_mut(), self.instance_class(value)) {
                    *first = class;
                }
                self.call(&inner, Args::of(all)).map(Some)
            }
            _ => self.call(&function, Args::of(all)).map(Some),
        }
    }

    /// A special method of the program's own class.
    pub(crate) fn find_special(&mut self, value: &Value, method: &str) -> Res<Option<Value>> {
        let Some(class) = self.instance_class(value) else { return Ok(None) };
        let Some(id) = class.id() else { return Ok(None) };
        let Object::Class(class) = self.heap.get(id) else { return Ok(None) };
        for base in class.order.iter() {
            let Some(id) = base.id() else { continue };
            let Object::Class(base) = self.heap.get(id) else { continue };
            if let Some(entry) = self.heap.dict(base.names).and_then(|d| d.name(method)) {
                return Ok((!entry.value.is_none()).then(|| entry.value.clone()));
            }
        }
        Ok(None)
    }

    /// The class of an instance.
    pub(crate) fn instance_class(&self, value: &Value) -> Option<Value> {
        match self.heap.get(value.id()?) {
            Object::Instance(instance) => Some(instance.class.clone()),
            _ => None,
        }
    }

    /// Whether what the object does is not known in full.
    pub(crate) fn is_unclear(&self, value: &Value) -> bool {
        match &value.kind {
            Kind::Symbolic(_) | Kind::Unknown(_) | Kind::External(_) => true,
            Kind::Ref(id) => {
                self.heap.spoilt(*id).is_some()
                    || match self.heap.get(*id) {
                        Object::Instance(_) => self.is_opaque_instance(value),
                        Object::Class(class) => class.opaque.is_some(),
                        Object::Library(..) | Object::Context(_) | Object::Unmodelled | Object::Gone => true,
                        _ => false,
                    }
            }
            _ => false,
        }
    }

    /// Whether it is an instance of a class of which not everything is known.
    pub(crate) fn is_opaque_instance(&self, value: &Value) -> bool {
        match self.instance_class(value).map(|c| c.kind) {
            Some(Kind::Ref(id)) => match self.heap.get(id) {
                Object::Class(class) => class.opaque.is_some(),
                _ => true,
            },
            Some(Kind::Type(class)) => {
                !class.is_exception() && class != Type::Object && class != Type::Namespace
            }
            Some(_) => true,
            None => false,
        }
    }

    /// The class of the interpreter that a class of the program derives from, other than `object`.
    pub(crate) fn native_base(&self, class: &Value) -> Option<Type> {
        match &class.kind {
            Kind::Type(class) => Some(*class),
            Kind::Ref(id) => match self.heap.get(*id) {
                Object::Class(class) => class.order.iter().find_map(|base| match base.kind {
                    Kind::Type(Type::Object) => None,
                    Kind::Type(class) => Some(class),
                    _ => None,
                }),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether an exception object is of the class; `None` where that is not known.
    pub(crate) fn is_exception_of(&self, value: &Value, wanted: Type) -> Option<bool> {
        match &value.kind {
            Kind::Ref(_) => {
                let class = self.exception_class(value)?;
                self.is_subclass_of_type(&class, wanted)
            }
            Kind::Symbolic(symbolic) => {
                let choice = symbolic.choice.as_ref()?;
                let yes = self.is_exception_of(&choice.yes, wanted)?;
                let no = self.is_exception_of(&choice.no, wanted)?;
                (yes == no).then_some(yes)
            }
            // Whatever is raised where nobody knows is at least an `Exception`.
            Kind::Unknown(unknown) => {
                let all = unknown.refs.iter().map(|id| self.is_exception_of(&Value::object(*id), wanted));
                let known: Vec<Option<bool>> = all.collect();
                match (known.first(), matches!(wanted, Type::Exception | Type::BaseException)) {
                    (_, true) => Some(true),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Whether a class derives from one of the interpreter's; `None` where that is not known.
    pub(crate) fn is_subclass_of_type(&self, class: &Value, wanted: Type) -> Option<bool> {
        match &class.kind {
            Kind::Type(class) => Some(class.is(wanted)),
            Kind::Ref(id) => match self.heap.get(*id) {
                Object::Class(class) => {
                    let found = class.tuple_fields.is_some() && wanted == Type::Tuple
                        || class.order.iter().any(|base| matches!(base.kind, Kind::Type(t) if t.is(wanted)));
                    if found || class.opaque.is_none() { Some(found) } else { None }
                }
                _ => None,
            },
            Kind::External(external) if external.kind == ExternalKind::Function => Some(false),
            _ => None,
        }
    }

    /// Whether a class derives from another; `None` where that is not known.
    pub(crate) fn is_subclass(&self, class: &Value, wanted: &Value) -> Option<bool> {
        match &wanted.kind {
            Kind::Type(wanted) => self.is_subclass_of_type(class, *wanted),
            Kind::Ref(id) => match (&class.kind, self.heap.get(*id)) {
                (Kind::Type(_), Object::Class(wanted)) => wanted.opaque.is_none().then_some(false),
                (Kind::Ref(mine), Object::Class(_)) => match self.heap.get(*mine) {
                    Object::Class(class) => {
                        let found = class.order.iter().any(|base| base.id() == Some(*id));
                        if found || class.opaque.is_none() { Some(found) } else { None }
                    }
                    _ => None,
                },
                _ => None,
            },
            Kind::External(wanted) => match &class.kind {
                Kind::Ref(id) => match self.heap.get(*id) {
                    Object::Class(class) => {
                        let path = wanted.path();
                        let same = |base: &Value| matches!(&base.kind, Kind::External(e) if e.path() == path);
                        if class.order.iter().any(same) { Some(true) } else { None }
                    }
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }
}
