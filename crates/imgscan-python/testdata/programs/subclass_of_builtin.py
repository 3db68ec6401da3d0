# An object of a class that derives from a builtin one is not plain.
class Port(int):
    pass


class Table(dict):
    def __getattr__(self, name):
        return self[name]


class Name(str):
    pass


port = Port(80)
table = Table(a=1)
name = Name("web")
