"""What can be done where: everything on AWS, less on the embedded AWS, each with a reason and a way out."""

import pytest
from django.conf import LazySettings
from django.test import Client

from tests.answers import text
from tests.factories import EnvironmentFactory, FunctionDeploymentFactory, UserFactory
from workflows import capabilities

EMBEDDED = capabilities.of_embedded_aws(is_mended=True, has_node=True)
UNMENDED = capabilities.of_embedded_aws(is_mended=False, has_node=False)


def test_on_aws_everything_can_be_done() -> None:
    assert all(capability.is_available for _, capability in capabilities.AWS.named())
    assert capabilities.AWS.runtime("java25").is_available


def test_what_is_not_available_says_what_to_do_instead() -> None:
    assert UNMENDED.redrive.refusal == (
        "Redrive is not available in this environment. Run the transaction again instead."
    )
    for _, capability in UNMENDED.named():
        assert bool(capability) is (capability.refusal == "")
        assert capability or capability.refusal.count(".") >= 2


def test_the_mends_make_redrive_and_versions_available() -> None:
    assert EMBEDDED.redrive and EMBEDDED.versions
    assert not UNMENDED.redrive and not UNMENDED.versions


@pytest.mark.parametrize(
    ("runtime", "runs", "runs_without_node"),
    [
        ("python3.13", True, True),
        ("nodejs22.x", True, False),
        ("provided.al2023", True, True),
        ("java21", False, False),
        ("ruby3.4", False, False),
        ("python2.7", False, False),
    ],
)
def test_runtimes_are_known_by_their_beginning(runtime: str, runs: bool, runs_without_node: bool) -> None:
    assert bool(EMBEDDED.runtime(runtime)) is runs
    assert bool(UNMENDED.runtime(runtime)) is runs_without_node


def test_what_runs_a_runtime_is_said_where_it_is_another() -> None:
    here = capabilities.of_embedded_aws(is_mended=True, has_node=True, python="3.11")
    assert here.run_by("python3.13") == "python3.13 is run by Python 3.11 here."
    assert here.run_by("python3.11") == here.run_by("provided.al2023") == capabilities.AWS.run_by("python3.13") == ""
    assert here.run_by("nodejs22.x") == "nodejs22.x is run by the Node.js on Signalbox's PATH here."


@pytest.mark.django_db
def test_the_pages_of_a_function_say_what_runs_it(client: Client, settings: LazySettings) -> None:
    settings.EMBEDDED_AWS_PYTHON = "3.11"
    FunctionDeploymentFactory.create()
    client.force_login(UserFactory.create(role="viewer"))
    for address in ("/functions/ProcessPurchase", "/functions/ProcessPurchase/test"):
        assert "python3.12 is run by Python 3.11 here." in text(client.get(address))


@pytest.mark.django_db
def test_an_environment_knows_its_own(settings: LazySettings) -> None:
    embedded = EnvironmentFactory.create()
    settings.EMBEDDED_AWS_IS_MENDED, settings.EMBEDDED_AWS_HAS_NODE = False, True
    settings.EMBEDDED_AWS_PYTHON = ""
    assert embedded.capabilities == capabilities.of_embedded_aws(is_mended=False, has_node=True)
    assert EnvironmentFactory.create(slug="real", is_embedded=False).capabilities is capabilities.AWS


@pytest.mark.django_db
def test_the_admin_shows_what_can_be_done_in_an_environment(client: Client) -> None:
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    page = text(client.get(f"/admin/workflows/environment/{EnvironmentFactory.create().pk}/change/"))
    assert EMBEDDED.alarms.refusal in page
    assert "redrive" in page
