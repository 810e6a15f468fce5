"""What changed from one revision to another, part by part, for pages and API alike. Reads only, without markup."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from workflows import diffs, lines, selectors, triggers, variables
from workflows.diffs import Line
from workflows.models import FunctionRevision, WorkflowRevision
from workflows.selectors import SourceFile

MADE = "made for it"


@dataclass(frozen=True, slots=True)
class Part:
    """A part that is not the same in both, with the lines of both."""

    title: str
    lines: list[Line]


def of_workflows(before: WorkflowRevision, after: WorkflowRevision) -> list[Part]:
    """Definition, type, input schema, keys, references and role."""
    return _differing(
        ("Definition", before.definition, after.definition),
        ("Type", before.get_type_display(), after.get_type_display()),
        ("Input schema", before.input_schema, after.input_schema),
        ("Business keys", lines.write(before.keys), lines.write(after.keys)),
        ("References", _references(before), _references(after)),
        ("Role", before.custom_role_arn or MADE, after.custom_role_arn or MADE),
    )


def of_functions(before: FunctionRevision, after: FunctionRevision, *, may_reveal: bool) -> list[Part]:
    """Configuration, and file by file; values of variables only for who may see them."""
    was, is_now = ({file.name: _described(file) for file in selectors.files(one)} for one in (before, after))
    given = variables.compared(before.environment, after.environment, may_reveal=may_reveal)
    old, new = (_configuration(one, values) for one, values in zip((before, after), given, strict=True))
    files = [(file, was.get(file, ""), is_now.get(file, "")) for file in sorted(was | is_now)]
    return _differing(("Configuration", old, new), *files)


def _differing(*texts: tuple[str, str, str]) -> list[Part]:
    parts = (Part(title, diffs.compare(before, after)) for title, before, after in texts)
    return [part for part in parts if part.lines]


def _references(revision: WorkflowRevision) -> str:
    return "Each is taken once" if revision.unique_references else "May be the same"


def _described(file: SourceFile) -> str:
    return file.text if file.is_text else f"{file.size:,} bytes that are not text"


def _configuration(revision: FunctionRevision, environment: Mapping[str, str]) -> str:
    settings = {
        "runtime": revision.runtime,
        "handler": revision.handler,
        "architecture": revision.architecture,
        "memory": f"{revision.memory_mb} MB",
        "timeout": f"{revision.timeout_s} s",
        "ephemeral storage": f"{revision.storage_mb} MB",
        "reserved concurrency": "none" if revision.concurrency is None else str(revision.concurrency),
        "dead-letter target": revision.dead_letter_arn or "none",
        "on-failure destination": revision.on_failure_arn or "none",
        "role": revision.custom_role_arn or MADE,
    }
    layers = {f"layer {n}": arn for n, arn in enumerate(revision.layers, 1)}
    tags = {f"tag {name}": value for name, value in revision.tags.items()}
    given = {f"environment {name}": value for name, value in environment.items()}
    allowed = {
        f"may {', '.join(permission['actions'])}": ", ".join(permission["resources"])
        for permission in revision.permissions
    }
    called = {
        f"trigger {trigger.key}": json.dumps(trigger.as_dict()) for trigger in triggers.read_all(revision.triggers)
    }
    return lines.write(settings | layers | tags | given | allowed | called)
