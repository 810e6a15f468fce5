"""A filtered list as CSV or JSON, a piece at a time: memory does not grow with the rows. Reads only.

CSV goes into spreadsheets, which take a text that begins with = + - @ for a formula: such texts get an apostrophe.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from transactions import selectors
from transactions.models import BusinessKey, Transaction
from workflows.api import raw_json
from workflows.api.raw_json import JsonText

CHUNK = 500
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_COLUMNS = (
    "id", "workflow", "revision", "environment", "status", "reference", "branch",
    "created_at", "started_at", "finished_at", "error", "rerun_of",
)  # fmt: skip


def to_csv(rows: QuerySet[Transaction], keys: Sequence[str]) -> Iterator[str]:
    """Lines of CSV, newest first: a column for each of these business keys after the fixed ones."""
    writer = csv.writer(_Echo())
    yield writer.writerow([*_COLUMNS, *(_safe(f"key.{name}") for name in keys)])
    for chunk in _chunks(rows):
        yield "".join(writer.writerow(_cells(row, keys)) for row in chunk)


def to_json(rows: QuerySet[Transaction]) -> Iterator[str]:
    """A JSON array of objects, newest first."""
    yield "["
    separator = "\n"
    for chunk in _chunks(rows):
        for row in chunk:
            yield separator + raw_json.encode(_told(row))
            separator = ",\n"
    yield "\n]\n"


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, line: str) -> str:
        return line


def _chunks(rows: QuerySet[Transaction]) -> Iterator[list[Transaction]]:
    """By id, a few hundred at a time: each its own short query, and no row twice whatever is added meanwhile."""
    cursor = ""
    while True:
        page = selectors.page(selectors.listed(rows), cursor, CHUNK)
        yield page.results
        if page.next is None:
            return
        cursor = page.next


def _cells(row: Transaction, keys: Iterable[str]) -> list[str]:
    told = _told(row)
    branch = " > ".join(choice.outcome for choice in row.execution.choices.all())
    has = {key.name: key for key in row.keys.all()}
    fixed = [_safe(branch if name == "branch" else str(told[name] or "")) for name in _COLUMNS]
    return [*fixed, *(_key_cell(has.get(name)) for name in keys)]


def _key_cell(key: BusinessKey | None) -> str:
    """A number stays a number, minus and all."""
    if key is None:
        return ""
    return key.text if key.number is not None else _safe(key.text)


def _key_value(key: BusinessKey) -> str | JsonText:
    """As over REST: a number is one, with every digit."""
    return key.text if key.number is None else JsonText(key.text)


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _told(row: Transaction) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "workflow": row.workflow.name,
        "revision": row.revision.number,
        "environment": row.environment.slug,
        "status": row.status,
        "reference": row.reference,
        "keys": {key.name: _key_value(key) for key in row.keys.all()},
        "choices": [
            {"state": choice.state, "next": choice.next or None, "rule": choice.rule}
            for choice in row.execution.choices.all()
        ],
        "created_at": _written(row.created_at),
        "started_at": _written(row.started_at),
        "finished_at": _written(row.finished_at),
        "error": row.error or None,
        "rerun_of": str(row.rerun_of_id) if row.rerun_of_id else None,
    }


def _written(at: datetime | None) -> str | None:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None
