"""Looks whether a kept connection is still open without asking the server, as Django does before each request."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """As Django's but for that."""

    def is_usable(self) -> bool:
        """A server that went away has said so, or hung up: then there is something to read. Nothing: it is there."""
        if self.connection is None or self.connection.closed:
            return False
        waiting = select.poll()
        waiting.register(self.connection.fileno(), select.POLLIN)
        return not waiting.poll(0) or bool(super().is_usable())
