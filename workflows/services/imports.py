"""Asks for what is in AWS to be listed, and for one of it to be made a definition here. Only writes rows.

An import reads. Only one that adopts changes anything in AWS, and then no more than the tag that says whose it is.
"""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from workflows import tasks
from workflows.doorbell import ring
from workflows.models import (
    Deployment,
    Environment,
    Function,
    FunctionRevision,
    Import,
    Survey,
    User,
    Workflow,
    WorkflowRevision,
)
from workflows.packaging import NAME
from workflows.policies import Place
from workflows.services import activity
from workflows.services.access import require

MAY_LOOK = "workflows.add_functionrevision"
MAY_ADOPT = "workflows.deploy"
STRAYED = (
    "It was deployed from here as {name}, and has lost the tag that says so: "
    "put signalbox:install = {install} back in AWS, then look again."
)
READ_ONLY = "It is managed by {owner} and read-only here: change it there, or save it under another name."


class NotImportable(Exception):
    """It cannot be imported as asked for, and why: what of `Wanted` is wrong."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


class UnderWay(NotImportable):
    """It is being imported at this moment, as something else: to be asked again later."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which resource, what it is to be called here, and whether it is marked as ours in AWS."""

    arn: str
    name: str
    note: str = ""
    adopts: bool = False


def look(environment: Environment, *, by: User | None) -> Survey:
    """Ask for the account to be listed; give what was found last. Raises Forbidden."""
    require(by, MAY_LOOK)
    with transaction.atomic():
        row, _ = Survey.objects.get_or_create(environment=environment)
        Survey.objects.filter(pk=row.pk, next_read_at=None).update(next_read_at=timezone.now())
        activity.record("import.look", environment, by=by, after={"environment": environment.slug})
        ring(tasks.import_from_aws)
    row.refresh_from_db()
    return row


def request(environment: Environment, wanted: Wanted, *, by: User | None) -> Import:
    """Ask for one of what was found to be made a definition. Raises Forbidden, NotImportable."""
    survey = Survey.objects.filter(environment=environment).first()
    entry = survey.entry(wanted.arn) if survey else None
    kind = entry["kind"] if entry else "function"
    require(by, f"workflows.add_{kind}revision")
    if wanted.adopts:
        require(by, MAY_ADOPT)
    if entry is None:
        raise NotImportable("arn", _not_listed(environment, wanted.arn))
    if strayed := here_already(environment).get(wanted.arn):
        raise NotImportable("arn", STRAYED.format(name=strayed, install=environment.install))
    if not is_again(environment, wanted.arn, kind, wanted.name):
        _check_name(kind, wanted.name)
    if wanted.adopts:
        _check_adoptable(environment, wanted, entry["name"], entry["owner"])
    with transaction.atomic():
        is_open = Import.objects.filter(environment=environment, arn=wanted.arn, finished_at=None)
        if already := is_open.first():
            if (already.name, already.adopts) != (wanted.name, wanted.adopts):
                raise UnderWay("arn", f"It is being imported as {already.name} just now. Ask again once it is over.")
            return already
        row = Import.objects.create(
            environment=environment,
            kind=kind,
            arn=wanted.arn,
            name=wanted.name,
            note=wanted.note[:200],
            adopts=wanted.adopts,
            requested_by=by,
        )
        after = {"environment": environment.slug, "arn": wanted.arn, "adopts": wanted.adopts}
        activity.record("import.request", row, by=by, after=after)
        ring(tasks.import_from_aws)
    return row


def refusal(revision: FunctionRevision | WorkflowRevision, environment: Environment) -> str:
    """Why a thing is read-only in an environment: it was imported from what another tool manages. Empty: it is not."""
    subject = (
        {"function": revision.function_id}
        if isinstance(revision, FunctionRevision)
        else {"workflow": revision.workflow_id}
    )
    rows = Import.objects.filter(environment=environment, status="succeeded", **subject).exclude(owner="")
    found = rows.first()
    if found is None:
        return ""
    return READ_ONLY.format(owner=found.owner)


def read_only(thing: Function | Workflow) -> str:
    """Why no revision of a thing is saved here: another tool manages what it was imported from. Empty: it may be."""
    subject = {"function": thing} if isinstance(thing, Function) else {"workflow": thing}
    found = Import.objects.filter(status="succeeded", **subject).exclude(owner="").first()
    return READ_ONLY.format(owner=found.owner) if found else ""


def own_name(name: str, place: Place) -> str:
    """What something of this name in AWS would be called here."""
    return name.removeprefix(place.prefix)[:40]


def is_again(environment: Environment, arn: str, kind: str, name: str) -> bool:
    """Whether it was imported under this name before, and nothing of that was deployed from here since."""
    rows = Import.objects.filter(environment=environment, arn=arn, kind=kind, name=name, status="succeeded")
    if not rows.exists():
        return False
    deployed = Deployment.objects.filter(environment=environment, is_found=False, **{f"{kind}__name": name})
    return not deployed.exists()


def imported_as(environment: Environment) -> dict[str, str]:
    """By the ARN of what was imported and could be again: what it is called here."""
    rows = Import.objects.filter(environment=environment, status="succeeded").order_by("pk")
    deployed = Deployment.objects.filter(environment=environment, is_found=False)
    from_here = {
        kind: set(deployed.values_list(f"{kind}__name", flat=True).distinct()) for kind in ("function", "workflow")
    }
    known = rows.values_list("arn", "kind", "name")
    return {arn: name for arn, kind, name in known if name not in from_here[kind]}


def here_already(environment: Environment) -> dict[str, str]:
    """By ARN, what is deployed from here: one of these is among what was found only when it has lost our tag."""
    live = Deployment.objects.filter(environment=environment, is_live=True, is_found=False).exclude(resource_arn="")
    rows = live.values_list("resource_arn", "function__name", "workflow__name")
    return {arn: function or workflow for arn, function, workflow in rows}


def _not_listed(environment: Environment, arn: str) -> str:
    if not arn.startswith("arn:"):
        return "That is no ARN."
    if name := here_already(environment).get(arn):
        return f"{name} runs there, and is here already."
    return "There is nothing of that ARN in the last list. Look again."


def _check_name(kind: str, name: str) -> None:
    if not NAME.fullmatch(name):
        raise NotImportable("name", "A name has letters, digits, - and _; at most 40.")
    known = Function.objects.filter(deleted_at=None) if kind == "function" else Workflow.objects.all()
    if known.filter(name=name).exists():
        raise NotImportable("name", f"There is a {kind} called {name} here already: choose another name.")


def _check_adoptable(environment: Environment, wanted: Wanted, name: str, owner: str) -> None:
    if owner:
        raise NotImportable("adopt", f"It is managed by {owner}: it can be looked at here, not adopted.")
    prefix = environment.name_prefix
    if name.startswith(prefix) and NAME.fullmatch(own := name.removeprefix(prefix)) and wanted.name != own:
        raise NotImportable(
            "name",
            f"Adopt {name} under the name {own}: a function or workflow called {own} here would be the same in AWS.",
        )
