"""A parameter that an operation does not have is refused by each of them: nothing misspelt gives everything."""

import pytest

from controlplane.api import api
from tests.factories import DeploymentFactory
from tests.workflows.api.conftest import Asker, asker

pytestmark = pytest.mark.django_db


def reads() -> list[str]:
    """Addresses of every GET, those of one thing with something in its place that need not be there."""
    made_up = {"{pk}": "7", "{name}": "nope", "{number}": "1", "{trigger}": "nope"}
    found = []
    for path, operations in api.get_openapi_schema()["paths"].items():
        if "get" in operations:
            uuids = any(
                one["in"] == "path" and one["schema"].get("format") == "uuid" for one in operations["get"]["parameters"]
            )
            for name, value in made_up.items():
                path = path.replace(name, "0190f000-0000-7000-8000-000000000000" if uuids else value)
            found.append(path.removeprefix("/api/v1/"))
    return found


@pytest.fixture
def by() -> Asker:
    DeploymentFactory.create()
    return asker("admin")


def test_what_an_operation_does_not_take_is_refused_by_its_name(by: Asker) -> None:
    addresses = reads()
    assert len(addresses) > 40
    for address in addresses:
        answer = by.ask("GET", f"{address}?stauts=failed")
        told = answer.json()  # type: ignore[attr-defined] # of the test client
        assert (answer.status_code, told["code"]) == (422, "bad_filter"), (address, told)
        assert [one["path"] for one in told["errors"]] == ["stauts"], address


def test_what_it_takes_is_named_and_let_in(by: Asker) -> None:
    told = by.ask("GET", "deployments?stauts=failed").json()  # type: ignore[attr-defined] # of the test client
    assert "workflow, function, environment, status, cursor, limit" in told["errors"][0]["message"]
    for address in (
        "deployments?status=succeeded&workflow=transaction-processor&environment=default&limit=1",
        "metrics?range=1h",
        "transactions?not.status=failed&q=order-1",
        "activity?action=token.issue",
    ):
        assert by.ask("GET", address).status_code == 200, address


@pytest.mark.parametrize("name", ["workflow", "function", "environment"])
def test_deployments_of_what_there_is_not_are_refused(by: Asker, name: str) -> None:
    answer = by.ask("GET", f"deployments?{name}=nope")
    told = answer.json()  # type: ignore[attr-defined] # of the test client
    assert (answer.status_code, told["code"]) == (422, "bad_filter")
    assert told["errors"] == [{"path": name, "message": f"There is no such {name}."}]


def test_a_value_that_a_parameter_cannot_have_is_told_as_a_filter_is(by: Asker) -> None:
    answer = by.ask("GET", "deployments?status=nope")
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_filter")  # type: ignore[attr-defined]


def test_every_read_says_that_it_refuses() -> None:
    for path, operations in api.get_openapi_schema()["paths"].items():
        if "get" in operations:
            assert 422 in operations["get"]["responses"], path
