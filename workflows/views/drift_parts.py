"""What pages show of how AWS compares with what was deployed: the panel of one function or workflow."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from workflows import diffs, inputs, json_text, selectors, sessions, variables
from workflows.diffs import Line
from workflows.models import Deployment, Drift, Function, Workflow
from workflows.services import drift


@dataclass(frozen=True, slots=True)
class Shown:
    """One difference as somebody may see it; `lines` where it is a text of several lines."""

    field: str
    deployed: str
    live: str
    since: datetime
    lines: list[Line]


def shown(request: HttpRequest, thing: Function | Workflow, live: Deployment | None) -> dict[str, Any]:
    """What the panel needs, beside what the page itself has."""
    row = selectors.drift_of(thing, sessions.environment(request)) if live else None
    return of_row(request, row, thing) | {"drift_live": live}


def of_row(request: HttpRequest, row: Drift | None, thing: Function | Workflow) -> dict[str, Any]:
    """The same for a row that may be there."""
    kind = "function" if isinstance(thing, Function) else "workflow"
    may_reveal = request.user.has_perm("workflows.reveal")
    may_save = request.user.has_perm(f"workflows.add_{kind}revision")
    return {
        "drift": row,
        "drift_href": reverse(f"workflows:compare-live-{kind}", args=[thing.name]),
        "deploy_href": reverse(f"workflows:deploy-{kind}", args=[thing.name]),
        "differences": [_shown(one, may_reveal=may_reveal) for one in row.readable] if row else [],
        "may_deploy": request.user.has_perm(drift.MAY_ACCEPT),
        "may_accept": may_save and request.user.has_perm(drift.MAY_ACCEPT),
    }


def _alike(*texts: str) -> Iterator[str]:
    """JSON documents in one layout: which blanks stand between is no difference, and would hide those there are."""
    try:
        read = [inputs.read(text) for text in texts]
    except inputs.InputProblem:
        yield from texts
        return
    is_document = all(isinstance(one, dict | list) for one in read)
    yield from (json_text.pretty(inputs.canonical(text)) if is_document else text for text in texts)


def _shown(one: Mapping[str, Any], *, may_reveal: bool) -> Shown:
    deployed, live = variables.difference(one["deployed"], one["live"], one["is_secret"] and not may_reveal)
    deployed, live = _alike(deployed, live)
    is_long = "\n" in deployed + live or len(deployed + live) > 500
    since = datetime.fromisoformat(one["since"])
    return Shown(one["field"], deployed, live, since, diffs.compare(deployed, live) if is_long else [])
