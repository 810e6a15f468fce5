"""Asking for deployments: of two people who deploy the same thing one wins, and the other is told."""

import pytest
from django.test import Client

from tests.answers import text
from tests.factories import EnvironmentFactory, FunctionDeploymentFactory, FunctionRevisionFactory, UserFactory
from workflows.models import Deployment, Environment, FunctionRevision, User
from workflows.services import deployments
from workflows.services.deployments import Overtaken

pytestmark = pytest.mark.django_db


@pytest.fixture
def environment() -> Environment:
    return EnvironmentFactory.create()


@pytest.fixture
def ada() -> User:
    return UserFactory.create(username="ada", role="developer")


@pytest.fixture
def bob() -> User:
    return UserFactory.create(username="bob", role="developer")


@pytest.fixture
def two() -> list[FunctionRevision]:
    return FunctionRevisionFactory.create_batch(2)


def test_the_second_is_told_who_deploys_what(
    environment: Environment, ada: User, bob: User, two: list[FunctionRevision]
) -> None:
    won = deployments.request(two[0], environment, by=ada)
    with pytest.raises(Overtaken, match=f"ada deploys {two[0]} at this moment"):
        deployments.request(two[1], environment, by=bob)
    assert Deployment.objects.get() == won


def test_the_same_wish_is_one_deployment(
    environment: Environment, ada: User, bob: User, two: list[FunctionRevision]
) -> None:
    assert deployments.request(two[0], environment, by=ada) == deployments.request(two[0], environment, by=bob)


def test_what_was_decided_on_an_old_page_is_not_done(
    environment: Environment, ada: User, bob: User, two: list[FunctionRevision]
) -> None:
    live = FunctionDeploymentFactory.create(environment=environment, function_revision=two[0], requested_by=ada)
    with pytest.raises(Overtaken, match="ada has deployed"):
        deployments.request(two[1], environment, by=bob, seen="")
    assert deployments.request(two[1], environment, by=bob, seen=str(live.pk)).status == "requested"


def test_other_functions_are_no_hindrance(environment: Environment, ada: User, bob: User) -> None:
    for name, by in (("One", ada), ("Other", bob)):
        revision = FunctionRevisionFactory.create(function__name=name)
        assert deployments.request(revision, environment, by=by).status == "requested"


def test_what_the_installation_deploys_itself_waits_its_turn(
    environment: Environment, ada: User, two: list[FunctionRevision]
) -> None:
    deployments.request(two[0], environment, by=ada)
    assert deployments.request(two[1], environment, by=None).status == "requested"


def test_the_page_tells_it(environment: Environment, bob: User, two: list[FunctionRevision], client: Client) -> None:
    client.force_login(bob)
    address = f"/functions/{two[0].function.name}"
    assert 'name="seen" value=""' in text(client.get(address))
    FunctionDeploymentFactory.create(environment=environment, function_revision=two[0])
    answer = client.post(f"{address}/deploy", {"revision": two[1].number, "seen": ""}, follow=True)
    assert "since you looked. Nothing was deployed" in text(answer)
    assert Deployment.objects.count() == 1


def test_what_one_deployed_oneself_since_one_looked_is_no_news(
    environment: Environment, ada: User, bob: User, two: list[FunctionRevision]
) -> None:
    live = FunctionDeploymentFactory.create(environment=environment, function_revision=two[0], requested_by=ada)
    with pytest.raises(Overtaken, match="since you looked") as told:
        deployments.request(two[1], environment, by=bob, seen="")
    assert told.value.by == live
    assert deployments.request(two[1], environment, by=ada, seen="").status == "requested"
