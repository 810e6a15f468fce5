"""One's own tokens on a page: made with bounds, shown once, rotated, revoked; never anybody else's."""

import re

import pytest
from django.test import Client

from tests.answers import text
from tests.factories import DeploymentFactory, UserFactory
from workflows.models import Token, User
from workflows.services import access

pytestmark = pytest.mark.django_db
SECRET = re.compile(r"sbx_[\w-]{40,}")


@pytest.fixture
def alice(client: Client) -> User:
    DeploymentFactory.create()
    user = UserFactory.create(role="viewer")
    client.force_login(user)
    return user


def test_a_token_is_made_with_its_bounds_and_shown_once(client: Client, alice: User) -> None:
    typed = {"name": "ci", "scopes": ["read"], "workflows": ["transaction-processor"], "days": "30"}
    assert client.post("/tokens/", typed).headers["Location"] == "/tokens/"
    assert not SECRET.search(str(client.session.items()))
    made = client.get("/tokens/")
    token = Token.objects.get()
    found = SECRET.search(text(made))
    assert found
    assert access.living_token(found[0]) == token
    assert (token.user, token.scopes, token.workflows) == (alice, ["read"], ["transaction-processor"])
    assert token.expires_at is not None
    assert made.headers["Cache-Control"] == "no-store"
    assert not SECRET.search(text(client.get("/tokens/")))


def test_a_workflow_that_is_not_there_is_refused(client: Client, alice: User) -> None:
    assert client.post("/tokens/", {"name": "ci", "workflows": ["nowhere"]}).status_code == 422
    assert not Token.objects.exists()


def test_one_is_rotated_and_revoked(client: Client, alice: User) -> None:
    token, secret = access.issue_token(alice, "ci", by=alice)
    rotated = client.post(f"/tokens/{token.pk}/rotate", {"overlap": "24"}, follow=True)
    assert SECRET.search(text(rotated))
    assert access.living_token(secret) is not None
    client.post(f"/tokens/{token.pk}/revoke")
    assert access.living_token(secret) is None


def test_nobody_touches_anothers_token(client: Client, alice: User) -> None:
    other = UserFactory.create(role="admin")
    token, secret = access.issue_token(other, "theirs", by=other)
    assert client.post(f"/tokens/{token.pk}/revoke").status_code == 404
    assert client.post(f"/tokens/{token.pk}/rotate").status_code == 404
    assert "theirs" not in text(client.get("/tokens/"))
    assert access.living_token(secret) is not None
