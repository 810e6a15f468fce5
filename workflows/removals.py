"""READS: what deleting a function would take away, where, and what forbids it. Nothing is asked of AWS here.

What was seen there by the last comparison is told, and forbids nothing: a deletion asks AWS itself before all else.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import OuterRef, QuerySet, Subquery
from django.urls import reverse

from workflows import callees, policies, triggers
from workflows.changes import Line
from workflows.models import (
    Deployment,
    Drift,
    Environment,
    Function,
    FunctionRevision,
    Trigger,
    Workflow,
    WorkflowRevision,
)
from workflows.models.drift import OTHER_CALLERS, OTHER_SOURCES, OWNER
from workflows.places import log_group_of, place_of
from workflows.policies import ALIAS, ROLE_PATH
from workflows.services import definitions
from workflows.triggers import TriggerDefinition

OPEN = ("requested", "running")
NEWEST = "its newest revision"
# What a deletion ends at, before anything is taken away: what is seen in AWS, and what to do there first.
ENDS_IT = {
    OTHER_CALLERS: "Take that away in AWS first",
    OTHER_SOURCES: "Take that away in AWS first",
    OWNER: "Put the tag back in AWS first",
}


@dataclass(frozen=True, slots=True)
class Use:
    """Something that needs a function: what, and in which of its revisions."""

    kind: str
    name: str
    where: str
    href: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name} ({self.where})"


@dataclass(frozen=True, slots=True)
class Going:
    """What goes in one environment."""

    environment: Environment
    lines: tuple[Line, ...]

    @property
    def is_stopped(self) -> bool:
        """Whether it would not go, from what was last seen there."""
        return any(line.verb == "stop" for line in self.lines)


def uses(function: Function) -> list[Use]:
    """The workflows and the other functions whose newest or live revision names it; each once."""
    found: dict[tuple[str, str], list[str]] = {}
    for kind, name, where in (*_of_workflows(function.name), *_of_functions(function)):
        found.setdefault((kind, name), []).append(where)
    return [
        Use(kind, name, ", ".join(where), reverse(f"workflows:{kind.lower()}", args=[name]))
        for (kind, name), where in found.items()
    ]


def places(function: Function) -> list[Environment]:
    """The environments where something of it was deployed, or adopted, since it was last deleted there.

    What was only found there by an import is not ours, and stays.
    """
    found: list[Environment] = []
    for environment in Environment.objects.filter(deployments__function=function).distinct():
        rows = Deployment.objects.filter(function=function, environment=environment)
        gone = rows.filter(removes=True, status="succeeded").order_by("-pk").first()
        since = rows.filter(removes=False, pk__gt=gone.pk if gone else 0)
        if since.filter(is_found=False).exists() or (since.exists() and _is_adopted(function, environment)):
            found.append(environment)
    return found


def _is_adopted(function: Function, environment: Environment) -> bool:
    return function.name in place_of(environment).functions


def under_way(function: Function) -> QuerySet[Deployment]:
    """What is being deployed of it, or deleted, at this moment."""
    rows = Deployment.objects.filter(function=function, status__in=OPEN)
    return rows.select_related("environment", "requested_by", "function", "function_revision__function")


def plan(function: Function) -> list[Going]:
    """What would go, environment by environment."""
    return [Going(environment, tuple(_lines(function, environment))) for environment in places(function)]


def _lines(function: Function, environment: Environment) -> Iterator[Line]:
    place = place_of(environment)
    yield from _stops(function, environment)
    for row in Trigger.objects.filter(environment=environment, function=function):
        wanted = triggers.read(row.definition)
        yield Line("remove", f"Trigger {wanted.title}", tuple(of_source(row, wanted)))
    versions = "With every published version, its reserved concurrency and its on-failure destination."
    adopted = (
        ("It was made elsewhere and adopted: it goes all the same.",) if _is_adopted(function, environment) else ()
    )
    yield Line("remove", f"Function {place.function_name(function.name)}", (*adopted, versions))
    yield Line("remove", f"Alias {ALIAS}", ("With all that it lets call the function.",))
    rows = Deployment.objects.filter(function=function, environment=environment, is_found=False)
    if rows.filter(function_revision__custom_role_arn="").exists():
        role = f"Role {ROLE_PATH}{place.role_name('function', function.name)}"
        yield Line("remove", role, ("With its permissions.",))
    given = set(_given_roles(function, environment))
    for arn in sorted(given):
        yield Line("leave", f"Role {arn}", ("Made elsewhere.",))
    yield Line(
        "leave", f"Log group {log_group_of(function, environment)}", ("What it has logged stays to be read in AWS.",)
    )


def of_source(row: Trigger, wanted: TriggerDefinition) -> Iterator[str]:
    """What becomes of a trigger's source when the trigger goes."""
    if row.type not in ("sqs", "sns", "s3", "dynamodb"):
        return
    name = row.source_arn.rpartition(":")[2]
    if not wanted.makes_source:
        yield f"{name} was not made here, and stays."
    elif row.owns_source:
        too = " with its dead-letter queue" if wanted.settings.get("dead_letter") else ""
        yield f"{name} was made here: it goes{too} if nothing is in it, and no other trigger uses it."


def _stops(function: Function, environment: Environment) -> Iterator[Line]:
    """What the last comparison saw that a deletion ends at; what has gone since is seen to be so by the next one."""
    row = Drift.objects.filter(function=function, environment=environment, is_gone=False).first()
    if row is None or row.checked_at is None:
        return
    seen = f"So it was when AWS was last compared, {row.checked_at:%Y-%m-%d %H:%M:%S} UTC."
    for one in row.readable:
        if first := ENDS_IT.get(one["field"]):
            ends = f"The deletion ends at it, and takes nothing away. {first}, then compare with AWS again."
            yield Line("stop", f"{one['field']}: {one['live']}", (seen, ends))


def _given_roles(function: Function, environment: Environment) -> Iterator[str]:
    rows = Deployment.objects.filter(function=function, environment=environment, is_live=True)
    yield from rows.exclude(function_revision__custom_role_arn="").values_list(
        "function_revision__custom_role_arn", flat=True
    )


# ---- who uses it


def _of_workflows(name: str) -> Iterator[tuple[str, str, str]]:
    known = definitions.function_names()
    newest = WorkflowRevision.objects.filter(workflow=OuterRef("pk")).order_by("-number")
    named = Workflow.objects.annotate(newest_definition=Subquery(newest.values("definition")[:1]))
    for workflow in named.order_by("name"):
        if name in callees.functions_named(workflow.newest_definition or "", known):
            yield "Workflow", workflow.name, NEWEST
    live = Deployment.objects.filter(is_live=True, workflow__isnull=False)
    for one in live.select_related("environment", "workflow", "workflow_revision").order_by("workflow__name", "pk"):
        if (
            one.workflow
            and one.workflow_revision
            and name in callees.functions_named(one.workflow_revision.definition, known)
        ):
            yield "Workflow", one.workflow.name, f"r{one.workflow_revision.number}, live in {one.environment}"


def _of_functions(function: Function) -> Iterator[tuple[str, str, str]]:
    newest = FunctionRevision.objects.filter(function=OuterRef("function")).order_by("-number")
    rows = FunctionRevision.objects.filter(pk=Subquery(newest.values("pk")[:1]), function__deleted_at=None)
    for revision in rows.exclude(function=function).select_related("function").defer("package"):
        if function.name in _named_by(revision):
            yield "Function", revision.function.name, NEWEST
    live = Deployment.objects.filter(is_live=True, function__isnull=False).exclude(function=function)
    related = ("environment", "function_revision__function")
    for one in live.select_related(*related).defer("function_revision__package").order_by("function__name", "pk"):
        if one.function_revision and function.name in _named_by(one.function_revision):
            told = f"r{one.function_revision.number}, live in {one.environment}"
            yield "Function", one.function_revision.function.name, told


def _named_by(revision: FunctionRevision) -> set[str]:
    """The functions that a revision may invoke, or is told the names of."""
    told = (name for value in revision.environment.values() for name in policies.names_in(str(value)))
    return {*policies.invoked_by(revision.permissions), *told}
