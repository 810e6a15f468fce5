"""What hooks are told of facts: the body of each message, and what a subscription can choose by. Reads only.

Never input, output or cause: a receiver fetches by id what it may see.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Prefetch

from transactions.models import ChoiceResult, Hook, Transaction
from workflows.api.raw_json import JsonText, encode
from workflows.models import Deployment, Fact

LARGEST = 20_000  # bytes
PING = "ping"
EVENTS: Mapping[str, str] = {
    "transaction.accepted": "A transaction was accepted.",
    "transaction.started": "AWS runs it.",
    "transaction.branch_taken": "It took a branch at a Choice state.",
    "transaction.succeeded": "It succeeded.",
    "transaction.failed": "It failed.",
    "transaction.timed_out": "It ran longer than it may.",
    "transaction.aborted": "It was stopped.",
    "transaction.stuck": "It has not moved for a while.",
    "deployment.succeeded": "A revision is live in an environment.",
    "deployment.failed": "A revision could not be deployed.",
    "hook.disabled": "A hook was switched off, by somebody or because nothing reached it.",
}
# What was running when its fact was told, whatever it is by now.
RUNNING = ("transaction.started", "transaction.branch_taken")


@dataclass(frozen=True, slots=True)
class Message:
    """One fact in the form it is told in."""

    kind: str
    at: datetime
    data: Mapping[str, Any]
    keys: Mapping[str, str | Decimal]

    @property
    def body(self) -> str:
        """The JSON text: the newest branches and the first keys, if all of them would make more than 20 KB."""
        data = dict(self.data)
        while len(text := self._text(data).encode()) > LARGEST and (data.get("choices") or data.get("keys")):
            if choices := data.get("choices"):
                data["choices"] = choices[len(choices) // 2 + 1 :]
            else:
                data["keys"] = dict(list(data["keys"].items())[: len(data["keys"]) // 2])
        return text.decode()

    def _text(self, data: Mapping[str, Any]) -> str:
        return encode({"type": self.kind, "timestamp": self.at, "data": data})


def messages(facts: Iterable[Fact]) -> dict[int, Message]:
    """By the fact's id; of what is gone meanwhile nothing is told."""
    told = [fact for fact in facts if fact.kind in EVENTS]
    transactions = _transactions(fact.subject for fact in told if fact.kind.startswith("transaction."))
    deployments = _deployments(fact.subject for fact in told if fact.kind.startswith("deployment."))
    found: dict[int, Message] = {}
    for fact in told:
        if row := transactions.get(fact.subject):
            found[fact.pk] = _of_transaction(fact, row)
        elif deployment := deployments.get(fact.subject):
            found[fact.pk] = _of_deployment(fact, deployment)
        elif fact.kind == "hook.disabled":
            found[fact.pk] = _of_hook(fact)
    return found


def ping(hook: Hook, at: datetime) -> Message:
    """What a hook has to answer before it is live."""
    return Message(PING, at, {"id": str(hook.pk), "url": _address("hooks", hook.pk)}, {})


def _transactions(subjects: Iterable[str]) -> dict[str, Transaction]:
    rows = Transaction.objects.filter(pk__in={UUID(subject) for subject in subjects})
    known = rows.select_related("workflow", "revision", "environment").defer(
        "input", "output", "cause", "revision__definition", "revision__input_schema", "revision__problems"
    )
    branches = Prefetch("execution__choices", ChoiceResult.objects.defer("rules"))
    return {str(row.pk): row for row in known.select_related("execution").prefetch_related("keys", branches)}


def _deployments(subjects: Iterable[str]) -> dict[str, Deployment]:
    related = ("environment", "function_revision__function", "workflow_revision__workflow")
    rows = Deployment.objects.filter(pk__in=set(subjects)).select_related(*related)
    return {str(row.pk): row for row in rows.defer("function_revision__package", "definition", "policy")}


def _of_transaction(fact: Fact, row: Transaction) -> Message:
    keys = {key.name: key.text if key.number is None else Decimal(key.text) for key in row.keys.all()}
    data = {
        "id": fact.subject,
        "workflow": row.workflow.name,
        "revision": row.revision.number,
        "environment": row.environment.slug,
        "status": _status(fact, row),
        "reference": row.reference,
        "keys": {name: JsonText(format(one, "f")) if isinstance(one, Decimal) else one for name, one in keys.items()},
        "choices": _choices(fact, row),
        "error": fact.data.get("error") or None,
        "url": _address("transactions", fact.subject),
    }
    return Message(fact.kind, fact.at, data, keys)


def _status(fact: Fact, row: Transaction) -> str:
    if fact.kind in RUNNING:
        return "running"
    return row.status if fact.kind == "transaction.stuck" else fact.kind.rpartition(".")[2]


def _choices(fact: Fact, row: Transaction) -> list[dict[str, Any]]:
    """The one branch that was taken; of what is over, all of them; before that, none."""
    if "choices" in fact.data:
        return list(fact.data["choices"])
    if fact.kind in ("transaction.accepted", "transaction.started"):
        return []
    return [{"state": one.state, "next": one.next or None, "rule": one.rule} for one in row.execution.choices.all()]


def _of_deployment(fact: Fact, row: Deployment) -> Message:
    revision = row.workflow_revision
    data = {
        "id": row.pk,
        "workflow": revision.workflow.name if revision else None,
        "function": None if revision else row.function_revision.function.name if row.function_revision else None,
        "revision": row.revision.number,
        "environment": row.environment.slug,
        "status": fact.kind.rpartition(".")[2],
        "error": fact.data.get("error") or None,
        "url": _address("deployments", fact.subject),
    }
    return Message(fact.kind, fact.at, data, {})


def _of_hook(fact: Fact) -> Message:
    data = {
        "id": fact.subject,
        "status": "off",
        "error": fact.data.get("error"),
        "url": _address("hooks", fact.subject),
    }
    return Message(fact.kind, fact.at, data, {})


def _address(kind: str, pk: object) -> str:
    return f"{settings.PUBLIC_URL}/api/v1/{kind}/{pk}"
