"""READS the transactions of the last day that have the business keys of an input being written. Bounded."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from transactions.models import BusinessKey, Transaction
from transactions.selectors import KEY, first_id
from workflows import inputs
from workflows.inputs import Key
from workflows.models import Deployment

WITHIN = timedelta(hours=24)
MOST_CANDIDATES = 1000  # with one of the keys; the others are looked at among these
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Earlier ones with the same keys: how many, the newest of them, and the address of them all."""

    keys: tuple[Key, ...]
    count: int
    newest: list[Transaction]
    href: str


def find(deployment: Deployment, text: str, besides: Transaction | None = None) -> Duplicates | None:
    """Those of the workflow in its environment; None while the input lacks keys it still could get, or has none.

    `besides` is the one that is run again on purpose: by itself it is nothing to warn of.
    """
    keys = _keys(deployment, text)
    workflow = deployment.workflow
    if not keys or workflow is None:
        return None
    since = timezone.now() - WITHIN
    alike = [_alike(key) for key in keys]
    candidates = min((_candidates(deployment, like, first_id(since)) for like in alike), key=len)
    if not candidates:
        return None
    rows = Transaction.objects.filter(pk__in=candidates, environment=deployment.environment_id)
    for like in alike:
        rows = rows.filter(Exists(BusinessKey.objects.filter(like, transaction=OuterRef("pk"))))
    found = list(rows.order_by("-pk"))
    if not found or found == [besides]:
        return None
    wanted = {"workflow": workflow.name, **{KEY + key.name: key.text for key in keys}}
    address = urlencode({**wanted, "created_after": since.isoformat(timespec="seconds")})
    return Duplicates(keys, len(found), found[:SHOWN], f"/transactions/?{address}")


def _keys(deployment: Deployment, text: str) -> tuple[Key, ...]:
    revision = deployment.workflow_revision
    if revision is None or not revision.keys:
        return ()
    try:
        value = inputs.parse_input(text)
    except inputs.InputProblem:
        return ()
    keys = inputs.extract_keys(value, revision.keys)
    is_complete = len(keys) == len(revision.keys) or not inputs.check(value, revision.input_schema)
    return keys if is_complete else ()


def _alike(key: Key) -> Q:
    same = Q(text=key.text) if key.number is None else Q(number=key.number)
    return Q(name=key.name) & same


def _candidates(deployment: Deployment, like: Q, oldest: UUID) -> list[UUID]:
    rows = BusinessKey.objects.filter(like, workflow=deployment.workflow_id, transaction__gte=oldest)
    return list(rows.order_by("-transaction").values_list("transaction", flat=True)[:MOST_CANDIDATES])
