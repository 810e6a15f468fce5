"""Accepts transactions: checks the input, pins what is deployed now, writes the rows, rings. No AWS here."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError
from django.db.models import Model
from django.utils import timezone

from transactions import tasks
from transactions.models import BusinessKey, Execution, Transaction
from workflows import inputs, statements
from workflows.doorbell import ring
from workflows.inputs import FieldProblem
from workflows.models import Environment, User, Workflow, WorkflowRevision
from workflows.models.environments import DEFAULT
from workflows.services import activity, facts, idempotency
from workflows.services.access import require
from workflows.services.idempotency import Answer, Fingerprint
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


@dataclass(frozen=True, slots=True)
class _Draft:
    """What is to be written of a submission, the transaction first."""

    submitted: Submitted
    rows: tuple[Model, ...]

    @property
    def holds_reference(self) -> bool:
        return self.submitted.transaction.holds_reference


class Rejected(Exception):
    """The submission cannot be accepted; each problem names the field it is about."""

    def __init__(self, *problems: FieldProblem, status: int = 422, code: str = "") -> None:
        super().__init__("; ".join(f"{problem.path}: {problem.message}" for problem in problems))
        self.problems = problems
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class _Live:
    """What is deployed, as far as accepting looks at it: a definition may be a megabyte, and no use here."""

    deployment: int
    environment: Environment
    workflow: Workflow
    revision: WorkflowRevision


@dataclass(frozen=True, slots=True)
class _Accepted:
    """A submission that passed its checks, with what is live for it."""

    live: _Live
    text: str
    keys: tuple[inputs.Key, ...]
    asked: Submission

    @property
    def holds_reference(self) -> bool:
        """Whether no other transaction may have its reference; one that is run again has that of the first."""
        return self.live.revision.unique_references and bool(self.asked.reference) and self.asked.rerun_of is None


def submit(asked: Submission, *, by: User, key: str | None = None) -> Submitted:
    """Accept `asked`, with a `key` once for each key of this user; a worker starts it soon.

    Raises Forbidden, Rejected, and with a key KeyReused, KeyInFlight.
    """
    if key is None:
        require(by, "transactions.submit")
        draft = _draft(_check(asked), by)
        # Whoever has begun already goes on after a reference that is taken; nothing else is expected to go wrong.
        with _reference_free():
            statements.commit_all(draft.rows, savepoint=draft.holds_reference)
        ring(tasks.start)
        return draft.submitted
    named = submit_once(asked, key, _fingerprint(asked), lambda made: Answer(subject=str(made.transaction.pk)), by=by)
    return Submitted(Transaction.objects.get(pk=named.subject), is_new=not named.is_replayed)


def submit_once(
    asked: Submission, key: str, fingerprint: Fingerprint, answer: Callable[[Submitted], Answer], *, by: User
) -> Answer:
    """Accept `asked` once for each key of this user, and keep what `answer` makes of it for the next time.

    Raises Forbidden, Rejected, KeyReused, KeyInFlight.
    """
    require(by, "transactions.submit")

    def draft() -> idempotency.Draft:
        made = _draft(_check(asked), by)
        return idempotency.Draft(answer(made.submitted), made.rows)

    with _reference_free():
        given = idempotency.once_in_rows(key, fingerprint, draft, by=by)
    if not given.is_replayed:
        ring(tasks.start)
    return given


@contextmanager
def _reference_free() -> Iterator[None]:
    """Say so of a row that was refused for its reference."""
    try:
        yield
    except IntegrityError as error:
        if "reference" in str(error).partition("\n")[0]:
            raise _reference_taken() from None
        raise


def _fingerprint(asked: Submission) -> Fingerprint:
    rerun_of = str(asked.rerun_of.pk) if asked.rerun_of else None
    content = [asked.workflow, asked.environment, asked.reference, rerun_of, asked.input]
    return Fingerprint(hashlib.sha256(json.dumps(content).encode()).hexdigest())


# ---- checks


def check(asked: Submission) -> None:
    """Pass if it would be accepted now; nothing is written. Raises Rejected."""
    _check(asked)


def _check(asked: Submission) -> _Accepted:
    if len(asked.reference) > LONGEST_REFERENCE or "\0" in asked.reference:
        raise Rejected(FieldProblem("/reference", f"At most {LONGEST_REFERENCE} characters, none of them NUL."))
    live = _live(asked)
    try:
        value = inputs.parse_input(asked.input)
    except inputs.InputProblem as problem:
        raise Rejected(FieldProblem(f"/input{problem.path}", problem.message)) from problem
    if problems := inputs.check(value, live.revision.input_schema):
        raise Rejected(*(FieldProblem(f"/input{problem.path}", problem.message) for problem in problems))
    return _Accepted(live, inputs.serialise(asked.input), inputs.extract_keys(value, live.revision.keys), asked)


_LIVE = """
    SELECT live.id, live.environment_id, live.workflow_id,
        revision.id, revision.number, revision.type, revision.input_schema, revision.keys, revision.unique_references
    FROM workflows_deployment AS live
        JOIN workflows_workflow AS workflow ON workflow.id = live.workflow_id
        JOIN workflows_environment AS environment ON environment.id = live.environment_id
        JOIN workflows_workflowrevision AS revision ON revision.id = live.workflow_revision_id
    WHERE live.is_live AND workflow.name = %s AND environment.slug = %s
"""


def _live(asked: Submission) -> _Live:
    """What is in force for what is asked for; Rejected with the reason when nothing is."""
    slug = asked.environment or DEFAULT
    found = statements.first(_LIVE, asked.workflow, slug)
    if found is None:
        raise Rejected(_why_none(asked.workflow, slug))
    deployment, environment, workflow, pk, number, kind, schema, keys, is_unique = found
    if kind == MachineType.EXPRESS:
        raise Rejected(FieldProblem("/workflow", "EXPRESS workflows are deployed, but cannot be run from here yet."))
    return _Live(
        deployment,
        statements.known(Environment, id=environment, slug=slug),
        statements.known(Workflow, id=workflow, name=asked.workflow),
        statements.known(
            WorkflowRevision,
            id=pk,
            workflow_id=workflow,
            number=number,
            type=kind,
            input_schema=schema,
            keys=keys,
            unique_references=is_unique,
        ),
    )


def _why_none(workflow: str, slug: str) -> FieldProblem:
    if not Environment.objects.filter(slug=slug).exists():
        return FieldProblem("/environment", f"There is no environment “{slug}”.")
    if not Workflow.objects.filter(name=workflow).exists():
        return FieldProblem("/workflow", f"There is no workflow “{workflow}”.")
    return FieldProblem("/workflow", f"“{workflow}” is not deployed to “{slug}”. Deploy it first.")


def _reference_taken() -> Rejected:
    told = "A transaction of this workflow has this reference already; find it by the reference."
    return Rejected(FieldProblem("/reference", told), status=409, code="reference_taken")


# ---- rows


def _draft(accepted: _Accepted, by: User) -> _Draft:
    now, live, asked = timezone.now(), accepted.live, accepted.asked
    row = statements.new(
        Transaction,
        environment=live.environment,
        workflow=live.workflow,
        revision=live.revision,
        deployment_id=live.deployment,
        reference=asked.reference,
        holds_reference=accepted.holds_reference,
        input=accepted.text,
        created_by=by,
        created_at=now,
        rerun_of=asked.rerun_of,
        next_attempt_at=now,
    )
    keys = tuple(
        statements.new(
            BusinessKey, transaction=row, workflow=row.workflow, name=key.name, text=key.text, number=key.number
        )
        for key in accepted.keys
    )
    told = facts.fact("transaction.accepted", str(row.pk))
    noted = activity.entry("transaction.submit", row, by=by, after=_described(row))
    return _Draft(
        Submitted(row, is_new=True, keys=keys), (row, statements.new(Execution, transaction=row), *keys, told, noted)
    )


def _described(row: Transaction) -> dict[str, Any]:
    described = {"workflow": row.workflow.name, "environment": row.environment.slug, "reference": row.reference}
    return described | ({"rerun_of": str(row.rerun_of_id)} if row.rerun_of_id else {})
