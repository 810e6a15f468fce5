"""PURE: one trigger of a function as its definition says it; the same from function.toml, REST and the form."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, cast, get_args

from workflows import inputs
from workflows.triggers.schemas import schema_of

TriggerType = Literal["http", "s3", "sqs", "sns", "dynamodb", "eventbridge", "schedule"]
TITLES: Mapping[str, str] = {
    "http": "HTTP route",
    "s3": "S3 bucket",
    "sqs": "SQS queue",
    "sns": "SNS topic",
    "dynamodb": "DynamoDB stream",
    "eventbridge": "EventBridge rule",
    "schedule": "Schedule",
}
MOST = 50


class TriggerProblem(Exception):
    """What is wrong with a trigger, and where in it (a JSON pointer)."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path, self.message = path, message


@dataclass(frozen=True, slots=True)
class TriggerDefinition:
    """One trigger; `settings` are what its type's schema says, with its defaults filled in."""

    type: TriggerType
    settings: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """As stored with a revision, and as REST gives it."""
        return {"type": self.type, **self.settings}

    @property
    def key(self) -> str:
        """What tells it from the function's other triggers; the same while only its settings change."""
        return f"{self.type} {self.settings['name'] if self.type == 'schedule' else self.words}"

    @property
    def words(self) -> str:
        """What calls, in few words."""
        return _WORDS[self.type](self.settings)

    @property
    def id(self) -> str:
        """The key in few characters, for addresses and for AWS."""
        return hashlib.sha256(self.key.encode()).hexdigest()[:16]

    @property
    def title(self) -> str:
        """Its type and what calls."""
        return f"{TITLES[self.type]} {self.words}"

    @property
    def makes_source(self) -> bool:
        """Whether its queue, topic, bucket or table is to be made where it is missing."""
        return bool(self.settings.get("create"))

    def sole(self, function: str) -> tuple[str, ...]:
        """What of it leads to one function only, in one environment; empty for what may call several."""
        given = self.settings
        if self.type == "http":
            # What a variable is called is for the function: it tells no two requests apart.
            return ("http", given.get("api") or function, given["method"], re.sub(r"\{[^}+]*", "{", given["path"]))
        if self.type in ("eventbridge", "schedule"):
            return ("rule", given.get("bus", "default"), given["name"])
        # Each message of a queue goes to one of those that read it, and what one's filter leaves out is deleted.
        return (self.type, str(self.makes_source), self.words) if self.type in ("s3", "sqs") else ()

    def overlaps(self, other: "TriggerDefinition") -> bool:
        """Whether one event of one object could be for both: AWS does not take two such notifications of a bucket."""
        if not self.type == other.type == "s3" or self.makes_source != other.makes_source:
            return False
        mine, theirs = self.settings, other.settings
        if mine["bucket"] != theirs["bucket"]:
            return False
        prefixes, suffixes = ((mine.get(one, ""), theirs.get(one, "")) for one in ("prefix", "suffix"))
        is_same_object = _begins(*prefixes) and _begins(*(one[::-1] for one in suffixes))
        events = [(one.rstrip("*"), other.rstrip("*")) for one in mine["events"] for other in theirs["events"]]
        return is_same_object and any(_begins(*pair) for pair in events)


def _begins(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def read(given: Any) -> TriggerDefinition:
    """One trigger as TOML or JSON says it. Raises TriggerProblem."""
    if not isinstance(given, Mapping):
        raise TriggerProblem("", "A trigger is a table with `type` and its settings.")
    type_, settings = given.get("type"), {name: value for name, value in given.items() if name != "type"}
    if not isinstance(type_, str) or type_ not in get_args(TriggerType):
        raise TriggerProblem("/type", f"This must be one of {', '.join(get_args(TriggerType))}.")
    if problems := inputs.check(settings, schema_of(type_)):
        raise TriggerProblem(problems[0].path, problems[0].message)
    defaults = {
        name: one["default"] for name, one in json.loads(schema_of(type_))["properties"].items() if "default" in one
    }
    definition = TriggerDefinition(cast("TriggerType", type_), _plain(defaults | settings))
    _check_together(definition)
    return definition


def read_all(given: Iterable[Any]) -> tuple[TriggerDefinition, ...]:
    """The triggers of one function. Raises TriggerProblem; its path begins with the trigger's number, from 0."""
    found: dict[str, TriggerDefinition] = {}
    for number, one in enumerate(given):
        if number == MOST:
            raise TriggerProblem("", f"A function has at most {MOST} triggers.")
        try:
            definition = read(one)
        except TriggerProblem as problem:
            raise TriggerProblem(f"/{number}{problem.path}", problem.message) from problem
        if definition.key in found:
            raise TriggerProblem(f"/{number}", f"There are two of {definition.title}.")
        found[definition.key] = definition
    return tuple(found.values())


def _check_together(definition: TriggerDefinition) -> None:
    """What no single setting shows. Raises TriggerProblem."""
    settings = definition.settings
    if settings.get("dead_letter") and not definition.makes_source:
        raise TriggerProblem(
            "/dead_letter", "Only a queue that is made here gets one; another's settings are its owner's."
        )
    if definition.type == "sqs" and settings["batch_size"] > 10 and not settings["batch_window"]:
        raise TriggerProblem("/batch_window", "AWS wants at least 1 second for more than 10 messages at a time.")


def _plain(value: Any) -> Any:
    """Without Decimal, which neither the database nor AWS takes; settings hold counts and patterns, no money."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _route(settings: Mapping[str, Any]) -> str:
    return f"{settings['method']} {settings['path']}" + (f" of {settings['api']}" if settings.get("api") else "")


def _objects(settings: Mapping[str, Any]) -> str:
    begin, end = settings.get("prefix", ""), settings.get("suffix", "")
    return f"{settings['bucket']}/{begin}*{end}" if begin or end else str(settings["bucket"])


_WORDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "http": _route,
    "s3": _objects,
    "sqs": lambda settings: str(settings["queue"]),
    "sns": lambda settings: str(settings["topic"]),
    "dynamodb": lambda settings: str(settings["table"]),
    "eventbridge": lambda settings: str(settings["name"]),
    "schedule": lambda settings: f"{settings['name']}, {settings['expression']}",
}
