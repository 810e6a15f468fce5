"""Inbound hooks are made by API with everything the page can give them."""

import hashlib
import hmac
import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from tests.answers import text
from tests.factories import EnvironmentFactory, InboundHookFactory, UserFactory, WorkflowFactory
from tests.workflows.api.conftest import asker
from transactions.models import InboundHook, InboundRequest, Transaction
from transactions.services import inbound as hooks
from workflows.models import Deployment
from workflows.services import access
from workflows.services.access import Forbidden

pytestmark = pytest.mark.django_db
MAPPING = "TransactionType = REFUND\nCustomerId = $.data.customer"


def test_a_hook_made_by_api_keeps_its_mapping(client: Client) -> None:
    WorkflowFactory.create(name="transaction-processor")
    EnvironmentFactory.create(slug="default")
    _, secret = access.issue_token(UserFactory.create(role="admin"), "tests", by=UserFactory.create(role="admin"))

    made = client.post(
        "/api/v1/inbound-hooks",
        {"name": "payments", "workflow": "transaction-processor", "mapping": MAPPING},
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )

    assert made.status_code == 201, made.json()
    assert made.json()["mapping"] == MAPPING
    assert InboundHook.objects.get(slug="payments").mapping == MAPPING


@pytest.mark.parametrize("was_free", [False, True])
def test_a_name_that_is_taken_is_told_at_its_place(monkeypatch: pytest.MonkeyPatch, was_free: bool) -> None:
    """Also where somebody else took it between the look and the writing."""
    InboundHookFactory.create(slug="payments")
    if was_free:
        monkeypatch.setattr(InboundHook, "validate_unique", lambda self, exclude=None: None)
    workflow = WorkflowFactory.create()
    refused = asker().post("inbound-hooks", {"name": "payments", "workflow": workflow.name}, 422)
    assert [error["path"] for error in refused["errors"]] == ["/name"]
    assert "of this name already" in refused["errors"][0]["message"]


def test_all_that_is_wrong_with_a_hook_is_told_at_once() -> None:
    InboundHookFactory.create(slug="payments")
    wish = {"name": "payments", "workflow": "none", "environment": "none", "conditions": "amount", "mapping": "="}
    refused = asker().post("inbound-hooks", wish, 422)
    wrong = ["/workflow", "/environment", "/name", "/conditions", "/mapping"]
    assert [error["path"] for error in refused["errors"]] == wrong


@pytest.mark.parametrize("header", ["X-Ü", "Host", "content-type", "X Signature", "X:"])
def test_a_header_in_which_nobody_could_sign_is_refused(header: str) -> None:
    EnvironmentFactory.create()
    wish = {"name": "payments", "workflow": WorkflowFactory.create().name, "scheme": "body", "header": header}
    refused = asker().post("inbound-hooks", wish, 422)
    assert [error["path"] for error in refused["errors"]] == ["/header"]


BODY = json.dumps({"type": "payment.refunded", "data": {"customer": "c-1"}})
STAGES = ["signature", "replay", "body", "filter", "mapping", "input"]


def signed(body: str) -> dict[str, str]:
    return {"X-Hub-Signature-256": hmac.new(b"s3cret", body.encode(), hashlib.sha256).hexdigest()}


@pytest.fixture
def hook() -> InboundHook:
    return InboundHookFactory.create(
        scheme="body", secret="s3cret", conditions="$.type = payment.refunded", mapping=f"{MAPPING}\nAmount = $.amount"
    )


def stages_of(hook: InboundHook, **asked: Any) -> dict[str, tuple[bool, int | None]]:
    told = asker("viewer").post(f"inbound-hooks/{hook.slug}/test", asked, 200)["stages"]
    return {stage["name"]: (stage["passed"], stage["status"]) for stage in told}


def test_every_stage_is_told_of_a_request_that_is_tried(hook: InboundHook) -> None:
    body = json.dumps({**json.loads(BODY), "amount": 5})
    told = asker("viewer").post(f"inbound-hooks/{hook.slug}/test", {"body": body, "headers": signed(body)}, 200)
    assert [stage["name"] for stage in told["stages"]] == STAGES
    assert all(stage["passed"] and stage["status"] is None for stage in told["stages"])
    mapped = {"TransactionType": "REFUND", "CustomerId": "c-1", "Amount": 5}
    assert next(one["given"] for one in told["stages"] if one["name"] == "mapping") == mapped
    assert not Transaction.objects.exists()
    assert not hook.requests.exists()


def test_whose_maker_may_no_more_is_told_last(hook: InboundHook) -> None:
    body = json.dumps({**json.loads(BODY), "amount": 5})
    hook.created_by.groups.clear()
    asked = {"body": body, "headers": signed(body)}
    told = asker("viewer").post(f"inbound-hooks/{hook.slug}/test", asked, 200)
    assert [stage["name"] for stage in told["stages"]] == [*STAGES, "maker"]
    last = told["stages"][-1]
    assert (last["passed"], last["status"], last["is_reached"]) == (False, 403, True)
    InboundHook.objects.update(is_active=False)
    told = asker("viewer").post(f"inbound-hooks/{hook.slug}/test", asked, 200)
    assert [stage["name"] for stage in told["stages"]] == ["hook", *STAGES, "maker"]
    assert [stage["name"] for stage in told["stages"] if stage["is_reached"]] == ["hook"]


def test_a_stage_that_does_not_pass_says_what_its_sender_is_answered(hook: InboundHook) -> None:
    """And those behind it are told too: 200 is filtered, all else refused."""
    other = BODY.replace("refunded", "paid")
    assert stages_of(hook, body=other, headers=signed(BODY)) == {
        "signature": (False, 401),
        "replay": (True, None),
        "body": (True, None),
        "filter": (False, 200),
        "mapping": (True, None),
        "input": (False, 422),
    }
    assert stages_of(hook, body="{", headers=signed("{")) == {
        "signature": (True, None),
        "replay": (True, None),
        "body": (False, 400),
    }


def test_what_is_behind_a_stage_that_keeps_a_request_out_is_not_reached(hook: InboundHook, client: Client) -> None:
    other = BODY.replace("refunded", "paid")
    sent = {"body": other, "headers": signed(other)}
    told = asker("viewer").post(f"inbound-hooks/{hook.slug}/test", sent, 200)["stages"]
    assert [stage["name"] for stage in told if stage["is_reached"]] == ["signature", "replay", "body", "filter"]
    client.force_login(UserFactory.create(role="viewer"))
    headers = "\n".join(f"{name}: {value}" for name, value in signed(other).items())
    shown = text(client.post(f"/hooks/inbound/{hook.slug}/test", {"body": other, "headers": headers}))
    assert "Not reached; would pass" in shown and "Not reached; would be refused" in shown


def test_a_repetition_is_told_by_the_stage_that_refused_it(hook: InboundHook, client: Client) -> None:
    """Also of one that is tried now, and not any more where the hook takes repetitions."""
    body = json.dumps({**json.loads(BODY), "amount": 5})
    for _ in range(2):
        client.post(f"/hooks/in/{hook.slug}", body, "application/json", headers=signed(body))
    first, second = hook.requests.order_by("pk")
    for asked in ({"request": second.pk}, {"body": body, "headers": signed(body)}):
        told = asker("viewer").post(f"inbound-hooks/{hook.slug}/test", asked, 200)["stages"]
        assert [one["name"] for one in told if one["passed"] is False] == ["replay"]
        assert (told[1]["status"], told[1]["repeats"]) == (200, first.pk)
    assert stages_of(hook, request=first.pk)["replay"] == (True, None)
    client.force_login(UserFactory.create(role="viewer"))
    shown = text(client.get(f"/hooks/inbound/{hook.slug}/test?request={second.pk}"))
    assert "Duplicate" in shown and str(first.transaction_id) in shown
    InboundHook.objects.update(refuses_replays=False)
    assert stages_of(hook, body=body, headers=signed(body))["replay"] == (True, None)


def test_a_request_that_was_received_is_tried_as_it_was_found(hook: InboundHook) -> None:
    came = [
        InboundRequest.objects.create(
            hook=hook, received_at=timezone.now(), outcome=outcome, status=status, body=BODY, size=len(BODY)
        )
        for outcome, status in (("filtered", 200), ("refused", 401))
    ]
    assert stages_of(hook, request=came[0].pk)["signature"] == (True, None)
    assert stages_of(hook, request=came[1].pk)["signature"] == (False, 401)
    assert list(stages_of(hook, request=came[0].pk)) == STAGES
    other = InboundHookFactory.create(deployment=Deployment.objects.get())
    refused = asker("viewer").post(f"inbound-hooks/{other.slug}/test", {"request": came[0].pk}, 422)
    assert [error["path"] for error in refused["errors"]] == ["/request"]


@pytest.mark.parametrize(
    ("status", "passed", "told"),
    [(401, False, "was not kept"), (413, None, "too large"), (404, None, "was not kept"), (503, False, "was not kept")],
)
def test_of_a_request_whose_body_was_not_kept_no_stage_is_made_up(
    hook: InboundHook, client: Client, status: int, passed: bool | None, told: str
) -> None:
    row = InboundRequest.objects.create(
        hook=hook, received_at=timezone.now(), outcome="refused", status=status, reason="It is so.", size=9
    )
    assert stages_of(hook, request=row.pk) == {
        "signature": (passed, status if passed is False else None),
        "body": (None, None),
    }
    client.force_login(UserFactory.create(role="viewer"))
    address = f"/hooks/inbound/{hook.slug}/test?request={row.pk}"
    shown = client.get(address)
    assert told in text(shown)
    assert "body, filter, mapping and input cannot be shown" in text(shown)
    assert client.post(address).context["stages"] == shown.context["stages"]
    # What is typed in its place is judged as it stands.
    typed = client.post(address, {"body": BODY, "headers": "\r\n".join(f"{k}: {v}" for k, v in signed(BODY).items())})
    assert [stage.name for stage in typed.context["stages"] if stage.passed] == [
        "signature",
        "replay",
        "body",
        "filter",
        "mapping",
    ]


def test_the_log_is_read_by_what_became_of_requests(hook: InboundHook) -> None:
    for body in (BODY, BODY.replace("refunded", "paid")):
        Client().generic("POST", f"/hooks/in/{hook.slug}", body, "application/json", headers=signed(body))
    by = asker("viewer")
    (told,) = by.get(f"inbound-hooks/{hook.slug}/requests?outcome=filtered")["results"]
    assert (told["outcome"], told["status"]) == ("filtered", 200)
    assert "payment.paid is not = payment.refunded" in told["reason"]
    assert len(by.get(f"inbound-hooks/{hook.slug}/requests")["results"]) == 2
    refused = by.ask("GET", f"inbound-hooks/{hook.slug}/requests?outcome=lost")
    assert (refused.status_code, json.loads(refused.content)["code"]) == (422, "bad_filter")
    assert [error["path"] for error in json.loads(refused.content)["errors"]] == ["outcome"]


@pytest.mark.parametrize("path", ["inbound-hooks", "inbound-hooks/{slug}/rotate"])
def test_a_secret_that_could_be_guessed_is_refused_at_its_field(hook: InboundHook, path: str) -> None:
    asked = {"secret": "x" * 15}
    if path == "inbound-hooks":
        asked |= {"name": "shop", "workflow": hook.workflow.name, "scheme": "body"}
    told = asker("developer").post(path.format(slug=hook.slug), asked, 422)
    assert [error["path"] for error in told["errors"]] == ["/secret"]


def test_what_a_hook_starts_is_for_a_token_to_say_that_may_start_it(hook: InboundHook) -> None:
    """Else who may not submit would, with a secret of their own: in their own name, or in that of who made it."""
    by, made = asker(scopes=["manage_hooks"]), {"name": "mine", "workflow": hook.workflow.name}
    mine, change = f"inbound-hooks/{hook.slug}", {"mapping": "CustomerId = c-2"}
    for method, path, asked in (
        ("POST", "inbound-hooks", made),
        ("POST", f"{mine}/rotate", {}),
        ("PATCH", mine, change),
        ("PATCH", mine, {"conditions": ""}),
        ("PATCH", mine, {"refuses_replays": False}),
    ):
        refused = json.loads(by.ask(method, path, asked).content)
        assert (refused["code"], refused["detail"]) == ("lacks_scope", "This token lacks the scope “submit”."), path
    before = InboundHook.objects.get()
    assert (before.secret, before.previous_secret, before.mapping) == ("s3cret", "", hook.mapping)
    assert by.patch(mine, {"title": "Refunds", "is_active": False})["title"] == "Refunds"
    by.patch(mine, {"is_active": True}, 403)
    both = asker(scopes=["manage_hooks", "submit"])
    both.patch(mine, {"is_active": True, **change})
    both.post(f"{mine}/rotate", {}, 200)
    both.post("inbound-hooks", made)


def test_what_a_hook_starts_is_for_a_person_to_say_who_may_start_it(hook: InboundHook, client: Client) -> None:
    manager = UserFactory.create(role="viewer")
    manager.user_permissions.add(Permission.objects.get(codename="manage_hooks"))
    manager = type(manager).objects.get(pk=manager.pk)
    with pytest.raises(Forbidden):
        hooks.rotate(hook, by=manager)
    for path in ("new/", f"{hook.slug}/rotate"):
        refused = client.post(f"/hooks/inbound/{path}")
        assert refused.status_code == 302  # to sign in
    client.force_login(manager)
    assert client.get("/hooks/inbound/new/").status_code == 403
    assert client.post(f"/hooks/inbound/{hook.slug}/rotate").status_code == 403
    typed = {
        "title": "Mine",
        "slug": hook.slug,
        "workflow": hook.workflow.pk,
        "environment": hook.environment.pk,
        "scheme": "bearer",
        "language": "paths",
    }
    assert client.post(f"/hooks/inbound/{hook.slug}/edit", typed).status_code == 403
    assert "Rotate the secret" not in client.get(f"/hooks/inbound/{hook.slug}").content.decode()
    assert client.post(f"/hooks/inbound/{hook.slug}/switch").status_code == 302
    assert client.post(f"/hooks/inbound/{hook.slug}/switch").status_code == 403
    kept = InboundHook.objects.get()
    assert (kept.secret, kept.scheme, kept.is_active) == ("s3cret", "body", False)


@pytest.mark.parametrize("scheme", ["standard", "body", "timed", "bearer"])
def test_what_a_hook_leaves_open_is_told_as_its_switch_stands(scheme: str, client: Client) -> None:
    hook, by = InboundHookFactory.create(scheme=scheme), asker()
    client.force_login(by.user)
    address = f"inbound-hooks/{hook.slug}"
    on = by.get(address)["leaves_open"]
    off = by.patch(address, {"refuses_replays": False})["leaves_open"]
    assert "each repetition starts another transaction" in off
    assert "each repetition" not in on
    assert ("known by its id" if scheme == "standard" else "known again for 180 days") in on
    assert "known" not in off
    assert off in text(client.get(f"/hooks/inbound/{hook.slug}"))
