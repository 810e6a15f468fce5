"""Once a database was waited for in vain, one thread waits for it and the others do not, until it answers again."""

import psycopg
import pytest

from controlplane.postgresql import Patience
from tests.transactions.test_at_once import at_once


def refused(patience: Patience, limit_s: float) -> None:
    with pytest.raises(psycopg.OperationalError, match="timeout"), patience.connecting(limit_s):
        raise psycopg.OperationalError("connection timeout expired")


def test_while_one_asks_a_mute_server_the_others_are_told_at_once() -> None:
    patience = Patience()
    refused(patience, limit_s=0)
    others = pytest.raises(psycopg.OperationalError, match="being asked again")
    with patience.connecting(10), others, patience.connecting(10):
        pytest.fail("two ask")
    with patience.connecting(10), patience.connecting(10):
        pass  # it answered: everybody may ask


def test_one_that_was_refused_at_once_keeps_nobody_from_asking() -> None:
    patience = Patience()
    refused(patience, limit_s=60)
    with patience.connecting(10), patience.connecting(10):
        pass


def test_an_asker_that_fails_lets_the_next_one_ask() -> None:
    patience = Patience()
    for _ in range(2):
        refused(patience, limit_s=0)
    done: list[bool] = []

    def ask() -> None:
        with patience.connecting(10):
            done.append(True)

    at_once([ask])
    assert done == [True]
