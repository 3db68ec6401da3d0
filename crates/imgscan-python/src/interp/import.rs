//! `import`: which module a name means, and binding what comes out of it.

use std::rc::Rc;

use crate::object::instance::ModuleSource;
use crate::object::{Id, Kind, Object, Type, Value};
use crate::source::Site;
use crate::stdlib;
use crate::syntax::ir::{ImportFrom, ImportName};

use super::error::Stop;
use super::frame::Frame;
use super::{Interp, Res};

impl Interp<'_> {
    /// `import a.b, c as d`
    pub(super) fn exec_import(&mut self, frame: &mut Frame, names: &[ImportName]) -> Res<()> {
        for name in names {
            self.here = name.target.site;
            let leaf = self.import_module(&name.module)?;
            let value = match (name.aliased, name.module.split_once('.')) {
                (false, Some((top, _))) => self.import_module(top)?,
                _ => leaf,
            };
            self.here = name.target.site;
            self.assign(frame, &name.target, value, name.target.site)?;
        }
        Ok(())
    }

    /// `from a import b`
    pub(super) fn exec_import_from(&mut self, frame: &mut Frame, import: &ImportFrom, site: Site) -> Res<()> {
        self.here = site;
        if &*import.module == "__future__" && import.level == 0 {
            // What it brings are objects that nothing reads; the compiler has seen to the rest.
            for (name, target) in import.names.iter().flatten() {
                let value = Value::external("__future__", name, crate::object::ExternalKind::Unclear, true);
                self.assign(frame, target, value, target.site)?;
            }
            return Ok(());
        }
        let module_name = self.absolute_name(frame, import)?;
        let module = self.import_module(&module_name)?;
        self.here = site;
        let Some(names) = &import.names else { return self.import_star(frame, &module, site) };
        for (name, target) in names {
            self.here = target.site;
            let value = self.import_name(&module, &module_name, name)?;
            self.here = target.site;
            self.assign(frame, target, value, target.site)?;
        }
        Ok(())
    }

    /// The module that a `from` names, dots resolved.
    fn absolute_name(&mut self, frame: &Frame, import: &ImportFrom) -> Res<Rc<str>> {
        if import.level == 0 {
            return Ok(Rc::clone(&import.module));
        }
        let globals = frame.scope.globals;
        let get = |interp: &Self, name: &str| -> Option<Value> {
            interp.heap.dict(globals).and_then(|d| d.name(name)).map(|e| e.value.clone())
        };
        let package = match get(self, "__package__").as_ref().and_then(Value::as_str) {
            Some(package) if !package.is_empty() => package.to_owned(),
            _ => String::new(),
        };
        if package.is_empty() {
            return Err(
                self.raise(Type::ImportError, "attempted relative import with no known parent package")
            );
        }
        let mut base = package.as_str();
        for _ in 1..import.level {
            match base.rsplit_once('.') {
                Some((before, _)) => base = before,
                None => {
                    return Err(
                        self.raise(Type::ImportError, "attempted relative import beyond top-level package")
                    );
                }
            }
        }
        Ok(match &*import.module {
            "" => base.into(),
            module => format!("{base}.{module}").into(),
        })
    }

    /// `from module import name`
    fn import_name(&mut self, module: &Value, module_name: &Rc<str>, name: &Rc<str>) -> Res<Value> {
        if let Some(found) = self.find_attribute(module, name)? {
            return Ok(found);
        }
        let submodule: Rc<str> = format!("{module_name}.{name}").into();
        if self.is_package(module) {
            match self.import_module(&submodule) {
                Ok(found) => return Ok(found),
                Err(Stop::Raise(exc)) if self.is_not_found(&exc.value, &submodule) => {}
                Err(stop) => return Err(stop),
            }
        }
        let location = match self.module_file(module) {
            Some(file) => file,
            None => "unknown location".to_owned(),
        };
        let message = format!("cannot import name '{name}' from '{module_name}' ({location})");
        Err(self.raise(Type::ImportError, message))
    }

    /// Whether it is the exception that says that this very module does not exist.
    fn is_not_found(&mut self, exception: &Value, module: &str) -> bool {
        self.is_exception_of(exception, Type::ModuleNotFoundError) == Some(true)
            && self.str_of(exception).is_ok_and(|text| {
                text.as_str().is_some_and(|text| text.starts_with(&format!("No module named '{module}'")))
            })
    }

    fn is_package(&self, module: &Value) -> bool {
        let Some(Object::Module(module)) = module.id().map(|id| self.heap.get(id)) else { return false };
        self.heap.dict(module.names).is_some_and(|names| names.name("__path__").is_some())
            || matches!(module.source, ModuleSource::Modelled | ModuleSource::Namespace)
    }

    fn module_file(&self, module: &Value) -> Option<String> {
        let Some(Object::Module(module)) = module.id().map(|id| self.heap.get(id)) else { return None };
        let names = self.heap.dict(module.names)?;
        names.name("__file__").and_then(|e| e.value.as_str().map(str::to_owned))
    }

    /// `from module import *`
    fn import_star(&mut self, frame: &mut Frame, module: &Value, site: Site) -> Res<()> {
        let target = frame.scope.locals;
        let Some(Object::Module(inner)) = module.id().map(|id| self.heap.get(id)) else {
            self.open_dict(target, "a module that is not known was imported into it");
            return Ok(());
        };
        let inner = inner.clone();
        if let ModuleSource::Lazy(_) = inner.source
            && let Some(id) = module.id()
        {
            self.evaluate_lazy(id)?;
        }
        let inner = match module.id().map(|id| self.heap.get(id)) {
            Some(Object::Module(inner)) => inner.clone(),
            _ => inner,
        };
        let names = match &inner.source {
            ModuleSource::Modelled => match stdlib::public_names(&inner.name, self.version()) {
                Some(names) => names,
                None => {
                    let reason = format!("what `{}` brings is not known", inner.name);
                    self.open_dict(target, &reason);
                    return Ok(());
                }
            },
            ModuleSource::Opaque(reason) | ModuleSource::Lazy(reason) => {
                let reason = format!("what `{}` brings is not known ({reason})", inner.name);
                self.open_dict(target, &reason);
                return Ok(());
            }
            ModuleSource::Evaluated | ModuleSource::Namespace => match self.star_names(inner.names)? {
                Some(names) => names,
                None => {
                    let reason = format!("what `{}` brings is not known", inner.name);
                    self.open_dict(target, &reason);
                    return Ok(());
                }
            },
        };
        for name in names {
            self.here = site;
            let maybe = self.heap.dict(inner.names).and_then(|d| d.name(&name)).and_then(|e| e.maybe.clone());
            let value = self.import_name(module, &inner.name, &name)?;
            match maybe.and_then(|condition| match self.assumed(&condition) {
                Some(true) => None,
                _ => Some(condition),
            }) {
                None => self.bind_in(target, &name, value, site),
                // It may keep what it held before.
                Some(condition) => {
                    let before = self.heap.dict(target).and_then(|d| d.name(&name)).map(|e| e.value.clone());
                    match before {
                        Some(before) => {
                            let joined = self.join_values(&condition, &value, &before);
                            self.bind_in(target, &name, joined, site);
                        }
                        None => {
                            self.bind_in(target, &name, value, site);
                            if let Some(dict) = self.heap.dict_mut(target)
                                && let Some(entry) = dict.entries.get_mut(&crate::object::key::NameKey(&name))
                            {
                                entry.maybe = Some(condition);
                            }
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// The names that a star takes: `__all__`, or all that do not begin with an underscore.
    fn star_names(&mut self, names: Id) -> Res<Option<Vec<Rc<str>>>> {
        let Some(dict) = self.heap.dict(names).cloned() else { return Ok(None) };
        if let Some(entry) = dict.name("__all__") {
            let all = match self.collect(&entry.value.clone()) {
                Ok(all) => all,
                Err(Stop::Opaque(_)) => return Ok(None),
                Err(stop) => return Err(stop),
            };
            let mut listed = Vec::new();
            for name in all {
                match &name.kind {
                    Kind::Str(name) => listed.push(Rc::clone(name)),
                    _ => return Ok(None),
                }
            }
            return Ok(Some(listed));
        }
        if dict.open.is_some() {
            return Ok(None);
        }
        Ok(Some(
            dict.entries
                .values()
                .filter_map(|e| e.key.as_str())
                .filter(|name| !name.starts_with('_'))
                .map(Rc::from)
                .collect(),
        ))
    }

    /// The module of this dotted name, its packages imported first.
    pub(crate) fn import_module(&mut self, name: &str) -> Res<Value> {
        self.charge(5)?;
        self.deeper(|interp| interp.import_inner(name))
    }

    fn import_inner(&mut self, name: &str) -> Res<Value> {
        if let Some(found) = self.imported_module(name) {
            return found;
        }
        let parent = match name.rsplit_once('.') {
            None => None,
            Some((parent, _)) => {
                let value = self.import_module(parent)?;
                // Importing the package may have imported the module.
                if let Some(found) = self.imported_module(name) {
                    return found;
                }
                Some(value)
            }
        };
        let module = self.load_module(name, parent.as_ref())?;
        if let (Some(parent), Some((_, last))) = (parent, name.rsplit_once('.'))
            && let Some(Object::Module(inner)) = parent.id().map(|id| self.heap.get(id))
        {
            let names = inner.names;
            let site = self.here;
            self.bind_in(names, &last.into(), module.clone(), site);
        }
        Ok(module)
    }

    fn imported_module(&mut self, name: &str) -> Option<Res<Value>> {
        let entry = self.heap.dict(self.modules).and_then(|d| d.name(name))?;
        let value = entry.value.clone();
        if value.is_none() {
            let message = format!("import of {name} halted; None in sys.modules");
            return Some(Err(self.raise(Type::ModuleNotFoundError, message)));
        }
        Some(Ok(value))
    }

    /// `ModuleNotFoundError`
    pub(super) fn module_not_found(&mut self, name: &str) -> Stop {
        self.raise(Type::ModuleNotFoundError, format!("No module named '{name}'"))
    }

    /// `ModuleNotFoundError` for a part of something that is no package.
    pub(super) fn not_a_package(&mut self, name: &str, parent: &str) -> Stop {
        let message = format!("No module named '{name}'; '{parent}' is not a package");
        self.raise(Type::ModuleNotFoundError, message)
    }
}
