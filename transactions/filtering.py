"""The list's filters as a person sees them: controls to set them, chips to take them off. All live in the address."""

import contextlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict

from transactions import selectors, standstill, vocabulary
from transactions.models import Branch, BusinessKey, Transaction
from transactions.selectors import KEY, NOT, Filters, Known
from transactions.statuses import OPEN, TRANSACTION, UNSUCCESSFUL
from workflows import moments
from workflows.inputs import FieldProblem
from workflows.models import Environment
from workflows.selectors import Vocabulary

CURSOR = "cursor"
MOST_NEWER = 100
EXECUTION = re.compile(r"arn:[^:]+:states:[^:]*:\d*:execution:[^:]+:[^:]+")
BEGIN = re.compile(r"[0-9a-f]{8,31}")
# The end of an id as the list shows it; and of how many of the newest one is looked for, which are read for it.
SHORT_ID = re.compile(r"(?:…|\.\.\.)?([0-9a-f]{12})")
ENDS_AMONG = 20_000
SEARCH = "q"
ATTENTION = "attention"
READ_HERE = (SEARCH, ATTENTION)
RUN_AGAIN = Exists(Transaction.objects.filter(rerun_of=OuterRef("pk")))
NEEDS: Mapping[str, Callable[[], Q]] = {
    "failed": lambda: Q(~RUN_AGAIN, status__in=UNSUCCESSFUL),
    "stuck": standstill.every,
    "waiting": lambda: Q(status__in=OPEN, waiting_since__isnull=False),
}
MOMENTS = ("created_after", "created_before")
LABELS = {
    "workflow": "workflow",
    "status": "status",
    "environment": "environment",
    "reference": "reference",
    "branch": "branch",
    "created_after": "from",
    "created_before": "before",
    SEARCH: "search",
    ATTENTION: "needs somebody",
}


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter in force, in words, and the address without it; `opposite` leads to its negation."""

    label: str
    value: str
    href: str
    opposite: str = ""
    is_negated: bool = False  # it leaves out what it names
    at: datetime | None = None  # what the value means, where it is a moment


@dataclass(frozen=True, slots=True)
class KeyControl:
    """A business key one can filter by."""

    name: str
    param: str
    value: str


def parse(
    params: QueryDict, known: Known | None = None, *, besides: Collection[str] = ()
) -> tuple[Filters, tuple[FieldProblem, ...]]:
    """The filters of an address, and what is wrong with any of it: as `selectors.parse`, with what is read here."""
    filters, problems = selectors.parse(params, known, besides=(*READ_HERE, *besides))
    needs = params.get(ATTENTION, "")
    if needs and needs not in NEEDS:
        problems = (*problems, FieldProblem(ATTENTION, f"There are {', '.join(NEEDS)}."))
    return filters, problems or tuple(_unknown(filters, known.words if known else Vocabulary()))


def _unknown(filters: Filters, words: Vocabulary) -> Iterator[FieldProblem]:
    """Branches and business keys that no workflow ever had; those that are among `words` need not be looked for."""
    sides = (("", filters.include), (NOT, filters.exclude))
    branches = [
        (f"{prefix}branch", branch)
        for prefix, terms in sides
        for branch in terms.branches
        if not _is_among(branch, words)
    ]
    keys = [(f"{prefix}{KEY}{name}", name) for prefix, terms in sides for name in terms.keys if name not in words.keys]
    return vocabulary.problems(branches, keys)


def _is_among(branch: Branch, words: Vocabulary) -> bool:
    return not branch.state and branch.next in words.branches


def narrow(
    rows: QuerySet[Transaction], filters: Filters, params: QueryDict, environment: Environment | None
) -> QuerySet[Transaction]:
    """Of `rows`, those of the environment being looked at (unless the filters name others) and of the search."""
    return search(rows if filters.environments else rows.filter(environment=environment), params)


def search(rows: QuerySet[Transaction], params: QueryDict) -> QuerySet[Transaction]:
    """Of `rows`, those that have the reference or business key searched for, and those that need somebody."""
    if text := params.get(SEARCH, "").strip():
        if "\0" in text:
            return rows.none()  # nothing has one, and the database refuses to be asked
        cases = {text, text.upper(), text.lower()}  # the index knows no others, and few people type any
        keys = BusinessKey.objects.filter(transaction=OuterRef("pk"), text__in=cases)
        rows = rows.filter(Q(reference__in=cases) | Exists(keys))
    if needs := NEEDS.get(params.get(ATTENTION, "")):
        rows = rows.filter(needs())
    return rows


def find(text: str, environment: Environment | None) -> list[UUID]:
    """At most two of those with this as their id or execution's ARN (wherever they are), reference or business key.

    Also of what begins an id, and of its end as the list shows it of one of the last `ENDS_AMONG` there.
    """
    # The name of an execution is its transaction's id.
    named = text.rpartition(":")[2] if EXECUTION.fullmatch(text) else text
    with contextlib.suppress(ValueError):
        if by_id := list(Transaction.objects.filter(pk=UUID(named)).values_list("pk", flat=True)):
            return by_id
    rows = Transaction.objects.filter(environment=environment)
    found = search(rows, QueryDict(urlencode({SEARCH: text}))).order_by("-pk").values_list("pk", flat=True)[:2]
    return list(found) or _begins_with(text, rows) or ending(text, rows)


def _begins_with(text: str, rows: QuerySet[Transaction]) -> list[UUID]:
    digits = text.rstrip("….").replace("-", "").lower()
    if not BEGIN.fullmatch(digits):
        return []
    first, last = (UUID(digits.ljust(32, fill)) for fill in "0f")
    return list(rows.filter(pk__gte=first, pk__lte=last).values_list("pk", flat=True)[:2])


def ending(text: str, rows: QuerySet[Transaction]) -> list[UUID]:
    """At most two of the latest whose id ends so, where that is the end of one as lists show it."""
    shown = SHORT_ID.fullmatch(text.lower())
    if not shown:
        return []
    latest = rows.order_by("-pk").values_list("pk", flat=True)[:ENDS_AMONG]
    return [pk for pk in latest if pk.hex.endswith(shown[1])][:2]


def chips(params: QueryDict) -> list[Chip]:
    """The filters in force, in the order of the address."""
    pairs = [(name, value) for name, values in params.lists() if name != CURSOR for value in values if value]
    return [
        Chip(
            _label(name),
            _value(name, value),
            _without(params, name, value),
            _opposite(params, name, value),
            is_negated=name.startswith(NOT),
            at=_moment(value) if name in MOMENTS else None,
        )
        for name, value in pairs
    ]


def key_controls(names: Iterable[str], params: QueryDict) -> list[KeyControl]:
    """Controls for the business keys of the one workflow looked at."""
    return [KeyControl(name, KEY + name, params.get(KEY + name, "")) for name in names]


def hidden(params: QueryDict, shown: Iterable[str]) -> list[tuple[str, str]]:
    """What of the address no control shows, and the form must carry along; of several values one shows the last."""
    controls = {*shown}
    return [
        (name, value)
        for name, values in params.lists()
        for value in (values[:-1] if name in controls else values)
        if value and name != CURSOR
    ]


def _label(name: str) -> str:
    bare = name.removeprefix(NOT)
    label = bare.removeprefix(KEY) if bare.startswith(KEY) else LABELS.get(bare, bare)
    return f"not {label}" if name.startswith(NOT) else label


def _moment(value: str) -> datetime | None:
    with contextlib.suppress(ValueError):
        return moments.read(value)
    return None


def _value(name: str, value: str) -> str:
    known = TRANSACTION.get(value) if name.removeprefix(NOT) == "status" else None
    return known.label if known else value


def _opposite(params: QueryDict, name: str, value: str) -> str:
    """The address that excludes what this filter includes, or the other way round; none for dates and the search."""
    bare = name.removeprefix(NOT)
    if bare not in ("workflow", "status", "reference", "branch") and not bare.startswith(KEY):
        return ""
    left = QueryDict(_without(params, name, value).removeprefix("?"), mutable=True)
    left.appendlist(bare if name.startswith(NOT) else NOT + bare, value)
    return f"?{left.urlencode()}"


def _without(params: QueryDict, name: str, value: str) -> str:
    left = params.copy()
    left.pop(CURSOR, None)
    left.setlist(name, [other for other in params.getlist(name) if other != value])
    return f"?{left.urlencode()}"
