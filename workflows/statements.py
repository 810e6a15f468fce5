"""SQL for what is asked at every request of the API, where making it anew costs more than running it.

Reads are written out by whoever asks; rows of any models are added by one call, in one round trip on PostgreSQL. No
business rules here; whatever is not asked hundreds of times a second stays with Django's own queries.
"""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import groupby
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, connections, models, transaction
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
    row, defaults = _blank(model), _defaults(model)
    held = row.__dict__
    held.update(defaults.fixed)
    for attribute, default in defaults.made:
        held[attribute] = values[attribute] if attribute in values else default()
    for name, value in values.items():
        if name in held:
            held[name] = value
            continue
        if name not in defaults.relations:
            raise TypeError(f"{model.__name__} has no {name}")
        if value is not None:
            row._state.fields_cache[name] = value
            held[defaults.relations[name]] = value.pk
    return row


def _blank(model: type[Made]) -> Made:
    row = model.__new__(model)
    row._state = ModelState()
    return row


class _Defaults(NamedTuple):
    fixed: dict[str, Any]
    made: tuple[tuple[str, Callable[[], Any]], ...]  # anew for each row
    relations: dict[str, str]


@cache
def _defaults(model: type[models.Model]) -> _Defaults:
    fields = model._meta.concrete_fields
    made = {one.attname: one.get_default for one in fields if callable(one.default) and one.has_default()}
    fixed = {one.attname: one.get_default() for one in fields if one.attname not in made}
    return _Defaults(fixed, tuple(made.items()), {one.name: one.attname for one in fields if one.is_relation})


def known(model: type[Made], **columns: Any) -> Made:
    """The row of these columns, read as `first` gives them; the other columns are read once they are asked for."""
    row = _blank(model)
    for attribute, read in _readers(model, tuple(columns)):
        row.__dict__[attribute] = read(columns[attribute]) if read else columns[attribute]
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
    return row


@cache
def _readers(model: type[models.Model], names: tuple[str, ...]) -> tuple[tuple[str, Callable[[Any], Any] | None], ...]:
    found = tuple((one.attname, _reader(one)) for one in model._meta.concrete_fields if one.attname in names)
    if len(found) != len(names):
        raise ValueError(f"{model.__name__} has not all of {', '.join(names)}")
    return found


def _reader(field: Any) -> Callable[[Any], Any] | None:
    """What makes a value of what the database gives; None where that is the value."""
    if hasattr(field, "from_db_value"):
        return lambda value: field.from_db_value(value, None, connection)
    return bool if isinstance(field, models.BooleanField) else None


def insert_all(rows: Sequence[models.Model], *, ignores_known: bool = False) -> None:
    """Add rows of any models, in this order, in the transaction that is open; no id the database gives is read back.

    What Django would do beside an INSERT is not done: no signals, no many-to-many. `ignores_known` passes over rows
    that are there already, as a constraint tells them.
    """
    end = " ON CONFLICT DO NOTHING" if ignores_known else ""
    _run([(sql + end, values) for sql, values in _inserts(rows)])


def commit_all(rows: Sequence[models.Model], *, first: Sequence[Statement] = (), savepoint: bool = True) -> None:
    """Run `first` and add rows, all or nothing: in a transaction of their own unless one is open.

    In one that is open, `savepoint` says whether it is to go on after a row that is refused.
    """
    together, database = [*first, *_inserts(rows)], connections[DEFAULT_DB_ALIAS]
    if _goes_as_one(database) and not database.in_atomic_block:
        _run(together)  # what PostgreSQL takes as one is one transaction
        return
    with transaction.atomic(savepoint=savepoint):
        _run(together)


def _run(together: Sequence[Statement]) -> None:
    database = connections[DEFAULT_DB_ALIAS]
    with database.cursor() as cursor:
        for sql, values in [_joined(together)] if _goes_as_one(database) else together:
            cursor.execute(sql, values)


def _inserts(rows: Sequence[models.Model]) -> list[Statement]:
    database = connections[DEFAULT_DB_ALIAS]
    return [_insert(model, list(alike), database) for model, alike in groupby(rows, type)]


def _goes_as_one(database: Any) -> bool:
    """PostgreSQL takes several statements at once where the driver puts the values in."""
    return database.vendor == "postgresql" and not getattr(database.features, "uses_server_side_binding", False)


def _joined(statements: Sequence[Statement]) -> Statement:
    return "; ".join([sql for sql, _ in statements]), [value for _, values in statements for value in values]


def _insert(model: type[models.Model], rows: Sequence[models.Model], database: Any) -> Statement:
    """One statement for rows of one model. A column that is null in all of them is what it is without being told."""
    table, columns = _described(model)
    told = [_told(row, columns, database) for row in rows]
    wanted = [at for at, values in enumerate(zip(*told, strict=True)) if values.count(None) < len(rows)]
    lines, given = [], []
    for row, values in zip(rows, told, strict=True):
        # Most columns of a new row are empty; those need no place of their own among the values.
        marks = []
        for at in wanted:
            value = values[at]
            if value is None:
                marks.append("NULL")
            elif value == "":
                marks.append("''")
            else:
                marks.append("%s")
                given.append(value)
        lines.append(f"({','.join(marks)})")
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
    names = ",".join([columns[at].name for at in wanted])
    return f"INSERT INTO {table} ({names}) VALUES {','.join(lines)}", given  # noqa: S608 - names of ours


# Of these a text, a number or a truth value goes to the database as it is; keys of other rows may be ids beside that.
_PLAIN = (
    models.TextField,
    models.CharField,
    models.BooleanField,
    models.PositiveIntegerField,
    models.PositiveSmallIntegerField,
)
_KEYS = (models.ForeignKey, models.OneToOneField, models.UUIDField)


class _Column(NamedTuple):
    name: str
    attribute: str
    field: "Field[Any, Any]"
    as_is: frozenset[type]  # what goes to the database as it is
    fills_itself: bool  # such as with the time it is


@cache
def _described(model: type[models.Model]) -> tuple[str, tuple[_Column, ...]]:
    quoted = connection.ops.quote_name
    return str(quoted(model._meta.db_table)), tuple(
        _Column(
            quoted(str(one.column)),
            one.attname,
            one,
            _as_is(one),
            type(one).pre_save is not Field.pre_save,
        )
        for one in model._meta.concrete_fields
        if not isinstance(one, models.AutoField)
    )


def _as_is(field: "Field[Any, Any]") -> frozenset[type]:
    nothing = {type(None)}
    if type(field) in _PLAIN:
        return frozenset(nothing | {str, int, bool})
    if type(field) not in _KEYS:
        return frozenset(nothing)
    numbers = {int} if field.is_relation else set[type]()
    return frozenset(nothing | numbers | ({UUID} if connection.features.has_native_uuid_field else set()))


def _told(row: models.Model, columns: Sequence[_Column], database: Any) -> list[Any]:
    """The row's values as the database takes them."""
    held, told = row.__dict__, []
    for _, attribute, field, as_is, fills_itself in columns:
        value = field.pre_save(row, add=True) if fills_itself else held[attribute]
        told.append(value if type(value) in as_is else field.get_db_prep_save(value, database))
    return told
