"""PURE: what is carried, as one JSON document that loses nothing: the words of function.toml and workflow.toml.

A function's `package` is its zip in Base64, a workflow's two documents are texts.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any, TypeVar

from workflows import archives, packaging
from workflows.exchange.carried import KINDS, Bundle, Carried, NotTaken
from workflows.packaging import DefinitionProblem, FunctionDefinition, Package, WorkflowDefinition

FORMAT, VERSION = "signalbox", 1
One = TypeVar("One")


def to_json(bundle: Bundle) -> bytes:
    """The document as it is downloaded."""
    return json.dumps(as_document(bundle), indent=2, ensure_ascii=False).encode()


def as_document(bundle: Bundle) -> dict[str, Any]:
    """The document as a value."""
    return {
        FORMAT: VERSION,
        "functions": [_function(one) for one in bundle.functions],
        "workflows": [_workflow(one) for one in bundle.workflows],
    }


def of_document(value: Mapping[str, Any]) -> Bundle:
    """What a document carries. Raises NotTaken."""
    if value.get(FORMAT) != VERSION:
        raise NotTaken(f"This is of a version that is not known here: `{FORMAT}` must be {VERSION}.")
    if unknown := sorted(value.keys() - {FORMAT, *KINDS}):
        raise NotTaken(f"`{unknown[0]}` is not known here.")
    problems: list[str] = []
    functions = _all(value, "functions", _read_function, problems)
    workflows = _all(value, "workflows", _read_workflow, problems)
    if problems:
        raise NotTaken(*problems)
    check_names([one.definition.name for one in functions], "function")
    check_names([one.name for one in workflows], "workflow")
    return Bundle(functions, workflows)


def check_names(names: Iterable[str], kind: str) -> None:
    """Each is there once. Raises NotTaken."""
    seen = set[str]()
    for name in names:
        if name in seen:
            raise NotTaken(f"There are two of the {kind} {name}.")
        seen.add(name)


def package_of(content: bytes) -> Package:
    """A package that may be taken. Raises DefinitionProblem."""
    archives.check(content)
    return Package(content, hashlib.sha256(content).hexdigest())


def _all(
    value: Mapping[str, Any], kind: str, read: Callable[[str, Mapping[str, Any]], One], problems: list[str]
) -> tuple[One, ...]:
    given, found = value.get(kind, []), []
    if not isinstance(given, list) or not all(isinstance(one, Mapping) for one in given):
        raise NotTaken(f"`{kind}` is a list of objects.")
    for number, one in enumerate(given):
        try:
            found.append(read(f"{kind[:-1]} {one.get('name') or number}", one))
        except DefinitionProblem as problem:
            problems.append(f"{problem}.")
    return tuple(found)


def _function(one: Carried) -> dict[str, Any]:
    code = {"package": base64.b64encode(one.package.content).decode()} if one.package else {}
    return packaging.function_values(one.definition) | code


def _workflow(one: WorkflowDefinition) -> dict[str, Any]:
    return {name: value for name, value in asdict(one).items() if name != "role" or value}


def _read_function(where: str, given: Mapping[str, Any]) -> Carried:
    values = {name: value for name, value in given.items() if name != "package"}
    definition: FunctionDefinition = packaging.function_from(where, values)
    if "package" not in given:
        return Carried(definition, None)
    try:
        content = base64.b64decode(given["package"], validate=True)
    except (TypeError, ValueError, binascii.Error) as error:
        raise DefinitionProblem(where, "`package` is not a zip in Base64") from error
    try:
        return Carried(definition, package_of(content))
    except DefinitionProblem as problem:
        raise DefinitionProblem(where, str(problem)) from problem


def _read_workflow(where: str, given: Mapping[str, Any]) -> WorkflowDefinition:
    texts = {name: given.get(name, "") for name in ("name", "definition", "input_schema")}
    for name, text in texts.items():
        if not isinstance(text, str):
            raise DefinitionProblem(where, f"`{name}` is a text")
    beside = {name: value for name, value in given.items() if name not in texts}
    return packaging.workflow_from(where, texts["name"], beside, texts["definition"], texts["input_schema"])
