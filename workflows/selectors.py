"""Reads for the pages of functions and workflows: what there is, what is live where, what was deployed."""

import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery

from workflows import policies, runtimes, triggers
from workflows.asl.model import Choice
from workflows.asl.parser import parse
from workflows.models import (
    Deployment,
    DeploymentStep,
    Drift,
    Environment,
    Function,
    FunctionRevision,
    Import,
    Survey,
    TemplateImport,
    Workflow,
    WorkflowRevision,
)
from workflows.places import place_of

RECENT = 10
MOST_FILES = 30
LONGEST_FILE = 100_000
Thing = TypeVar("Thing", Function, Workflow)
Revision = TypeVar("Revision", FunctionRevision, WorkflowRevision)


@dataclass(frozen=True, slots=True)
class Entry(Generic[Thing, Revision]):
    """A function or workflow as a list shows it: its newest revision, and what happened to it in one environment."""

    thing: Thing
    newest: Revision
    live: Deployment | None
    last: Deployment | None
    shift: Deployment | None = None
    drift: Drift | None = None

    @property
    def is_gone(self) -> bool:
        """Whether it was seen to be deleted in AWS."""
        return self.drift is not None and self.drift.is_gone

    @property
    def is_behind(self) -> bool:
        """Whether a newer revision than the live one waits to be deployed."""
        return self.live is not None and self.live.revision.pk != self.newest.pk


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of a function's package; no text when it is binary."""

    name: str
    text: str
    size: int
    is_text: bool

    @property
    def is_cut(self) -> bool:
        """Whether the text is its beginning only."""
        return self.is_text and self.size > LONGEST_FILE


def functions(environment: Environment | None, *, deleted: bool = False) -> list[Entry[Function, FunctionRevision]]:
    """Every function that has a revision, by name; without the zips. Those that are there, or those deleted here."""
    newest = _newest(FunctionRevision.objects.filter(function=OuterRef("function")))
    revisions = (
        FunctionRevision.objects.filter(pk=newest, function__deleted_at__isnull=not deleted)
        .select_related("function__smoke_test")
        .defer("package")
    )
    deployments = _deployments(environment, "function")
    found = {row.function_id: row for row in drifts(environment)}
    return [
        Entry(
            revision.function,
            revision,
            *_of_one(deployments, revision.function_id),
            found.get(revision.function_id),
        )
        for revision in revisions.order_by("function__name")
    ]


def workflows(environment: Environment | None) -> list[Entry[Workflow, WorkflowRevision]]:
    """Every workflow that has a revision, by name."""
    newest = _newest(WorkflowRevision.objects.filter(workflow=OuterRef("workflow")))
    revisions = WorkflowRevision.objects.filter(pk=newest).select_related("workflow")
    deployments = _deployments(environment, "workflow")
    found = {row.workflow_id: row for row in drifts(environment)}
    return [
        Entry(
            revision.workflow,
            revision,
            *_of_one(deployments, revision.workflow_id),
            found.get(revision.workflow_id),
        )
        for revision in revisions.order_by("workflow__name")
    ]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What one can filter a workflow's transactions by: the names of its business keys, and where its Choices lead."""

    keys: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()


def every_workflow(looked_at: str = "") -> tuple[list[Workflow], Vocabulary]:
    """Every workflow by title, and the vocabulary of the newest revision of the one looked at: in one query."""
    newest = WorkflowRevision.objects.filter(workflow=OuterRef("pk"), workflow__name=looked_at).order_by("-number")
    found = Workflow.objects.order_by("title", "name").annotate(
        newest_keys=Subquery(newest.values("keys")[:1]), newest_definition=Subquery(newest.values("definition")[:1])
    )
    words = next(
        (_words(one.newest_keys, one.newest_definition) for one in found if one.newest_definition), Vocabulary()
    )
    return list(found), words


def _words(keys: Iterable[str], definition: str) -> Vocabulary:
    machine = parse(definition).machine
    choices = [state for state in machine.every_state() if isinstance(state, Choice)] if machine else []
    ways = ((*(rule.next for rule in choice.rules), choice.default) for choice in choices)
    return Vocabulary(tuple(keys), tuple(dict.fromkeys(name for names in ways for name in names if name)))


def every_way(workflow: Workflow, newest: int = 20) -> list[tuple[str, str]] | None:
    """The branches of its newest revisions, each as state and next; None where they cannot be read."""
    ways: dict[tuple[str, str], None] = {}
    definitions = list(workflow.revisions.order_by("-number").values_list("definition", flat=True)[:newest])
    for definition in definitions:
        found = ways_of(definition)
        if found is None:
            return None
        ways |= dict.fromkeys(found)
    return list(ways) if definitions else None


def ways_of(definition: str) -> list[tuple[str, str]] | None:
    """The branches of a definition, each as state and next; None where it cannot be read."""
    machine = parse(definition).machine
    if machine is None:
        return None
    choices = [state for state in machine.every_state() if isinstance(state, Choice)]
    return [(one.name, to) for one in choices for to in (*(rule.next for rule in one.rules), one.default) if to]


def every_key(workflows: Sequence[Workflow]) -> list[str]:
    """The names of all business keys that any revision of these workflows (none: of all) ever had, newest first."""
    revisions = WorkflowRevision.objects.order_by("-pk")
    if workflows:
        revisions = revisions.filter(workflow__in=workflows)
    return list(dict.fromkeys(name for keys in revisions.values_list("keys", flat=True) for name in keys))


def live_by_name(workflow: str, environment: Environment | None) -> Deployment | None:
    """The deployment of a workflow in force in `environment`."""
    rows = Deployment.objects.filter(environment=environment, workflow__name=workflow, is_live=True)
    return rows.select_related("environment", "workflow", "workflow_revision").first()


def runs_workflows(environment: Environment | None) -> bool:
    """Whether a transaction can be begun there: some workflow is deployed."""
    return Deployment.objects.filter(environment=environment, workflow__isnull=False, is_live=True).exists()


def of(thing: Function | Workflow, environment: Environment | None) -> QuerySet[Deployment]:
    """The deployments of one thing to one environment, newest first."""
    subject = {"function": thing} if isinstance(thing, Function) else {"workflow": thing}
    rows = Deployment.objects.filter(environment=environment, **subject)
    return _readable(rows)


def recent_and_live(
    thing: Function | Workflow, environment: Environment | None
) -> tuple[list[Deployment], Deployment | None]:
    """The newest deployments of one thing and the live one: read at once, so that they are of the same moment."""
    rows = of(thing, environment)
    wanted = Q(is_live=True) | Q(pk__in=rows.values("pk")[:RECENT])
    found = list(rows.filter(wanted))
    return found[:RECENT], next((row for row in found if row.is_live), None)


def drifts(environment: Environment | None) -> list[Drift]:
    """How everything that is live there compares with AWS, as far as it was ever looked at."""
    return list(find_drifts(environment))


def find_drifts(environment: Environment | None) -> QuerySet[Drift]:
    """The same, to be narrowed."""
    return Drift.objects.filter(environment=environment).select_related("environment", "function", "workflow")


def drift_of(thing: Function | Workflow, environment: Environment | None) -> Drift | None:
    """How one thing compares with AWS; None where it was never looked at."""
    subject = {"function": thing} if isinstance(thing, Function) else {"workflow": thing}
    rows = Drift.objects.filter(environment=environment, **subject)
    return rows.select_related("environment", "function", "workflow", "accept_by").first()


def count_drifts(environment: Environment | None) -> int:
    """How many things differ from what was deployed there."""
    return Drift.objects.filter(environment=environment, differs_since__isnull=False).count()


def survey(environment: Environment | None) -> Survey | None:
    """What is in the account and not ours, as last listed."""
    return Survey.objects.filter(environment=environment).first()


def imports(environment: Environment | None) -> list[Import]:
    """The last imports from there."""
    rows = Import.objects.filter(environment=environment)
    return list(rows.select_related("function", "workflow", "requested_by")[:RECENT])


def left_by_import(thing: Function | Workflow, environment: Environment | None) -> list[str]:
    """What called it when it was imported and was not taken over, in words."""
    if isinstance(thing, Workflow):
        return []
    rows = Import.objects.filter(environment=environment, function=thing, status="succeeded")
    newest = rows.order_by("-pk").first()
    return newest.left if newest else []


def survey_version(row: Survey | None, found: Iterable[Import]) -> str:
    """Differs whenever what is shown of these would."""
    listed = f"{row.read_at.timestamp() if row.read_at else 0:.3f}.{row.next_read_at is None:d}" if row else ""
    problem = len(row.problem) if row else 0
    return f"{listed}.{problem}-" + "-".join(f"{one.pk}.{one.status}" for one in found)


def recent(environment: Environment | None) -> list[Deployment]:
    """The last deployments to `environment`, of whatever; not the looks of a start at what was there already."""
    in_force = Deployment.objects.filter(
        Q(function_revision=OuterRef("function_revision")) | Q(workflow_revision=OuterRef("workflow_revision")),
        environment=environment,
        is_live=True,
    )
    rows = _readable(telling(Deployment.objects.filter(environment=environment)))
    found = list(rows.annotate(is_of_live=Exists(in_force))[:RECENT])
    in_force_once = _one_of_each(row for row in found if row.is_of_live and row.status == "succeeded")
    for row in found:
        row.is_in_force = row.pk in in_force_once
    return list(found)


def _one_of_each(newest_first: Iterable[Deployment]) -> set[int]:
    """Of each thing one that is called live: the one that has the mark, else the last of its revision."""
    chosen: dict[tuple[int | None, int | None], Deployment] = {}
    for row in newest_first:
        thing = (row.function_id, row.workflow_id)
        if not row.removes and (row.is_live or thing not in chosen):
            chosen[thing] = row
    return {row.pk for row in chosen.values()}


def not_deployed(environment: Environment | None) -> list[Deployment]:
    """The deployments there that failed, where none has succeeded since, and those that wait for AWS. Newest first."""
    same = Q(function=OuterRef("function")) | Q(workflow=OuterRef("workflow"))
    later = Deployment.objects.filter(
        same, environment=OuterRef("environment"), status__in=["succeeded", "failed"], pk__gt=OuterRef("pk")
    )
    has_failed = Q(~Exists(later), status="failed", function__deleted_at=None)
    is_waiting = Q(status__in=["requested", "running"], waiting_since__isnull=False)
    rows = Deployment.objects.filter(has_failed | is_waiting, environment=environment).order_by("-pk")
    related = ("environment", "function", "function_revision__function", "workflow_revision__workflow")
    return list(rows.select_related(*related).defer("function_revision__package", "definition", "policy"))


def telling(rows: QuerySet[Deployment]) -> QuerySet[Deployment]:
    """Those that somebody asked for, that changed something, or that did not end well."""
    steps = DeploymentStep.objects.filter(deployment=OuterRef("pk"))
    looked, did = Exists(steps), Exists(steps.exclude(status="already_so"))
    return rows.exclude(Q(requested_by=None, status="succeeded") & looked & ~did)


def deployments() -> QuerySet[Deployment]:
    """All deployments, with what is told of each."""
    return _readable(Deployment.objects.all())


def shift(function: Function, environment: Environment | None) -> Deployment | None:
    """The deployment that has a share of a function's calls beside what is live there."""
    rows = of(function, environment).filter(status="succeeded")
    return _shift_of(rows.order_by("-pk").first())


def in_force_before(row: Deployment) -> Deployment | None:
    """The last deployment of another revision of the same thing that had succeeded there when `row` was asked for.

    What was only found there is not one: what called it then is not in its revision, and would go.
    """
    same = Deployment.objects.filter(function=row.function_id, workflow=row.workflow_id)
    earlier = same.filter(environment=row.environment_id, status="succeeded", pk__lt=row.pk)
    others = earlier.filter(removes=False, is_found=False).exclude(
        function_revision=row.function_revision_id, workflow_revision=row.workflow_revision_id
    )
    return _readable(others).order_by("-pk").first()


def deployment(pk: int) -> Deployment | None:
    """One deployment with its steps."""
    return _readable(Deployment.objects.filter(pk=pk)).first()


def version(row: Deployment) -> str:
    """Differs whenever what is shown of `row` (with its steps) would."""
    steps = "".join(step.status[0] for step in row.steps.all())
    return f"{row.status}.{row.waiting_since is not None:d}.{row.attempts}.{steps}"


def versions(rows: Iterable[Deployment]) -> str:
    """Differs whenever a table of these would."""
    return "-".join(f"{row.pk}.{row.status}.{row.is_live:d}{row.is_gone:d}" for row in rows)


def planned_policy(revision: FunctionRevision | WorkflowRevision, environment: Environment) -> dict[str, Any]:
    """What the role of `revision` will be allowed in `environment`: the same function the deployment asks."""
    place = place_of(environment)
    if isinstance(revision, FunctionRevision):
        polled = triggers.polled_arns(triggers.read_all(revision.triggers), place)
        name, permissions = revision.function.name, revision.permissions
        handed_on = {"dead_letter_arn": revision.dead_letter_arn, "on_failure_arn": revision.on_failure_arn}
        return policies.of_function(name, permissions, place, polled, **handed_on)
    return policies.of_workflow(revision.workflow.name, revision.definition, place)


def newest_function(name: str) -> FunctionRevision | None:
    """The newest revision of the function of this name."""
    rows = FunctionRevision.objects.filter(function__name=name).select_related("function")
    return rows.order_by("-number").first()


def start_of(function: Function, environment: Environment | None) -> FunctionRevision:
    """Where a further revision begins: with the newest; where that was rolled back, with what is live there instead."""
    newest = function.revisions.select_related("function").order_by("-number")[0]
    rows = of(function, environment).filter(status="succeeded", share__isnull=True)
    live = rows.filter(is_live=True).first()
    was_in_force = live is not None and rows.filter(function_revision=newest).exists()
    return live.function_revision or newest if live and was_in_force else newest


def template_imports() -> list[TemplateImport]:
    """The files that were given last, whether taken or not; without what they carry."""
    return list(TemplateImport.objects.defer("document").select_related("created_by")[:RECENT])


def files(revision: FunctionRevision) -> list[SourceFile]:
    """The files in a function's zip, the handler's first; at most thirty, each of at most 100,000 characters."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(revision.package))
    except zipfile.BadZipFile:
        return []
    first = runtimes.handler_files(revision.runtime, revision.handler)
    files = (one for one in archive.infolist() if not one.is_dir())
    return [_source(archive, one) for one in sorted(files, key=lambda one: one.filename not in first)[:MOST_FILES]]


def file_count(revision: FunctionRevision) -> int:
    """How many files are in a function's zip."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(revision.package))
    except zipfile.BadZipFile:
        return 0
    return sum(not one.is_dir() for one in archive.infolist())


def _source(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> SourceFile:
    with archive.open(member) as opened:
        content = opened.read(LONGEST_FILE)
    is_text = b"\0" not in content
    return SourceFile(member.filename, content.decode(errors="replace") if is_text else "", member.file_size, is_text)


def _readable(rows: QuerySet[Deployment]) -> QuerySet[Deployment]:
    related = ("environment", "requested_by", "function", "function_revision__function", "workflow")
    steps = Prefetch("steps", DeploymentStep.objects.order_by("position"))
    same = Q(function=OuterRef("function")) | Q(workflow=OuterRef("workflow"))
    gone = Drift.objects.filter(same, environment=OuterRef("environment"), is_gone=True)
    marks = {"is_gone": Exists(gone)}
    return (
        rows.annotate(**marks)
        .select_related(*related, "workflow_revision__workflow")
        .defer("function_revision__package")
        .prefetch_related(steps)
    )


def _newest(revisions: QuerySet[Revision]) -> Subquery:
    return Subquery(revisions.order_by("-number").values("pk")[:1])


def _deployments(environment: Environment | None, kind: str) -> list[Deployment]:
    """The live and the last deployment of everything of `kind`, in two small sets joined."""
    rows = Deployment.objects.filter(environment=environment, **{f"{kind}__isnull": False})
    of_one = rows.filter(**{kind: OuterRef(kind)}).order_by("-pk").values("pk")
    last, last_ended = of_one[:1], of_one.filter(status="succeeded")[:1]
    wanted = rows.filter(is_live=True) | rows.filter(pk=Subquery(last)) | rows.filter(pk=Subquery(last_ended))
    return list(
        wanted.select_related("function_revision__function", "workflow_revision__workflow").defer(
            "function_revision__package", "definition", "policy"
        )
    )


def _of_one(rows: Iterable[Deployment], pk: int) -> tuple[Deployment | None, Deployment | None, Deployment | None]:
    """The live one, the last one, and the one that has a share of the calls beside the live one."""
    own = sorted((row for row in rows if pk in (row.function_id, row.workflow_id)), key=lambda row: row.pk)
    live = next((row for row in own if row.is_live), None)
    ended = [row for row in own if row.status == "succeeded"]
    return live, own[-1] if own else None, _shift_of(ended[-1] if ended else None)


def _shift_of(newest: Deployment | None) -> Deployment | None:
    """The newest that succeeded, if it has a share: whatever succeeds after it ends it."""
    return newest if newest is not None and newest.share is not None and not newest.is_live else None
