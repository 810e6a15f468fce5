"""One's own tokens over REST: made, rotated and revoked, and never more than the token that asks."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.factories import DeploymentFactory
from tests.workflows.api.conftest import Asker, asker
from workflows.models import Token, User
from workflows.services import access

pytestmark = pytest.mark.django_db
MANAGES = ["workflows.view_token", "workflows.add_token", "workflows.change_token"]


def another(user: User, **grant: Any) -> Token:
    return access.issue_token(user, "another", by=user, **grant)[0]


def test_a_token_made_here_lets_in_and_its_secret_is_told_once() -> None:
    DeploymentFactory.create()
    by = asker("viewer")
    asked = {"name": "shop", "scopes": ["read"], "workflows": ["transaction-processor"], "environments": ["default"]}
    answer = by.ask("POST", "tokens", asked)
    made = answer.json()  # type: ignore[attr-defined] # of the test client
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    assert {name: made[name] for name in asked} == asked
    assert Asker(by.user, made["secret"]).get("transactions") == {"results": [], "next": None}
    listed = by.get("tokens")["results"]
    assert [one["name"] for one in listed] == ["shop", "tests"]
    assert not any("secret" in one for one in listed)


def test_a_rotated_token_goes_on_for_the_overlap_and_a_revoked_one_not_at_all() -> None:
    by = asker("viewer")
    old, secret = access.issue_token(by.user, "old", by=by.user)
    new = by.post(f"tokens/{old.pk}/rotate", {"overlap_hours": 1})
    assert Asker(by.user, secret).get("tokens")
    old.refresh_from_db()
    assert old.expires_at and old.expires_at < timezone.now() + timedelta(hours=1)
    assert by.post(f"tokens/{new['id']}/revoke", None, 200)["revoked_at"]
    assert Asker(by.user, new["secret"]).ask("GET", "tokens").status_code == 401
    by.post(f"tokens/{new['id']}/rotate", {}, 409)


def test_a_repeated_request_with_its_key_makes_no_second_token() -> None:
    by, key = asker("viewer"), {"Idempotency-Key": "k"}
    made = by.post("tokens", {"name": "one"}, 201, **key)
    assert by.post("tokens", {"name": "one"}, 201, **key) == made
    assert Token.objects.filter(name="one").count() == 1


@pytest.mark.parametrize(
    ("bounds", "asked"),
    [
        ({"scopes": MANAGES}, {}),
        ({"scopes": MANAGES}, {"scopes": ["deploy"]}),
        ({"workflows": ["transaction-processor"]}, {}),
        ({"environments": ["default"]}, {}),
        ({"expires_at": timezone.now() + timedelta(days=1)}, {"days": 2}),
        ({"expires_at": timezone.now() + timedelta(days=1)}, {"days": None}),
        ({"scopes": ["read", "submit", "deploy", "manage_hooks"]}, {"scopes": ["read"]}),
    ],
)
def test_no_token_makes_one_that_has_more_or_lasts_longer(bounds: dict[str, Any], asked: dict[str, Any]) -> None:
    by = asker("admin", **bounds)
    by.post("tokens", {"name": "more", **asked}, 403)
    wide = another(by.user)
    by.post(f"tokens/{wide.pk}/rotate", {}, 403)
    assert Token.objects.count() == 2


def test_each_part_that_would_be_more_is_named_with_what_the_token_has() -> None:
    by = asker("admin", scopes=["read", *MANAGES], expires_at=timezone.now() + timedelta(days=30))
    refused = by.post("tokens", {"name": "more", "scopes": ["read", "deploy"]}, 403)
    assert refused["code"] == "beyond_token"
    assert refused["detail"] == "No token makes or changes one that has more scopes and lasts longer than itself."
    told = {error["path"]: error["message"] for error in refused["errors"]}
    assert set(told) == {"/scopes", "/days"}
    assert "read, workflows.add_token" in told["/scopes"] and "absent this is 90" in told["/days"]
    by.post("tokens", {"name": "less", "scopes": ["read"], "days": 29}, 201)


def test_a_token_makes_one_like_itself_or_narrower() -> None:
    by = asker("viewer", scopes=MANAGES)
    by.post("tokens", {"name": "less", "scopes": ["workflows.view_token"]})
    like = another(by.user, scopes=MANAGES)
    by.post(f"tokens/{like.pk}/revoke", None, 200)
    by.post(f"tokens/{another(by.user).pk}/revoke", None, 403)


def test_the_tokens_of_others_are_not_there() -> None:
    by, other = asker("admin"), asker("viewer")
    theirs = Token.objects.get(user=other.user)
    by.post(f"tokens/{theirs.pk}/revoke", None, 404)
    by.post(f"tokens/{theirs.pk}/rotate", {}, 404)
    assert [one["name"] for one in by.get("tokens")["results"]] == ["tests"]


def test_names_that_are_not_known_are_told_at_their_place() -> None:
    asked = {"name": "a", "scopes": ["read", "fly"], "workflows": ["none"], "environments": ["none"]}
    said = asker("viewer").post("tokens", asked, 422)
    assert [one["path"] for one in said["errors"]] == ["/scopes/1", "/workflows/0", "/environments/0"]
