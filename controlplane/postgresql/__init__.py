"""Django's backend for PostgreSQL, asking less, and in servers waiting no longer than somebody is ready to wait."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.conf import settings


class Patience:
    """How long this process waits for an answer; without a limit as long as it takes, as migrations may.

    Once a server was waited for in vain, one thread at a time waits for it and the others give up at once, until it
    answers again: else each request would wait, and those behind it for all of them.
    """

    limit_s: float | None = None

    def __init__(self) -> None:
        self._asking = threading.Lock()
        self._is_mute = False

    def limit(self, times: int = 1) -> None:
        """From now on take a database that does not answer within so many times the setting for one that is away."""
        self.limit_s = times * settings.DATABASE_PATIENCE_S or None

    def ran_out(self) -> None:
        """The server was waited for in vain."""
        self._is_mute = True

    @contextmanager
    def connecting(self, limit_s: float) -> Iterator[None]:
        """Around a connection being made. Raises psycopg.OperationalError where another thread waits for the server."""
        is_alone = self._is_mute
        if is_alone and not self._asking.acquire(blocking=False):
            raise psycopg.OperationalError("The database does not answer; it is being asked again.")
        begun = time.monotonic()
        try:
            yield
            self._is_mute = False
        except psycopg.OperationalError:
            if time.monotonic() - begun >= limit_s / 2:
                self.ran_out()
            raise
        finally:
            if is_alone:
                self._asking.release()


patience = Patience()
