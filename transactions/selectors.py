"""READS of transactions: what a list is filtered by, its pages by cursor, one transaction with what is told of it.

Ids sort by the time they were made, so the id is both the cursor and what dates are compared with. Nothing is written.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from django.db.models import Exists, IntegerField, Model, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.http import QueryDict

from transactions.models import Branch, BusinessKey, ChoiceResult, Transaction
from transactions.statuses import TRANSACTION
from workflows.inputs import FieldProblem, is_indexed
from workflows.inputs.keys import LONGEST_TEXT
from workflows.models import Environment, IdempotencyKey, User, Workflow
from workflows.selectors import Vocabulary

MOST = 10_000
PAGE = 50
LONGEST_VALUE = 200
MOST_CONDITIONS = 10
NEWER = "newer-"
NOT = "not."
KEY = "key."

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Terms:
    """Values by field: any value of a field will do, every field that has some must fit."""

    workflows: tuple[Workflow, ...] = ()
    statuses: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    branches: tuple[Branch, ...] = ()
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list shows: whatever fits `include` and nothing that fits any field of `exclude`."""

    include: Terms = field(default_factory=Terms)
    exclude: Terms = field(default_factory=Terms)
    environments: tuple[Environment, ...] = ()
    created_after: datetime | None = None
    created_before: datetime | None = None


# ---- from an address to filters


@dataclass(frozen=True, slots=True)
class Known:
    """What filters can name, read where they do; a page that has read it for itself gives that."""

    workflows: Iterable[Workflow] = field(default_factory=Workflow.objects.all)
    environments: Iterable[Environment] = field(default_factory=Environment.objects.all)
    words: Vocabulary = field(default_factory=Vocabulary)  # some of the branches and business keys there are


def parse(
    params: QueryDict, known: Known | None = None, *, besides: Collection[str] = ()
) -> tuple[Filters, tuple[FieldProblem, ...]]:
    """The filters a query string asks for, and what is wrong with it, each by the parameter's name.

    Known are `workflow`, `status`, `environment`, `reference`, `branch` (`state->next`, either part may be left out),
    `key.<name>`, `created_after` and `created_before` (ISO 8601); `not.` before workflow, status, reference, branch or
    key excludes. Empty values count as absent; `besides` names parameters that mean something else.
    """
    reader = _Reader(params, known or Known(), besides)
    filters = Filters(
        include=reader.terms(""),
        exclude=reader.terms(NOT),
        environments=reader.rows("environment", reader.known.environments, "slug"),
        created_after=reader.time("created_after"),
        created_before=reader.time("created_before"),
    )
    return filters, reader.finish()


class _Reader:
    """Takes parameters out of a query string one by one, and collects what is wrong with them."""

    def __init__(self, params: QueryDict, known: Known, besides: Collection[str]) -> None:
        self.known = known
        given = {name: tuple(filter(None, values)) for name, values in params.lists()}
        self._left = {name: values for name, values in given.items() if values and name not in besides}
        self._problems: list[FieldProblem] = []

    def terms(self, prefix: str) -> Terms:
        return Terms(
            workflows=self.rows(f"{prefix}workflow", self.known.workflows, "name"),
            statuses=self._statuses(f"{prefix}status"),
            references=self._take(f"{prefix}reference"),
            branches=tuple(Branch.read(text) for text in self._take(f"{prefix}branch")),
            keys={name.removeprefix(prefix + KEY): self._take(name) for name in self._names(prefix + KEY)},
        )

    def rows(self, name: str, rows: Iterable[Row], by: str) -> tuple[Row, ...]:
        values = self._take(name)
        found = {getattr(row, by): row for row in rows if getattr(row, by) in values} if values else {}
        for value in values:
            if value not in found:
                self._problem(name, f"There is no {name.removeprefix(NOT)} “{value}”.")
        return tuple(found.values())

    def time(self, name: str) -> datetime | None:
        values = self._take(name)
        if not values:
            return None
        try:
            at = datetime.fromisoformat(values[-1])
        except ValueError:
            self._problem(name, "This is no time as ISO 8601 writes it, such as 2026-11-24T09:30:00Z.")
            return None
        return at if at.tzinfo else at.replace(tzinfo=UTC)

    def finish(self) -> tuple[FieldProblem, ...]:
        """All problems; a parameter nobody asked for is one too."""
        for name in self._left:
            self._problem(name[:LONGEST_VALUE], "There is no such filter.")
        return tuple(self._problems)

    def _statuses(self, name: str) -> tuple[str, ...]:
        values = self._take(name)
        for value in values:
            if value not in TRANSACTION:
                self._problem(name, f"“{value}” is no status; there are {', '.join(TRANSACTION)}.")
        return values

    def _names(self, prefix: str) -> list[str]:
        names = [name for name in self._left if name.startswith(prefix) and len(name) > len(prefix)]
        if len(names) > MOST_CONDITIONS:
            self._problem(names[MOST_CONDITIONS], f"At most {MOST_CONDITIONS} business keys at once.")
        return names

    def _take(self, name: str) -> tuple[str, ...]:
        values = self._left.pop(name, ())
        if len(values) > MOST_CONDITIONS:
            self._problem(name, f"At most {MOST_CONDITIONS} values at once.")
        if any(len(value) > LONGEST_VALUE or "\0" in value for value in (*values, name)):
            told = f"At most {LONGEST_VALUE} characters, none of them NUL."
            cut = f" The business key of a longer text is its first {LONGEST_TEXT}."
            is_key = name.removeprefix(NOT).startswith(KEY) and len(name) <= LONGEST_VALUE
            self._problem(name[:LONGEST_VALUE], told + cut if is_key else told)
            return ()
        return values

    def _problem(self, name: str, message: str) -> None:
        self._problems.append(FieldProblem(name, message))


# ---- from filters to rows


def find(filters: Filters) -> QuerySet[Transaction]:
    """The transactions that fit, newest first."""
    rows = Transaction.objects.order_by("-pk")
    if filters.environments:
        rows = rows.filter(environment__in=filters.environments)
    if filters.created_after:
        rows = rows.filter(pk__gte=first_id(filters.created_after))
    if filters.created_before:
        rows = rows.filter(pk__lt=first_id(filters.created_before))
    workflows = filters.include.workflows
    for condition in _conditions(filters.include, workflows):
        rows = rows.filter(condition)
    for condition in _conditions(filters.exclude, workflows):
        rows = rows.exclude(condition)
    return rows


def first_id(at: datetime) -> uuid.UUID:
    """The smallest id a transaction accepted at `at` could have."""
    milliseconds = max(0, int(at.timestamp() * 1000))
    return uuid.UUID(int=milliseconds << 80)


def _conditions(terms: Terms, workflows: tuple[Workflow, ...]) -> list[Q]:
    conditions = [_of_key(name, values) for name, values in terms.keys.items()]
    if terms.workflows:
        conditions.append(Q(workflow__in=terms.workflows))
    if terms.statuses:
        conditions.append(Q(status__in=terms.statuses))
    if terms.references:
        conditions.append(Q(reference__in=terms.references))
    if terms.branches:
        conditions.append(_of_branch(terms.branches, workflows))
    return conditions


def _of_key(name: str, values: tuple[str, ...]) -> Q:
    numbers = [number for number in map(_number, values) if number is not None]
    keys = BusinessKey.objects.filter(transaction=OuterRef("pk"), name=name)
    return Q(Exists(keys.filter(Q(text__in=values) | Q(number__in=numbers))))


def _of_branch(branches: tuple[Branch, ...], workflows: tuple[Workflow, ...]) -> Q:
    wanted = Q()
    for branch in branches:
        parts = {"state": branch.state, "next": branch.next}
        wanted |= Q(**{name: value for name, value in parts.items() if value})
    choices = ChoiceResult.objects.filter(wanted, execution=OuterRef("pk"))
    # The workflows listed anyway: named here too, they let the branch be found by its index.
    return Q(Exists(choices.filter(workflow__in=workflows) if workflows else choices))


def _number(text: str) -> Decimal | None:
    """The number a text stands for, if it could be stored as one."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if is_indexed(number) else None


# ---- what is read of each row


def listed(rows: QuerySet[Transaction]) -> QuerySet[Transaction]:
    """With what a line of a list shows: names, business keys, branches; no input, output or rules."""
    branches = ChoiceResult.objects.defer("rules")
    return _related(rows, branches).defer(*_HEAVY, "input", "output", "cause")


def readable(rows: QuerySet[Transaction]) -> QuerySet[Transaction]:
    """With all the API tells of each."""
    return _related(rows, ChoiceResult.objects.all()).defer(*_HEAVY)


def get(pk: uuid.UUID, among: QuerySet[Transaction] | None = None) -> Transaction | None:
    """One transaction, if it is `among` those, with all the API tells of it, in three queries."""
    rows = Transaction.objects.all() if among is None else among
    return readable(rows.filter(pk=pk)).first()


def sent_with(key: str, by: User) -> Transaction | None:
    """What came of a form of this person's with that key."""
    subject = IdempotencyKey.objects.filter(user=by, key=key).values_list("subject", flat=True).first()
    try:
        return Transaction.objects.filter(pk=uuid.UUID(subject or "")).first()
    except ValueError:
        return None  # another operation's key


_HEAVY = ("revision__definition", "revision__input_schema", "revision__problems", "execution__definition")


def _related(rows: QuerySet[Transaction], branches: QuerySet[ChoiceResult]) -> QuerySet[Transaction]:
    return rows.select_related("workflow", "revision", "environment", "execution").prefetch_related(
        Prefetch("keys", BusinessKey.objects.order_by("pk")),
        Prefetch("execution__choices", branches.order_by("position")),
    )


# ---- pages


class BadCursor(ValueError):
    """The cursor was not given by a page."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, newest first, and the cursors of the page of older and of newer ones, where there are any."""

    results: list[Transaction]
    next: str | None
    previous: str | None


class _Counted(Subquery):
    """How many rows a query gives."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def counted_page(rows: QuerySet[Transaction], cursor: str = "") -> tuple[Page, int]:
    """A page of what a list shows, and how many fit in all, counted up to ten thousand: in the same query."""
    fitting = _Counted(rows.order_by().values("pk")[:MOST])
    found = page(listed(rows).annotate(fitting=fitting), cursor)
    return found, vars(found.results[0])["fitting"] if found.results else count_up_to(rows)


def page(rows: QuerySet[Transaction], cursor: str = "", limit: int = PAGE) -> Page:
    """The `limit` rows older (or newer, as the cursor says) than the one the cursor names. Raises BadCursor."""
    try:
        at = uuid.UUID(cursor.removeprefix(NEWER)) if cursor else None
    except ValueError as error:
        raise BadCursor(cursor) from error
    if at and cursor.startswith(NEWER):
        return _newer(rows, at, limit)
    found = list((rows.filter(pk__lt=at) if at else rows).order_by("-pk")[: limit + 1])
    shown = found[:limit]
    return Page(
        shown,
        next=str(shown[-1].pk) if len(found) > limit else None,
        previous=f"{NEWER}{shown[0].pk}" if at and shown else None,
    )


def _newer(rows: QuerySet[Transaction], at: uuid.UUID, limit: int) -> Page:
    found = list(rows.filter(pk__gt=at).order_by("pk")[: limit + 1])
    shown = found[:limit][::-1]
    return Page(
        shown,
        next=str(shown[-1].pk) if shown else None,
        previous=f"{NEWER}{shown[0].pk}" if len(found) > limit else None,
    )


def count_up_to(rows: QuerySet[Transaction], most: int = MOST) -> int:
    """How many there are, counting no further than `most`."""
    return rows.order_by()[:most].count()
