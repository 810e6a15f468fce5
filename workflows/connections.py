"""READS of what calls each function: from the newest definitions, and from what is live in one environment."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Prefetch
from django.urls import reverse

from workflows import callees, policies, selectors, triggers
from workflows.amendments import LONGEST_FIELD
from workflows.models import (
    Deployment,
    Environment,
    Function,
    FunctionRevision,
    Import,
    Trigger,
    TriggerTest,
    Workflow,
    WorkflowRevision,
)
from workflows.selectors import Entry
from workflows.services import definitions
from workflows.statuses import TRIGGER, Status

TITLES = {**triggers.TITLES, "stepfunctions": "Workflow", "lambda": "Function"}
LAST_TEST = Prefetch("tests", TriggerTest.objects.order_by("-pk"), to_attr="tested")


@dataclass(frozen=True, slots=True)
class Connection:
    """Something that calls a function. Workflows and functions call by their own definitions, so they have no `row`."""

    type: str
    source: str
    status: Status
    settings: Mapping[str, Any] = field(default_factory=dict)
    row: Trigger | None = None
    href: str = ""
    id: str = ""

    @property
    def title(self) -> str:
        """Its type, in words."""
        return TITLES[self.type]

    @property
    def is_in_force(self) -> bool:
        """Whether it calls the function in AWS now, as far as is known: what only waits for a deployment is, too."""
        if self.status.value == "leaving":
            return self.row is not None and self.row.status == "live"
        return self.status.value in ("live", "edited", "found")

    @property
    def invoke_url(self) -> str:
        """The address of an HTTP route, once it has one."""
        return self.row.invoke_url if self.row else ""


Functions = Iterable[Entry[Function, FunctionRevision]]
Workflows = Iterable[Entry[Workflow, WorkflowRevision]]


def by_function(
    environment: Environment | None, instead: FunctionRevision | None = None
) -> dict[str, list[Connection]]:
    """What calls each function, by the function's name; those nothing calls are not in it. Ten queries in all.

    As it would be with the revision `instead` of its function's newest.
    """
    functions = functions_with(environment, instead)
    rows: dict[int, list[Trigger]] = defaultdict(list)
    for row in Trigger.objects.filter(environment=environment).prefetch_related(LAST_TEST):
        rows[row.function_id].append(row)
    found: dict[str, list[Connection]] = defaultdict(list)
    for entry in functions:
        found[entry.thing.name] += (_as_seen(one, entry) for one in _own(entry, rows[entry.thing.pk]))
    troubled = {entry.thing.name: trouble(entry) for entry in functions if entry.live}
    for name, connection in (*_of_functions(functions), *_of_workflows(selectors.workflows(environment), environment)):
        status = seen(connection.status, troubled.get(name, TRIGGER["defined"]))
        found[name].append(replace(connection, status=status))
    return {name: connections for name, connections in found.items() if connections}


def troubled_of(functions: Functions) -> dict[str, Status]:
    """By name what is the matter with those that were deleted in AWS, or whose role was."""
    found = ((entry.thing.name, trouble(entry)) for entry in functions)
    return {name: status for name, status in found if status}


def trouble(entry: Entry[Function, FunctionRevision] | Entry[Workflow, WorkflowRevision]) -> Status | None:
    """Why nothing of it is live, though it was deployed."""
    if entry.is_gone:
        return TRIGGER["gone"]
    return TRIGGER["roleless"] if entry.drift is not None and entry.drift.lacks_role else None


def seen(status: Status, instead: Status | None) -> Status:
    """What is live is so no more where one of its ends was deleted in AWS, or has lost its role."""
    return instead if instead and status.value == "live" else status


def _as_seen(one: Connection, entry: Entry[Function, FunctionRevision]) -> Connection:
    """A trigger as AWS was last seen to have it."""
    if entry.drift is None or one.status.value != "live" or one.row is None:
        return one
    begin = f"{triggers.read(one.row.definition).title}: "[:LONGEST_FIELD]
    differs = any(difference["field"].startswith(begin) for difference in entry.drift.readable)
    status = TRIGGER["changed"] if differs else one.status
    return replace(one, status=seen(status, trouble(entry)))


def functions_with(
    environment: Environment | None, instead: FunctionRevision | None
) -> list[Entry[Function, FunctionRevision]]:
    """Every function at its newest revision, or at what is live where that was rolled back; but one at another."""
    functions = selectors.functions(environment)
    begun = starts(functions, environment)
    functions = [replace(entry, newest=begun[entry.thing.name]) for entry in functions]
    if instead is None:
        return functions
    return [replace(entry, newest=instead) if entry.thing.pk == instead.function_id else entry for entry in functions]


def starts(functions: Functions, environment: Environment | None) -> dict[str, FunctionRevision]:
    """By name the revision that the triggers of each are of, as `selectors.start_of`; one query for all of them."""
    older = {e.newest.pk: e.live.function_revision for e in functions if e.live and e.live.revision.pk != e.newest.pk}
    rows = Deployment.objects.filter(environment=environment, status="succeeded", share__isnull=True)
    # Asked also where nothing is older: a page costs the same whatever there is.
    was_in_force = set(rows.filter(function_revision__in=[0, *older]).values_list("function_revision", flat=True))
    return {
        entry.thing.name: (older[entry.newest.pk] or entry.newest) if entry.newest.pk in was_in_force else entry.newest
        for entry in functions
    }


def _own(entry: Entry[Function, FunctionRevision], rows: list[Trigger]) -> Iterator[Connection]:
    """The triggers it declares, and those still in AWS that it declares no more."""
    by_key = {row.key: row for row in rows}
    live = entry.live.function_revision if entry.live and entry.live.is_found else None
    found = {one.key for one in triggers.read_all(live.triggers)} if live else ()
    for one in triggers.read_all(entry.newest.triggers):
        row = by_key.pop(one.key, None)
        is_so = row is not None and (row.status != "live" or row.definition == one.as_dict())
        unset = "found" if one.key in found else "defined"
        status = row.status_now if row and is_so else TRIGGER["edited" if row else unset]
        yield Connection(one.type, one.words, status, one.settings, row, id=one.id)
    for row in by_key.values():
        gone = triggers.read(row.definition)
        yield Connection(gone.type, gone.words, TRIGGER["leaving"], gone.settings, row, id=gone.id)


def _of_functions(functions: Functions) -> Iterator[tuple[str, Connection]]:
    """Functions that may invoke another, by their permissions."""
    for entry in functions:
        live = entry.live.function_revision if entry.live else None
        now = policies.invoked_by(live.permissions) if live else []
        for name in dict.fromkeys([*policies.invoked_by(entry.newest.permissions), *now]):
            status = TRIGGER["live" if name in now else "defined"]
            status = seen(status, trouble(entry))
            href = reverse("workflows:function", args=[entry.thing.name])
            yield name, Connection("lambda", entry.thing.name, status, href=href)


def _of_workflows(workflows: Workflows, environment: Environment | None) -> Iterator[tuple[str, Connection]]:
    """Workflows whose definition names a function; what was only found runs in AWS too."""
    imports = Import.objects.filter(environment=environment, kind=Import.Kind.WORKFLOW, status="succeeded")
    found = set(imports.values_list("name", flat=True))
    known = definitions.function_names()
    for entry in workflows:
        live = entry.live.workflow_revision if entry.live else None
        now = callees.functions_named(live.definition, known) if live else []
        for name in dict.fromkeys([*callees.functions_named(entry.newest.definition, known), *now]):
            unset = "found" if entry.thing.name in found else "defined"
            status = TRIGGER["live" if name in now else unset]
            status = seen(status, trouble(entry))
            href = reverse("workflows:workflow", args=[entry.thing.name])
            yield name, Connection("stepfunctions", entry.thing.name, status, href=href)
