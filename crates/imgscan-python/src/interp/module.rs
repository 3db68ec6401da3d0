//! Modules of the image: finding their files, evaluating them.

use std::rc::Rc;
use std::sync::Arc;

use imgscan_model::{FileError, NodeKind, Text, limits, path};

use crate::object::instance::{Module, ModuleSource, Scope};
use crate::object::{Dict, ExternalKind, Id, Object, Type, Value};
use crate::source::{Site, Unit};
use crate::stdlib;
use crate::syntax::ir::{Element, Expr, ExprKind, Literal, UnaryOp};
use crate::syntax::{self, Fault, SourceKind};

use super::error::{Exc, Stop};
use super::frame::Frame;
use super::{Interp, Res};

/// Steps that one module of the image may take.
const MODULE_STEPS: u64 = 150_000;
/// Steps that one module of an installed package may take; more, and it is known by its text only.
const PACKAGE_STEPS: u64 = 20_000;
/// Largest module of an installed package that is evaluated, in bytes.
const PACKAGE_BYTES: usize = 64 << 10;
/// How deep installed packages evaluate each other.
const PACKAGE_DEPTH: usize = 4;

/// What stands for a module's name in a directory.
enum Found {
    /// A package with the path of its `__init__.py`.
    Package(String),
    Module(String),
    /// A directory without `__init__.py`.
    Namespace(String),
    /// Compiled code.
    Compiled(String),
    Unknown(String),
    Nothing,
}

impl Interp<'_> {
    /// Starts the module that the run is about.
    pub(crate) fn main_module(&mut self, listed: bool) -> (Id, Id) {
        let names = self.heap.add(Object::Dict(Dict::default()));
        let file = self.world.file.clone();
        let name = self.world.name.to_owned();
        self.name_module(names, &name, file.as_deref(), None);
        let module = Module { name: name.as_str().into(), names, source: ModuleSource::Evaluated };
        let id = self.heap.add(Object::Module(module));
        if listed {
            let modules = self.modules;
            self.bind_in(modules, &name.as_str().into(), Value::object(id), Site::default());
        }
        (id, names)
    }

    /// The names that every module has.
    fn name_module(&mut self, names: Id, name: &str, file: Option<&str>, package_path: Option<&str>) {
        let package = match package_path {
            Some(_) => name,
            None => name.rsplit_once('.').map_or("", |(package, _)| package),
        };
        let mut entries: Vec<(&str, Value)> = vec![
            ("__name__", Value::str(name)),
            ("__doc__", Value::none()),
            ("__package__", Value::str(package)),
            ("__loader__", Value::unknown("loaders are not modelled")),
            ("__spec__", Value::unknown("loaders are not modelled")),
            ("__builtins__", Value::unknown("`__builtins__` is not modelled")),
        ];
        if let Some(file) = file {
            entries.push(("__file__", Value::str(file)));
            entries.push(("__cached__", Value::unknown("where bytecode lies is not modelled")));
        }
        if let Some(dir) = package_path {
            let list = self.list(vec![Value::str(dir)]);
            entries.push(("__path__", list));
        }
        for (name, value) in entries {
            self.bind_in(names, &name.into(), value, Site::default());
        }
    }

    fn add_module(&mut self, name: &str, names: Id, source: ModuleSource) -> Value {
        let module = Module { name: name.into(), names, source };
        let value = Value::object(self.heap.add(Object::Module(module)));
        let modules = self.modules;
        self.bind_in(modules, &name.into(), value.clone(), Site::default());
        value
    }

    /// Loads a module that is not in `sys.modules`.
    pub(super) fn load_module(&mut self, name: &str, parent: Option<&Value>) -> Res<Value> {
        let (directories, parent_name) = match parent {
            None => (None, ""),
            Some(parent) => {
                let parent_name = name.rsplit_once('.').map_or("", |(parent, _)| parent);
                match parent.id().map(|id| self.heap.get(id)) {
                    Some(Object::Module(module)) => match &module.source {
                        ModuleSource::Modelled => {
                            return match stdlib::has_module(name, self.version()) {
                                Some(true) => Ok(self.modelled(name)),
                                Some(false) => Err(self.missing_part(name, parent_name)),
                                None => {
                                    self.may_raise(None, &format!("import {name}"), &[])?;
                                    Ok(self.opaque_module(name, "whether this version has it is not known"))
                                }
                            };
                        }
                        ModuleSource::Opaque(reason) => {
                            let reason = Rc::clone(reason);
                            return Ok(self.opaque_module(name, &reason));
                        }
                        _ => (self.package_directories(module.names), parent_name),
                    },
                    _ => return Ok(self.opaque_module(name, "its package is not modelled")),
                }
            }
        };
        match (parent, directories) {
            (None, _) => self.load_top(name),
            (Some(_), None) => Err(self.not_a_package(name, parent_name)),
            (Some(_), Some(directories)) => {
                let last = name.rsplit_once('.').map_or(name, |(_, last)| last).to_owned();
                match self.search(&directories, &last) {
                    Found::Nothing if self.is_partial_server(name, &directories) => {
                        Ok(self.opaque_module(name, "it is not in the image"))
                    }
                    Found::Nothing => Err(self.module_not_found(name)),
                    found => self.load_found(name, found),
                }
            }
        }
    }

    /// Whether a module would be a part of the server that runs the configuration, of which the image holds only
    /// parts: the server runs, so it is whole somewhere. `config.py` is in every gunicorn.
    fn is_partial_server(&self, name: &str, directories: &[String]) -> bool {
        let whole = |dir: &String| self.world.files.exists(&format!("{dir}/config.py")) == Some(true);
        name.starts_with("gunicorn.") && self.world.name == "__config__" && !directories.iter().any(whole)
    }

    /// `sys.path` as it stands now; and why it may hold more.
    fn search_path(&mut self) -> (Vec<Arc<str>>, Option<String>) {
        let modules = self.modules;
        let sys = self.heap.dict(modules).and_then(|d| d.name("sys")).map(|e| e.value.clone());
        let names = sys.and_then(|sys| match self.heap.get(sys.id()?) {
            Object::Module(module) => Some(module.names),
            _ => None,
        });
        let replaced = names.and_then(|names| Some(self.heap.dict(names)?.name("path")?.value.clone()));
        let value = replaced.unwrap_or_else(|| stdlib::sys_path(self));
        let Some(items) = value.id().and_then(|id| self.heap.list(id)) else {
            return (self.world.python_path.to_vec(), Some("`sys.path` is not known".into()));
        };
        let known: Vec<Arc<str>> = items.iter().filter_map(|v| v.as_str().map(Arc::from)).collect();
        let unsure = (known.len() < items.len()).then(|| "a part of `sys.path` is not known".to_owned());
        (known, unsure)
    }

    fn missing_part(&mut self, name: &str, parent: &str) -> Stop {
        if stdlib::is_package(parent) {
            self.module_not_found(name)
        } else {
            self.not_a_package(name, parent)
        }
    }

    /// The directories of a package's `__path__`.
    fn package_directories(&self, names: Id) -> Option<Vec<String>> {
        let entry = self.heap.dict(names)?.name("__path__")?;
        let items = self.heap.list(entry.value.id()?)?;
        Some(items.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect())
    }

    fn load_top(&mut self, name: &str) -> Res<Value> {
        if stdlib::is_loaded_early(name) {
            return Ok(self.modelled(name));
        }
        let is_standard = stdlib::has_module(name, self.version());
        let mut directories = Vec::new();
        let mut any = false;
        let (entries, mut unsure) = self.search_path();
        let cwd = self.world.cwd.unwrap_or("/").to_owned();
        for entry in entries {
            let directory = path::join(&cwd, &entry);
            match self.world.files.resolve(&directory) {
                Ok(node) if node.is_dir() => {
                    any = true;
                    let is_library = self.world.files.exists(&format!("{directory}/os.py")) == Some(true);
                    if is_library && is_standard == Some(true) {
                        break;
                    }
                    directories.push(directory);
                }
                Err(FileError::Unknown(reason)) => unsure = Some(reason),
                _ => {}
            }
        }
        let linked = self.linked_directories(&directories);
        directories.extend(linked.0);
        match self.search(&directories, name) {
            Found::Nothing => {}
            found => return self.load_found(name, found),
        }
        match is_standard {
            Some(true) => return Ok(self.modelled(name)),
            None => {
                self.may_raise(None, &format!("import {name}"), &[])?;
                return Ok(self.opaque_module(name, "whether this version has it is not known"));
            }
            Some(false) => {}
        }
        // The server that runs a configuration is there, whether its files are seen or not.
        if name == "gunicorn" && self.world.name == "__config__" {
            return Ok(self.opaque_module(name, "it is not in the image"));
        }
        let unsure = unsure.or(linked.1);
        if any && unsure.is_none() {
            return Err(self.module_not_found(name));
        }
        let reason = unsure.unwrap_or_else(|| "where Python looks for modules is not known".to_owned());
        self.may_raise(None, &format!("import {name}"), &[])?;
        Ok(self.opaque_module(name, &reason))
    }

    /// Directories that `.pth` files of site directories add; and why there may be more modules than are found.
    fn linked_directories(&mut self, directories: &[String]) -> (Vec<String>, Option<String>) {
        let mut linked = Vec::new();
        let mut unsure = None;
        for directory in directories {
            if !is_installed(&format!("{directory}/x")) {
                continue;
            }
            let Ok(names) = self.world.files.list(directory) else { continue };
            for name in names.iter().filter(|name| name.ends_with(".pth")) {
                match self.world.files.read(&format!("{directory}/{name}")) {
                    Ok(text) => {
                        for line in
                            text.raw().lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'))
                        {
                            if !line.starts_with("import ") && !line.starts_with("import\t") {
                                linked.push(path::join(directory, line));
                            } else if line.contains("__editable__") {
                                unsure = Some(format!(
                                    "`{directory}/{name}` adds modules in a way that is not followed"
                                ));
                            }
                        }
                    }
                    Err(error) => unsure = Some(format!("`{directory}/{name}`: {error}")),
                }
            }
        }
        (linked, unsure)
    }

    fn search(&mut self, directories: &[String], name: &str) -> Found {
        let mut namespace = None;
        for directory in directories {
            match self.look(directory, name) {
                Found::Nothing => {}
                Found::Namespace(found) => namespace = namespace.or(Some(found)),
                found => return found,
            }
        }
        namespace.map_or(Found::Nothing, Found::Namespace)
    }

    fn look(&self, directory: &str, name: &str) -> Found {
        let files = self.world.files;
        let base = format!("{directory}/{name}");
        let mut namespace = false;
        match files.resolve(&base) {
            Ok(node) if node.kind == NodeKind::Dir => {
                let init = format!("{base}/__init__.py");
                match files.resolve(&init) {
                    Ok(node) if node.is_file() => return Found::Package(init),
                    Err(FileError::Unknown(reason)) => return Found::Unknown(reason),
                    _ => namespace = true,
                }
            }
            Err(FileError::Unknown(reason)) => return Found::Unknown(reason),
            _ => {}
        }
        let source = format!("{base}.py");
        match files.resolve(&source) {
            Ok(node) if node.is_file() => return Found::Module(source),
            Err(FileError::Unknown(reason)) => return Found::Unknown(reason),
            _ => {}
        }
        if let Some(compiled) = self.compiled(directory, name) {
            return Found::Compiled(compiled);
        }
        if namespace { Found::Namespace(base) } else { Found::Nothing }
    }

    /// An extension module or bytecode without source.
    fn compiled(&self, directory: &str, name: &str) -> Option<String> {
        let names = self.world.files.list(directory).ok()?;
        let start = names.partition_point(|n| &**n < name);
        names
            .iter()
            .skip(start)
            .take_while(|n| n.starts_with(name))
            .find(|n| {
                let rest = n.get(name.len()..).unwrap_or("");
                rest == ".pyc" || rest == ".so" || rest.starts_with('.') && rest.ends_with(".so")
            })
            .map(|n| format!("{directory}/{n}"))
    }

    fn load_found(&mut self, name: &str, found: Found) -> Res<Value> {
        match found {
            Found::Package(file) => {
                let directory = path::parent(&file).to_owned();
                self.load_file(name, &file, Some(&directory))
            }
            Found::Module(file) => self.load_file(name, &file, None),
            Found::Namespace(directory) => {
                let names = self.heap.add(Object::Dict(Dict::default()));
                self.name_module(names, name, None, Some(&directory));
                Ok(self.add_module(name, names, ModuleSource::Namespace))
            }
            Found::Compiled(file) => Ok(self.opaque_module(name, &format!("`{file}` has no source"))),
            Found::Unknown(reason) => {
                self.may_raise(None, &format!("import {name}"), &[])?;
                Ok(self.opaque_module(name, &reason))
            }
            Found::Nothing => Err(self.module_not_found(name)),
        }
    }

    fn load_file(&mut self, name: &str, file: &str, package_path: Option<&str>) -> Res<Value> {
        if stdlib::is_modelled_package(name) {
            return Ok(self.modelled(name));
        }
        let names = self.heap.add(Object::Dict(Dict::default()));
        self.name_module(names, name, Some(file), package_path);
        if is_installed(file) {
            return Ok(self.add_module(name, names, ModuleSource::Lazy(file.into())));
        }
        let text = match self.world.files.read(file) {
            Ok(text) => text,
            Err(error) => {
                self.may_raise(None, &format!("import {name}"), &[])?;
                return Ok(self.opaque_module(name, &format!("`{file}`: {error}")));
            }
        };
        self.imported.push(file.into());
        let value = self.add_module(name, names, ModuleSource::Evaluated);
        let result = self.budgeted(MODULE_STEPS, |interp| interp.run_module(names, file, &text));
        match result {
            Ok(Ok(())) => Ok(value),
            Ok(Err(reason)) => {
                self.problems
                    .push(imgscan_model::Problem::new(format!("`{file}` is not followed: {reason}")));
                self.may_raise(None, &format!("import {name}"), &[])?;
                // It may have changed the environment.
                let environ = self.environ;
                self.open_dict(environ, &format!("`{file}` is not followed"));
                Ok(self.opaque_module(name, &format!("`{file}` is not followed: {reason}")))
            }
            Err(stop) => {
                let modules = self.modules;
                self.unbind(modules, name);
                Err(stop)
            }
        }
    }

    /// Runs something with a bound of its own; where that is passed, the state is as before and the reason is given.
    fn budgeted(&mut self, steps: u64, run: impl FnOnce(&mut Self) -> Res<()>) -> Res<Result<(), Rc<str>>> {
        let before = self.heap.clone();
        let limit = self.limit;
        self.limit = limit.min(self.steps.saturating_add(steps));
        let (recursion, calls, path) = (self.recursion, self.calls, self.path.len());
        let result = run(self);
        self.limit = limit;
        match result {
            Ok(()) => Ok(Ok(())),
            Err(Stop::Bound(reason)) => {
                if self.steps > limit {
                    return Err(Stop::Bound(reason));
                }
                (self.recursion, self.calls) = (recursion, calls);
                self.path.truncate(path);
                self.restore(before);
                Ok(Err(reason))
            }
            Err(stop) => Err(stop),
        }
    }

    /// Evaluates a module's source in its namespace.
    pub(crate) fn run_module(&mut self, names: Id, file: &str, text: &Text) -> Res<()> {
        let (unit, number) = self.add_unit(file, text)?;
        let parsed = syntax::parse_module(&unit, number, self.version(), SourceKind::Module);
        let block = parsed.map_err(|fault| self.parse_fault(fault, number))?;
        let scope = Scope { locals: names, globals: names, enclosing: Rc::new([]), class_cell: None };
        let mut frame = Frame::new(scope, self.path_length());
        let here = self.here;
        let control = std::mem::take(&mut self.control);
        let result = self.exec_block(&mut frame, &block);
        self.control = control;
        self.here = here;
        result.map(|_| ())
    }

    /// Keeps a source for places.
    fn add_unit(&mut self, file: &str, text: &Text) -> Res<(Rc<Unit>, u16)> {
        let number = u16::try_from(self.units.len() + 1).unwrap_or(u16::MAX);
        if self.units.len() >= limits::INCLUDE_DEPTH * 16 {
            return Err(Stop::Bound("more modules are imported than are followed".into()));
        }
        let Some(unit) = Unit::new(file, text) else {
            return Err(Stop::Bound("too many parts of the source are not known".into()));
        };
        let unit = Rc::new(unit);
        self.units.push(Rc::clone(&unit));
        self.charge(text.len() / 64)?;
        Ok((unit, number))
    }

    fn parse_fault(&mut self, fault: Fault, number: u16) -> Stop {
        match fault {
            Fault::Unclear(reason) => Stop::Bound(reason),
            Fault::Syntax { class, message, at } => {
                let class = match class {
                    "IndentationError" => Type::IndentationError,
                    "TabError" => Type::TabError,
                    _ => Type::SyntaxError,
                };
                let value = self.exception(class, vec![Value::str(message)]);
                Stop::Raise(Box::new(Exc { value, site: Site { unit: number, start: at, end: at } }))
            }
        }
    }

    /// Runs code given to `exec`.
    pub(crate) fn run_code(&mut self, globals: Id, locals: Id, text: &Text) -> Res<()> {
        let (unit, number) = self.add_unit("<string>", text)?;
        let kind = if globals == locals { SourceKind::Module } else { SourceKind::Code };
        let parsed = syntax::parse_module(&unit, number, self.version(), kind);
        let block = parsed.map_err(|fault| self.parse_fault(fault, number))?;
        let mut frame = Frame::new(code_scope(globals, locals), self.path_length());
        frame.is_class = globals != locals;
        let here = self.here;
        let result = self.exec_block(&mut frame, &block);
        self.here = here;
        result.map(|_| ())
    }

    /// Evaluates code given to `eval`.
    pub(crate) fn run_expression(&mut self, globals: Id, locals: Id, text: &Text) -> Res<Value> {
        let (unit, number) = self.add_unit("<string>", text)?;
        let kind = if globals == locals { SourceKind::Module } else { SourceKind::Code };
        let parsed = syntax::parse_expression(&unit, number, self.version(), kind);
        let expr = parsed.map_err(|fault| self.parse_fault(fault, number))?;
        let mut frame = Frame::new(code_scope(globals, locals), self.path_length());
        frame.is_class = globals != locals;
        let here = self.here;
        let result = self.eval(&mut frame, &expr);
        self.here = here;
        result
    }

    /// The value of a literal given to `ast.literal_eval`.
    pub(crate) fn run_literal(&mut self, text: &str) -> Res<Value> {
        let text = Text::derived(text, self.origin(self.here));
        let (unit, number) = self.add_unit("<unknown>", &text)?;
        let parsed = syntax::parse_expression(&unit, number, self.version(), SourceKind::Module);
        let expr = parsed.map_err(|fault| self.parse_fault(fault, number))?;
        if !is_literal(&expr) {
            return Err(self.raise_unclear(Type::ValueError));
        }
        let names = self.heap.add(Object::Dict(Dict::default()));
        let mut frame = Frame::new(code_scope(names, names), self.path_length());
        self.eval(&mut frame, &expr)
    }

    /// A library module that is modelled, or at least known to exist.
    pub(crate) fn modelled(&mut self, name: &str) -> Value {
        if let Some(entry) = self.heap.dict(self.modules).and_then(|d| d.name(name)) {
            return entry.value.clone();
        }
        let names = self.heap.add(Object::Dict(Dict::default()));
        let site = Site::default();
        self.bind_in(names, &"__name__".into(), Value::str(name), site);
        self.add_module(name, names, ModuleSource::Modelled)
    }

    /// A module of which nothing but the name is known.
    pub(super) fn opaque_module(&mut self, name: &str, reason: &str) -> Value {
        let names = self.heap.add(Object::Dict(Dict::default()));
        let site = Site::default();
        self.bind_in(names, &"__name__".into(), Value::str(name), site);
        self.add_module(name, names, ModuleSource::Opaque(reason.into()))
    }

    /// Whether a top-level module of this name is in the image.
    pub(crate) fn finds_module(&self, name: &str) -> bool {
        let cwd = self.world.cwd.unwrap_or("/");
        self.world.python_path.iter().any(|entry| {
            let directory = path::join(cwd, entry);
            !matches!(self.look(&directory, name), Found::Nothing | Found::Unknown(_))
        })
    }

    /// An attribute of an installed package's module, which is evaluated now if it can be.
    pub(super) fn lazy_attribute(&mut self, id: Id, module: &Module, name: &str) -> Res<Option<Value>> {
        self.evaluate_lazy(id)?;
        let value = Value::object(id);
        match self.heap.get(id) {
            Object::Module(inner) if matches!(inner.source, ModuleSource::Lazy(_)) => {
                Ok(Some(Value::external(&module.name, name, ExternalKind::Unclear, false)))
            }
            Object::Module(inner) if matches!(inner.source, ModuleSource::Opaque(_)) => {
                // A submodule is a module all the same.
                let submodule = format!("{}.{name}", module.name);
                if let Some(entry) = self.heap.dict(self.modules).and_then(|d| d.name(&submodule)) {
                    return Ok(Some(entry.value.clone()));
                }
                let kind = match &module.source {
                    ModuleSource::Lazy(file) => self.declared(&file.clone(), name),
                    _ => ExternalKind::Unclear,
                };
                Ok(Some(Value::external(&module.name, name, kind, false)))
            }
            _ => self.find_attribute(&value, name),
        }
    }

    /// Evaluates an installed package's module, in a bound of its own and apart from the rest: where it cannot be
    /// followed to its end, nothing but its name is known.
    pub(super) fn evaluate_lazy(&mut self, id: Id) -> Res<()> {
        let Object::Module(module) = self.heap.get(id) else { return Ok(()) };
        let module = module.clone();
        let ModuleSource::Lazy(file) = &module.source else { return Ok(()) };
        let too_deep = self.packages >= PACKAGE_DEPTH;
        let text = match self.world.files.read(file) {
            Ok(text) if text.len() <= PACKAGE_BYTES && !too_deep => text,
            Ok(_) => {
                self.set_source(
                    id,
                    ModuleSource::Opaque("it is an installed package that is not followed".into()),
                );
                return Ok(());
            }
            Err(error) => {
                self.set_source(id, ModuleSource::Opaque(format!("`{file}`: {error}").into()));
                return Ok(());
            }
        };
        self.set_source(id, ModuleSource::Evaluated);
        let before = self.heap.clone();
        let maybe_end = self.maybe_end.take();
        let units = self.units.len();
        self.packages += 1;
        let (result, raised) = self.catching(|interp| {
            interp.budgeted(PACKAGE_STEPS, |interp| interp.run_module(module.names, file, &text))
        });
        self.packages -= 1;
        let unsure = self.maybe_end.is_some() || !raised.is_empty();
        self.maybe_end = maybe_end;
        match result {
            Ok(Ok(())) if !unsure => {
                self.imported.push((&**file).into());
                Ok(())
            }
            Err(Stop::Bound(reason)) => Err(Stop::Bound(reason)),
            _ => {
                let _ = units;
                self.restore(before);
                self.set_source(id, ModuleSource::Opaque(format!("`{file}` is not followed").into()));
                Ok(())
            }
        }
    }

    fn set_source(&mut self, id: Id, source: ModuleSource) {
        if let Some(Object::Module(module)) = self.heap.get_mut(id) {
            module.source = source;
        }
    }

    /// What the text of an installed module declares a name to be.
    fn declared(&self, file: &str, name: &str) -> ExternalKind {
        let Ok(text) = self.world.files.read(file) else { return ExternalKind::Unclear };
        let mut kind = ExternalKind::Unclear;
        let mut times = 0;
        for line in text.raw().lines() {
            let found = |keyword: &str| {
                line.strip_prefix(keyword)
                    .and_then(|rest| rest.strip_prefix(name))
                    .is_some_and(|rest| rest.starts_with(['(', ':', ' ', '[']))
            };
            if found("class ") {
                kind = ExternalKind::Class;
                times += 1;
            } else if found("def ") {
                kind = ExternalKind::Function;
                times += 1;
            } else if line.starts_with(name)
                && line.get(name.len()..).is_some_and(|r| r.trim_start().starts_with('='))
            {
                times += 2;
            }
        }
        if times == 1 { kind } else { ExternalKind::Unclear }
    }
}

/// Whether `ast.literal_eval` takes the expression.
fn is_literal(expr: &Expr) -> bool {
    let all = |elements: &[Element]| elements.iter().all(|e| !e.starred && is_literal(&e.value));
    match &expr.kind {
        ExprKind::Literal(_) => true,
        ExprKind::Tuple(items) | ExprKind::List(items) | ExprKind::Set(items) => all(items),
        ExprKind::Dict(items) => {
            items.iter().all(|(k, v)| k.as_ref().is_some_and(is_literal) && is_literal(v))
        }
        ExprKind::Unary(UnaryOp::Minus | UnaryOp::Plus, inner) => {
            matches!(inner.kind, ExprKind::Literal(Literal::Int(_) | Literal::Float(_)))
        }
        _ => false,
    }
}

fn code_scope(globals: Id, locals: Id) -> Scope {
    Scope { locals, globals, enclosing: Rc::new([]), class_cell: None }
}

/// Whether a file belongs to an installed package.
pub(crate) fn is_installed(file: &str) -> bool {
    file.contains("/site-packages/") || file.contains("/dist-packages/")
}
