"""The list of transactions at 10,000 and at 1,000,000 rows (PERF-3, PERF-4, PERF-14), on a real PostgreSQL.

Rows are written by the server itself, most of them succeeded, one in twenty failed. Time is the server's: Django's test
client asks the whole stack, middleware and templates included. What a browser loads and how soon it paints is measured
in `bench.browsing`. BENCH_ROWS sets another number of rows. `make bench-pages`.
"""

import os
import secrets
import statistics
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench import browsing
from tests.databases import run_postgres

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.test import Client

FEW, MANY = 10_000, int(os.environ.get("BENCH_ROWS", "1000000"))
ROUNDS = 40
GOAL = "p95 at many rows <= 1.5x that at few (aim 1.15), <= 100 ms (aim 40); <= 8 queries"
SIZES = {"first view": "<= 200 KB, aim 140", "warm view": "<= 30 KB, aim 15"}
OF_A_CUSTOMER = 20

SQL = Path(__file__).with_suffix(".sql")


@dataclass
class Side:
    """One database of the two that are compared: asked in turn, so that what else the machine does meets both."""

    name: str
    connection: "BaseDatabaseWrapper"
    queries: dict[str, int] = field(default_factory=dict)
    times_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    client: "Client" = field(init=False)
    addresses: dict[str, str] = field(init=False)

    def be_asked(self) -> None:
        """From now on Django reads from this one."""
        from django.db import connections

        connections["default"] = self.connection

    def prepare(self, rows: int) -> None:
        """Fill it, sign somebody in, and ask for every page twice: what is remembered afterwards is not measured."""
        from django.core.management import call_command
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        self.be_asked()
        call_command("migrate", verbosity=0)
        write(rows)
        self.client, self.addresses = _signed_in(), addresses()
        for page, address in self.addresses.items():
            self.client.get(address)
            with CaptureQueriesContext(
                connection,
            ) as captured:
                assert self.client.get(address).status_code == 200, address
            self.queries[page] = len(captured)

    def ask(self, page: str) -> None:
        """Once, against the clock."""
        self.be_asked()
        begun = time.perf_counter()
        self.client.get(self.addresses[page])
        self.times_ms[page].append((time.perf_counter() - begun) * 1000)


def main() -> None:
    """Print each kind of page at few and at many rows, and what a browser makes of the list."""
    with run_postgres("shared_buffers=512MB", "autovacuum=off", "max_wal_size=8GB") as address:
        _set_up(address)
        few, many = _side("few"), _side("many")
        few.prepare(FEW)
        many.prepare(MANY)
        compare(few, many)
        browse(f"{address.rpartition('/')[0]}/{many.name}", str(many.client.session.session_key))


def compare(few: Side, many: Side) -> None:
    """Ask both in turn and print how they compare."""
    print(f"goal: {GOAL}")
    for page in few.addresses:
        for _ in range(ROUNDS):
            few.ask(page)
            many.ask(page)
        times, more_times = few.times_ms[page], many.times_ms[page]
        quickly, slowly = _p95(times), _p95(more_times)
        counts = f"{few.queries[page]} and {many.queries[page]} queries"
        print(f"{page}: {quickly:.1f} ms at {FEW:,} rows, {slowly:.1f} ms at {MANY:,}; {counts}")
        pairs = [more / less for less, more in zip(times, more_times, strict=True)]
        print(f"ratio {slowly / quickly:.2f} (p95 beside p95)")
        print(f"ratio {statistics.median(pairs):.2f} ({min(pairs):.2f}..{max(pairs):.2f}, pair by pair)")


def browse(database: str, session: str) -> None:
    """Print what a browser loads of the list, and how soon it paints."""
    visits = list(browsing.visit_twice(database, session, "/transactions/"))
    for name, of_one in (("first view", 0), ("warm view", 1)):
        taken = [pair[of_one] for pair in visits]
        print(f"{name} of the list at {MANY:,} rows, bytes on the wire (goal {SIZES[name]})")
        print(f"value {statistics.median(one.kilobytes for one in taken):.1f} KB")
        print(f"{name}, largest contentful paint (goal <= 1 s, aim 0.4)")
        print(f"value {statistics.median(one.paint_s for one in taken):.2f} s")


def _set_up(address: str) -> None:
    os.environ |= {
        "DATABASE_URL": address,
        "DJANGO_SETTINGS_MODULE": "controlplane.settings",
        # Both the server and this process read the session that is made here.
        "SECRET_KEY": secrets.token_urlsafe(50),
    }
    import django
    from django.conf import settings

    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.ALLOWED_HOSTS = ["testserver"]
    django.setup()


def _side(name: str) -> Side:
    """A database of that name on the server, with a connection of its own."""
    from django.db import connections

    with connections.create_connection("default").cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    opened = connections.create_connection("default")
    opened.settings_dict = {**opened.settings_dict, "NAME": name}
    return Side(name, opened)


def write(rows: int) -> None:
    """Fill an empty database: its newest row is of now, and a user named bench may see all of them."""
    from django.db import connection

    from tests.factories import DeploymentFactory, UserFactory

    user, deployment = UserFactory.create(username="bench"), DeploymentFactory.create()
    with connection.cursor() as cursor:
        values: dict[str, object] = {
            "environment": deployment.environment_id,
            "workflow": deployment.workflow_id,
            "revision": deployment.workflow_revision_id,
            "deployment": deployment.pk,
            "user": user.pk,
            "customers": rows // OF_A_CUSTOMER,
            "rows": rows,
        }
        for statement in SQL.read_text().format(**values).split(";"):
            if statement.strip():
                cursor.execute(statement)


def _signed_in() -> "Client":
    from django.test import Client

    from workflows.models import User

    client = Client()
    client.force_login(User.objects.get(username="bench"))
    return client


def addresses() -> dict[str, str]:
    """Kinds of pages of the list, each with the address that asks for one."""
    from django.utils import timezone

    from transactions.models import Transaction

    deep = Transaction.objects.order_by("pk")[2_000].pk
    day = timezone.now().date().isoformat()
    return {
        "first page": "/transactions/",
        "deep page": f"/transactions/?cursor={deep}",
        "status, workflow, branch, date": "/transactions/?status=failed&workflow=transaction-processor"
        f"&branch=ProcessTransaction-%3EProcessRefund&created_before={day}T23:59:59Z",
        "status alone": "/transactions/?status=failed",
        "business key": "/transactions/?workflow=transaction-processor&key.customer_id=C-77",
    }


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


if __name__ == "__main__":
    main()
