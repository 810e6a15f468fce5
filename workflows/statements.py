"""SQL for what is asked at every request of the API, where making it anew costs more than running it.

Reads are written out by whoever asks; rows of any models are added by one call, in one round trip on PostgreSQL. No
business rules here; whatever is not asked hundreds of times a second stays with Django's own queries.
"""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import groupby
from typing import Any, NamedTuple, TypeVar

from django.db import connection, connections, models, transaction
from django.db.models import Field
from django.db.models.base import ModelState

Made = TypeVar("Made", bound=models.Model)
Row = tuple[Any, ...]
Statement = tuple[str, Sequence[Any]]


def first(sql: str, *values: Any) -> Row | None:
    """The first row of a query, its columns as the database gives them (JSON is text); None when there is none."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        found: Row | None = cursor.fetchone()
    return found


def new(model: type[Made], **values: Any) -> Made:
    """A row to be added, as `model(**values)` makes it at several times the price: no signals, no other arguments."""
    row, told = _blank(model), dict(values)
    for name, attribute in _relations(model):
        if (other := told.pop(name, None)) is not None:
            row._state.fields_cache[name] = other
            told[attribute] = other.pk
    for attribute, default in _defaults(model):
        row.__dict__[attribute] = told.pop(attribute) if attribute in told else default()
    if told:
        raise TypeError(f"{model.__name__} has no {', '.join(told)}")
    return row


def _blank(model: type[Made]) -> Made:
    row = model.__new__(model)
    row._state = ModelState()
    return row


@cache
def _relations(model: type[models.Model]) -> tuple[tuple[str, str], ...]:
    return tuple((one.name, one.attname) for one in model._meta.concrete_fields if one.is_relation)


@cache
def _defaults(model: type[models.Model]) -> tuple[tuple[str, Callable[[], Any]], ...]:
    return tuple((one.attname, one.get_default) for one in model._meta.concrete_fields)


def known(model: type[Made], **columns: Any) -> Made:
    """The row of these columns, read as `first` gives them; the other columns are read once they are asked for."""
    row = _blank(model)
    for field in _among(model, tuple(columns)):
        row.__dict__[field.attname] = _python(field, columns[field.attname])
    row._state.adding, row._state.db = False, connection.alias
    return row


@cache
def _among(model: type[models.Model], names: tuple[str, ...]) -> tuple["Field[Any, Any]", ...]:
    found = tuple(one for one in model._meta.concrete_fields if one.attname in names)
    if len(found) != len(names):
        raise ValueError(f"{model.__name__} has not all of {', '.join(names)}")
    return found


def _python(field: "Field[Any, Any]", value: Any) -> Any:
    if hasattr(field, "from_db_value"):
        return field.from_db_value(value, None, connection)
    return bool(value) if isinstance(field, models.BooleanField) else value


def insert_all(rows: Sequence[models.Model]) -> None:
    """Add rows of any models, in this order, in the transaction that is open; no id the database gives is read back.

    What Django would do beside an INSERT is not done: no signals, no many-to-many.
    """
    _run(_inserts(rows))


def commit_all(rows: Sequence[models.Model], *, first: Sequence[Statement] = (), savepoint: bool = True) -> None:
    """Run `first` and add rows, all or nothing: in a transaction of their own unless one is open.

    In one that is open, `savepoint` says whether it is to go on after a row that is refused.
    """
    together = [*first, *_inserts(rows)]
    if _go_as_one() and not connection.in_atomic_block:
        _run(together)  # what PostgreSQL takes as one is one transaction
        return
    with transaction.atomic(savepoint=savepoint):
        _run(together)


def _run(together: Sequence[Statement]) -> None:
    with connection.cursor() as cursor:
        for sql, values in [_joined(together)] if _go_as_one() else together:
            cursor.execute(sql, values)


def _inserts(rows: Sequence[models.Model]) -> list[Statement]:
    return [_insert(model, list(alike)) for model, alike in groupby(rows, type)]


def _go_as_one() -> bool:
    """PostgreSQL takes several statements at once where the driver puts the values in."""
    return connection.vendor == "postgresql" and not getattr(connection.features, "uses_server_side_binding", False)


def _joined(statements: Sequence[Statement]) -> Statement:
    return "; ".join(sql for sql, _ in statements), [value for _, values in statements for value in values]


def _insert(model: type[models.Model], rows: Sequence[models.Model]) -> Statement:
    """One statement for rows of one model. A column that is null in all of them is what it is without being told."""
    table, columns = _described(model)
    database = connections[connection.alias]
    told = [[_value(row, column, database) for column in columns] for row in rows]
    wanted = [at for at, values in enumerate(zip(*told, strict=True)) if values.count(None) < len(rows)]
    kept = [[values[at] for at in wanted] for values in told]
    # Most columns of a new row are empty; those need no place of their own among the values.
    marks = [["NULL" if one is None else "''" if one == "" else "%s" for one in values] for values in kept]
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias
    names = ",".join([columns[at].name for at in wanted])
    lines = ",".join([f"({','.join(line)})" for line in marks])
    given = [one for values in kept for one in values if one is not None and one != ""]
    return f"INSERT INTO {table} ({names}) VALUES {lines}", given  # noqa: S608 - names of ours


# A text, a number or a truth value of these goes to the database as it is.
_PLAIN = (
    models.TextField,
    models.CharField,
    models.BooleanField,
    models.ForeignKey,
    models.PositiveIntegerField,
    models.PositiveSmallIntegerField,
)


class _Column(NamedTuple):
    name: str
    attribute: str
    field: "Field[Any, Any]"
    is_plain: bool
    fills_itself: bool  # such as with the time it is


@cache
def _described(model: type[models.Model]) -> tuple[str, tuple[_Column, ...]]:
    quoted = connection.ops.quote_name
    return str(quoted(model._meta.db_table)), tuple(
        _Column(
            quoted(str(one.column)),
            one.attname,
            one,
            type(one) in _PLAIN,
            type(one).pre_save is not Field.pre_save,
        )
        for one in model._meta.concrete_fields
        if not isinstance(one, models.AutoField)
    )


def _value(row: models.Model, column: _Column, database: Any) -> Any:
    value = column.field.pre_save(row, add=True) if column.fills_itself else getattr(row, column.attribute)
    if value is None or (column.is_plain and type(value) in (str, int, bool)):
        return value
    return column.field.get_db_prep_save(value, database)
