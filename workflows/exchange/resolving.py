"""PURE: values of a template: texts, numbers, and what `Ref`, `Fn::GetAtt` and `Fn::Sub` say.

What only CloudFormation could tell, when it deploys, is refused.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workflows.asl import documents

VARIABLE = re.compile(r"\$\{([^}!][^}]*)\}")
OF_FUNCTION = re.compile(r"arn:\S*:lambda:\S*:function:\$\{([A-Za-z0-9]+)\}(?::\S*)?")


class CannotTake(Exception):
    """Part of a template says something that a definition has no words for."""


def strict(given: Mapping[str, Any], known: Iterable[str], what: str) -> None:
    """Nothing is lost unsaid. Raises CannotTake."""
    if unknown := sorted(set(given) - set(known)):
        raise CannotTake(f"the {what} {unknown[0]} cannot be taken")


def named_in(value: Any) -> Iterator[str]:
    """The logical ids that a part of a template refers to."""
    kind, inner = _intrinsic(value)
    if kind == "Ref":
        yield str(inner)
    elif kind == "Fn::GetAtt":
        yield _attribute(inner)[0]
    elif isinstance(value, Mapping | list):
        for one in value.values() if isinstance(value, Mapping) else value:
            yield from named_in(one)


@dataclass(frozen=True, slots=True)
class Resolver:
    """`names` are functions by their logical ids, or by the ids of the parameters that name them."""

    names: Mapping[str, str]
    parameters: Mapping[str, Any]
    resources: Mapping[str, Any]

    def text(self, value: Any) -> str:
        """A text; `${Name}` stands in it for a function. Raises CannotTake."""
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, str | int):
            return str(value)
        kind, inner = _intrinsic(value)
        if kind == "Ref" and isinstance(inner, str):
            return self._referred(inner)
        if kind == "Fn::Sub" and isinstance(inner, str):
            return VARIABLE.sub(lambda found: self._referred(found[1]), inner).replace("${!", "${")
        raise CannotTake(f"{_shown(value)} cannot be told without deploying it: write the text itself")

    def texts(self, values: Mapping[str, Any]) -> dict[str, str]:
        """Each of them."""
        return {name: self.text(value) for name, value in values.items()}

    def number(self, value: Any) -> int:
        """A whole number. Raises CannotTake."""
        try:
            return int(value if isinstance(value, int) else self.text(value))
        except ValueError as error:
            raise CannotTake(f"{_shown(value)} is not a whole number") from error

    def resource(self, value: Any) -> str:
        """What a statement is about: `${Name}` for a function, however it is qualified, else an ARN."""
        kind, inner = _intrinsic(value)
        if kind == "Fn::GetAtt" and (id_ := _attribute(inner)[0]) in self.names:
            return f"${{{self.names[id_]}}}"
        if kind == "Fn::Sub" and isinstance(inner, str):
            found = OF_FUNCTION.fullmatch(inner)
            if found and found[1] in self.names:
                return f"${{{self.names[found[1]]}}}"
        return self.text(value)

    def source(self, value: Any, kind: str) -> tuple[str, Mapping[str, Any] | None]:
        """The name of a queue, topic, bucket or table; with its properties where it is of the template."""
        intrinsic, inner = _intrinsic(value)
        id_ = inner if intrinsic == "Ref" else _attribute(inner)[0] if intrinsic == "Fn::GetAtt" else None
        resource = self.resources.get(id_) if isinstance(id_, str) else None
        if resource is not None:
            if resource.get("Type") != kind:
                raise CannotTake(f"{id_} is not of the type {kind}")
            return str(id_), resource.get("Properties") or {}
        text = inner if intrinsic == "Fn::Sub" and isinstance(inner, str) else self.text(value)
        name = re.sub(r"/stream/.*$", "", text).rpartition(":")[2].rpartition("/")[2]
        if "${" in name:
            raise CannotTake(f"{_shown(value)} cannot be told without deploying it")
        return name, None

    def put(self, definition: str, substitutions: Mapping[str, Any]) -> str:
        """A state machine's definition with `${Name}` for each function. Raises CannotTake."""
        found = {name: self.resource(value) for name, value in substitutions.items()}
        return re.sub(r"\$\{([A-Za-z0-9_-]+)\}", lambda one: found.get(one[1], one[0]), definition)

    def document(self, value: Any) -> str:
        """A state machine's definition that stands in the template itself."""
        return documents.write(self._plain(value))

    def _plain(self, value: Any) -> Any:
        kind, _ = _intrinsic(value)
        if kind in ("Ref", "Fn::GetAtt", "Fn::Sub"):
            return self.resource(value)
        if isinstance(value, Mapping):
            return {name: self._plain(one) for name, one in value.items()}
        return [self._plain(one) for one in value] if isinstance(value, list) else value

    def _referred(self, id_: str) -> str:
        if id_ in self.names:
            return f"${{{self.names[id_]}}}"
        parameter = self.parameters.get(id_)
        if isinstance(parameter, Mapping) and "Default" in parameter:
            return str(parameter["Default"])
        what = (
            "is a parameter without a default"
            if isinstance(parameter, Mapping)
            else "is not known before it is deployed"
        )
        raise CannotTake(f"{id_} {what}: write the text itself")


def _intrinsic(value: Any) -> tuple[str, Any]:
    if isinstance(value, Mapping) and len(value) == 1:
        name, inner = next(iter(value.items()))
        return name, inner
    return "", None


def _attribute(inner: Any) -> tuple[str, str]:
    if isinstance(inner, str):
        return inner.partition(".")[0], inner.partition(".")[2]
    return (str(inner[0]), str(inner[1])) if isinstance(inner, list) and len(inner) == 2 else ("", "")


def _shown(value: Any) -> str:
    return str(value)[:80]
