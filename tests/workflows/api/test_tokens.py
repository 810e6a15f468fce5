"""What a token may do: within its scopes and bounds, never more than its owner now, not more often than allowed."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from tests.factories import (
    DeliveryFactory,
    DeploymentFactory,
    EnvironmentFactory,
    FunctionDeploymentFactory,
    InboundHookFactory,
    InvocationFactory,
    TransactionFactory,
)
from tests.workflows.api.conftest import Asker, asker
from workflows import rates
from workflows.models import Token
from workflows.services import access
from workflows.services.access import NotLiving

pytestmark = pytest.mark.django_db
INPUT = {"TransactionType": "PURCHASE", "CustomerId": "c", "Amount": 1}
KEY = {"Idempotency-Key": "k"}


def status(by: Asker, method: str, path: str, body: object = None, **headers: str) -> int:
    return by.ask(method, path, body, **headers).status_code


def test_a_scope_covers_what_it_says_and_no_more() -> None:
    row = TransactionFactory.create()
    body = {"workflow": "transaction-processor", "input": INPUT}
    reader, submitter = asker(scopes=["read"]), asker(scopes=["submit"])
    assert status(reader, "GET", f"transactions/{row.pk}") == 200
    assert status(reader, "POST", "transactions", body, **KEY) == 403
    assert status(submitter, "POST", "transactions", body, **KEY) == 201
    assert status(submitter, "POST", "workflows/transaction-processor/deployments", {}) == 403
    assert status(asker(scopes=["deploy"]), "POST", "workflows/transaction-processor/deployments", {}) == 202


def refusal(by: Asker, path: str) -> tuple[int, str, str]:
    """Its status, code and sentence."""
    answer = by.ask("GET", path)
    said = json.loads(answer.content)
    return answer.status_code, said["code"], said["detail"]


LACKS_READ = (403, "lacks_scope", "This token lacks the scope “read”.")


def test_a_token_that_submits_sees_what_its_owner_submitted_and_no_more() -> None:
    other, by = TransactionFactory.create(), asker(scopes=["submit"])
    own = by.post("transactions", {"workflow": "transaction-processor", "input": INPUT}, 201, **KEY)["id"]
    for part in ("", "/events", "/visits", "/choices"):
        assert status(by, "GET", f"transactions/{own}{part}") == 200
        assert status(by, "GET", f"transactions/{other.pk}{part}") == 404
    assert [one["id"] for one in by.get("transactions")["results"]] == [own]
    for path in ("summary", "transactions/export", "workflows", "deployments", "hooks"):
        assert refusal(by, path) == LACKS_READ
    by.user.groups.clear()
    assert refusal(by, f"transactions/{own}")[:2] == (403, "lacks_permission")


def test_a_token_that_submits_acts_on_what_its_owner_submitted_and_no_more() -> None:
    deployment = DeploymentFactory.create()
    failed, running = (TransactionFactory.create(deployment=deployment, status=one) for one in ("failed", "running"))
    by = asker(scopes=["submit"])
    own = by.post("transactions", {"workflow": "transaction-processor", "input": INPUT}, 201, **KEY)["id"]
    for path in (f"{failed.pk}/rerun", f"{failed.pk}/redrive", f"{running.pk}/stop"):
        assert by.post(f"transactions/{path}", {}, 404, **{"Idempotency-Key": path})["code"] == "not_found"
    running.refresh_from_db()
    assert running.stop_requested_at is None
    assert by.post(f"transactions/{own}/rerun", {}, 201, **{"Idempotency-Key": "again"})["rerun_of"] == own
    assert by.post(f"transactions/{own}/stop", None, 202)["status"] == "aborted"
    for wide in (asker(scopes=["read", "submit"]), asker()):
        assert status(wide, "POST", f"transactions/{failed.pk}/rerun", {}, **KEY) == 201
        assert status(wide, "POST", f"transactions/{running.pk}/stop") == 202


def test_a_token_that_deploys_sees_plans_and_what_its_owner_deployed() -> None:
    other, by = DeploymentFactory.create(), asker(scopes=["deploy"])
    FunctionDeploymentFactory.create()
    assert by.get("workflows/transaction-processor/plan")["revision"]
    assert by.get("functions/ProcessPurchase/plan")["revision"]
    own = by.post("workflows/transaction-processor/deployments", {}, 202)["id"]
    assert by.get(f"deployments/{own}")["requested_by"] == by.user.get_username()
    assert [one["id"] for one in by.get("deployments")["results"]] == [own]
    assert status(by, "GET", f"deployments/{other.pk}") == 404
    assert refusal(by, "workflows/transaction-processor") == LACKS_READ


def test_a_token_that_invokes_sees_its_owners_invocations() -> None:
    deployment, by = FunctionDeploymentFactory.create(), asker(scopes=["submit"])
    own = InvocationFactory.create(deployment=deployment, requested_by=by.user)
    other = InvocationFactory.create(deployment=deployment)
    assert status(by, "GET", f"invocations/{own.pk}") == 200
    assert status(by, "GET", f"invocations/{other.pk}") == 404
    assert status(by, "POST", f"invocations/{own.pk}/leave") == 200
    assert status(by, "POST", f"invocations/{other.pk}/leave") == 404
    assert status(asker(scopes=["read", "submit"]), "POST", f"invocations/{other.pk}/leave") == 200


def test_a_token_that_manages_hooks_sees_them_and_their_deliveries() -> None:
    delivery, by = DeliveryFactory.create(), asker(scopes=["manage_hooks"])
    inbound = InboundHookFactory.create(deployment=DeploymentFactory.create())
    for path in (
        "hooks",
        f"hooks/{delivery.hook_id}",
        "deliveries",
        "deliveries/outcomes",
        f"deliveries/{delivery.pk}",
    ):
        assert status(by, "GET", path) == 200, path
    for path in ("inbound-hooks", f"inbound-hooks/{inbound}", f"inbound-hooks/{inbound}/requests"):
        assert status(by, "GET", path) == 200, path
    assert status(by, "POST", f"inbound-hooks/{inbound}/test", {"body": "{}"}) == 200
    assert refusal(by, "transactions") == LACKS_READ
    assert refusal(asker(scopes=["deploy"]), "hooks") == LACKS_READ


def test_what_no_scope_covers_is_said_so() -> None:
    told = "This takes a token without scopes, or with the scope “workflows.add_token” itself."
    answer = asker(scopes=["read"]).ask("POST", "tokens", {"name": "more"})
    assert (answer.status_code, json.loads(answer.content)["detail"]) == (403, told)


def test_a_token_loses_what_its_owner_loses() -> None:
    DeploymentFactory.create()
    by = asker("operator", scopes=["submit", "deploy"])
    body = {"workflow": "transaction-processor", "input": INPUT}
    assert status(by, "POST", "workflows/transaction-processor/deployments", {}) == 403
    by.user.groups.set(Group.objects.filter(name="viewer"))
    assert status(by, "POST", "transactions", body, **KEY) == 403


def test_a_token_bound_to_workflows_reaches_nothing_else() -> None:
    row = TransactionFactory.create()
    FunctionDeploymentFactory.create()
    by, other = asker(workflows=["transaction-processor"]), asker(workflows=["another"])
    assert [one["id"] for one in by.get("transactions")["results"]] == [str(row.pk)]
    assert other.get("transactions")["results"] == []
    assert status(other, "GET", f"transactions/{row.pk}") == 404
    assert status(other, "POST", f"transactions/{row.pk}/stop") == 404
    assert status(other, "POST", "transactions", {"workflow": "transaction-processor", "input": INPUT}, **KEY) == 403
    assert status(other, "GET", "workflows/transaction-processor") == 403
    assert other.get("workflows")["results"] == []
    assert (status(by, "GET", "functions"), status(by, "GET", "activity")) == (403, 403)
    assert [one["workflow"] for one in by.get("deployments")["results"]] == ["transaction-processor"]


def test_a_token_bound_to_environments_reaches_no_other() -> None:
    DeploymentFactory.create()
    EnvironmentFactory.create(slug="live")
    by = asker(environments=["live"])
    assert status(by, "POST", "transactions", {"workflow": "transaction-processor", "input": INPUT}, **KEY) == 403
    assert status(by, "POST", "workflows/transaction-processor/deployments", {}) == 403
    assert status(by, "POST", "workflows/transaction-processor/deployments", {"environment": "live"}) == 202
    assert [one["name"] for one in by.get("environments")["results"]] == ["live"]


def test_an_expired_or_revoked_token_gets_in_nowhere() -> None:
    expired = asker(expires_at=timezone.now() - timedelta(seconds=1))
    assert status(expired, "GET", "transactions") == 401
    revoked = asker()
    assert status(revoked, "GET", "transactions") == 200
    access.revoke_token(Token.objects.latest("pk"), by=revoked.user)
    assert status(revoked, "GET", "transactions") == 401


def test_a_token_is_replaced_once_so_that_no_second_one_ends_with_the_overlap() -> None:
    by = asker()
    old, _ = access.issue_token(by.user, "ci", by=None, expires_at=timezone.now() + timedelta(days=90))
    first = by.post(f"tokens/{old.pk}/rotate", {"overlap_hours": 24}, 201)
    told = by.post(f"tokens/{old.pk}/rotate", {"overlap_hours": 24}, 409)["detail"]
    assert first["prefix"] in told
    by.post(f"tokens/{first['id']}/revoke", None, 200)
    by.post(f"tokens/{old.pk}/rotate", {"overlap_hours": 1}, 201)


def test_a_rotated_token_goes_on_for_the_overlap() -> None:
    by = asker(scopes=["read"], workflows=["another"])
    old = Token.objects.get()
    new, secret = access.rotate_token(old, timedelta(hours=1), by=by.user)
    assert (new.scopes, new.workflows, new.expires_at) == (["read"], ["another"], None)
    assert status(Asker(by.user, secret), "GET", "transactions") == 200
    assert status(by, "GET", "transactions") == 200
    Token.objects.filter(pk=old.pk).update(expires_at=timezone.now())
    assert status(by, "GET", "transactions") == 401
    with pytest.raises(NotLiving):
        access.rotate_token(old, timedelta(0), by=by.user)


def test_a_token_that_asks_too_often_is_told_when_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    by, other = asker(), asker()
    name = f"token-{Token.objects.get(user=by.user).pk}"
    monkeypatch.setattr(rates, "seconds_to_wait", lambda asked, _: 2.3 if asked == name else 0)
    refused = by.ask("GET", "environments")
    assert (refused.status_code, json.loads(refused.content)["status"]) == (429, 429)
    assert refused.headers["Retry-After"] == "3"
    assert status(other, "GET", "environments") == 200, "another token has a limit of its own"
