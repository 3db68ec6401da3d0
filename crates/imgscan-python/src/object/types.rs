//! The classes that the interpreter itself brings.

/// Declares the classes: variant, name, base.
macro_rules! types {
    ($($variant:ident $name:literal $module:literal $base:ident;)*) => {
        /// A class of the interpreter or of a modelled library.
        #[allow(clippy::enum_variant_names)] // They are named as Python names them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub(crate) enum Type { $($variant),* }

        impl Type {
            /// Every class, in the order of the table.
            pub(crate) const ALL: &'static [Type] = &[$(Type::$variant),*];

            /// `__name__`
            pub(crate) fn name(self) -> &'static str {
                match self { $(Type::$variant => $name),* }
            }

            /// `__module__`
            pub(crate) fn module(self) -> &'static str {
                match self { $(Type::$variant => $module),* }
            }

            /// The first base class; `object` is its own.
            pub(crate) fn base(self) -> Type {
                match self { $(Type::$variant => Type::$base),* }
            }
        }
    };
}

types! {
    Object "object" "builtins" Object;
    Type "type" "builtins" Object;
    None "NoneType" "builtins" Object;
    NotImplemented "NotImplementedType" "builtins" Object;
    Ellipsis "ellipsis" "builtins" Object;
    Int "int" "builtins" Object;
    Bool "bool" "builtins" Int;
    Float "float" "builtins" Object;
    Complex "complex" "builtins" Object;
    Str "str" "builtins" Object;
    Bytes "bytes" "builtins" Object;
    ByteArray "bytearray" "builtins" Object;
    MemoryView "memoryview" "builtins" Object;
    List "list" "builtins" Object;
    Tuple "tuple" "builtins" Object;
    Dict "dict" "builtins" Object;
    Set "set" "builtins" Object;
    FrozenSet "frozenset" "builtins" Object;
    Range "range" "builtins" Object;
    Slice "slice" "builtins" Object;
    Function "function" "builtins" Object;
    Builtin "builtin_function_or_method" "builtins" Object;
    Method "method" "builtins" Object;
    Module "module" "builtins" Object;
    Generator "generator" "builtins" Object;
    Coroutine "coroutine" "builtins" Object;
    Property "property" "builtins" Object;
    StaticMethod "staticmethod" "builtins" Object;
    ClassMethod "classmethod" "builtins" Object;
    Super "super" "builtins" Object;
    Enumerate "enumerate" "builtins" Object;
    Zip "zip" "builtins" Object;
    Map "map" "builtins" Object;
    Filter "filter" "builtins" Object;
    Reversed "reversed" "builtins" Object;
    ListIterator "list_iterator" "builtins" Object;
    TupleIterator "tuple_iterator" "builtins" Object;
    StrIterator "str_iterator" "builtins" Object;
    BytesIterator "bytes_iterator" "builtins" Object;
    RangeIterator "range_iterator" "builtins" Object;
    SetIterator "set_iterator" "builtins" Object;
    KeyIterator "dict_keyiterator" "builtins" Object;
    ValueIterator "dict_valueiterator" "builtins" Object;
    ItemIterator "dict_itemiterator" "builtins" Object;
    CallableIterator "callable_iterator" "builtins" Object;
    DictKeys "dict_keys" "builtins" Object;
    DictValues "dict_values" "builtins" Object;
    DictItems "dict_items" "builtins" Object;
    TextFile "TextIOWrapper" "_io" Object;
    BinaryFile "BufferedReader" "_io" Object;
    StringIo "StringIO" "_io" Object;
    Environ "_Environ" "os" Object;
    OrderedDict "OrderedDict" "collections" Dict;
    DefaultDict "defaultdict" "collections" Dict;
    Counter "Counter" "collections" Dict;
    PurePath "PurePath" "pathlib" Object;
    PurePosixPath "PurePosixPath" "pathlib" PurePath;
    Path "Path" "pathlib" PurePath;
    PosixPath "PosixPath" "pathlib" Path;
    Pattern "Pattern" "re" Object;
    Match "Match" "re" Object;
    Namespace "SimpleNamespace" "types" Object;
    Partial "partial" "functools" Object;
    BaseException "BaseException" "builtins" Object;
    SystemExit "SystemExit" "builtins" BaseException;
    KeyboardInterrupt "KeyboardInterrupt" "builtins" BaseException;
    GeneratorExit "GeneratorExit" "builtins" BaseException;
    BaseExceptionGroup "BaseExceptionGroup" "builtins" BaseException;
    Exception "Exception" "builtins" BaseException;
    ExceptionGroup "ExceptionGroup" "builtins" BaseExceptionGroup;
    StopIteration "StopIteration" "builtins" Exception;
    StopAsyncIteration "StopAsyncIteration" "builtins" Exception;
    ArithmeticError "ArithmeticError" "builtins" Exception;
    FloatingPointError "FloatingPointError" "builtins" ArithmeticError;
    OverflowError "OverflowError" "builtins" ArithmeticError;
    ZeroDivisionError "ZeroDivisionError" "builtins" ArithmeticError;
    AssertionError "AssertionError" "builtins" Exception;
    AttributeError "AttributeError" "builtins" Exception;
    BufferError "BufferError" "builtins" Exception;
    EofError "EOFError" "builtins" Exception;
    ImportError "ImportError" "builtins" Exception;
    ModuleNotFoundError "ModuleNotFoundError" "builtins" ImportError;
    LookupError "LookupError" "builtins" Exception;
    IndexError "IndexError" "builtins" LookupError;
    KeyError "KeyError" "builtins" LookupError;
    MemoryError "MemoryError" "builtins" Exception;
    NameError "NameError" "builtins" Exception;
    UnboundLocalError "UnboundLocalError" "builtins" NameError;
    OsError "OSError" "builtins" Exception;
    BlockingIoError "BlockingIOError" "builtins" OsError;
    ChildProcessError "ChildProcessError" "builtins" OsError;
    ConnectionError "ConnectionError" "builtins" OsError;
    BrokenPipeError "BrokenPipeError" "builtins" ConnectionError;
    ConnectionAbortedError "ConnectionAbortedError" "builtins" ConnectionError;
    ConnectionRefusedError "ConnectionRefusedError" "builtins" ConnectionError;
    ConnectionResetError "ConnectionResetError" "builtins" ConnectionError;
    FileExistsError "FileExistsError" "builtins" OsError;
    FileNotFoundError "FileNotFoundError" "builtins" OsError;
    InterruptedError "InterruptedError" "builtins" OsError;
    IsADirectoryError "IsADirectoryError" "builtins" OsError;
    NotADirectoryError "NotADirectoryError" "builtins" OsError;
    PermissionError "PermissionError" "builtins" OsError;
    ProcessLookupError "ProcessLookupError" "builtins" OsError;
    TimeoutError "TimeoutError" "builtins" OsError;
    ReferenceError "ReferenceError" "builtins" Exception;
    RuntimeError "RuntimeError" "builtins" Exception;
    NotImplementedError "NotImplementedError" "builtins" RuntimeError;
    RecursionError "RecursionError" "builtins" RuntimeError;
    SyntaxError "SyntaxError" "builtins" Exception;
    IndentationError "IndentationError" "builtins" SyntaxError;
    TabError "TabError" "builtins" IndentationError;
    SystemError "SystemError" "builtins" Exception;
    TypeError "TypeError" "builtins" Exception;
    ValueError "ValueError" "builtins" Exception;
    UnicodeError "UnicodeError" "builtins" ValueError;
    UnicodeDecodeError "UnicodeDecodeError" "builtins" UnicodeError;
    UnicodeEncodeError "UnicodeEncodeError" "builtins" UnicodeError;
    UnicodeTranslateError "UnicodeTranslateError" "builtins" UnicodeError;
    Warning "Warning" "builtins" Exception;
    BytesWarning "BytesWarning" "builtins" Warning;
    DeprecationWarning "DeprecationWarning" "builtins" Warning;
    EncodingWarning "EncodingWarning" "builtins" Warning;
    FutureWarning "FutureWarning" "builtins" Warning;
    ImportWarning "ImportWarning" "builtins" Warning;
    PendingDeprecationWarning "PendingDeprecationWarning" "builtins" Warning;
    ResourceWarning "ResourceWarning" "builtins" Warning;
    RuntimeWarning "RuntimeWarning" "builtins" Warning;
    SyntaxWarning "SyntaxWarning" "builtins" Warning;
    UnicodeWarning "UnicodeWarning" "builtins" Warning;
    UserWarning "UserWarning" "builtins" Warning;
    JsonDecodeError "JSONDecodeError" "json.decoder" ValueError;
    ReError "error" "re" Exception;
    DecoupleUndefined "UndefinedValueError" "decouple" Exception;
    ImproperlyConfigured "ImproperlyConfigured" "environ.compat" Exception;
}

impl Type {
    /// Whether it is `other` or derives from it.
    pub(crate) fn is(self, other: Type) -> bool {
        let mut class = self;
        loop {
            if class == other {
                return true;
            }
            if class == Type::Object {
                return false;
            }
            class = class.base();
        }
    }

    /// Whether it is an exception.
    pub(crate) fn is_exception(self) -> bool {
        self.is(Type::BaseException)
    }

    /// The class of this name among the builtins.
    pub(crate) fn builtin(name: &str) -> Option<Type> {
        // Names that are no builtins although the module says so.
        const HIDDEN: [Type; 29] = [
            Type::None,
            Type::NotImplemented,
            Type::Ellipsis,
            Type::Function,
            Type::Builtin,
            Type::Method,
            Type::Module,
            Type::Generator,
            Type::Coroutine,
            Type::ListIterator,
            Type::TupleIterator,
            Type::StrIterator,
            Type::BytesIterator,
            Type::RangeIterator,
            Type::SetIterator,
            Type::KeyIterator,
            Type::ValueIterator,
            Type::ItemIterator,
            Type::CallableIterator,
            Type::DictKeys,
            Type::DictValues,
            Type::DictItems,
            Type::TextFile,
            Type::BinaryFile,
            Type::StringIo,
            Type::Environ,
            Type::Namespace,
            Type::Partial,
            Type::ReError,
        ];
        if name == "IOError" || name == "EnvironmentError" {
            return Some(Type::OsError);
        }
        let found = Type::ALL.iter().find(|t| t.name() == name && t.module() == "builtins")?;
        if HIDDEN.contains(found) { None } else { Some(*found) }
    }

    /// As a traceback names it: with its module unless that is `builtins`.
    pub(crate) fn full_name(self) -> String {
        match self.module() {
            "builtins" => self.name().to_owned(),
            module => format!("{module}.{}", self.name()),
        }
    }
}
