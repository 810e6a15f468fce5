"""/healthz and /readyz, as a supervisor or a load balancer asks them."""

import socket
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client, override_settings

from tests.factories import UserFactory


def test_alive_without_a_database_and_without_signing_in(client: Client) -> None:
    # No django_db mark: any query would fail this test.
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


@pytest.mark.django_db
def test_ready_when_the_database_has_every_migration(client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"], answer.json()["database"]) == (200, "ready", "ok")


@pytest.mark.django_db
def test_not_ready_while_a_migration_is_missing(client: Client) -> None:
    MigrationRecorder(connection).record_unapplied("transactions", "0001_initial")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, "not migrated")


@pytest.mark.django_db
def test_not_ready_while_the_database_does_not_answer(client: Client) -> None:
    def refuse(*_: Any) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    client.force_login(UserFactory.create())  # a browser's cookie is looked up before
    client.raise_request_exception = False
    for one in (Client(), client):
        with connection.execute_wrapper(refuse):
            answer = one.get("/readyz")
        told = answer.json()
        assert (answer.status_code, told["status"], told["database"]) == (503, "not ready", "unreachable")


@pytest.mark.django_db
def test_ready_without_a_broker_and_the_answer_says_so(client: Client) -> None:
    with override_settings(REDIS_URL=""):
        assert client.get("/readyz").json()["broker"] == "not configured"
    with override_settings(REDIS_URL="redis://127.0.0.1:1/0"):
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["broker"]) == (200, "unreachable")


@pytest.mark.django_db
@pytest.mark.timeout(5)
def test_a_mute_broker_does_not_keep_the_answer(client: Client) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as mute,
        override_settings(REDIS_URL=f"redis://127.0.0.1:{mute.getsockname()[1]}/0"),
    ):
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["broker"]) == (200, "unreachable")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_is_only_read(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
