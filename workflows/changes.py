"""What becomes of things, in words: the lines of a plan, and what of a function is another. Asks nobody anything."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from workflows.models import FunctionRevision

Verb = Literal["create", "change", "remove", "leave", "stop", "wait", "warn"]
TONES: Mapping[Verb, str] = {
    "create": "success",
    "change": "warning",
    "remove": "warning",
    "leave": "neutral",
    "stop": "danger",
    "wait": "info",
    "warn": "warning",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing in AWS, and what becomes of it; `details` say more, one fact each."""

    verb: Verb
    what: str
    details: tuple[str, ...] = ()

    @property
    def tone(self) -> str:
        """The colour of its verb."""
        return TONES[self.verb]


def changes(was: FunctionRevision, revision: FunctionRevision) -> Iterator[str]:
    """What of a function itself is another from one revision to the next, in words."""
    if was.package_sha256 != revision.package_sha256:
        yield "Its code"
    for label, unit, field in (
        ("Runtime", "", "runtime"),
        ("Handler", "", "handler"),
        ("Memory", " MB", "memory_mb"),
        ("Timeout", " s", "timeout_s"),
        ("Architecture", "", "architecture"),
        ("Ephemeral storage", " MB", "storage_mb"),
        ("Reserved concurrency", "", "concurrency"),
        ("Dead-letter target", "", "dead_letter_arn"),
        ("On-failure destination", "", "on_failure_arn"),
        ("Role", "", "custom_role_arn"),
    ):
        before, after = getattr(was, field), getattr(revision, field)
        if before != after:
            yield f"{label}: {_said(before, unit)} becomes {_said(after, unit)}"
    names = dict.fromkeys([*was.environment, *revision.environment])
    if changed := [name for name in names if was.environment.get(name) != revision.environment.get(name)]:
        yield f"Environment: {', '.join(changed)}"
    if was.layers != revision.layers:
        yield f"Layers: {', '.join(revision.layers) or 'none'}"
    tags = dict.fromkeys([*was.tags, *revision.tags])
    if changed := [name for name in tags if was.tags.get(name) != revision.tags.get(name)]:
        yield f"Tags: {', '.join(changed)}"


def changed_settings(was: Mapping[str, Any], is_now: Mapping[str, Any]) -> Iterator[str]:
    """What of a trigger is another, setting by setting, in words."""
    for name in dict.fromkeys([*was, *is_now]):
        before, after = was.get(name), is_now.get(name)
        if before != after:
            yield f"{name}: {_written(before)} becomes {_written(after)}"


def _written(value: Any) -> str:
    if value in (None, "", [], {}):
        return "none"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _said(value: Any, unit: str) -> str:
    return "none" if value in (None, "") else f"{value}{unit}"
