"""The list of transactions at 10,000 and at 1,000,000 rows (PERF-3, PERF-4, PERF-14), on a real PostgreSQL.

Rows are written by the server itself, most of them succeeded, one in twenty failed. Time is the server's: Django's test
client asks the whole stack, middleware and templates included. What a browser loads and how soon it paints is measured
in `bench.browsing`. BENCH_ROWS sets another number of rows. `make bench-pages`.
"""

import os
import secrets
import statistics
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from bench import browsing
from tests.databases import run_postgres

if TYPE_CHECKING:
    from django.test import Client

FEW, MANY = 10_000, int(os.environ.get("BENCH_ROWS", "1000000"))
ROUNDS = 40
GOAL = "p95 at many <= 1.5x that at few (aim 1.15), <= 100 ms (aim 40); <= 8 queries"
SIZES = {"first view": "<= 200 KB, aim 140", "warm view": "<= 30 KB, aim 15"}
CUSTOMERS = 50_000

SQL = Path(__file__).with_suffix(".sql")


def main() -> None:
    """Print each kind of page at few and at many rows."""
    with run_postgres("shared_buffers=512MB", "autovacuum=off") as address:
        os.environ |= {
            "DATABASE_URL": address,
            "DJANGO_SETTINGS_MODULE": "controlplane.settings",
            "SECRET_KEY": secrets.token_urlsafe(50),
        }
        few, queries = _measured(1, FEW)
        many, more_queries = _measured(FEW + 1, MANY)
        visits = list(browsing.visit_twice(address, _session(), "/transactions/"))
    print(f"goal: {GOAL}")
    for name, times in few.items():
        quickly, slowly = _p95(times), _p95(many[name])
        counts = f"{queries[name]} and {more_queries[name]} queries"
        print(f"{name}: {quickly:.1f} ms at {FEW:,} rows, {slowly:.1f} ms at {MANY:,}; {counts}")
        print(f"ratio {slowly / quickly:.2f} ({min(many[name]) / max(times):.2f}..{max(many[name]) / min(times):.2f})")
    for name, of_one in (("first view", 0), ("warm view", 1)):
        _print_visits(name, [pair[of_one] for pair in visits])


def _print_visits(name: str, visits: list[browsing.Visit]) -> None:
    print(f"{name} of the list at {MANY:,} rows, bytes on the wire (goal {SIZES[name]})")
    print(f"value {statistics.median(one.kilobytes for one in visits):.1f} KB")
    print(f"{name}, largest contentful paint (goal <= 1 s, aim 0.4)")
    print(f"value {statistics.median(one.paint_s for one in visits):.2f} s")


def _measured(begin: int, until: int) -> tuple[dict[str, list[float]], dict[str, int]]:
    import django
    from django.core.management import call_command

    if begin == 1:
        from django.conf import settings

        settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
        settings.ALLOWED_HOSTS = ["testserver"]
        django.setup()
        call_command("migrate", verbosity=0)
    _write(begin, until)
    return _asked()


def _write(begin: int, until: int) -> None:
    from django.db import connection

    from tests.factories import DeploymentFactory, UserFactory
    from workflows.models import Deployment, User

    user = User.objects.first() or UserFactory.create(username="bench")
    deployment = Deployment.objects.first() or DeploymentFactory.create()
    with connection.cursor() as cursor:
        values: dict[str, object] = {
            "environment": deployment.environment_id,
            "workflow": deployment.workflow_id,
            "revision": deployment.workflow_revision_id,
            "deployment": deployment.pk,
            "user": user.pk,
            "customers": CUSTOMERS,
            "begin": begin,
            "until": until,
        }
        for statement in SQL.read_text().format(**values).split(";"):
            if statement.strip():
                cursor.execute(statement)


def _asked() -> tuple[dict[str, list[float]], dict[str, int]]:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from workflows.models import User

    client = Client()
    client.force_login(User.objects.get(username="bench"))
    times: dict[str, list[float]] = {}
    queries: dict[str, int] = {}
    for name, address in _addresses().items():
        client.get(address)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            answer = client.get(address)
        assert answer.status_code == 200, f"{name}: {answer.status_code}"
        queries[name] = len(captured)
        times[name] = [_seconds(client, address) * 1000 for _ in range(ROUNDS)]
    return times, queries


def _session() -> str:
    """The key of the signed-in session for a browser."""
    from django.test import Client

    from workflows.models import User

    client = Client()
    client.force_login(User.objects.get(username="bench"))
    return str(client.session.session_key)


def _seconds(client: "Client", address: str) -> float:
    begun = time.perf_counter()
    client.get(address)
    return time.perf_counter() - begun


def _addresses() -> Mapping[str, str]:
    from django.utils import timezone

    from transactions.models import Transaction

    deep = Transaction.objects.order_by("pk")[2_000].pk
    day = timezone.now().date().isoformat()
    return {
        "first page": "/transactions/",
        "deep page": f"/transactions/?cursor={deep}",
        "status, workflow, branch, date": "/transactions/?status=failed&workflow=transaction-processor"
        f"&branch=ProcessTransaction-%3EProcessRefund&created_before={day}T23:59:59Z",
        "business key": "/transactions/?workflow=transaction-processor&key.customer_id=C-77",
    }


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


if __name__ == "__main__":
    main()
