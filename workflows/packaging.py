"""PURE: from a folder of code to the zip AWS gets, the same bytes for the same content; and the two TOML files.

Reads the folder it is given and nothing else; whether a foreign zip may be taken is said in `archives`.
"""

import hashlib
import io
import re
import stat
import tomllib
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from workflows import policies, runtimes, triggers
from workflows.triggers import TriggerDefinition, TriggerProblem

FUNCTION_FILE = "function.toml"
PAYLOADS = "payloads"  # beside what a revision holds
WORKFLOW_FILE = "workflow.toml"
NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
HANDLER = re.compile(r"\S{1,128}")
LEFT_OUT = {"__pycache__", ".git", ".DS_Store", ".pytest_cache", ".mypy_cache", ".ruff_cache"}
MEMORY_MB = range(128, 10_241)
TIMEOUT_S = range(1, 901)
STORAGE_MB = range(512, 10_241)
CONCURRENCY = range(100_001)
MOST_LAYERS = 5
MOST_TAGS = 45  # AWS takes 50; some are for the installation's own marks
LARGEST_ENVIRONMENT = 4096  # bytes of all names and values
VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]+")
RESERVED_VARIABLES = re.compile(r"_HANDLER|_X_AMZN_TRACE_ID|LAMBDA_.*|AWS_.*|TZ")
LAYER_ARN = re.compile(r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:layer:[A-Za-z0-9_-]{1,140}:\d{1,9}")
DEAD_LETTER_ARN = re.compile(r"arn:aws[a-z-]*:(sqs|sns):[a-z0-9-]+:\d{12}:[A-Za-z0-9_.-]{1,256}")
ON_FAILURE_ARN = re.compile(
    r"arn:aws[a-z-]*:(?:sqs|sns|lambda|events):[a-z0-9-]+:\d{12}:(?:function:|event-bus/)?[A-Za-z0-9_.:/-]{1,256}"
)
ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,512}")
MOST_FILES = 10_000
LARGEST_UNPACKED = 250 * 1024 * 1024  # AWS's own limit for a function's code, unzipped
EARLIEST = (1980, 1, 1, 0, 0, 0)  # the zip format knows no earlier time; a fixed one makes the bytes reproducible


# What fits the patterns above, in words, by the key that they are for: said by the form, the file and REST alike.
WANTED: Mapping[str, str] = {
    "name": "letters, digits, - and _, at most 40, such as order-intake",
    "runtime": f"one of {', '.join(runtimes.NAMES)}",
    "handler": "the file and what is in it to be called, without blanks, such as handler.handler",
    "architecture": " or ".join(runtimes.ARCHITECTURES),
    "layers": "the ARN of a layer's version, such as arn:aws:lambda:eu-west-1:123456789012:layer:tools:3",
    "dead_letter": "the ARN of a queue or topic, such as arn:aws:sqs:eu-west-1:123456789012:failed",
    "on_failure": "the ARN of a queue, topic, function or event bus, such as arn:aws:sqs:eu-west-1:123456789012:failed",
    "role": "the ARN of a role, such as arn:aws:iam::123456789012:role/orders",
    "title": "1 to 120 characters in one line",
    "type": "STANDARD or EXPRESS",
}


class DefinitionProblem(Exception):
    """A file of a definition is missing or says something that cannot be; names the file, and the key in it."""

    def __init__(self, file: Path | str, message: str, key: str = "") -> None:
        super().__init__(f"{file}: {message}")
        self.file, self.message, self.key = str(file), message, key


@dataclass(frozen=True, slots=True)
class Permission:
    """What a function may do in AWS beside writing its log."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """As stored with a revision."""
        return {"actions": list(self.actions), "resources": list(self.resources)}


@dataclass(frozen=True, slots=True)
class FunctionDefinition:
    """What `function.toml` says: memory and storage in MB, timeout in seconds.

    `concurrency` is reserved for it, None for none; `dead_letter` is a queue or topic that gets what could not be
    handled; `on_failure` a queue, topic, function or event bus that gets the same with the error, of calls through the
    alias; `role` is one made elsewhere, in place of the one that is made for it.
    """

    name: str
    runtime: str
    handler: str
    memory: int
    timeout: int
    environment: dict[str, str] = field(default_factory=dict)
    permissions: tuple[Permission, ...] = ()
    triggers: tuple[TriggerDefinition, ...] = ()
    architecture: str = "x86_64"
    layers: tuple[str, ...] = ()
    storage: int = 512
    concurrency: int | None = None
    dead_letter: str = ""
    on_failure: str = ""
    role: str = ""
    tags: dict[str, str] = field(default_factory=dict)


_FUNCTION_KEYS = {one.name for one in fields(FunctionDefinition)}


@dataclass(frozen=True, slots=True)
class WorkflowDefinition:
    """What a workflow's folder says; its name is the folder's."""

    name: str
    title: str
    type: str
    keys: dict[str, str]
    definition: str
    input_schema: str
    unique_references: bool = False
    role: str = ""


@dataclass(frozen=True, slots=True)
class Package:
    """A zip, and the SHA-256 of its bytes in hex."""

    content: bytes
    sha256: str


# ---- functions


def read_function(folder: Path) -> FunctionDefinition:
    """Read `folder/function.toml`, but for its payloads. Raises DefinitionProblem."""
    file = folder / FUNCTION_FILE
    return function_from(file, {key: value for key, value in _toml(file).items() if key != PAYLOADS})


def read_payloads(folder: Path) -> dict[str, str]:
    """What `folder/function.toml` has it tried with: JSON text by name. Raises DefinitionProblem."""
    file = folder / FUNCTION_FILE
    found: dict[str, str] = {}
    for one in _Given(file, _toml(file), {PAYLOADS, *_FUNCTION_KEYS}).value(PAYLOADS, list, []):
        name, text = (one.get("name"), one.get("payload")) if isinstance(one, dict) else (None, None)
        if not isinstance(name, str) or not isinstance(text, str) or one.keys() > {"name", "payload"}:
            raise DefinitionProblem(
                file, "each of [[payloads]] has a `name` and a `payload`, JSON as a string", PAYLOADS
            )
        found[name] = text
    return found


def function_from(file: Path | str, values: Mapping[str, Any]) -> FunctionDefinition:
    """The same from a mapping that says what function.toml would; `file` names where it is from.

    Raises DefinitionProblem.
    """
    given = _Given(file, values, _FUNCTION_KEYS)
    definition = FunctionDefinition(
        name=given.text("name", NAME),
        runtime=given.text("runtime", runtimes.PATTERN),
        handler=given.text("handler", HANDLER),
        memory=given.number("memory", MEMORY_MB, 128),
        timeout=given.number("timeout", TIMEOUT_S, 3),
        environment=given.texts("environment"),
        permissions=tuple(read_permission(file, one) for one in given.value("permissions", list, [])),
        triggers=read_triggers(file, given.value("triggers", list, [])),
        architecture=given.text("architecture", re.compile("|".join(runtimes.ARCHITECTURES)), "x86_64"),
        layers=tuple(given.value("layers", list, [])),
        storage=given.number("storage", STORAGE_MB, 512),
        concurrency=given.number("concurrency", CONCURRENCY, 0) if given.has("concurrency") else None,
        dead_letter=given.text("dead_letter", DEAD_LETTER_ARN) if given.has("dead_letter") else "",
        on_failure=given.text("on_failure", ON_FAILURE_ARN) if given.has("on_failure") else "",
        role=_role_of(given),
        tags=given.texts("tags"),
    )
    for key, problem in (
        ("environment", check_environment(definition.environment)),
        ("layers", check_layers(definition.layers)),
        ("tags", check_tags(definition.tags)),
    ):
        if problem:
            raise DefinitionProblem(file, problem, key)
    return definition


def function_values(definition: FunctionDefinition) -> dict[str, Any]:
    """What function.toml would say: `function_from` reads it again. Without what it need not say."""
    values = {one.name: getattr(definition, one.name) for one in fields(definition)} | {
        "permissions": [permission.as_dict() for permission in definition.permissions],
        "triggers": [trigger.as_dict() for trigger in definition.triggers],
        "layers": list(definition.layers),
    }
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


def replace_triggers(file: Path | str, definition: FunctionDefinition, given: list[Any]) -> FunctionDefinition:
    """The same function called by others. Raises DefinitionProblem."""
    return replace(definition, triggers=read_triggers(file, given))


def check_environment(values: Mapping[str, str]) -> str:
    """What AWS would refuse variables for; nothing where it would not."""
    for name in values:
        if not VARIABLE.fullmatch(name):
            wanted = "at least two characters, of which the first is a letter and the others are letters, digits and _"
            return f"“{name}” is no name of an environment variable: Lambda wants {wanted}, such as TABLE_NAME"
        if RESERVED_VARIABLES.fullmatch(name):
            return f"{name} is set by Lambda itself: choose another name"
    size = sum(len(name.encode()) + len(value.encode()) for name, value in values.items())
    if size > LARGEST_ENVIRONMENT:
        return f"the environment has {size:,} bytes of names and values; AWS takes at most {LARGEST_ENVIRONMENT:,}"
    return ""


def check_layers(arns: Iterable[Any]) -> str:
    """What AWS would refuse layers for; nothing where it would not."""
    found = list(arns)
    if len(found) > MOST_LAYERS:
        return f"a function has at most {MOST_LAYERS} layers"
    wrong = [arn for arn in found if not isinstance(arn, str) or not LAYER_ARN.fullmatch(arn)]
    return f"{wrong[0]} is not {WANTED['layers']}" if wrong else ""


def check_tags(tags: Mapping[str, str]) -> str:
    """What AWS would refuse tags for, or this installation needs for itself; nothing where neither."""
    if len(tags) > MOST_TAGS:
        return f"at most {MOST_TAGS} tags"
    for name, value in tags.items():
        if not 0 < len(name) <= 128 or len(value) > 256:
            return f"the tag “{name[:40]}”: a key has 1 to 128 characters, a value at most 256"
        if name.lower().startswith(("aws:", "signalbox:")):
            return f"tags such as {name} are made by AWS or by Signalbox itself"
    return ""


def read_permission(file: Path | str, given: Any) -> Permission:
    """One permission as TOML or JSON says it. Raises DefinitionProblem."""
    if not isinstance(given, dict) or not given.keys() <= {"actions", "resources"}:
        raise DefinitionProblem(file, "a permission has `actions` and `resources`, and nothing else", "permissions")
    lists = [given.get("actions"), given.get("resources")]
    if not all(isinstance(one, list) and one and all(isinstance(text, str) for text in one) for one in lists):
        raise DefinitionProblem(
            file, "`actions` and `resources` of a permission are lists of at least one string", "permissions"
        )
    if refused := next((reason for action in given["actions"] if (reason := policies.refusal(action))), ""):
        raise DefinitionProblem(file, refused, "permissions")
    return Permission(tuple(given["actions"]), tuple(given["resources"]))


def read_triggers(file: Path | str, given: list[Any]) -> tuple[TriggerDefinition, ...]:
    """What calls the function, as TOML or JSON says it. Raises DefinitionProblem."""
    try:
        return triggers.read_all(given)
    except TriggerProblem as problem:
        where = f"`triggers{problem.path}`: " if problem.path else "`triggers`: "
        raise DefinitionProblem(file, f"{where}{problem.message}", f"triggers{problem.path}") from problem


def pack(folder: Path) -> Package:
    """Zip the code below `folder` (not its function.toml), reproducibly. Raises DefinitionProblem."""
    return zip_of(
        (path.relative_to(folder).as_posix(), path.read_bytes(), bool(path.stat().st_mode & stat.S_IXUSR))
        for path in _code(folder)
    )


def zip_of(files: Iterable[tuple[str, bytes, bool]]) -> Package:
    """A zip of files by name, content and whether they may be executed: the same bytes for the same files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content, is_executable in sorted(files):
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, whatever this machine is
            entry.external_attr = (stat.S_IFREG | (0o755 if is_executable else 0o644)) << 16
            archive.writestr(entry, content)
    return Package(out.getvalue(), hashlib.sha256(out.getvalue()).hexdigest())


def _code(folder: Path) -> Iterator[Path]:
    found = 0
    for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix()):
        parts = path.relative_to(folder).parts
        if LEFT_OUT.intersection(parts) or path.suffix == ".pyc" or parts == (FUNCTION_FILE,):
            continue
        if path.is_symlink():
            raise DefinitionProblem(path, "links are not packed: put the file itself here")
        if path.is_file():
            found += 1
            yield path
    if not found:
        raise DefinitionProblem(folder, "there is no code in this folder")


# ---- workflows


def read_workflow(folder: Path) -> WorkflowDefinition:
    """Read a workflow's folder: workflow.toml, definition.asl.json, input.schema.json (may be absent).

    Raises DefinitionProblem. The definition and the schema are taken as text; checking them is the caller's.
    """
    if not NAME.fullmatch(folder.name):
        raise DefinitionProblem(folder, "a workflow's folder is named with letters, digits, - and _, at most 40")
    file, schema = folder / WORKFLOW_FILE, folder / "input.schema.json"
    definition = _text(folder / "definition.asl.json")
    return workflow_from(file, folder.name, _toml(file), definition, _text(schema) if schema.exists() else "")


def workflow_from(
    file: Path | str, name: str, values: Mapping[str, Any], definition: str, input_schema: str
) -> WorkflowDefinition:
    """A workflow of this name from what workflow.toml would say and its two texts. Raises DefinitionProblem."""
    given = _Given(file, values, {"title", "type", "keys", "unique_references", "role"})
    if not NAME.fullmatch(name):
        raise DefinitionProblem(file, f"the name of a workflow has {WANTED['name']}", "name")
    return WorkflowDefinition(
        name=name,
        title=given.text("title", re.compile(r".{1,120}"), name),
        type=given.text("type", re.compile("STANDARD|EXPRESS"), "STANDARD"),
        keys=given.texts("keys"),
        definition=definition,
        input_schema=input_schema,
        unique_references=given.flag("unique_references"),
        role=_role_of(given),
    )


def _role_of(given: "_Given") -> str:
    return given.text("role", ROLE_ARN) if given.has("role") else ""


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise DefinitionProblem(file, "this file is missing") from error
    except UnicodeDecodeError as error:
        raise DefinitionProblem(file, "this file is not UTF-8 text") from error


# ---- TOML


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_text(file))
    except tomllib.TOMLDecodeError as error:
        raise DefinitionProblem(file, f"this is not TOML: {error}") from error


class _Given:
    """The keys of a TOML file, or of what says the same, asked for one by one with what each must be."""

    def __init__(self, file: Path | str, values: Mapping[str, Any], known: set[str]) -> None:
        self.file, self._values = file, values
        if unknown := sorted(self._values.keys() - known):
            raise DefinitionProblem(file, f"unknown key `{unknown[0]}`; known are {', '.join(sorted(known))}")

    def has(self, key: str) -> bool:
        return key in self._values

    def value(self, key: str, kind: type, default: Any = None) -> Any:
        value = self._values.get(key, default)
        if value is None:
            wanted = f": {WANTED[key]}" if key in WANTED else ""
            raise DefinitionProblem(self.file, f"`{key}` is missing{wanted}", key)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise DefinitionProblem(self.file, f"`{key}` is not what it must be: a {_IN_WORDS[kind]}", key)
        return value

    def text(self, key: str, pattern: re.Pattern[str], default: str | None = None) -> str:
        value: str = self.value(key, str, default)
        if not pattern.fullmatch(value):
            raise DefinitionProblem(self.file, f"`{key}` cannot be {value[:80]!r}: {WANTED[key]}", key)
        return value

    def number(self, key: str, allowed: range, default: int) -> int:
        value: int = self.value(key, int, default)
        if value not in allowed:
            message = f"`{key}` is {value}, but must be {allowed.start} to {allowed.stop - 1}"
            raise DefinitionProblem(self.file, message, key)
        return value

    def flag(self, key: str) -> bool:
        value = self._values.get(key, False)
        if not isinstance(value, bool):
            raise DefinitionProblem(self.file, f"`{key}` is true or false", key)
        return value

    def texts(self, key: str) -> dict[str, str]:
        value: dict[str, Any] = self.value(key, dict, {})
        if not all(isinstance(text, str) for text in value.values()):
            raise DefinitionProblem(self.file, f"every value in [{key}] is a string", key)
        return value


_IN_WORDS = {str: "string", int: "whole number", dict: "table", list: "list"}
