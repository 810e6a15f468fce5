"""Pages of lists by cursor, as every list of the API has them: `cursor`, `limit`, and `{results, next}`."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

from django.db.models import QuerySet
from ninja import Query

from workflows.api.problems import Refused
from workflows.inputs import FieldProblem

PAGE = 50
MOST = 100
LONGEST = 120  # of a cursor
LARGEST_ID = 2**63
AFTER = "after:"  # so that any other text is seen to be no cursor
Row = TypeVar("Row")
Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at most.")]
Cursor = Annotated[str, Query(max_length=LONGEST, description="`next` of the page before; absent: the first page.")]


def by_id(rows: "QuerySet[Any]", cursor: str, limit: int, *, column: str = "-pk") -> tuple[list[Any], str | None]:
    """The rows after the one whose number in `column` is the cursor, and the cursor after them. Raises Refused."""
    name, is_descending = column.removeprefix("-"), column.startswith("-")
    if cursor:
        rows = rows.filter(**{f"{name}__{'lt' if is_descending else 'gt'}": _number(cursor)})
    found = list(rows.order_by(column)[: limit + 1])
    last = getattr(found[limit - 1], name) if len(found) > limit else None
    return found[:limit], None if last is None else str(last)


def by_name(rows: Sequence[Row], name: Callable[[Row], str], cursor: str, limit: int) -> tuple[list[Row], str | None]:
    """Of rows that are few enough to be read at once, those after the name in the cursor, by name. Raises Refused."""
    if cursor and not cursor.startswith(AFTER):
        raise bad_cursor()
    found = sorted((row for row in rows if name(row) > cursor.removeprefix(AFTER)), key=name)
    return found[:limit], f"{AFTER}{name(found[limit - 1])}" if len(found) > limit else None


def bad_cursor() -> Refused:
    """What is raised for a cursor that no page gave."""
    return Refused(
        422, "The cursor was not given by a page.", FieldProblem("cursor", "Not a cursor."), code="bad_filter"
    )


def _number(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 20 and int(cursor) < LARGEST_ID):
        raise bad_cursor()
    return int(cursor)
