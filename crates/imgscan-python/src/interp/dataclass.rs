//! Dataclasses and named tuples.

use std::rc::Rc;

use crate::object::instance::{Class, Field, Instance};
use crate::object::{Id, Kind, Object, Type, Value};

use super::error::Stop;
use super::{Args, Interp, Res};

/// What `dataclasses.field(…)` was given.
struct FieldOptions {
    default: Option<Value>,
    factory: Option<Value>,
    in_init: bool,
    keyword_only: Option<bool>,
}

/// Fields with their values, in order.
type FieldValues = Vec<(Rc<str>, Value)>;

impl Interp<'_> {
    /// `@dataclass` with its options: fields are the annotated names of the class and of its bases.
    pub(crate) fn make_dataclass(&mut self, class: &Value, options: &[(Rc<str>, Value)]) -> Res<Value> {
        let Some(id) = class.id() else { return Ok(class.clone()) };
        let Object::Class(inner) = self.heap.get(id) else { return Ok(class.clone()) };
        let inner = inner.clone();
        let known = |name: &str| {
            matches!(name, "frozen" | "eq" | "repr" | "init" | "order" | "slots" | "kw_only" | "unsafe_hash")
        };
        let mut keyword_only = false;
        for (name, value) in options {
            let truth = match &value.kind {
                Kind::Bool(b) => *b,
                _ => return Ok(self.give_up_class(class, id, "its options are not known")),
            };
            match &**name {
                "kw_only" => keyword_only = truth,
                "init" | "eq" | "repr" if !truth => {
                    return Ok(self.give_up_class(
                        class,
                        id,
                        "dataclasses with this option are not followed",
                    ));
                }
                "frozen" if truth => {
                    let site = self.here;
                    self.bind_in(inner.names, &"__frozen__".into(), Value::bool(true), site);
                }
                "order" | "slots" | "unsafe_hash" if truth => {
                    return Ok(self.give_up_class(
                        class,
                        id,
                        "dataclasses with this option are not followed",
                    ));
                }
                name if known(name) => {}
                _ => return Err(self.raise_unclear(Type::TypeError)),
            }
        }
        let mut fields: Vec<Field> = Vec::new();
        for base in inner.order.iter().skip(1).rev() {
            if let Some(base) = base.id()
                && let Object::Class(base) = self.heap.get(base)
                && let Some(more) = &base.fields
            {
                for field in more.iter() {
                    put_field(&mut fields, field.clone());
                }
            }
        }
        for field in self.own_fields(&inner, keyword_only)? {
            put_field(&mut fields, field);
        }
        let positional: Vec<&Field> = fields.iter().filter(|f| f.in_init && !f.keyword_only).collect();
        let mut seen_default = false;
        for field in positional {
            let has = field.default.is_some() || field.factory.is_some();
            if seen_default && !has {
                return Err(self.raise_unclear(Type::TypeError));
            }
            seen_default |= has;
        }
        if let Some(Object::Class(slot)) = self.heap.get_mut(id) {
            slot.fields = Some(fields.into());
        }
        Ok(class.clone())
    }

    fn give_up_class(&mut self, class: &Value, id: Id, reason: &str) -> Value {
        if let Some(Object::Class(slot)) = self.heap.get_mut(id) {
            slot.opaque = Some(reason.into());
        }
        class.clone()
    }

    fn own_fields(&mut self, class: &Class, keyword_only: bool) -> Res<Vec<Field>> {
        let names = self.heap.dict(class.names).cloned().unwrap_or_default();
        let annotations = names.name("__annotations__").and_then(|e| e.value.id());
        let Some(annotations) = annotations.and_then(|id| self.heap.dict(id)).cloned() else {
            return Ok(Vec::new());
        };
        let mut fields = Vec::new();
        let mut keyword_only = keyword_only;
        for entry in annotations.entries.values() {
            let Some(name) = entry.key.as_str() else { continue };
            let shown = match &entry.value.kind {
                Kind::Str(text) => text.to_string(),
                Kind::External(external) => external.path(),
                _ => String::new(),
            };
            if shown.contains("ClassVar") {
                continue;
            }
            if shown.contains("InitVar") {
                return Err(Stop::Opaque(Box::new(Value::unknown("`InitVar` is not followed"))));
            }
            if shown.ends_with("KW_ONLY") {
                keyword_only = true;
                continue;
            }
            let default = names.name(name).map(|e| e.value.clone());
            let mut field =
                Field { name: name.into(), default: None, factory: None, in_init: true, keyword_only };
            match default {
                None => {}
                Some(value) => match self.field_options(&value) {
                    Some(options) => {
                        field.default = options.default;
                        field.factory = options.factory;
                        field.in_init = options.in_init;
                        field.keyword_only = options.keyword_only.unwrap_or(keyword_only);
                        self.unbind(class.names, name);
                        if let Some(default) = &field.default {
                            let site = self.here;
                            self.bind_in(class.names, &name.into(), default.clone(), site);
                        }
                    }
                    None => {
                        let mutable = value.id().is_some_and(|id| {
                            matches!(self.heap.get(id), Object::List(_) | Object::Dict(_) | Object::Set(_))
                        });
                        if mutable {
                            let class = self.type_name(&value);
                            let message = format!(
                                "mutable default <class '{class}'> for field {name} is not allowed: use default_factory"
                            );
                            return Err(self.value_error(message));
                        }
                        field.default = Some(value);
                    }
                },
            }
            fields.push(field);
        }
        Ok(fields)
    }

    /// What `dataclasses.field(…)` was given.
    fn field_options(&self, value: &Value) -> Option<FieldOptions> {
        let Object::Library(kind, state) = self.heap.get(value.id()?) else { return None };
        if **kind != *"field" {
            return None;
        }
        let options = self.heap.dict(*state)?;
        let get = |name: &str| options.name(name).map(|e| e.value.clone());
        let in_init = !matches!(get("init").map(|v| v.kind), Some(Kind::Bool(false)));
        let only = match get("kw_only").map(|v| v.kind) {
            Some(Kind::Bool(b)) => Some(b),
            _ => None,
        };
        Some(FieldOptions {
            default: get("default"),
            factory: get("default_factory"),
            in_init,
            keyword_only: only,
        })
    }

    /// `__init__` of a dataclass.
    pub(super) fn init_dataclass(&mut self, instance: &Value, class: &Class, args: Args) -> Res<()> {
        self.expect_closed(&args)?;
        let fields = class.fields.clone().unwrap_or_else(|| Rc::new([]));
        let Some(names) = instance.id().and_then(|id| match self.heap.get(id) {
            Object::Instance(instance) => Some(instance.names),
            _ => None,
        }) else {
            return Ok(());
        };
        let shown = match self.since(3, 10) {
            true => format!("{}.__init__()", class.qualname),
            false => "__init__()".to_owned(),
        };
        let mut positional = args.positional.into_iter();
        let mut keywords = args.keywords;
        let mut missing: Vec<String> = Vec::new();
        let site = self.here;
        for field in fields.iter() {
            let mut value = None;
            if field.in_init && !field.keyword_only {
                value = positional.next();
            }
            if field.in_init
                && let Some(at) = keywords.iter().position(|(name, _)| *name == field.name)
            {
                let (_, given) = keywords.remove(at);
                if value.is_some() {
                    let message = format!("{shown} got multiple values for argument '{}'", field.name);
                    return Err(self.type_error(message));
                }
                value = Some(given);
            }
            let value = match (value, &field.default, &field.factory) {
                (Some(value), ..) => value,
                (None, Some(default), _) => default.clone(),
                (None, None, Some(factory)) => self.call0(&factory.clone())?,
                (None, None, None) if field.in_init => {
                    missing.push(format!("'{}'", field.name));
                    continue;
                }
                (None, None, None) => continue,
            };
            self.bind_in(names, &field.name, value, site);
        }
        if positional.next().is_some() {
            return Err(self.raise_unclear(Type::TypeError));
        }
        if let Some((name, _)) = keywords.first() {
            let message = format!("{shown} got an unexpected keyword argument '{name}'");
            return Err(match self.version().is_some_and(|v| v >= (3, 13)) {
                true => self.raise_unclear(Type::TypeError),
                false => self.type_error(message),
            });
        }
        if let [only] = missing.as_slice() {
            return Err(self.type_error(format!("{shown} missing 1 required positional argument: {only}")));
        }
        if !missing.is_empty() {
            return Err(self.raise_unclear(Type::TypeError));
        }
        let class_value = self.instance_class(instance).unwrap_or_else(Value::none);
        if let super::attribute::ClassAnswer::Own(hook) = self.ask_class(&class_value, "__post_init__") {
            self.call(&hook, Args::of(vec![instance.clone()]))?;
        }
        Ok(())
    }

    /// Whether the class is a frozen dataclass.
    pub(super) fn is_frozen(&self, class: &Value) -> bool {
        matches!(self.ask_class(class, "__frozen__"), super::attribute::ClassAnswer::Own(_))
    }

    /// The qualified class name and the fields with their values, of a dataclass or a named tuple.
    pub(crate) fn fields_of(&self, value: &Value) -> Option<(String, FieldValues)> {
        let id = value.id()?;
        let Object::Instance(instance) = self.heap.get(id) else { return None };
        let Object::Class(class) = self.heap.get(instance.class.id()?) else { return None };
        if let Some(fields) = &class.tuple_fields {
            let Some(Kind::Tuple(items)) = instance.args.as_ref().map(|a| &a.kind) else { return None };
            let pairs = fields.iter().cloned().zip(items.iter().cloned()).collect();
            return Some((class.name.to_string(), pairs));
        }
        let fields = class.fields.as_ref()?;
        let names = self.heap.dict(instance.names)?;
        let mut pairs = Vec::new();
        for field in fields.iter() {
            let entry = names.name(&field.name)?;
            if entry.maybe.is_some() {
                return None;
            }
            pairs.push((Rc::clone(&field.name), entry.value.clone()));
        }
        Some((class.qualname.to_string(), pairs))
    }

    /// A class with `NamedTuple` among its bases: its annotations are the fields.
    pub(super) fn make_named_tuple(&mut self, id: Id) -> Res<()> {
        let Object::Class(class) = self.heap.get(id) else { return Ok(()) };
        let class = class.clone();
        let fields = self.own_fields(&class, false)?;
        let names: Vec<Rc<str>> = fields.iter().map(|f| Rc::clone(&f.name)).collect();
        if let Some(Object::Class(slot)) = self.heap.get_mut(id) {
            slot.tuple_fields = Some(names.into());
            slot.fields = Some(fields.into());
        }
        Ok(())
    }

    /// `collections.namedtuple(name, fields)`
    pub(crate) fn named_tuple_class(
        &mut self,
        name: &Rc<str>,
        fields: Vec<Field>,
        module: Option<Rc<str>>,
    ) -> Res<Value> {
        let names = self.heap.add(Object::Dict(crate::object::Dict::default()));
        let bases = super::class::Bases {
            values: vec![Value::new(Kind::Type(Type::Object))],
            ..super::class::Bases::default()
        };
        let id = self.add_class(name, name, module, bases, names)?;
        let field_names: Vec<Rc<str>> = fields.iter().map(|f| Rc::clone(&f.name)).collect();
        if let Some(Object::Class(slot)) = self.heap.get_mut(id) {
            slot.tuple_fields = Some(field_names.into());
            slot.fields = Some(fields.into());
        }
        Ok(Value::object(id))
    }

    pub(super) fn instantiate_named_tuple(
        &mut self,
        value: &Value,
        class: &Class,
        names: &[Rc<str>],
        args: Args,
    ) -> Res<Value> {
        self.expect_closed(&args)?;
        let fields = class.fields.clone().unwrap_or_else(|| Rc::new([]));
        let mut items = Vec::new();
        let mut positional = args.positional.into_iter();
        let mut keywords = args.keywords;
        for (at, name) in names.iter().enumerate() {
            let mut given = positional.next();
            if given.is_none()
                && let Some(at) = keywords.iter().position(|(n, _)| n == name)
            {
                given = Some(keywords.remove(at).1);
            }
            match given.or_else(|| fields.get(at).and_then(|f| f.default.clone())) {
                Some(value) => items.push(value),
                None => return Err(self.raise_unclear(Type::TypeError)),
            }
        }
        if positional.next().is_some() || !keywords.is_empty() {
            return Err(self.raise_unclear(Type::TypeError));
        }
        Ok(self.new_instance(value, Some(Value::tuple(items))))
    }

    /// A field or method of a named tuple.
    pub(super) fn named_tuple_attribute(&mut self, instance: &Instance, name: &str) -> Option<Value> {
        let Object::Class(class) = self.heap.get(instance.class.id()?) else { return None };
        let fields = Rc::clone(class.tuple_fields.as_ref()?);
        let Kind::Tuple(items) = &instance.args.as_ref()?.kind else { return None };
        if let Some(at) = fields.iter().position(|f| **f == *name) {
            return items.get(at).cloned();
        }
        match name {
            "_fields" => {
                Some(Value::tuple(fields.iter().map(|f| Value::str(Rc::clone(f))).collect::<Vec<_>>()))
            }
            "_asdict" | "_replace" | "_make" | "count" | "index" => {
                Some(Value::unknown(format!("`{name}` of a named tuple is not modelled")))
            }
            _ => None,
        }
    }
}

/// Adds a field; one of the same name keeps its place.
fn put_field(fields: &mut Vec<Field>, field: Field) {
    match fields.iter_mut().find(|f| f.name == field.name) {
        Some(slot) => *slot = field,
        None => fields.push(field),
    }
}
