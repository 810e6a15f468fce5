"""Django's backend with two differences: it asks less, and it does not wait for ever.

Whether a kept connection is still open is seen without asking the server, as Django does before each request. A server
that is there but mute (a lost machine, a failover that nobody told of) is given up like one that refused.
"""

import select
from functools import partial
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg.abc import PQGen

from controlplane.postgresql import patience


class DatabaseWrapper(base.DatabaseWrapper):
    """As Django's but for that."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection whose every answer is waited for only so long."""
        limit_s = patience.limit_s
        if limit_s is None:
            return super().get_new_connection(conn_params)
        with patience.connecting(limit_s):
            connection = super().get_new_connection({"connect_timeout": int(limit_s), **conn_params})
        connection.wait = partial(_wait, connection, connection.wait, limit_s)
        return connection

    def is_usable(self) -> bool:
        """A server that went away has said so, or hung up: then there is something to read. Nothing: it is there."""
        if self.connection is None or self.connection.closed:
            return False
        waiting = select.poll()
        waiting.register(self.connection.fileno(), select.POLLIN)
        return not waiting.poll(0) or bool(super().is_usable())


def _wait(connection: Any, wait: Any, limit_s: float, generator: PQGen[Any], **options: Any) -> Any:
    try:
        return wait(generator, **{"timeout": limit_s, **options})
    except psycopg.errors._WaitTimeout as error:
        # An answer may still come, and would be taken for that to the next question.
        connection.pgconn.finish()
        patience.ran_out()
        raise psycopg.OperationalError(f"The database did not answer within {limit_s:.0f} s.") from error
