//! Attributes.

use std::rc::Rc;

use crate::methods;
use crate::object::instance::ModuleSource;
use crate::object::{Dict, ExternalKind, Id, Kind, Level, Object, Type, Value};

use super::error::Stop;
use super::{Args, Interp, Res};

/// What a class answers for a name.
pub(crate) enum ClassAnswer {
    /// A value of its namespace, as it stands there.
    Own(Value),
    /// A method of a class of the interpreter.
    Builtin(Type),
    /// A base that is not modelled may have it.
    Unclear(Rc<str>),
    Missing,
}

impl Interp<'_> {
    /// `value.name`
    pub(crate) fn get_attribute(&mut self, value: &Value, name: &str) -> Res<Value> {
        self.charge(1)?;
        match self.find_attribute(value, name)? {
            Some(found) => Ok(found),
            None => Err(self.no_attribute(value, name)),
        }
    }

    /// `AttributeError`
    pub(crate) fn no_attribute(&mut self, value: &Value, name: &str) -> Stop {
        let message = match &value.kind {
            Kind::Type(class) => format!("type object '{}' has no attribute '{name}'", class.name()),
            Kind::Ref(id) => match self.heap.get(*id) {
                Object::Class(class) => format!("type object '{}' has no attribute '{name}'", class.name),
                Object::Module(module) => format!("module '{}' has no attribute '{name}'", module.name),
                _ => format!("'{}' object has no attribute '{name}'", self.type_name(value)),
            },
            _ => format!("'{}' object has no attribute '{name}'", self.type_name(value)),
        };
        self.raise(Type::AttributeError, message)
    }

    /// `value.name`; `None` where there is no such attribute.
    pub(crate) fn find_attribute(&mut self, value: &Value, name: &str) -> Res<Option<Value>> {
        self.deeper(|interp| interp.find_attribute_inner(value, name))
    }

    fn find_attribute_inner(&mut self, value: &Value, name: &str) -> Res<Option<Value>> {
        match &value.kind {
            Kind::Unknown(_) | Kind::Symbolic(_) => self.attribute_of_unknown(value, name).map(Some),
            Kind::External(external) => {
                if let ("value" | "real" | "numerator", ExternalKind::Member(n)) = (name, external.kind) {
                    return Ok(Some(Value::int(n).also(&value.trace)));
                }
                let path = match &*external.name {
                    "" => name.to_owned(),
                    before => format!("{before}.{name}"),
                };
                let harmless = external.harmless;
                let found = Value::external(&external.module, &path, ExternalKind::Unclear, harmless);
                Ok(Some(found.also(&value.trace)))
            }
            Kind::Ref(id) => self.attribute_of_object(value, *id, name),
            Kind::Native(native) => Ok(match name {
                "__name__" | "__qualname__" => Some(Value::str(native.name)),
                "__module__" => Some(Value::str(native.module)),
                "__doc__" => Some(Value::unknown("documentation is not followed")),
                _ => crate::stdlib::function_attribute(native, name),
            }),
            Kind::Type(class) => self.attribute_of_type(*class, name),
            Kind::Path(path, concrete) => {
                let (path, concrete) = (Rc::clone(path), *concrete);
                match crate::stdlib::pathlib::attribute(self, &path, concrete, name)? {
                    Some(found) => Ok(Some(found.also(&value.trace))),
                    None => Ok(self.builtin_attribute(value, name)),
                }
            }
            _ => Ok(self.builtin_attribute(value, name)),
        }
    }

    /// An attribute of a value that is not known.
    fn attribute_of_unknown(&mut self, value: &Value, name: &str) -> Res<Value> {
        if let Some(class) = self.class_of(value) {
            if methods::exists(class, name, self.version()) {
                return Ok(Value::new(Kind::Method(Rc::new((value.clone(), name.into())))).also(&value.trace));
            }
            let known = matches!(
                class,
                Type::Int
                    | Type::Float
                    | Type::Bool
                    | Type::Str
                    | Type::None
                    | Type::List
                    | Type::Dict
                    | Type::Tuple
            );
            if known && !name.starts_with("__") {
                return match self.builtin_attribute(value, name) {
                    Some(found) => Ok(found),
                    None => Err(self.no_attribute(value, name)),
                };
            }
        }
        let result = self.apart(std::slice::from_ref(value), &mut |interp, values| match values {
            [Value { kind: Kind::Ref(id), .. }] if matches!(interp.heap.get(*id), Object::Unmodelled) => {
                Err(Stop::Opaque(Box::new(Value::object(*id))))
            }
            [value] => {
                interp.expect_known(value)?;
                interp.get_attribute(value, name)
            }
            _ => Ok(Value::none()),
        });
        match Interp::or_opaque(result)? {
            Ok(found) => Ok(found),
            Err(culprit) => {
                let text = self.express_at(value, Level::Atom).map(|text| format!("{text}.{name}"));
                if !self.catches.is_empty() && matches!(culprit.kind, Kind::Unknown(_)) {
                    let shown = text.clone().unwrap_or_else(|| format!("….{name}"));
                    self.may_raise(None, &shown, &self.needs_of(value))?;
                }
                Ok(self.opaque(text, Level::Atom, None, &[value], &culprit))
            }
        }
    }

    /// An attribute of a value of a builtin class: a method, or one of the few fields.
    fn builtin_attribute(&mut self, value: &Value, name: &str) -> Option<Value> {
        let class = self.class_of(value)?;
        let field = match (&value.kind, name) {
            (_, "__class__") => Some(Value::new(Kind::Type(class))),
            (_, "__doc__") => Some(Value::unknown("documentation is not followed")),
            (Kind::Int(_) | Kind::Bool(_), "real" | "numerator") => value.as_int().map(Value::int),
            (Kind::Int(_) | Kind::Bool(_), "imag") => Some(Value::int(0)),
            (Kind::Int(_) | Kind::Bool(_), "denominator") => Some(Value::int(1)),
            (Kind::Float(x), "real") => Some(Value::float(*x)),
            (Kind::Float(_), "imag") => Some(Value::float(0.0)),
            (Kind::Range(range), "start") => Some(Value::int(range.start.clone())),
            (Kind::Range(range), "stop") => Some(Value::int(range.stop.clone())),
            (Kind::Range(range), "step") => Some(Value::int(range.step.clone())),
            (Kind::Slice(parts), "start") => parts.first().cloned(),
            (Kind::Slice(parts), "stop") => parts.get(1).cloned(),
            (Kind::Slice(parts), "step") => parts.get(2).cloned(),
            _ => None,
        };
        if let Some(field) = field {
            return Some(field.also(&value.trace));
        }
        methods::exists(class, name, self.version()).then(|| {
            Value::new(Kind::Method(Rc::new((value.clone(), name.into())))).traced(value.trace.clone())
        })
    }

    fn attribute_of_type(&mut self, class: Type, name: &str) -> Res<Option<Value>> {
        Ok(match name {
            "__name__" | "__qualname__" => Some(Value::str(class.name())),
            "__module__" => Some(Value::str(class.module())),
            "__class__" => Some(Value::new(Kind::Type(Type::Type))),
            "__doc__" => Some(Value::unknown("documentation is not followed")),
            "__mro__" => {
                let mut order = vec![Value::new(Kind::Type(class))];
                let mut at = class;
                while at != Type::Object {
                    at = at.base();
                    order.push(Value::new(Kind::Type(at)));
                }
                Some(Value::tuple(order))
            }
            "__bases__" if class == Type::Object => Some(Value::tuple(Vec::new())),
            "__bases__" => Some(Value::tuple(vec![Value::new(Kind::Type(class.base()))])),
            _ if methods::exists(class, name, self.version()) || methods::is_static(class, name) => {
                let this = Value::new(Kind::Type(class));
                Some(Value::new(Kind::Method(Rc::new((this, name.into())))))
            }
            _ if name.starts_with("__") => {
                Some(Value::unknown(format!("`{}.{name}` is not modelled", class.name())))
            }
            _ => crate::stdlib::class_attribute(self, class, name)?,
        })
    }

    fn attribute_of_object(&mut self, value: &Value, id: Id, name: &str) -> Res<Option<Value>> {
        match self.heap.get(id) {
            Object::Instance(_) => self.attribute_of_instance(value, id, name),
            Object::Class(_) => self.attribute_of_class(value, id, name),
            Object::Module(_) => self.attribute_of_module(id, name),
            Object::Function(function) => {
                let function = function.clone();
                if let Some(attributes) = function.attributes
                    && let Some(entry) = self.heap.dict(attributes).and_then(|d| d.name(name))
                {
                    return Ok(Some(entry.value.clone()));
                }
                Ok(match name {
                    "__name__" => Some(Value::str(Rc::clone(&function.code.name))),
                    "__qualname__" => Some(Value::str(Rc::clone(&function.code.qualname))),
                    "__module__" => function.module.map(Value::str),
                    "__doc__" => Some(function.code.doc.clone().map_or_else(Value::none, Value::str)),
                    "__defaults__" if function.defaults.is_empty() => Some(Value::none()),
                    "__defaults__" => Some(Value::tuple(function.defaults.to_vec())),
                    "__globals__" => Some(Value::object(function.globals)),
                    "__dict__" => {
                        let names = self.function_attributes(id);
                        Some(Value::object(names))
                    }
                    "__call__" => Some(value.clone()),
                    _ if name.starts_with("__") => {
                        Some(Value::unknown(format!("`{name}` of a function is not modelled")))
                    }
                    _ => None,
                })
            }
            Object::Method(method) => {
                let method = method.clone();
                match name {
                    "__self__" => Ok(Some(method.this)),
                    "__func__" => Ok(Some(method.function)),
                    _ => self.find_attribute(&method.function, name),
                }
            }
            Object::Super { class, this } => {
                let (class, this) = (class.clone(), this.clone());
                self.attribute_of_super(&class, &this, name)
            }
            Object::Property(get, set) => {
                let known = ["getter", "setter", "deleter"].contains(&name);
                Ok(match name {
                    "fget" => Some(get.clone()),
                    "fset" => Some(set.clone()),
                    _ if known => Some(Value::new(Kind::Method(Rc::new((value.clone(), name.into()))))),
                    _ => None,
                })
            }
            Object::StaticMethod(inner) | Object::ClassMethod(inner) if name == "__func__" => {
                Ok(Some(inner.clone()))
            }
            Object::Partial { function, args, .. } => Ok(match name {
                "func" => Some(function.clone()),
                "args" => Some(Value::tuple(args.to_vec())),
                _ => None,
            }),
            Object::File(_) | Object::Pattern(_) | Object::Match(_) => {
                match crate::stdlib::object_attribute(self, value, id, name)? {
                    Some(found) => Ok(Some(found)),
                    None => Ok(self.builtin_attribute(value, name)),
                }
            }
            Object::Library(kind, _) => {
                let kind = Rc::clone(kind);
                crate::stdlib::library_attribute(self, value, &kind, name)
            }
            Object::Unmodelled => self.attribute_of_unknown(value, name).map(Some),
            Object::Context(_) | Object::Gone => Ok(Some(Value::unknown("an object that is not modelled"))),
            _ => Ok(self.builtin_attribute(value, name)),
        }
    }

    /// The namespace of a function's attributes.
    pub(crate) fn function_attributes(&mut self, id: Id) -> Id {
        if let Object::Function(function) = self.heap.get(id)
            && let Some(names) = function.attributes
        {
            return names;
        }
        let names = self.heap.add(Object::Dict(Dict::default()));
        if let Some(Object::Function(function)) = self.heap.get_mut(id) {
            function.attributes = Some(names);
        }
        names
    }

    /// What a class answers for a name, its bases asked in order.
    pub(crate) fn ask_class(&self, class: &Value, name: &str) -> ClassAnswer {
        self.ask_order(class, name, 0)
    }

    fn ask_order(&self, class: &Value, name: &str, skip: usize) -> ClassAnswer {
        let order: Rc<[Value]> = match &class.kind {
            Kind::Ref(id) => match self.heap.get(*id) {
                Object::Class(class) => Rc::clone(&class.order),
                _ => return ClassAnswer::Missing,
            },
            Kind::Type(class) => {
                return match methods::exists(*class, name, self.version()) {
                    true => ClassAnswer::Builtin(*class),
                    false => ClassAnswer::Missing,
                };
            }
            _ => return ClassAnswer::Unclear("a class that is not modelled".into()),
        };
        for base in order.iter().skip(skip) {
            match &base.kind {
                Kind::Ref(id) => {
                    let Object::Class(base) = self.heap.get(*id) else { continue };
                    let Some(names) = self.heap.dict(base.names) else { continue };
                    if let Some(entry) = names.name(name) {
                        return match &entry.maybe {
                            None => ClassAnswer::Own(entry.value.clone()),
                            Some(condition) => {
                                ClassAnswer::Unclear(format!("it depends on `{}`", condition.text).into())
                            }
                        };
                    }
                    if let Some(reason) = &names.open {
                        return ClassAnswer::Unclear(Rc::clone(reason));
                    }
                }
                Kind::Type(class) if methods::exists(*class, name, self.version()) => {
                    return ClassAnswer::Builtin(*class);
                }
                Kind::Type(_) => {}
                _ => {
                    let path = self.express(base).map_or_else(|| "a base class".to_owned(), |(text, _)| text);
                    return ClassAnswer::Unclear(format!("`{path}` is not modelled").into());
                }
            }
        }
        match &class.kind {
            Kind::Ref(id) => match self.heap.get(*id) {
                Object::Class(class) => match &class.opaque {
                    Some(reason) => ClassAnswer::Unclear(Rc::clone(reason)),
                    None => ClassAnswer::Missing,
                },
                _ => ClassAnswer::Missing,
            },
            _ => ClassAnswer::Missing,
        }
    }

    /// An attribute as the class has it, bound to nothing but the class.
    pub(crate) fn class_attribute(&mut self, class: &Value, name: &str) -> Res<Option<Value>> {
        match self.ask_class(class, name) {
            ClassAnswer::Own(found) => self.bind_to_class(&found, class).map(Some),
            _ => Ok(None),
        }
    }

    fn bind_to_class(&mut self, found: &Value, class: &Value) -> Res<Value> {
        let Some(id) = found.id() else { return Ok(found.clone()) };
        match self.heap.get(id) {
            Object::ClassMethod(inner) => {
                let inner = inner.clone();
                Ok(self.bound(inner, class.clone()))
            }
            Object::StaticMethod(inner) => Ok(inner.clone()),
            _ => Ok(found.clone()),
        }
    }

    /// A function bound to its first argument.
    pub(crate) fn bound(&mut self, function: Value, this: Value) -> Value {
        let site = function.site;
        let method = crate::object::instance::BoundMethod { function, this };
        Value { site, ..Value::object(self.heap.add(Object::Method(method))) }
    }

    fn attribute_of_class(&mut self, value: &Value, id: Id, name: &str) -> Res<Option<Value>> {
        let Object::Class(class) = self.heap.get(id) else { return Ok(None) };
        let class = class.clone();
        match name {
            "__name__" => return Ok(Some(Value::str(class.name))),
            "__qualname__" => return Ok(Some(Value::str(class.qualname))),
            "__module__" => return Ok(class.module.map(Value::str)),
            "__mro__" => return Ok(Some(Value::tuple(class.order.to_vec()))),
            "__bases__" => return Ok(Some(Value::tuple(class.bases.to_vec()))),
            "__dict__" => return Ok(Some(self.class_dict(id))),
            "__class__" if class.opaque.is_none() => return Ok(Some(Value::new(Kind::Type(Type::Type)))),
            "__members__" if class.is_enum => return self.enum_mapping(id).map(Some),
            _ => {}
        }
        match self.ask_class(value, name) {
            // A metaclass may turn class attributes into something else.
            ClassAnswer::Own(found) if class.opaque.is_some() && !self.is_function(&found) => {
                let reason = class.opaque.unwrap_or_else(|| "its class is not modelled".into());
                let refs = self.refs_of(&[&found]);
                let unknown = crate::object::Unknown::new(reason).reaching(refs);
                Ok(Some(Value::new(Kind::Unknown(Rc::new(unknown))).traced(found.trace)))
            }
            ClassAnswer::Own(found) => self.bind_to_class(&found, value).map(Some),
            ClassAnswer::Builtin(base) => {
                let this = Value::new(Kind::Type(base));
                Ok(Some(Value::new(Kind::Method(Rc::new((this, name.into()))))))
            }
            ClassAnswer::Unclear(reason) => Ok(Some(Value::unknown(reason))),
            ClassAnswer::Missing if name.starts_with("__") => {
                Ok(Some(Value::unknown(format!("`{name}` of a class is not modelled"))))
            }
            ClassAnswer::Missing => Ok(None),
        }
    }

    fn is_function(&self, value: &Value) -> bool {
        value.id().is_some_and(|id| {
            matches!(
                self.heap.get(id),
                Object::Function(_) | Object::ClassMethod(_) | Object::StaticMethod(_) | Object::Property(..)
            )
        })
    }

    fn attribute_of_instance(&mut self, value: &Value, id: Id, name: &str) -> Res<Option<Value>> {
        let Object::Instance(instance) = self.heap.get(id) else { return Ok(None) };
        let instance = instance.clone();
        if name == "__class__" {
            return Ok(Some(instance.class));
        }
        if name == "__dict__" {
            return Ok(Some(Value::object(instance.names)));
        }
        if let Some(spoilt) = self.heap.spoilt(id).or_else(|| self.heap.spoilt(instance.names)) {
            let reason = Rc::clone(&spoilt.reason);
            return Ok(Some(self.unknown_attribute(value, &reason)));
        }
        let answer = self.ask_class(&instance.class, name);
        if let ClassAnswer::Own(found) = &answer
            && let Some(property) = found.id()
            && let Object::Property(get, _) = self.heap.get(property)
        {
            let get = get.clone();
            return self.call(&get, Args::of(vec![value.clone()])).map(Some);
        }
        if let Some(entry) = self.heap.dict(instance.names).and_then(|d| d.name(name)) {
            let entry = entry.clone();
            return match entry.maybe {
                None => Ok(Some(entry.value)),
                Some(condition) => match self.assumed(&condition) {
                    Some(true) => Ok(Some(entry.value)),
                    _ => {
                        let reason = format!("whether it is set depends on `{}`", condition.text);
                        let stop = self.no_attribute(value, name);
                        self.note_raised(stop, &condition.not())?;
                        Ok(Some(Value {
                            kind: self.unknown_attribute(&entry.value, &reason).kind,
                            ..entry.value
                        }))
                    }
                },
            };
        }
        if let Some(found) = self.exception_attribute(&instance, name) {
            return Ok(Some(found));
        }
        if let Some(found) = self.named_tuple_attribute(&instance, name) {
            return Ok(Some(found));
        }
        if let Some(reason) = self.heap.dict(instance.names).and_then(|d| d.open.clone()) {
            return Ok(Some(self.unknown_attribute(value, &reason)));
        }
        match answer {
            ClassAnswer::Own(found) => self.bind_to_instance(&found, value, &instance.class).map(Some),
            ClassAnswer::Builtin(_) => {
                Ok(Some(Value::new(Kind::Method(Rc::new((value.clone(), name.into()))))))
            }
            ClassAnswer::Unclear(reason) => Ok(Some(self.unknown_attribute(value, &reason))),
            ClassAnswer::Missing => match self.call_special(value, "__getattr__", &[Value::str(name)])? {
                Some(found) => Ok(Some(found)),
                None if name.starts_with("__") && name.ends_with("__") => {
                    Ok(Some(self.unknown_attribute(value, &format!("`{name}` of an object is not modelled"))))
                }
                None => Ok(None),
            },
        }
    }

    fn unknown_attribute(&self, value: &Value, reason: &str) -> Value {
        let unknown = crate::object::Unknown::new(reason).reaching(self.refs_of(&[value]));
        Value::new(Kind::Unknown(Rc::new(unknown))).traced(value.trace.clone())
    }

    /// An attribute found in the class, as its instance sees it.
    fn bind_to_instance(&mut self, found: &Value, this: &Value, class: &Value) -> Res<Value> {
        let Some(id) = found.id() else { return Ok(found.clone()) };
        match self.heap.get(id) {
            Object::Function(_) => Ok(self.bound(found.clone(), this.clone())),
            Object::ClassMethod(inner) => {
                let inner = inner.clone();
                Ok(self.bound(inner, class.clone()))
            }
            Object::StaticMethod(inner) => Ok(inner.clone()),
            Object::Instance(_) => {
                match self.call_special(found, "__get__", &[this.clone(), class.clone()])? {
                    Some(result) => Ok(result),
                    None => Ok(found.clone()),
                }
            }
            _ => Ok(found.clone()),
        }
    }

    fn attribute_of_super(&mut self, class: &Value, this: &Value, name: &str) -> Res<Option<Value>> {
        let start = match self.instance_class(this) {
            Some(start) => start,
            None => this.clone(),
        };
        let order: Rc<[Value]> = match start.id().map(|id| self.heap.get(id)) {
            Some(Object::Class(class)) => Rc::clone(&class.order),
            _ => return Ok(Some(Value::unknown("`super()` is not followed here"))),
        };
        let skip = order.iter().position(|c| c.id() == class.id()).map_or(order.len(), |at| at + 1);
        match self.ask_order(&start, name, skip) {
            ClassAnswer::Own(found) => match self.instance_class(this) {
                Some(_) => {
                    if let Some(id) = found.id()
                        && let Object::Property(get, _) = self.heap.get(id)
                    {
                        let get = get.clone();
                        return self.call(&get, Args::of(vec![this.clone()])).map(Some);
                    }
                    self.bind_to_instance(&found, this, &start).map(Some)
                }
                None => self.bind_to_class(&found, this).map(Some),
            },
            ClassAnswer::Builtin(_) | ClassAnswer::Missing => {
                Ok(Some(Value::new(Kind::Method(Rc::new((this.clone(), format!("super.{name}").into()))))))
            }
            ClassAnswer::Unclear(reason) => Ok(Some(Value::unknown(reason))),
        }
    }

    fn attribute_of_module(&mut self, id: Id, name: &str) -> Res<Option<Value>> {
        let Object::Module(module) = self.heap.get(id) else { return Ok(None) };
        let module = module.clone();
        if let Some(entry) = self.heap.dict(module.names).and_then(|d| d.name(name)) {
            let entry = entry.clone();
            return match entry.maybe {
                None => Ok(Some(entry.value)),
                Some(condition) => {
                    let stop = self.no_attribute(&Value::object(id), name);
                    self.note_raised(stop, &condition.not())?;
                    Ok(Some(entry.value))
                }
            };
        }
        if name == "__dict__" {
            return Ok(Some(Value::object(module.names)));
        }
        if let Some(reason) = self.heap.dict(module.names).and_then(|d| d.open.clone()) {
            return Ok(Some(Value::unknown(reason)));
        }
        match &module.source {
            ModuleSource::Modelled => crate::stdlib::attribute(self, &module.name, name),
            ModuleSource::Opaque(reason) => {
                let found = Value::external(&module.name, name, ExternalKind::Unclear, false);
                let _ = reason;
                Ok(Some(found))
            }
            ModuleSource::Lazy(_) => self.lazy_attribute(id, &module, name),
            ModuleSource::Evaluated | ModuleSource::Namespace => {
                // A function `__getattr__` of the module answers for the rest.
                match self
                    .heap
                    .dict(module.names)
                    .and_then(|d| d.name("__getattr__"))
                    .map(|e| e.value.clone())
                {
                    Some(function) => self.call(&function, Args::of(vec![Value::str(name)])).map(Some),
                    None => Ok(None),
                }
            }
        }
    }

    /// `value.name = new`
    pub(crate) fn set_attribute(&mut self, value: &Value, name: &Rc<str>, new: Value) -> Res<()> {
        self.charge(1)?;
        let site = self.here;
        let Some(id) = value.id() else {
            if self.is_unclear(value) {
                self.changed_unknown(value, &[&new]);
                return Ok(());
            }
            return Err(self.no_attribute(value, name));
        };
        let names = match self.heap.get(id) {
            Object::Instance(instance) => {
                let instance = instance.clone();
                if let ClassAnswer::Own(found) = self.ask_class(&instance.class, name)
                    && let Some(property) = found.id()
                    && let Object::Property(_, set) = self.heap.get(property)
                {
                    let set = set.clone();
                    if set.is_none() {
                        return Err(self.raise_unclear(Type::AttributeError));
                    }
                    return self.call(&set, Args::of(vec![value.clone(), new])).map(|_| ());
                }
                let args = [Value::str(Rc::clone(name)), new.clone()];
                if self.call_special(value, "__setattr__", &args)?.is_some() {
                    return Ok(());
                }
                if self.is_frozen(&instance.class) {
                    let message = format!("cannot assign to field '{name}'");
                    let _ = message;
                    return Err(self.raise_unclear(Type::AttributeError));
                }
                instance.names
            }
            Object::Class(class) => class.names,
            Object::Module(module) => module.names,
            Object::Function(_) => self.function_attributes(id),
            _ if self.is_unclear(value) => {
                self.changed_unknown(value, &[&new]);
                return Ok(());
            }
            _ => return Err(self.no_attribute(value, name)),
        };
        if self.heap.spoilt(names).is_some() || self.heap.spoilt(id).is_some() {
            self.stored_in(names, std::slice::from_ref(&new));
        }
        self.bind_in(names, name, new, site);
        Ok(())
    }

    /// `del value.name`
    pub(crate) fn delete_attribute(&mut self, value: &Value, name: &str) -> Res<()> {
        let names = match value.id().map(|id| self.heap.get(id)) {
            Some(Object::Instance(instance)) => instance.names,
            Some(Object::Class(class)) => class.names,
            Some(Object::Module(module)) => module.names,
            _ if self.is_unclear(value) => {
                self.changed_unknown(value, &[]);
                return Ok(());
            }
            _ => return Err(self.no_attribute(value, name)),
        };
        if self.heap.dict(names).is_some_and(|d| d.name(name).is_none() && d.open.is_none()) {
            let shown: Value = match value.id().map(|id| self.heap.get(id)) {
                Some(Object::Instance(_)) => return Err(self.raise_unclear(Type::AttributeError)),
                _ => value.clone(),
            };
            return Err(self.no_attribute(&shown, name));
        }
        self.unbind(names, name);
        Ok(())
    }
}
