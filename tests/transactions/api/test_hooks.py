"""Hooks over REST: made once per key, their secret shown once, read by whoever may look and changed by few."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from tests.factories import (
    AttemptFactory,
    DeliveryFactory,
    DeploymentFactory,
    HookFactory,
    InboundHookFactory,
    TransactionFactory,
    UserFactory,
    WorkflowFactory,
    WorkflowRevisionFactory,
)
from transactions.models import Delivery, Hook
from workflows.models import Activity, Fact, User
from workflows.services import access

pytestmark = pytest.mark.django_db

WISH = {"target_url": "https://receiver.example/hook", "events": ["transaction.succeeded"]}


class Caller:
    """Calls with a token of somebody's."""

    def __init__(self, user: User, workflows: Sequence[str] = (), environments: Sequence[str] = ()) -> None:
        self._secret = access.issue_token(user, "t", by=user, workflows=workflows, environments=environments)[1]

    def __call__(self, method: str, path: str, body: Any = None, *, key: str = "") -> HttpResponse:
        headers = {"Authorization": f"Bearer {self._secret}"} | ({"Idempotency-Key": key} if key else {})
        data = "" if body is None else json.dumps(body)
        return Client().generic(method, f"/api/v1/{path}", data, "application/json", headers=headers)  # type: ignore[return-value]


@pytest.fixture
def call() -> Caller:
    return Caller(UserFactory.create(role="developer"))


def test_a_subscription_is_made_and_its_secret_shown_once(call: Caller) -> None:
    WorkflowFactory.create()
    wish = WISH | {"workflow": "transaction-processor", "branch": "->ProcessRefund", "conditions": ["amount>100"]}
    made = call("POST", "hooks", wish, key="k1")
    assert made.status_code == 201
    told = json.loads(made.content)
    assert told["secret"].startswith("whsec_")
    assert (told["status"], told["branch"], told["conditions"]) == ("unverified", "->ProcessRefund", ["amount > 100"])

    again = call("POST", "hooks", wish, key="k1")
    assert (again.status_code, again.content, again["Idempotent-Replayed"]) == (201, made.content, "true")
    assert Hook.objects.count() == 1

    for path in ("hooks", f"hooks/{told['id']}"):
        assert b"whsec_" not in call("GET", path).content
    ping = Delivery.objects.get()
    assert (ping.kind, ping.status, json.loads(ping.body)["type"]) == ("ping", "pending", "ping")
    assert Activity.objects.filter(action="hook.create", subject_id=told["id"]).count() == 1
    assert "whsec_" not in str(Activity.objects.values_list("after", flat=True))


@pytest.mark.parametrize("path", ["hooks/{hook}/rotate", "inbound-hooks/{inbound}/rotate"])
def test_what_is_gone_by_now_is_answered_as_it_was_the_first_time(call: Caller, path: str) -> None:
    hook, inbound = HookFactory.create(), InboundHookFactory.create()
    address = path.format(hook=hook.pk, inbound=inbound.slug)
    first = call("POST", address, {}, key="k1")
    assert first.status_code == 200
    call("DELETE", f"hooks/{hook.pk}")
    call("DELETE", f"inbound-hooks/{inbound.slug}")
    again = call("POST", address, {}, key="k1")
    assert (again.status_code, again.content, again["Idempotent-Replayed"]) == (200, first.content, "true")
    assert call("POST", address, {}, key="k2").status_code == 404


def test_a_bound_token_is_not_answered_what_another_of_its_owners_was(call: Caller) -> None:
    WorkflowFactory.create(name="orders")
    user = UserFactory.create(role="developer")
    wide, narrow, alike = Caller(user), Caller(user, workflows=["orders"]), Caller(user, workflows=["orders"])
    address = f"hooks/{HookFactory.create().pk}/rotate"
    assert wide("POST", address, key="k1").status_code == 200
    refused = narrow("POST", address, key="k1")
    assert (refused.status_code, json.loads(refused.content)["code"]) == (422, "key_reused")
    assert "a token that reaches other things" in json.loads(refused.content)["errors"][0]["message"]

    wish = WISH | {"workflow": "orders"}
    first = narrow("POST", "hooks", wish, key="k2")
    assert (first.status_code, alike("POST", "hooks", wish, key="k2").content) == (201, first.content)


def test_a_sender_that_knows_no_keys_subscribes_all_the_same(call: Caller) -> None:
    """Automation services post what they want to hear of, and nothing else."""
    made = [json.loads(call("POST", "hooks", WISH).content) for _ in range(2)]
    assert len({one["id"] for one in made}) == 2
    assert {one["status"] for one in made} == {"unverified"}


OF_BOTH = {"workflow": "transaction-processor", "environment": "default"}


@pytest.mark.parametrize(
    ("bounds", "told", "says"),
    [
        ({"workflows": ["transaction-processor"]}, OF_BOTH, ""),
        ({"workflows": ["transaction-processor"], "environments": ["default"]}, OF_BOTH, ""),
        ({"workflows": ["another"]}, OF_BOTH, "This token is for these workflows only: another."),
        ({"environments": ["live"]}, OF_BOTH, "This token is for these environments only: live."),
        ({"workflows": ["another"]}, {}, "This token is for these workflows only: another."),
        ({"environments": ["default"]}, {}, "This token is for these environments only: default."),
    ],
)
def test_a_bound_token_subscribes_to_what_it_reaches(
    bounds: dict[str, list[str]], told: dict[str, str], says: str
) -> None:
    DeploymentFactory.create()
    answer = Caller(UserFactory.create(role="developer"), **bounds)("POST", "hooks", WISH | told)
    assert answer.status_code == (403 if says else 201)
    assert json.loads(answer.content).get("detail", "") == says


@pytest.mark.parametrize("bounds", [{"workflows": ["transaction-processor"]}, {"environments": ["default"]}])
def test_a_bound_token_reaches_the_hooks_within_its_bounds_only(bounds: dict[str, list[str]]) -> None:
    """One for all workflows, or environments, is for more than the token is."""
    deployment, call = DeploymentFactory.create(), Caller(UserFactory.create(role="developer"), **bounds)
    own = HookFactory.create(workflow=deployment.workflow, environment=deployment.environment)
    wide, wish = HookFactory.create(), WISH | OF_BOTH | {"target_url": own.target_url}
    mine, others = (DeliveryFactory.create(hook=hook, status="failed") for hook in (own, wide))
    assert [one["id"] for one in json.loads(call("GET", "hooks").content)["results"]] == [str(own.pk)]
    assert [one["id"] for one in json.loads(call("GET", "deliveries").content)["results"]] == [str(mine.pk)]
    since = {"since": timezone.now().isoformat()}
    for method, of_hook, of_delivery, body, status in [
        ("GET", "", "", None, 200),
        ("PUT", "", None, wish, 200),
        ("POST", "/resend", "/resend", since, 202),
        ("POST", "/rotate", None, None, 200),
        ("POST", "/off", None, None, 200),
        ("POST", "/verify", None, None, 202),
        ("DELETE", "", None, None, 204),
    ]:
        assert call(method, f"hooks/{wide.pk}{of_hook}", body).status_code == 404, (method, of_hook)
        assert call(method, f"hooks/{own.pk}{of_hook}", body).status_code == status, (method, of_hook)
        if of_delivery is not None:
            assert call(method, f"deliveries/{others.pk}{of_delivery}").status_code == 404, (method, of_delivery)
            assert call(method, f"deliveries/{mine.pk}{of_delivery}").status_code == status, (method, of_delivery)


def test_a_bound_token_leads_no_hook_out_of_its_bounds() -> None:
    deployment = DeploymentFactory.create()
    hook = HookFactory.create(workflow=deployment.workflow, environment=deployment.environment)
    call = Caller(UserFactory.create(role="developer"), workflows=["transaction-processor"])
    assert call("PUT", f"hooks/{hook.pk}", WISH).status_code == 403
    hook.refresh_from_db()
    assert hook.workflow == deployment.workflow


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"target_url": "http://receiver.example/"}, "/target_url"),
        ({"target_url": "https://u:p@receiver.example/"}, "/target_url"),
        ({"target_url": "ftp://receiver.example/"}, "/target_url"),
        ({"target_url": "https://"}, "/target_url"),
        ({"target_url": "https://receiver.example:99999/"}, "/target_url"),
        ({"events": []}, "/events"),
        ({"events": ["transaction.exploded"]}, "/events/0"),
        ({"workflow": "none"}, "/workflow"),
        ({"environment": "none"}, "/environment"),
        ({"branch": "->"}, "/branch"),
        ({"conditions": ["amount"]}, "/conditions"),
        ({"conditions": ["amount > much"]}, "/conditions"),
        ({"colour": "red"}, "/colour"),
    ],
)
def test_what_cannot_be_is_refused_by_field(call: Caller, wrong: dict[str, Any], path: str) -> None:
    refused = call("POST", "hooks", WISH | wrong)
    assert refused.status_code == 422
    assert path in [error["path"] for error in json.loads(refused.content)["errors"]]
    assert not Hook.objects.exists()


@pytest.mark.parametrize(
    ("wish", "path"),
    [
        ({"branch": "->ProcessExchange"}, "/branch"),
        ({"branch": "Decide->ProcessRefund"}, "/branch"),
        ({"branch": "->ProcessRefund"}, ""),
        ({"branch": "->ProcessRefund", "events": ["transaction.started"]}, "/branch"),
        ({"branch": "->ProcessRefund", "events": ["deployment.failed"]}, "/branch"),
        ({"conditions": ["colour = red"]}, "/conditions"),
        ({"conditions": ["amount > 1", "status = succeeded"]}, ""),
        ({"conditions": ["amount > 1"], "events": ["deployment.failed"]}, "/conditions"),
        ({"conditions": ["error starts with x"], "events": ["deployment.failed"]}, ""),
    ],
)
def test_a_hook_that_could_never_be_told_of_anything_is_refused(call: Caller, wish: dict[str, Any], path: str) -> None:
    WorkflowRevisionFactory.create(workflow__name="orders")
    answer = call("POST", "hooks", WISH | {"workflow": "orders"} | wish)
    assert [error["path"] for error in json.loads(answer.content).get("errors", [])] == ([path] if path else [])
    assert answer.status_code == (422 if path else 201)


def test_all_that_is_wrong_with_a_hook_is_said_at_once(call: Caller) -> None:
    WorkflowRevisionFactory.create(workflow__name="orders")
    wrong = {"target_url": "nowhere", "environment": "none", "workflow": "orders", "branch": "->None"}
    refused = json.loads(call("POST", "hooks", WISH | wrong).content)
    assert [error["path"] for error in refused["errors"]] == ["/target_url", "/environment", "/branch"]


def test_a_hook_of_all_workflows_asks_for_a_key_that_one_of_them_has(call: Caller) -> None:
    revision = WorkflowRevisionFactory.create(workflow__name="orders")
    wish = WISH | {"conditions": ["colour = red"]}
    refused = json.loads(call("POST", "hooks", wish).content)
    assert [error["path"] for error in refused["errors"]] == ["/conditions"]
    assert "No workflow has a business key “colour”; there are " in refused["errors"][0]["message"]
    assert "may name status, reference, error, workflow and environment." in refused["errors"][0]["message"]
    assert call("POST", "hooks", WISH | {"conditions": ["amount > 1", "status = failed"]}).status_code == 201
    later = WorkflowFactory.create(name="later")  # which may have any
    assert call("POST", "hooks", wish).status_code == 201
    WorkflowRevisionFactory.create(workflow=later, keys={"colour": "$.colour"}, number=revision.number)
    assert call("POST", "hooks", wish).status_code == 201


def test_a_workflow_that_is_not_written_yet_may_have_any_branch_and_key(call: Caller) -> None:
    WorkflowFactory.create(name="orders")
    wish = WISH | {"workflow": "orders", "branch": "->Later", "conditions": ["colour = red"]}
    assert call("POST", "hooks", wish).status_code == 201


def test_a_hook_is_changed_rotated_verified_switched_off_and_deleted(call: Caller) -> None:
    hook = HookFactory.create(target_url=WISH["target_url"])
    old = hook.secret
    changed = call("PUT", f"hooks/{hook.pk}", WISH | {"events": ["transaction.failed"]})
    assert (changed.status_code, json.loads(changed.content)["status"]) == (200, "live")
    moved = call("PUT", f"hooks/{hook.pk}", WISH | {"target_url": "https://other.example/"})
    assert json.loads(moved.content)["status"] == "unverified"
    rotated = json.loads(call("POST", f"hooks/{hook.pk}/rotate").content)
    hook.refresh_from_db()
    assert (hook.secret, hook.former_secret) == (rotated["secret"], old)
    off = call("POST", f"hooks/{hook.pk}/off")
    assert json.loads(off.content)["status"] == "off"
    assert call("POST", f"hooks/{hook.pk}/verify").status_code == 202
    gone = call("DELETE", f"hooks/{hook.pk}")
    assert (gone.status_code, gone.content, gone.get("Content-Type")) == (204, b"", None)
    assert call("GET", f"hooks/{hook.pk}").status_code == 404
    hook.refresh_from_db()
    assert (hook.status, hook.secret, hook.former_secret) == ("deleted", "", "")
    actions = set(Activity.objects.filter(subject_id=str(hook.pk)).values_list("action", flat=True))
    assert actions == {"hook.change", "hook.rotate_secret", "hook.switch_off", "hook.verify", "hook.delete"}
    assert old not in str(list(Activity.objects.values()))


@pytest.mark.parametrize("kind", ["hooks", "inbound-hooks"])
def test_a_secret_is_not_rotated_while_the_one_before_it_is_valid(call: Caller, kind: str) -> None:
    name = HookFactory.create().pk if kind == "hooks" else InboundHookFactory.create().slug
    assert call("POST", f"{kind}/{name}/rotate", {}).status_code == 200
    refused = call("POST", f"{kind}/{name}/rotate", {})
    assert refused.status_code == 409
    assert b"End that overlap" in refused.content
    assert call("POST", f"{kind}/{name}/end-overlap").status_code == 200
    assert call("POST", f"{kind}/{name}/rotate", {}).status_code == 200


def test_a_secret_is_rotated_again_once_a_day_is_over(call: Caller) -> None:
    hook = HookFactory.create(former_secret="whsec_b2xk", former_until=timezone.now() - timedelta(seconds=1))
    assert call("POST", f"hooks/{hook.pk}/rotate").status_code == 200


def test_whoever_may_only_look_changes_nothing(settings: LazySettings) -> None:
    hook, viewer = HookFactory.create(), Caller(UserFactory.create(role="operator"))
    row = DeliveryFactory.create(hook=hook, status="failed")
    assert viewer("GET", "hooks").status_code == 200
    assert viewer("GET", f"deliveries/{row.pk}").status_code == 200
    for method, path in [
        ("POST", "hooks"),
        ("PUT", f"hooks/{hook.pk}"),
        ("DELETE", f"hooks/{hook.pk}"),
        ("POST", f"hooks/{hook.pk}/verify"),
        ("POST", f"hooks/{hook.pk}/off"),
        ("POST", f"hooks/{hook.pk}/rotate"),
        ("POST", f"deliveries/{row.pk}/resend"),
    ]:
        assert viewer(method, path, WISH if method == "PUT" or path == "hooks" else None).status_code == 403, path
    since = {"since": timezone.now().isoformat()}
    assert viewer("POST", f"hooks/{hook.pk}/resend", since).status_code == 403


def test_the_log_is_filtered_and_paged(call: Caller) -> None:
    hook = HookFactory.create()
    rows = [DeliveryFactory.create(hook=hook, status=status) for status in ("delivered", "failed", "failed")]
    DeliveryFactory.create()

    def found(query: str) -> list[str]:
        return [one["id"] for one in json.loads(call("GET", f"deliveries?{query}").content)["results"]]

    assert found(f"hook={hook.pk}&status=failed") == sorted(map(str, (rows[1].pk, rows[2].pk)), reverse=True)
    assert found(f"transaction={rows[0].subject}") == [str(rows[0].pk)]
    assert found("event=transaction.failed") == found("event=ping") == []
    tomorrow = (timezone.now() + timedelta(days=1)).date().isoformat()
    assert found(f"since={tomorrow}") == []
    first = json.loads(call("GET", "deliveries?limit=3").content)
    rest = json.loads(call("GET", f"deliveries?limit=3&cursor={first['next']}").content)
    assert (len(first["results"]), len(rest["results"]), rest["next"]) == (3, 1, None)
    for wrong in ("status=x", "hook=x", "since=x", "cursor=x", "colour=red", "transaction=x", "event=nope"):
        assert call("GET", f"deliveries?{wrong}").status_code == 422, wrong


def test_what_became_of_deliveries_is_counted_by_the_hour_within_the_bounds(call: Caller) -> None:
    row = DeliveryFactory.create(status="delivered", finished_at=timezone.now())
    DeliveryFactory.create(status="failed", finished_at=timezone.now())
    (hour,) = json.loads(call("GET", "deliveries/outcomes").content)["results"]
    assert (hour["delivered"], hour["failed"], hour["not_sent"]) == (1, 1, 0)
    DeliveryFactory.create(hook=row.hook, tries=2)
    DeliveryFactory.create(hook=row.hook)
    (hour,) = json.loads(call("GET", f"deliveries/outcomes?hook={row.hook_id}").content)["results"]
    assert (hour["pending"], hour["failing"]) == (1, 1)
    (hour,) = json.loads(call("GET", f"deliveries/outcomes?hook={row.hook_id}").content)["results"]
    assert (hour["delivered"], hour["failed"]) == (1, 0)
    bound = Caller(UserFactory.create(role="developer"), workflows=["another"])
    assert json.loads(bound("GET", "deliveries/outcomes").content)["results"] == []
    assert bound("GET", f"deliveries/outcomes?hook={row.hook_id}").status_code == 404


def test_hooks_are_listed_by_page(call: Caller) -> None:
    rows = [HookFactory.create() for _ in range(3)]
    first = json.loads(call("GET", "hooks?limit=2").content)
    assert [one["id"] for one in first["results"]] == [str(rows[2].pk), str(rows[1].pk)]
    rest = json.loads(call("GET", f"hooks?cursor={first['next']}").content)
    assert ([one["id"] for one in rest["results"]], rest["next"]) == ([str(rows[0].pk)], None)


def test_a_delivery_is_read_in_full_and_sent_again(call: Caller) -> None:
    row = DeliveryFactory.create(status="failed", subject=str(TransactionFactory.create().pk))
    AttemptFactory.create(delivery=row, number=1, status_code=500, error="It answered 500.", answer="<b>no</b>")
    quiet_until = timezone.now() + timedelta(minutes=7)
    Hook.objects.update(held_until=quiet_until)
    told = json.loads(call("GET", f"deliveries/{row.pk}").content)
    assert told["next_attempt_at"] is None  # given up
    assert told["payload"]["data"]["id"] == row.subject
    assert told["message_id"] == row.message_id
    assert told["tried"][0]["answer"] == "<b>no</b>"
    again = json.loads(call("POST", f"deliveries/{row.pk}/resend").content)
    assert (again["status"], again["message_id"]) == ("pending", row.message_id)
    assert datetime.fromisoformat(again["next_attempt_at"]) >= quiet_until.replace(microsecond=0)
    Hook.objects.update(status="off")
    assert call("POST", f"deliveries/{row.pk}/resend").status_code == 409


def test_all_that_failed_in_a_stretch_of_time_is_sent_again(call: Caller) -> None:
    hook, now = HookFactory.create(), timezone.now()
    for hours in (1, 3, 5):
        at = now - timedelta(hours=hours)
        fact = Fact.objects.create(kind="transaction.failed", subject="s", at=at)
        DeliveryFactory.create(hook=hook, fact=fact, status="failed", created_at=at)
    asked = {"since": (now - timedelta(hours=4)).isoformat(), "until": (now - timedelta(hours=2)).isoformat()}
    assert json.loads(call("POST", f"hooks/{hook.pk}/resend", asked).content) == {"count": 1}
    assert json.loads(call("POST", f"hooks/{hook.pk}/resend", {"since": asked["since"]}).content) == {"count": 1}
    assert Delivery.objects.filter(status="pending").count() == 2
    assert call("POST", f"hooks/{hook.pk}/resend", {}).status_code == 422
    for until in (asked["since"], (now - timedelta(hours=5)).isoformat()):
        refused = call("POST", f"hooks/{hook.pk}/resend", {"since": asked["since"], "until": until})
        assert refused.status_code == 422
        assert [error["path"] for error in json.loads(refused.content)["errors"]] == ["/until"]


def test_what_was_missed_is_sent_once_the_hook_is_live(call: Caller) -> None:
    hook, now = HookFactory.create(), timezone.now()
    rows = []
    for is_missed in (True, False, True):
        fact = Fact.objects.create(kind="transaction.failed", subject="s", at=now)
        told = {"status": "not_sent", "finished_at": now, "next_attempt_at": None}
        rows.append(DeliveryFactory.create(hook=hook, fact=fact, is_missed=is_missed, **told))
    assert json.loads(call("GET", f"deliveries/{rows[0].pk}").content)["is_missed"] is True
    Hook.objects.update(status="unverified")
    asked = {"since": (now - timedelta(hours=1)).isoformat()}
    assert call("POST", f"hooks/{hook.pk}/resend", asked).status_code == 409
    Hook.objects.update(status="live")
    assert json.loads(call("POST", f"deliveries/{rows[0].pk}/resend").content)["status"] == "pending"
    assert call("POST", f"deliveries/{rows[1].pk}/resend").status_code == 409
    assert json.loads(call("POST", f"hooks/{hook.pk}/resend", asked).content) == {"count": 1}
    assert [Delivery.objects.get(pk=row.pk).status for row in rows] == ["pending", "not_sent", "pending"]


def test_what_failed_and_waits_for_its_next_try_is_sent_again_too(call: Caller) -> None:
    hook, now = HookFactory.create(), timezone.now()
    later = now + timedelta(hours=20)
    for tries in (0, 3):
        fact = Fact.objects.create(kind="transaction.failed", subject=f"s{tries}", at=now)
        DeliveryFactory.create(hook=hook, fact=fact, subject=fact.subject, tries=tries, next_attempt_at=later)
    asked = {"since": (now - timedelta(hours=1)).isoformat()}
    assert json.loads(call("POST", f"hooks/{hook.pk}/resend", asked).content) == {"count": 1}
    assert Delivery.objects.filter(subject="s3", next_attempt_at__lt=timezone.now()).exists()
    assert Delivery.objects.get(subject="s0").next_attempt_at == later


def test_a_time_may_have_any_offset_there_is(call: Caller) -> None:
    """PostgreSQL itself takes none of 16 hours or more; what would lie before the year 1 is no time."""
    hook = HookFactory.create()
    assert call("POST", f"hooks/{hook.pk}/resend", {"since": "2026-01-01T00:00:00-16:32"}).status_code == 202
    assert call("POST", f"hooks/{hook.pk}/resend", {"since": "0001-01-01T00:00:00+16:32"}).status_code == 422
    for wanted, status in (("2026-01-01T00:00:00-16:32", 200), ("0001-01-01T00:00:00%2B16:32", 422)):
        assert call("GET", f"deliveries?since={wanted}").status_code == status
