"""How PostgreSQL finds rows in large tables: by an index, whatever is asked for."""

import re
from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench import pages
from tests.databases import wants_postgres
from transactions.jobs import deliveries, logs, redrives, starts, stops, sweeps, syncs
from transactions.models import Transaction
from workflows.models import User

pytestmark = [
    pytest.mark.long,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not wants_postgres(), reason="SQLite has no plans of this kind: make test-postgres asks them"),
]

ROWS = 20_000
READ_AS_A_WHOLE = re.compile(r"Seq Scan on (transactions_(?:transaction|execution|businesskey|choiceresult))\b")
JOBS: tuple[Callable[[], object], ...] = (
    starts.drain, starts.settle, stops.drain, redrives.drain, syncs.drain, logs.drain, deliveries.drain,
    sweeps.mark_stuck,
)  # fmt: skip


def whole_reads(queries: CaptureQueriesContext) -> Iterator[str]:
    """Each statement that would read all of a large table, with its plan."""
    with connection.cursor() as cursor:
        for sql in [query["sql"] for query in queries.captured_queries]:
            if sql.startswith(("SELECT", "UPDATE", "DELETE")):
                cursor.execute("EXPLAIN " + sql.replace("%", "%%"))
                plan = "\n".join(line for (line,) in cursor.fetchall())
                if READ_AS_A_WHOLE.search(plan):
                    yield f"{sql[:600]}\n{plan}"


def test_neither_pages_of_the_list_nor_jobs_read_a_whole_table() -> None:
    pages.write(ROWS)
    with CaptureQueriesContext(connection) as queries:
        assert not Transaction.objects.filter(cause="of which there is no index").exists()
    assert [*whole_reads(queries)]
    client = Client()
    client.force_login(User.objects.get(username="bench"))
    for name, address in pages.addresses().items():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        assert not [*whole_reads(queries)], name
    for job in JOBS:
        with CaptureQueriesContext(connection) as queries:
            job()
        assert queries.captured_queries
        assert not [*whole_reads(queries)], job
