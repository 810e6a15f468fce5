"""PURE: the runtimes of AWS Lambda, and where each of them looks for the handler."""

import re
from collections.abc import Collection
from dataclasses import dataclass

PATTERN = re.compile(
    r"python3\.1[0-5]|nodejs2[0246]\.x|java(?:8\.al2|8\.al2023|11|11\.al2023|17|17\.al2023|21|25)"
    r"|dotnet(?:8|10)|ruby(?:3\.[234]|4\.0)|provided\.al2(?:023)?"
)
# As offered, the usual ones first; Go, Rust and whatever else is compiled run on provided.*.
NAMES = (
    *(f"python3.{n}" for n in (13, 14, 15, 12, 11, 10)),
    *(f"nodejs{n}.x" for n in (24, 26, 22, 20)),
    "java25",
    "java21",
    "java17",
    "java17.al2023",
    "java11",
    "java11.al2023",
    "java8.al2",
    "java8.al2023",
    "dotnet10",
    "dotnet8",
    "ruby4.0",
    "ruby3.4",
    "ruby3.3",
    "ruby3.2",
    "provided.al2023",
    "provided.al2",
)
TITLES = {
    "python": "Python",
    "nodejs": "Node.js",
    "java": "Java",
    "dotnet": ".NET",
    "ruby": "Ruby",
    "provided": "Go, Rust and whatever is compiled",
}
ARCHITECTURES = ("x86_64", "arm64")


@dataclass(frozen=True, slots=True)
class _Module:
    """Runtimes whose handler is a module of the package and a name in it: `folder/file.name`."""

    endings: tuple[str, ...]
    dots_are_folders: bool = False

    def wanted(self, handler: str) -> list[str]:
        module = handler.rpartition(".")[0] or handler
        paths = [module, module.replace(".", "/")] if self.dots_are_folders else [module.partition(".")[0]]
        return [f"{path.removeprefix('./')}{ending}" for path in dict.fromkeys(paths) for ending in self.endings]


MODULES = {
    "python": _Module((".py", "/__init__.py", ".pyc", ".so"), dots_are_folders=True),
    "nodejs": _Module((".js", ".mjs", ".cjs", ".node")),
    "ruby": _Module((".rb",)),
}


def family(runtime: str) -> str:
    """What the runtime is of: python, nodejs, java, dotnet, ruby or provided."""
    found = re.match(r"[a-z]+", runtime)
    return found[0] if found else ""


def grouped(known: str = "") -> list[tuple[str, list[str]]]:
    """All that are offered, by language; also one that a function is `known` to have and that is offered no more."""
    names = NAMES if not known or known in NAMES else (*NAMES, known)
    groups = {title: [name for name in names if family(name) == kind] for kind, title in TITLES.items()}
    others = [name for name in names if family(name) not in TITLES]
    return [*groups.items(), *([("Other", others)] if others else [])]


def handler_files(runtime: str, handler: str) -> list[str]:
    """Names of which one is the file of the handler; none where the runtime does not look for it by its name."""
    found = MODULES.get(family(runtime))
    return found.wanted(handler) if found else []


def missing_handler(runtime: str, handler: str, files: Collection[str]) -> str | None:
    """What of the package's `files` should be there for the handler to be found and is not; None when it is there."""
    kind = family(runtime)
    if kind in MODULES:
        if "." not in handler.rpartition("/")[2].strip("."):
            return (
                f"name in the handler {handler}: it is a file and what is in it to be called, such as {handler}.handler"
            )
        wanted = MODULES[kind].wanted(handler)
        return None if set(wanted).intersection(files) else f"{wanted[0]}, where {handler} should be{_hint(files)}"
    if kind == "provided":
        return None if "bootstrap" in files else f"bootstrap, the program that {runtime} starts{_hint(files)}"
    endings = {"java": (".class", ".jar"), "dotnet": (".dll",)}.get(kind, ())
    return None if any(name.endswith(endings) for name in files) else f"file that ends with {' or '.join(endings)}"


def _hint(files: Collection[str]) -> str:
    """The usual mistake: the folder was zipped, not what is in it."""
    tops = {name.partition("/")[0] for name in files}
    if len(tops) == 1 and all("/" in name for name in files):
        return f": everything lies in the folder {next(iter(tops))}, so zip what is in it, not the folder"
    return ""
