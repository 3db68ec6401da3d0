//! Classes of the program: making them, making their instances.

use std::rc::Rc;

use crate::object::instance::{Class, Instance};
use crate::object::{Dict, ExternalKind, Id, Kind, Object, Type, Value};
use crate::source::Site;
use crate::syntax::ir::{ClassBody, Decorated};

use super::error::Stop;
use super::frame::Frame;
use super::{Args, Interp, Res};

/// What the bases make of a class.
#[derive(Default)]
pub(super) struct Bases {
    pub(super) values: Vec<Value>,
    pub(super) opaque: Option<Rc<str>>,
    pub(super) is_enum: bool,
    pub(super) named_tuple: bool,
}

impl Interp<'_> {
    /// `class`
    pub(super) fn exec_class(
        &mut self,
        frame: &mut Frame,
        class: &Decorated<ClassBody>,
        site: Site,
    ) -> Res<()> {
        let mut decorators = Vec::new();
        for decorator in &class.decorators {
            decorators.push((self.eval(frame, decorator)?, decorator.site));
        }
        let body = &class.inner;
        let args = self.arguments(frame, &body.bases, &Value::none())?;
        self.here = site;
        let bases = self.look_at_bases(args)?;
        let names = self.heap.add(Object::Dict(Dict::default()));
        let cell = self.heap.add(Object::Cell(None));
        let mut scope = frame.scope.clone();
        if self.is_function_scope(frame) {
            let mut enclosing = vec![frame.scope.locals];
            enclosing.extend(frame.scope.enclosing.iter().copied());
            scope.enclosing = enclosing.into();
        }
        scope.locals = names;
        scope.class_cell = Some(cell);
        let mut inner = Frame::new(scope, self.path_length());
        inner.is_class = true;
        self.exec_block(&mut inner, &body.body)?;
        self.here = site;
        let mut value = self.make_class(frame, body, bases, names)?;
        value.site = site;
        if let Some(slot) = self.heap.get_mut(cell) {
            *slot = Object::Cell(Some(value.clone()));
        }
        for (decorator, site) in decorators.into_iter().rev() {
            self.here = site;
            value = self.call(&decorator, Args::of(vec![value]))?;
        }
        self.here = site;
        self.assign(frame, &class.target, value, site)
    }

    fn look_at_bases(&mut self, args: Args) -> Res<Bases> {
        let mut bases = Bases::default();
        if args.open.is_some() {
            bases.opaque = Some("the bases of a class are not known".into());
        }
        for (name, value) in &args.keywords {
            let plain = &**name == "metaclass"
                && match &value.kind {
                    Kind::Type(Type::Type) => true,
                    Kind::External(external) => external.path() == "abc.ABCMeta",
                    _ => false,
                };
            // `total=False` of a `TypedDict` and the like change nothing that is modelled.
            if !plain {
                bases.opaque = Some(format!("the class is made with `{name}`").into());
            }
        }
        for base in args.positional {
            self.look_at_base(&base, &mut bases)?;
            bases.values.push(base);
        }
        if bases.values.is_empty() {
            bases.values.push(Value::new(Kind::Type(Type::Object)));
        }
        Ok(bases)
    }

    fn look_at_base(&mut self, base: &Value, bases: &mut Bases) -> Res<()> {
        match &base.kind {
            Kind::Type(Type::Object | Type::Namespace) => {}
            Kind::Type(class) if class.is_exception() => {}
            Kind::Type(
                class @ (Type::Bool
                | Type::None
                | Type::Ellipsis
                | Type::Range
                | Type::Slice
                | Type::Function),
            ) => {
                let name = class.name();
                return Err(self.type_error(format!("type '{name}' is not an acceptable base type")));
            }
            Kind::Type(class) => {
                bases.opaque = Some(format!("subclasses of `{}` are not followed", class.name()).into());
            }
            Kind::External(external) => match &*external.path() {
                "enum.Enum" | "enum.IntEnum" | "enum.StrEnum" | "enum.Flag" | "enum.IntFlag" => {
                    match &*external.name {
                        "Enum" => bases.is_enum = true,
                        _ => {
                            bases.is_enum = true;
                            bases.opaque =
                                Some(format!("subclasses of `{}` are not followed", external.path()).into());
                        }
                    }
                }
                "typing.NamedTuple" => bases.named_tuple = true,
                "abc.ABC"
                | "typing.Protocol"
                | "typing.Generic[…]"
                | "typing.Generic"
                | "typing.Protocol[…]" => {}
                path if matches!(external.kind, ExternalKind::Class | ExternalKind::Unclear) => {
                    bases.opaque = Some(format!("its base `{path}` is not modelled").into());
                }
                _ => return Err(self.raise_unclear(Type::TypeError)),
            },
            // A function that stands for a class of a library.
            Kind::Native(native) if native.is_class() => {
                bases.opaque = Some(format!("subclasses of `{}` are not followed", native.name).into());
            }
            Kind::Ref(id) => match self.heap.get(*id) {
                Object::Class(class) => {
                    if let Some(reason) = &class.opaque {
                        bases.opaque = Some(Rc::clone(reason));
                    }
                    bases.is_enum |= class.is_enum;
                    if class.tuple_fields.is_some() || self.has_hook(base, "__init_subclass__") {
                        bases.opaque = Some("its base changes the classes that derive from it".into());
                    }
                }
                _ => bases.opaque = Some("its base is not modelled".into()),
            },
            _ if self.is_unclear(base) => {
                bases.opaque = Some(format!("its base is not known: {}", self.why(base)).into());
            }
            _ => return Err(self.raise_unclear(Type::TypeError)),
        }
        Ok(())
    }

    fn has_hook(&self, class: &Value, name: &str) -> bool {
        matches!(self.ask_class(class, name), super::attribute::ClassAnswer::Own(_))
    }

    fn make_class(&mut self, frame: &Frame, body: &ClassBody, bases: Bases, names: Id) -> Res<Value> {
        let module =
            self.heap.dict(frame.scope.globals).and_then(|d| d.name("__name__")).map(|e| e.value.clone());
        let module = module.and_then(|name| match name.kind {
            Kind::Str(name) => Some(name),
            _ => None,
        });
        if let Some(doc) = &body.doc {
            let site = self.here;
            self.bind_in(names, &"__doc__".into(), Value::str(Rc::clone(doc)), site);
        }
        let id = self.add_class(&body.name, &body.qualname, module, bases, names)?;
        Ok(Value::object(id))
    }

    /// A class object with its order of bases.
    pub(super) fn add_class(
        &mut self,
        name: &Rc<str>,
        qualname: &Rc<str>,
        module: Option<Rc<str>>,
        bases: Bases,
        names: Id,
    ) -> Res<Id> {
        let class = Class {
            name: Rc::clone(name),
            qualname: Rc::clone(qualname),
            module,
            bases: bases.values.clone().into(),
            order: Rc::new([]),
            names,
            opaque: bases.opaque,
            fields: None,
            is_enum: bases.is_enum,
            tuple_fields: None,
        };
        let named_tuple = bases.named_tuple;
        let is_enum = class.is_enum && class.opaque.is_none();
        let id = self.heap.add(Object::Class(class));
        let order = self.linearize(id, &bases.values)?;
        if let Some(Object::Class(class)) = self.heap.get_mut(id) {
            class.order = order.into();
        }
        self.told_of_class(id)?;
        if named_tuple {
            self.make_named_tuple(id)?;
        }
        if is_enum {
            self.make_enum(id)?;
        }
        Ok(id)
    }

    /// A base may learn of the classes that derive from it (`__init_subclass__`), and an object of its name in a class
    /// (`__set_name__`): whatever these change is not known after it.
    fn told_of_class(&mut self, id: Id) -> Res<()> {
        let Object::Class(class) = self.heap.get(id) else { return Ok(()) };
        let class = class.clone();
        let mut told = Vec::new();
        for base in class.order.iter().skip(1).filter_map(Value::id) {
            let Object::Class(base) = self.heap.get(base) else { continue };
            let hook = self.heap.dict(base.names).and_then(|names| names.name("__init_subclass__"));
            told.extend(hook.map(|entry| entry.value.clone()));
        }
        let own = self.heap.dict(class.names).map(|names| names.entries.values().map(|e| e.value.clone()));
        for value in own.into_iter().flatten().collect::<Vec<_>>() {
            if self.instance_class(&value).is_some() && self.find_special(&value, "__set_name__")?.is_some() {
                told.push(value);
            }
        }
        self.escape(&told, "a class was made that it learns of")
    }

    /// C3: the class, then its bases so that each stands before its own bases.
    fn linearize(&mut self, id: Id, bases: &[Value]) -> Res<Vec<Value>> {
        let mut lists: Vec<Vec<Value>> = Vec::new();
        for base in bases {
            lists.push(match &base.kind {
                Kind::Ref(base_id) => match self.heap.get(*base_id) {
                    Object::Class(class) => class.order.to_vec(),
                    _ => vec![base.clone()],
                },
                Kind::Type(class) => {
                    let mut order = vec![Value::new(Kind::Type(*class))];
                    let mut at = *class;
                    while at != Type::Object {
                        at = at.base();
                        order.push(Value::new(Kind::Type(at)));
                    }
                    order
                }
                _ => vec![base.clone(), Value::new(Kind::Type(Type::Object))],
            });
        }
        lists.push(bases.to_vec());
        let mut order = vec![Value::object(id)];
        loop {
            lists.retain(|list| !list.is_empty());
            if lists.is_empty() {
                return Ok(order);
            }
            self.charge(lists.len())?;
            let next = lists.iter().filter_map(|list| list.first()).find(|candidate| {
                !lists.iter().any(|list| list.iter().skip(1).any(|other| super::join::same(other, candidate)))
            });
            let Some(next) = next.cloned() else {
                return Err(self.raise_unclear(Type::TypeError));
            };
            for list in &mut lists {
                if list.first().is_some_and(|first| super::join::same(first, &next)) {
                    list.remove(0);
                }
            }
            order.push(next);
        }
    }

    /// `cls.__dict__`, as far as it can be walked over.
    pub(super) fn class_dict(&mut self, id: Id) -> Value {
        let Object::Class(class) = self.heap.get(id) else { return Value::none() };
        let class = class.clone();
        let mut dict = Dict::default();
        let site = self.here;
        let module =
            class.module.clone().map_or_else(|| Value::unknown("its module is not known"), Value::str);
        dict.set_name(&"__module__".into(), module, site);
        let own = self.heap.dict(class.names).cloned().unwrap_or_default();
        dict.open = own.open.clone().or(class.opaque);
        for (key, entry) in own.entries {
            dict.entries.insert(key, entry);
        }
        for name in ["__dict__", "__weakref__", "__doc__"] {
            if dict.name(name).is_none() {
                let value = match name {
                    "__doc__" => Value::none(),
                    _ => Value::unknown(format!("`{name}` of a class is not modelled")),
                };
                dict.set_name(&name.into(), value, site);
            }
        }
        if self.since(3, 13) && self.version().is_some() {
            for name in ["__static_attributes__", "__firstlineno__"] {
                dict.set_name(&name.into(), Value::unknown("it is not modelled"), site);
            }
        }
        Value::object(self.heap.add(Object::Dict(dict)))
    }

    /// A new instance of a class without running anything.
    pub(crate) fn new_instance(&mut self, class: &Value, args: Option<Value>) -> Value {
        let names = self.heap.add(Object::Dict(Dict::default()));
        let instance = Instance { class: class.clone(), names, args };
        Value { site: self.here, ..Value::object(self.heap.add(Object::Instance(instance))) }
    }

    /// `Class(*args)`
    pub(crate) fn instantiate(&mut self, id: Id, args: Args) -> Res<Value> {
        let Object::Class(class) = self.heap.get(id) else { return Ok(Value::none()) };
        let class = class.clone();
        let value = Value::object(id);
        if class.is_enum && class.opaque.is_none() {
            return self.enum_by_value(id, args);
        }
        if let Some(reason) = &class.opaque {
            return self.instantiate_opaque(&value, &class, reason, args);
        }
        if self.has_hook(&value, "__new__") {
            let reason: Rc<str> = "`__new__` is not followed".into();
            return self.instantiate_opaque(&value, &class, &reason, args);
        }
        if let Some(fields) = &class.tuple_fields {
            let fields = Rc::clone(fields);
            return self.instantiate_named_tuple(&value, &class, &fields, args);
        }
        let is_exception = self.is_subclass_of_type(&value, Type::BaseException) == Some(true);
        let exception_args = is_exception.then(|| Value::tuple(args.positional.clone()));
        let instance = self.new_instance(&value, exception_args);
        let trace = args.trace();
        let here = self.here;
        match self.ask_class(&value, "__init__") {
            super::attribute::ClassAnswer::Own(init) => {
                let mut all = args;
                all.positional.insert(0, instance.clone());
                self.call(&init, all)?;
            }
            _ if class.fields.is_some() => self.init_dataclass(&instance, &class, args)?,
            _ if is_exception => {
                if !args.keywords.is_empty() {
                    return Err(self.type_error(format!("{}() takes no keyword arguments", class.name)));
                }
            }
            _ if args.positional.is_empty() && args.keywords.is_empty() && args.open.is_none() => {}
            _ if args.open.is_some() => {
                self.may_raise(None, &format!("{}(…)", class.name), &[])?;
            }
            _ => return Err(self.type_error(format!("{}() takes no arguments", class.name))),
        }
        self.here = here;
        Ok(instance.also(&trace))
    }

    /// An instance of a class that is not modelled in full.
    fn instantiate_opaque(
        &mut self,
        value: &Value,
        class: &Class,
        reason: &Rc<str>,
        args: Args,
    ) -> Res<Value> {
        let mut values: Vec<Value> = args.values().cloned().collect();
        values.push(value.clone());
        self.escape(&values, &format!("it was given to `{}`, which is not followed", class.name))?;
        self.may_raise(None, &format!("{}(…)", class.name), &[])?;
        let instance = self.new_instance(value, None);
        if let Some(id) = instance.id()
            && let Object::Instance(inner) = self.heap.get(id)
        {
            let names = inner.names;
            if let Some(dict) = self.heap.dict_mut(names) {
                dict.open = Some(Rc::clone(reason));
            }
        }
        Ok(instance.also(&args.trace()))
    }

    /// `super()` and `super(class, this)`
    pub(crate) fn make_super(&mut self, frame: &Frame, args: &Args) -> Res<Value> {
        let (class, this) = match args.positional.as_slice() {
            [class, this] => (Some(class.clone()), Some(this.clone())),
            [] => {
                let class = frame.scope.class_cell.and_then(|id| match self.heap.get(id) {
                    Object::Cell(value) => value.clone(),
                    _ => None,
                });
                (class, frame.first.clone())
            }
            _ => (None, None),
        };
        match (class, this) {
            (Some(class), Some(this)) if class.id().is_some() => {
                Ok(Value::object(self.heap.add(Object::Super { class, this })))
            }
            (Some(_), Some(_)) => Err(Stop::Opaque(Box::new(Value::unknown("`super` is not followed here")))),
            _ => Err(self.raise(Type::RuntimeError, "super(): no arguments")),
        }
    }

    /// An attribute of an exception that is no entry of its namespace.
    pub(super) fn exception_attribute(&mut self, instance: &Instance, name: &str) -> Option<Value> {
        let args = instance.args.as_ref()?;
        if !instance.is_exception(&self.heap) {
            return None;
        }
        let class = self.native_base(&instance.class)?;
        let item = |at: usize| match &args.kind {
            Kind::Tuple(items) => items.get(at).cloned(),
            _ => None,
        };
        let count = match &args.kind {
            Kind::Tuple(items) => items.len(),
            _ => 0,
        };
        match name {
            "args" => Some(args.clone()),
            "code" if class == Type::SystemExit => match count {
                0 => Some(Value::none()),
                1 => item(0),
                _ => Some(args.clone()),
            },
            "errno" if class.is(Type::OsError) => Some(if count >= 2 { item(0)? } else { Value::none() }),
            "strerror" if class.is(Type::OsError) => Some(if count >= 2 { item(1)? } else { Value::none() }),
            "filename" if class.is(Type::OsError) => Some(if count >= 3 { item(2)? } else { Value::none() }),
            "value" if class == Type::StopIteration => Some(item(0).unwrap_or_else(Value::none)),
            "__cause__" | "__context__" | "__traceback__" | "__suppress_context__" => {
                Some(Value::unknown("how exceptions are chained is not modelled"))
            }
            "name" | "path" | "msg" if class.is(Type::ImportError) => match name {
                "msg" => item(0),
                _ => Some(Value::unknown(format!("`{name}` of an exception is not modelled"))),
            },
            "msg" | "doc" | "pos" | "lineno" | "colno" | "text" | "offset" | "filename" | "obj" | "name"
            | "reason" | "object" | "start" | "end" | "encoding" | "__notes__" => {
                let has = class.is(Type::SyntaxError)
                    || class.is(Type::JsonDecodeError)
                    || class.is(Type::UnicodeError)
                    || class.is(Type::AttributeError)
                    || class.is(Type::NameError)
                    || class.is(Type::ReError)
                    || name == "__notes__";
                has.then(|| Value::unknown(format!("`{name}` of an exception is not modelled")))
            }
            _ => None,
        }
    }
}
