"""Accepts transactions: checks the input, pins what is deployed now, writes the rows, rings. No AWS here."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from transactions import tasks
from transactions.models import BusinessKey, Execution, Transaction
from workflows import inputs
from workflows.doorbell import ring
from workflows.inputs import FieldProblem
from workflows.models import Deployment, Environment, User, Workflow
from workflows.models.environments import DEFAULT
from workflows.services import activity, facts, idempotency
from workflows.services.access import require
from workflows.services.idempotency import Answer
from workflows.statuses import MachineType

LONGEST_REFERENCE = 200


@dataclass(frozen=True, slots=True)
class Submission:
    """What somebody asks for: `input` is JSON text; no environment means the default one."""

    workflow: str
    input: str
    environment: str | None = None
    reference: str = ""
    rerun_of: Transaction | None = None


@dataclass(frozen=True, slots=True)
class Submitted:
    """The transaction, and whether this call made it (a repeated key gives the earlier one).

    One just made has its workflow, revision, environment and business keys in hand: no query is needed to tell of it.
    """

    transaction: Transaction
    is_new: bool
    keys: tuple[BusinessKey, ...] = ()


class Rejected(Exception):
    """The submission cannot be accepted; each problem names the field it is about."""

    def __init__(self, *problems: FieldProblem, status: int = 422) -> None:
        super().__init__("; ".join(f"{problem.path}: {problem.message}" for problem in problems))
        self.problems = problems
        self.status = status


@dataclass(frozen=True, slots=True)
class _Accepted:
    """A submission that passed its checks, with what is live for it."""

    deployment: Deployment
    text: str
    keys: tuple[inputs.Key, ...]
    asked: Submission

    @property
    def holds_reference(self) -> bool:
        """Whether no other transaction may have its reference; one that is run again has that of the first."""
        revision = self.deployment.workflow_revision
        is_unique = revision is not None and revision.unique_references
        return is_unique and bool(self.asked.reference) and self.asked.rerun_of is None


def submit(asked: Submission, *, by: User, key: str | None = None) -> Submitted:
    """Accept `asked`, with a `key` once for each key of this user; a worker starts it soon.

    Raises Forbidden, Rejected, and with a key KeyReused, KeyInFlight.
    """
    require(by, "transactions.submit")
    if key is None:
        return _accept(asked, by)
    made = idempotency.once(
        key, _fingerprint(asked), lambda: Answer(subject=str(_accept(asked, by).transaction.pk)), by=by
    )
    return Submitted(Transaction.objects.get(pk=made.subject), is_new=not made.is_replayed)


def _accept(asked: Submission, by: User) -> Submitted:
    accepted = _check(asked)
    try:
        # Whoever has begun already goes on after a reference that is taken; nothing else is expected to go wrong.
        with transaction.atomic(savepoint=accepted.holds_reference):
            return _insert(accepted, by)
    except IntegrityError:
        if accepted.holds_reference:
            raise _reference_taken() from None
        raise


def _fingerprint(asked: Submission) -> str:
    rerun_of = str(asked.rerun_of.pk) if asked.rerun_of else None
    content = [asked.workflow, asked.environment, asked.reference, rerun_of, asked.input]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


# ---- checks


def check(asked: Submission) -> None:
    """Pass if it would be accepted now; nothing is written. Raises Rejected."""
    _check(asked)


def _check(asked: Submission) -> _Accepted:
    if len(asked.reference) > LONGEST_REFERENCE or "\0" in asked.reference:
        raise Rejected(FieldProblem("/reference", f"At most {LONGEST_REFERENCE} characters, none of them NUL."))
    deployment = _live(asked)
    try:
        value = inputs.parse_input(asked.input)
    except inputs.InputProblem as problem:
        raise Rejected(FieldProblem(f"/input{problem.path}", problem.message)) from problem
    revision = deployment.workflow_revision
    assert revision is not None  # noqa: S101 - a workflow's deployment has one, by constraint
    if problems := inputs.check(value, revision.input_schema):
        raise Rejected(*(FieldProblem(f"/input{problem.path}", problem.message) for problem in problems))
    return _Accepted(deployment, inputs.serialise(asked.input), inputs.extract_keys(value, revision.keys), asked)


# Of a deployment; definitions may be a megabyte, and accepting looks at none.
_NEEDED = (
    "environment__slug",
    "workflow__name",
    *(f"workflow_revision__{name}" for name in ("number", "type", "input_schema", "keys", "unique_references")),
)


def _live(asked: Submission) -> Deployment:
    """The deployment in force for what is asked for; Rejected with the reason when there is none."""
    slug = asked.environment or DEFAULT
    live = Deployment.objects.select_related("environment", "workflow", "workflow_revision").only(*_NEEDED)
    deployment = live.filter(is_live=True, workflow__name=asked.workflow, environment__slug=slug).first()
    if deployment is None:
        raise Rejected(_why_none(asked.workflow, slug))
    if deployment.workflow_revision and deployment.workflow_revision.type == MachineType.EXPRESS:
        raise Rejected(FieldProblem("/workflow", "EXPRESS workflows are deployed, but cannot be run from here yet."))
    return deployment


def _why_none(workflow: str, slug: str) -> FieldProblem:
    if not Environment.objects.filter(slug=slug).exists():
        return FieldProblem("/environment", f"There is no environment “{slug}”.")
    if not Workflow.objects.filter(name=workflow).exists():
        return FieldProblem("/workflow", f"There is no workflow “{workflow}”.")
    return FieldProblem("/workflow", f"“{workflow}” is not deployed to “{slug}”. Deploy it first.")


def _reference_taken() -> Rejected:
    told = "A transaction of this workflow has this reference already; find it by the reference."
    return Rejected(FieldProblem("/reference", told), status=409)


# ---- rows


def _insert(accepted: _Accepted, by: User) -> Submitted:
    now, deployment, asked = timezone.now(), accepted.deployment, accepted.asked
    # A workflow's deployment has both, by constraint.
    assert deployment.workflow is not None  # noqa: S101
    assert deployment.workflow_revision is not None  # noqa: S101
    row = Transaction.objects.create(
        environment=deployment.environment,
        workflow=deployment.workflow,
        revision=deployment.workflow_revision,
        deployment=deployment,
        reference=asked.reference,
        holds_reference=accepted.holds_reference,
        input=accepted.text,
        created_by=by,
        created_at=now,
        rerun_of=asked.rerun_of,
        next_attempt_at=now,
    )
    Execution.objects.create(transaction=row)
    keys = tuple(
        BusinessKey(transaction=row, workflow=row.workflow, name=key.name, text=key.text, number=key.number)
        for key in accepted.keys
    )
    BusinessKey.objects.bulk_create(keys)
    facts.tell("transaction.accepted", str(row.pk))
    activity.record("transaction.submit", row, by=by, after=_described(row))
    ring(tasks.start)
    return Submitted(row, is_new=True, keys=keys)


def _described(row: Transaction) -> dict[str, Any]:
    described = {"workflow": row.workflow.name, "environment": row.environment.slug, "reference": row.reference}
    return described | ({"rerun_of": str(row.rerun_of_id)} if row.rerun_of_id else {})
