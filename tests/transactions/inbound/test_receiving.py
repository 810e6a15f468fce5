"""`POST /hooks/in/{slug}`: who is let in, what is started, what is not, and what the log says of each."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from standardwebhooks import Webhook

from tests.answers import text
from tests.factories import InboundHookFactory, UserFactory
from tests.workflows.api.conftest import asker
from transactions import signing
from transactions.inbound import LARGEST
from transactions.models import InboundHook, Transaction
from transactions.services import inbound as hooks
from transactions.services.inbound import LISTED_AN_HOUR
from workflows import rates
from workflows.models import Activity, Deployment

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_rates")]
PURCHASE = json.dumps({"TransactionType": "PURCHASE", "CustomerId": "c-1", "Amount": 50.10})
SECRET = "s3cret"
Sign = Callable[[str, str], dict[str, str]]


@pytest.fixture
def fresh_rates() -> None:
    """Ids of rows come again in the next test, and so would what was counted for them."""
    rates._here.full_at.clear()


def send(hook: InboundHook, body: str | bytes, headers: dict[str, str]) -> HttpResponse:
    answer = Client().generic("POST", f"/hooks/in/{hook.slug}", body, "application/json", headers=headers)
    assert isinstance(answer, HttpResponse)
    return answer


def hexed(secret: str, signed: str) -> str:
    return hmac.new(secret.encode(), signed.encode(), hashlib.sha256).hexdigest()


def as_standard(secret: str, body: str, id: str = "msg_1", at: float | None = None) -> dict[str, str]:
    return signing.signed_headers([secret], id=id, at=int(at or time.time()), body=body.encode())


def as_github(secret: str, body: str) -> dict[str, str]:
    return {"X-Hub-Signature-256": f"sha256={hexed(secret, body)}", "X-GitHub-Delivery": "1"}


def as_stripe(secret: str, body: str, at: float | None = None) -> dict[str, str]:
    seconds = int(at or time.time())
    return {"Stripe-Signature": f"t={seconds},v1={hexed(secret, f'{seconds}.{body}')}"}


def as_bearer(secret: str, body: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


WHSEC = signing.PREFIX + base64.b64encode(b"0" * 32).decode()
SCHEMES: dict[str, tuple[Sign, str, dict[str, str]]] = {
    "standard": (as_standard, WHSEC, {}),
    "body": (as_github, SECRET, {"prefix": "sha256="}),
    "timed": (as_stripe, SECRET, {}),
    "bearer": (as_bearer, SECRET, {}),
}


def hook_of(scheme: str, **more: Any) -> InboundHook:
    _, secret, own = SCHEMES[scheme]
    return InboundHookFactory.create(scheme=scheme, secret=secret, **{**own, **more})


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_signed_request_starts_a_transaction_once(scheme: str) -> None:
    sign, secret, _ = SCHEMES[scheme]
    hook = hook_of(scheme)
    headers = sign(secret, PURCHASE)
    first = send(hook, PURCHASE, headers)
    again = send(hook, PURCHASE, headers)
    row = Transaction.objects.get()
    assert (first.status_code, json.loads(first.content)["outcome"]) == (202, "started")
    assert json.loads(again.content) == {"outcome": "duplicate", "transaction": str(row.pk), "reason": None}
    assert again.status_code == 200
    assert (row.created_by, row.workflow, row.input) == (hook.created_by, hook.workflow, PURCHASE.replace(" ", ""))
    newer, older = hook.requests.all()
    assert (older.outcome, newer.outcome, newer.duplicate_of) == ("started", "duplicate", older)
    assert older.body == PURCHASE


@pytest.mark.parametrize("scheme", SCHEMES)
def test_another_secret_is_refused_and_nothing_of_it_kept_but_the_fact(scheme: str) -> None:
    sign, _, _ = SCHEMES[scheme]
    hook = hook_of(scheme)
    wrong = signing.PREFIX + base64.b64encode(b"1" * 32).decode() if scheme == "standard" else "other"
    for headers in (sign(wrong, PURCHASE), {}):
        refused = send(hook, PURCHASE, headers)
        assert (refused.status_code, refused.headers["Content-Type"]) == (401, "application/problem+json")
    assert not Transaction.objects.exists()
    assert {(row.outcome, row.body) for row in hook.requests.all()} == {("refused", "")}


@pytest.mark.parametrize("scheme", ["standard", "body", "timed"])
def test_a_changed_body_is_refused(scheme: str) -> None:
    sign, secret, _ = SCHEMES[scheme]
    assert send(hook_of(scheme), PURCHASE.replace("50", "9"), sign(secret, PURCHASE)).status_code == 401
    assert not Transaction.objects.exists()


@pytest.mark.parametrize(("scheme", "sign"), [("standard", as_standard), ("timed", as_stripe)])
@pytest.mark.parametrize(("off", "status"), [(-290, 202), (-310, 401), (290, 202), (310, 401)])
def test_a_signed_time_may_be_five_minutes_off(scheme: str, sign: Any, off: int, status: int) -> None:
    headers = sign(SCHEMES[scheme][1], PURCHASE, at=time.time() + off)
    assert send(hook_of(scheme), PURCHASE, headers).status_code == status


@pytest.mark.parametrize(
    ("scheme", "headers"),
    [
        ("standard", {"webhook-id": "m", "webhook-timestamp": "soon", "webhook-signature": "v1,x"}),
        ("standard", {"webhook-id": "m", "webhook-timestamp": "9" * 400, "webhook-signature": "v1,x"}),
        ("standard", {"webhook-id": "x" * 300, "webhook-timestamp": "1", "webhook-signature": "v1,x"}),
        ("standard", {"webhook-id": "m", "webhook-timestamp": "-1", "webhook-signature": "v1,x"}),
        ("standard", {"webhook-id": "m", "webhook-signature": "v1,x"}),
        ("body", {"X-Hub-Signature-256": "sha256="}),
        ("body", {"X-Hub-Signature-256": "sha1=abc"}),
        ("body", {"X-Hub-Signature-256": "sha256=" + "f" * 100_000}),
        ("timed", {"Stripe-Signature": "v1=abc"}),
        ("timed", {"Stripe-Signature": "t=1,t=2,v1=abc"}),
        ("timed", {"Stripe-Signature": "t=,v1="}),
        ("timed", {"Stripe-Signature": "," * 10_000}),
        ("bearer", {"Authorization": "Bearer "}),
        ("bearer", {"Authorization": "Basic s3cret"}),
    ],
)
def test_a_malformed_signature_is_refused(scheme: str, headers: dict[str, str]) -> None:
    assert send(hook_of(scheme), PURCHASE, headers).status_code == 401


def test_two_secrets_are_valid_while_they_are_rotated() -> None:
    hook = hook_of("body", created_by__role="developer", refuses_replays=False)
    hooks.rotate(hook, by=hook.created_by, secret="newer than that one")
    hook.refresh_from_db()
    assert [send(hook, PURCHASE, as_github(one, PURCHASE)).status_code for one in (SECRET, "newer than that one")] == [
        202,
        202,
    ]
    hooks.forget_previous(hook, by=hook.created_by)
    assert [send(hook, PURCHASE, as_github(one, PURCHASE)).status_code for one in (SECRET, "newer than that one")] == [
        401,
        202,
    ]


def test_a_sender_of_standard_webhooks_is_understood() -> None:
    hook = hook_of("standard")
    now = datetime.now(UTC)
    signature = Webhook(WHSEC).sign("msg_9", now, PURCHASE)
    stamp = str(int(now.timestamp()))
    headers = {"webhook-id": "msg_9", "webhook-timestamp": stamp, "webhook-signature": signature}
    assert send(hook, PURCHASE, headers).status_code == 202


def test_an_id_is_a_duplicate_whatever_the_body_and_a_body_whatever_the_id() -> None:
    standard = hook_of("standard")
    github = hook_of("body", deployment=Deployment.objects.get())
    other = PURCHASE.replace("50.10", "9")
    assert send(standard, PURCHASE, as_standard(WHSEC, PURCHASE)).status_code == 202
    assert send(standard, other, as_standard(WHSEC, other)).status_code == 200
    assert send(standard, PURCHASE, as_standard(WHSEC, PURCHASE, id="msg_2")).status_code == 202
    headers = as_github(SECRET, PURCHASE)
    assert send(github, PURCHASE, headers).status_code == 202
    assert send(github, PURCHASE, {**headers, "X-GitHub-Delivery": "2"}).status_code == 200


def test_replays_are_taken_where_the_hook_says_so() -> None:
    hook = hook_of("bearer", refuses_replays=False)
    assert [send(hook, PURCHASE, as_bearer(SECRET, "")).status_code for _ in range(2)] == [202, 202]
    assert Transaction.objects.count() == 2


def test_what_was_taken_while_replays_were_is_known_once_they_are_refused_again() -> None:
    hook = hook_of("bearer", refuses_replays=False)
    assert [send(hook, PURCHASE, as_bearer(SECRET, "")).status_code for _ in range(3)] == [202, 202, 202]
    InboundHook.objects.update(refuses_replays=True)
    hook.refresh_from_db()
    assert send(hook, PURCHASE, as_bearer(SECRET, "")).status_code == 200
    assert Transaction.objects.count() == 3


def test_a_filter_lets_only_what_fits_through_and_says_why() -> None:
    hook = hook_of(
        "bearer", conditions="$.type = payment.refunded\nx-source = shop\nheader:X-Source = shop", mapping=MAPPING
    )
    event = {"type": "payment.refunded", "data": {"customer": "c-7", "amount": 12.50}}
    headers = {**as_bearer(SECRET, ""), "X-Source": "shop"}
    paid = send(hook, json.dumps({**event, "type": "payment.paid"}), headers)
    assert (paid.status_code, json.loads(paid.content)["outcome"]) == (200, "filtered")
    assert "payment.paid is not = payment.refunded" in hook.requests.get().reason
    assert send(hook, json.dumps(event), as_bearer(SECRET, "")).status_code == 200
    assert send(hook, json.dumps(event), headers).status_code == 202
    made = '{"TransactionType": "REFUND", "CustomerId": "c-7", "Amount": 12.5, "Note": "shop"}'
    assert json.loads(Transaction.objects.get().input) == json.loads(made)


MAPPING = """
TransactionType = REFUND
CustomerId = $.data.customer
Amount = $.data.amount
Note = header:X-Source
Nothing = $.data.nowhere
"""
JSONATA = '{"TransactionType": "REFUND", "CustomerId": $body.data.customer, "Amount": $sum($body.data.parts)}'


def test_a_mapping_by_jsonata_runs_in_a_child_process() -> None:
    hook = hook_of("bearer", language="jsonata", mapping=JSONATA)
    body = json.dumps({"data": {"customer": "c-7", "parts": [1, 2.5]}})
    assert send(hook, body, as_bearer(SECRET, "")).status_code == 202
    assert json.loads(Transaction.objects.get().input)["Amount"] == 3.5


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ("$nowhere", "gave nothing"),
        ("( $f := function($n) { $f($n + 1) }; $f(0) )", "The mapping failed"),
        ('$pad("x", 200000000)', "The mapping failed"),
        ("[1..5]", "/input"),
    ],
)
def test_a_mapping_that_gives_no_input_is_refused_in_time(mapping: str, said: str) -> None:
    hook = hook_of("bearer", language="jsonata", mapping=mapping)
    refused = send(hook, "{}", as_bearer(SECRET, ""))
    (error,) = json.loads(refused.content)["errors"]
    assert (refused.status_code, error["path"]) == (422, "/input" if said == "/input" else "/mapping")
    assert said in hook.requests.get().reason
    assert not Transaction.objects.exists()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff", 400),
        (b'{"a": 1, "a": 2}', 400),
        (b"[" * 100_000, 400),
        (b'{"TransactionType": "PURCHASE"}', 422),
        (b" " * (LARGEST + 1), 413),
        (b" " * 5_000_000, 413),
    ],
)
def test_a_body_that_cannot_be_taken_is_refused(body: bytes, status: int) -> None:
    assert send(hook_of("bearer"), body, as_bearer(SECRET, "")).status_code == status
    assert not Transaction.objects.exists()


def test_a_refused_request_may_be_sent_again_once_it_is_mended() -> None:
    hook = hook_of("bearer", conditions="$.a = 1", mapping="")
    assert send(hook, PURCHASE, as_bearer(SECRET, "")).status_code == 200
    InboundHook.objects.update(conditions="")
    assert send(hook, PURCHASE, as_bearer(SECRET, "")).status_code == 202


def test_an_unknown_hook_and_one_switched_off_look_alike() -> None:
    off = hook_of("bearer", is_active=False)
    gone = InboundHook(slug="gone")
    answers = [send(one, PURCHASE, as_bearer(SECRET, "")) for one in (off, gone)]
    assert [one.status_code for one in answers] == [404, 404]
    assert answers[0].content == answers[1].content


def test_what_is_refused_unread_is_in_the_log_without_its_body() -> None:
    hook = hook_of("bearer")
    send(hook, b" " * (LARGEST + 1), as_bearer(SECRET, ""))
    send(hook, b" " * 5_000_000, as_bearer(SECRET, ""))
    InboundHook.objects.update(is_active=False)
    send(hook, PURCHASE, as_bearer(SECRET, ""))
    rows = [(one.outcome, one.status, one.size, one.body) for one in hook.requests.order_by("pk")]
    assert rows == [
        ("refused", 413, LARGEST + 1, ""),
        ("refused", 413, 5_000_000, ""),
        ("refused", 404, len(PURCHASE), ""),
    ]
    assert hook.requests.latest("pk").reason == "It is switched off."
    assert SECRET not in str(hook.requests.latest("pk").headers)


def test_what_came_too_large_in_pieces_is_logged_with_what_was_read_of_it(settings: LazySettings) -> None:
    hook = hook_of("bearer")
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    for size in (LARGEST + 1, most + 1_000):
        asked: dict[str, Any] = {
            "wsgi.input": BytesIO(b" " * size),
            "wsgi.input_terminated": True,
            "CONTENT_LENGTH": "",
        }
        answer = Client().generic("POST", f"/hooks/in/{hook.slug}", b"", "application/json", **asked)
        assert answer.status_code == 413
    rows = [(one.size, one.reason.partition(";")[0]) for one in hook.requests.order_by("pk")]
    assert rows == [
        (LARGEST + 1, f"The body has {LARGEST + 1:,} bytes"),
        (most, f"The body has more than {most:,} bytes"),
    ]


def test_a_flood_from_nobody_known_is_listed_in_part_and_counted(client: Client) -> None:
    """Not more rows than some an hour, of whatever is refused, and the total all the same."""
    hook = hook_of("bearer")
    for _ in range(LISTED_AN_HOUR + 4):
        rates._here.full_at.clear()
        assert send(hook, PURCHASE, as_bearer("wrong", "")).status_code == 401
    newest, *others = hook.requests.all()
    assert (len(others), newest.times) == (LISTED_AN_HOUR - 1, 5)
    assert {one.times for one in others} == {1}
    client.force_login(UserFactory.create(role="viewer"))
    assert "And 4 more in that hour" in text(client.get(f"/hooks/inbound/{hook.slug}"))
    assert list(client.get("/hooks/inbound/").context["hooks"].values_list("received", flat=True)) == [24]
    assert send(hook, PURCHASE, as_bearer(SECRET, "")).status_code == 202
    hook.requests.exclude(outcome="started").update(received_at=timezone.now() - timedelta(hours=1))
    assert send(hook, PURCHASE, as_bearer("wrong", "")).status_code == 401
    assert (hook.requests.count(), hook.requests.latest("pk").times) == (LISTED_AN_HOUR + 2, 1)


def test_a_flood_from_nobody_known_neither_locks_the_sender_out_nor_other_addresses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hook = hook_of("bearer")
    monkeypatch.setattr(rates, "time", SimpleNamespace(monotonic=lambda: 1_000.0))  # all of it at once

    def knock(address: str) -> list[int]:
        wrong: dict[str, Any] = {"headers": as_bearer("wrong", ""), "REMOTE_ADDR": address}
        path = f"/hooks/in/{hook.slug}"
        return [Client().generic("POST", path, PURCHASE, "application/json", **wrong).status_code for _ in range(12)]

    *others, last = (knock(f"192.0.2.{at}") for at in range(6))
    assert others[:4] == [[401] * 10 + [429] * 2] * 4
    assert last == [429] * 12  # all addresses together have a bound too
    assert sum(hook.requests.values_list("times", flat=True)) in (49, 50)  # as the sum of fifths is rounded
    assert send(hook, PURCHASE, as_bearer(SECRET, "")).status_code == 202


def test_a_hook_has_a_bound_for_its_sender_too(monkeypatch: pytest.MonkeyPatch) -> None:
    hook = hook_of("bearer")
    monkeypatch.setattr(rates, "seconds_to_wait", lambda name, _: 1.5 if name == f"hook-{hook.pk}" else 0)
    refused = send(hook, PURCHASE, as_bearer(SECRET, ""))
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "2")
    assert not hook.requests.exists()


def test_a_hook_that_is_off_looks_like_none_however_often_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    hook = hook_of("bearer", is_active=False)
    waits = iter([0, 0, 1, 1])
    monkeypatch.setattr(rates, "seconds_to_wait", lambda *_: next(waits))
    answers = [send(hook, PURCHASE, as_bearer(SECRET, "")) for _ in range(3)]
    assert [one.status_code for one in answers] == [404] * 3
    assert hook.requests.count() == 1


@pytest.mark.parametrize(
    ("scheme", "body", "said", "status"),
    [
        ("bearer", PURCHASE, len(PURCHASE) + 3, 400),  # white space may be missing only, which nobody can know
        ("bearer", "12", 3, 400),
        ("bearer", "12 ", None, 400),
        ("bearer", PURCHASE, None, 202),
        ("body", PURCHASE, None, 202),
        ("body", "12", None, 422),  # it is signed, so it is whole
    ],
)
def test_what_may_have_broken_off_is_refused_where_nothing_signs_it(
    scheme: str, body: str, said: int | None, status: int
) -> None:
    sign, secret, _ = SCHEMES[scheme]
    asked: dict[str, Any] = {"wsgi.input": BytesIO(body.encode()), "wsgi.input_terminated": True}
    asked |= {"CONTENT_LENGTH": str(said or ""), "headers": sign(secret, body)}
    hook = hook_of(scheme)
    answer = Client().generic("POST", f"/hooks/in/{hook.slug}", b"", "application/json", **asked)
    assert answer.status_code == status
    assert ("broke" in hook.requests.get().reason) is (status == 400)


def test_it_starts_in_the_name_of_somebody_who_still_may() -> None:
    hook = hook_of("bearer")
    hook.created_by.groups.clear()
    assert send(hook, PURCHASE, as_bearer(SECRET, "")).status_code == 403
    assert "may not submit" in hook.requests.get().reason
    reader = Client()
    reader.force_login(UserFactory.create(role="viewer"))
    assert f"{hook.created_by.username} may not submit any more" in text(reader.get(f"/hooks/inbound/{hook.slug}"))
    assert "starts nothing" in text(reader.get("/hooks/inbound/"))
    assert "An inbound hook starts nothing" in text(reader.get("/"))
    caller = asker(role="developer")
    assert caller.get(f"inbound-hooks/{hook.slug}")["is_orphaned"]
    taken = caller.post(f"inbound-hooks/{hook.slug}/take-over", None, 200)
    assert (taken["created_by"], taken["is_orphaned"]) == (caller.user.username, False)
    assert send(hook, PURCHASE, as_bearer(SECRET, "")).status_code == 202
    assert Transaction.objects.get().created_by == caller.user
    reader.force_login(heir := UserFactory.create(role="developer"))
    for _ in range(2):
        reader.post(f"/hooks/inbound/{hook.slug}/take-over")
    hook.refresh_from_db()
    assert hook.created_by == heir
    assert Activity.objects.filter(action="inbound-hook.take_over").count() == 2


def test_secrets_are_masked_in_the_log_and_encrypted_in_the_row() -> None:
    hook = hook_of("bearer", header="X-Token")
    send(hook, PURCHASE, {"X-Token": SECRET, "Cookie": "a=b", "User-Agent": "shop"})
    kept = hook.requests.get().headers
    assert (kept["X-Token"], kept["Cookie"], kept["User-Agent"]) == ("…", "…", "shop")
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM transactions_inboundhook")
        assert SECRET not in cursor.fetchone()[0]


def test_two_at_once_start_one() -> None:
    hook = hook_of("body")
    first = send(hook, PURCHASE, as_github(SECRET, PURCHASE))
    known = hooks._known
    calls: list[int] = []

    def blind_once(*asked: Any) -> Any:
        calls.append(1)
        return None if len(calls) == 1 else known(*asked)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(hooks, "_known", blind_once)
        second = send(hook, PURCHASE, as_github(SECRET, PURCHASE))
    assert (first.status_code, second.status_code, Transaction.objects.count()) == (202, 200, 1)
