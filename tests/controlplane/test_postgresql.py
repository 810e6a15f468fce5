"""A kept connection is looked at, not asked, before a request; one whose server went away is seen as such."""

import time

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from controlplane.postgresql import patience
from tests.transactions.test_at_once import at_once

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no server"),
]


def ended() -> None:
    connection.ensure_connection()
    pid = connection.connection.info.backend_pid
    assert connection.is_usable()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    at_once([lambda: end(pid)])
    assert not connection.is_usable()
    connection.close_if_unusable_or_obsolete()


def end(pid: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def test_a_connection_is_open_without_asking() -> None:
    connection.ensure_connection()
    with CaptureQueriesContext(connection) as asked:
        assert connection.is_usable()
    assert not asked.captured_queries


def test_a_connection_the_server_ended_is_not_usable() -> None:
    at_once([ended])


def waits_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "limit_s", 1.0)
    connection.ensure_connection()
    mute = connection.connection.info.backend_pid
    begun = time.monotonic()
    with pytest.raises(OperationalError, match="did not answer within 1 s"), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(30)")
    assert time.monotonic() - begun < 5
    connection.close_if_unusable_or_obsolete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 2")  # on a new connection: an answer that still comes is not taken for this one's
        assert cursor.fetchone() == (2,)
    end(mute)


def test_an_answer_is_waited_for_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once([lambda: waits_no_longer(monkeypatch)])
