"""The pages of hooks: what a person makes, sees, and sends again. A secret is on one answer and nowhere else."""

import re
import uuid
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from tests.answers import text
from tests.factories import AttemptFactory, DeliveryFactory, HookFactory, TransactionFactory, UserFactory
from tests.workflows.api.conftest import asker
from transactions import targets
from transactions.models import Delivery, Hook
from workflows.models import Fact, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client) -> Client:
    client.force_login(UserFactory.create(username="dora", role="developer"))
    return client


def test_an_empty_page_says_what_to_do_first(page: Client, client: Client) -> None:
    assert "receive_hooks" in text(page.get("/hooks/"))
    client.force_login(UserFactory.create(role="viewer"))
    assert "A developer or admin can make one" in text(client.get("/hooks/"))


def test_a_hook_is_made_and_its_secret_shown_this_once(page: Client) -> None:
    typed = {"target_url": "https://receiver.example/", "events": ["transaction.failed"], "conditions": "amount > 1"}
    made = page.post("/hooks/new", typed)
    hook = Hook.objects.get()
    assert (made.status_code, made["Location"]) == (302, f"/hooks/{hook.pk}")
    assert hook.secret not in str(page.session.items())
    page.head(made["Location"])
    answer = page.get(made["Location"])
    assert hook.secret in text(answer)
    assert "no-store" in answer["Cache-Control"]
    for address in ("/hooks/", f"/hooks/{hook.pk}", f"/hooks/{hook.pk}/edit", "/hooks/deliveries", "/activity/"):
        assert hook.secret not in text(page.get(address)), address
    rotated = page.post(f"/hooks/{hook.pk}/rotate", follow=True)
    assert hook.secret not in text(rotated)
    hook.refresh_from_db()
    assert hook.secret in text(rotated)
    assert "End that overlap" in text(page.post(f"/hooks/{hook.pk}/rotate", follow=True))
    assert "Only the newest secret signs" in text(page.post(f"/hooks/{hook.pk}/end-overlap", follow=True))


def test_what_cannot_be_is_said_beside_its_field_and_what_was_typed_stays(page: Client) -> None:
    typed = {"target_url": "http://inside.example/", "events": ["transaction.failed"], "conditions": "amount"}
    answer = page.post("/hooks/new", typed)
    assert answer.status_code == 422
    assert "Use https" in text(answer)
    assert "http://inside.example/" in text(answer)
    assert "operator and a value" in text(answer)
    assert not Hook.objects.exists()


def test_a_change_that_somebody_made_meanwhile_is_not_undone_unseen(page: Client) -> None:
    hook = HookFactory.create(events=["transaction.failed"], status="live")
    address = f"/hooks/{hook.pk}/edit"
    begun = page.get(address).context["begun"]
    Hook.objects.update(events=["transaction.succeeded"])
    typed = {"target_url": "https://receiver.example/other", "events": ["transaction.failed"], "begun": begun}
    refused = page.post(address, typed)
    assert refused.status_code == 409 and "Somebody changed it while you wrote" in text(refused)
    assert Hook.objects.get().events == ["transaction.succeeded"]
    assert page.post(address, typed | {"begun": refused.context["begun"]}).status_code == 302
    assert Hook.objects.get().target_url == "https://receiver.example/other"


def test_a_hook_is_changed_switched_off_verified_and_deleted(page: Client) -> None:
    hook = HookFactory.create()
    typed = {"target_url": hook.target_url, "events": ["transaction.aborted"], "branch": "->ProcessRefund"}
    assert "Saved." in text(page.post(f"/hooks/{hook.pk}/edit", typed, follow=True))
    assert "Switched off by dora." in text(page.post(f"/hooks/{hook.pk}/off", follow=True))
    assert "A ping is on its way" in text(page.post(f"/hooks/{hook.pk}/verify", follow=True))
    hook.refresh_from_db()
    assert (hook.status, hook.events, hook.branch) == ("unverified", ["transaction.aborted"], "->ProcessRefund")
    assert "is deleted" in text(page.post(f"/hooks/{hook.pk}/delete", follow=True))
    assert page.get(f"/hooks/{hook.pk}").status_code == 404


def test_a_page_of_a_hook_shows_by_itself_that_its_ping_was_answered(page: Client) -> None:
    hook, now = HookFactory.create(status="unverified"), timezone.now()
    ping = DeliveryFactory.create(hook=hook, kind="ping", status="pending")

    def asks(shown: str) -> str:
        return "".join(re.findall(rf'hx-get="(/hooks/{hook.pk}/live[^"]+)"', shown)).replace("&amp;", "&")

    first = page.get(f"/hooks/{hook.pk}").content.decode()
    assert page.get(asks(first)).status_code == 204
    AttemptFactory.create(delivery=ping, number=1, error="It answered 500 Internal Server Error.", at=now)
    failed = page.get(asks(first)).content.decode()
    assert "It answered 500 Internal Server Error." in failed
    assert 'id="hook-failed"' not in failed  # what somebody may be typing in stays
    Hook.objects.update(status="live", live_since=now)
    Delivery.objects.update(status="delivered", next_attempt_at=None)
    live = page.get(asks(failed)).content.decode()
    for part in ("hook-badge", "hook-facts", "hook-log", "hook-failed", "hook-chart"):
        assert f'id="{part}" hx-swap-oob="true"' in live
    assert "Not verified yet" not in live
    assert not asks(live)  # nothing is on its way any more
    assert 'id="hook-log"' not in page.get(f"/hooks/{hook.pk}/live?version=").content.decode()  # the log is filtered


def test_a_hook_that_was_switched_off_is_told_of_on_the_list_and_the_overview(page: Client) -> None:
    HookFactory.create(status="off", problem="Nothing has reached it for five days.", off_since=timezone.now())
    for address in ("/hooks/", "/"):
        assert "Switched off" in text(page.get(address)), address


def test_hooks_in_trouble_are_one_notice(page: Client) -> None:
    now = timezone.now()
    for problem in ("Nothing has reached it for five days.", "Its receiver answered 410 Gone."):
        HookFactory.create(status="off", problem=problem, off_since=now)
    HookFactory.create(failing_since=now)
    for address in ("/hooks/", "/"):
        shown = text(page.get(address))
        assert "3 hooks are off or not reached" in shown
        assert shown.count('class="notice') == 1
        assert "Its receiver answered 410 Gone." in shown


def test_a_port_of_this_machine_that_is_not_for_hooks_is_named(page: Client, settings: LazySettings) -> None:
    settings.HOOK_PLACES = [targets.parse_place("127.0.0.1:1-8179"), targets.parse_place("127.0.0.1:8181-65535")]
    typed = {"target_url": "http://127.0.0.1:8180/", "events": ["transaction.failed"]}
    told = text(page.post("/hooks/new", typed))
    assert (
        "Port 8180 of 127.0.0.1 is closed to hooks, as Signalbox’s own ports are. Open are: 1-8179, 8181-65535." in told
    )


def test_the_next_try_is_not_before_the_quiet_its_receiver_asked_for(page: Client) -> None:
    now = timezone.now()
    hook = HookFactory.create(held_until=now + timedelta(minutes=7))
    due = [now - timedelta(minutes=5), now + timedelta(minutes=20)]
    rows = [DeliveryFactory.create(hook=hook, next_attempt_at=at) for at in due]
    assert "Due since" not in text(page.get(f"/hooks/{hook.pk}"))
    told = {row.pk: row.due_at for row in page.get("/hooks/deliveries").context["page"].results}
    assert told == {rows[0].pk: hook.held_until, rows[1].pk: due[1]}
    Hook.objects.update(held_until=None)
    assert text(page.get(f"/hooks/{hook.pk}")).count("Due since") == 1
    assert "due since" in text(page.get(f"/hooks/deliveries/{rows[0].pk}"))


def test_a_hook_that_was_deleted_is_named_in_the_log_and_leads_nowhere(page: Client) -> None:
    gone, there = HookFactory.create(status="deleted"), HookFactory.create()
    deliveries = [DeliveryFactory.create(hook=hook, status="delivered") for hook in (gone, there)]
    shown = page.get("/hooks/deliveries").content.decode()
    assert f'href="/hooks/{there.pk}"' in shown and f"/hooks/{gone.pk}" not in shown
    assert f'{gone.target_url} <span class="quiet">deleted</span>' in shown
    assert "deleted" in text(page.get(f"/hooks/deliveries/{deliveries[0].pk}"))


def test_the_log_is_filtered_and_what_is_kept_back_says_why(page: Client) -> None:
    hook = HookFactory.create()
    DeliveryFactory.create(hook=hook, status="not_sent", reason="Not sent, because amount 40 is not > 100.")
    DeliveryFactory.create(hook=hook, kind="transaction.failed", status="delivered")
    shown = text(page.get(f"/hooks/{hook.pk}?status=not_sent"))
    assert "amount 40 is not &gt; 100" in shown
    assert page.get(f"/hooks/{hook.pk}?status=not_sent").context["page"].results[0].status == "not_sent"
    assert "None fits all of these filters" in text(page.get("/hooks/deliveries?status=failed"))
    assert page.get("/hooks/deliveries?cursor=x").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("hook=zzz", "This is no id."),
        ("transaction=zzz", "This is no id."),
        ("since=foo", "This is no time"),
        ("until=foo", "This is no time"),
        ("status=odd", "There are pending"),
        ("event=odd", "There are transaction.accepted"),
        ("outcome=zzz", "There is no such filter."),
    ],
)
def test_a_wrong_filter_is_told_and_nothing_is_shown_as_if_it_fitted(page: Client, wrong: str, says: str) -> None:
    row = DeliveryFactory.create()
    for address in ("/hooks/deliveries", f"/hooks/{row.hook_id}"):
        answer = page.get(f"{address}?{wrong}")
        assert says in text(answer) and "Nothing was looked for" in text(answer)
        assert not answer.context["page"].results
        # The environment that a page names in each address is no filter.
        assert page.get(f"{address}?environment=default").context["page"].results == [row]


def test_a_delivery_shows_what_was_sent_and_every_try_as_text(page: Client) -> None:
    row = DeliveryFactory.create(status="failed")
    AttemptFactory.create(delivery=row, number=1, error="It answered 500 Internal Server Error.", answer="<b>no</b>")
    shown = page.get(f"/hooks/deliveries/{row.pk}")
    assert row.message_id in text(shown)
    assert b"&lt;b&gt;no&lt;/b&gt;" in shown.content
    assert "It is sent again." in text(page.post(f"/hooks/deliveries/{row.pk}/resend", follow=True))
    row.refresh_from_db()
    assert row.status == "pending"


def test_what_failed_in_a_stretch_of_time_is_sent_again(page: Client) -> None:
    hook, now = HookFactory.create(), timezone.now()
    fact = Fact.objects.create(kind="transaction.failed", subject="s", at=now)
    DeliveryFactory.create(hook=hook, fact=fact, status="failed")
    address = f"/hooks/{hook.pk}/resend-failed"
    assert "say from when" in text(page.post(address, {"since": ""}, follow=True))
    offered = page.get(f"/hooks/{hook.pk}")
    assert "1 can be sent again" in text(offered)
    (since,) = re.findall(r'name="since" value="(.+?)" required', offered.content.decode())
    assert "1 to be sent." in text(page.post(address, {"since": since}, follow=True))
    assert Delivery.objects.get().status == "pending"
    assert "1 failed" not in text(page.get(f"/hooks/{hook.pk}"))


def test_what_was_missed_is_offered_to_be_sent(page: Client) -> None:
    hook, now = HookFactory.create(status="off", off_since=timezone.now()), timezone.now()
    fact = Fact.objects.create(kind="transaction.failed", subject="s", at=now)
    row = DeliveryFactory.create(hook=hook, fact=fact, status="not_sent", is_missed=True, reason="It was off.")
    assert "1 missed while it was off" in text(page.get(f"/hooks/{hook.pk}"))
    assert "They can be sent once the hook is live" in text(page.get(f"/hooks/{hook.pk}"))
    Hook.objects.update(status="live")
    assert "Send what was missed" in text(page.get(f"/hooks/{hook.pk}"))
    assert "resend" in text(page.get(f"/hooks/deliveries/{row.pk}"))
    assert "1 to be sent." in text(page.post(f"/hooks/{hook.pk}/resend-failed", {"since": "2026-01-01"}, follow=True))
    row.refresh_from_db()
    assert row.status == "pending"


def test_the_page_of_a_transaction_shows_what_was_told_of_it(page: Client) -> None:
    row = TransactionFactory.create()
    assert "No hook was told of it" in text(page.get(f"/transactions/{row.pk}/deliveries"))
    DeliveryFactory.create(subject=str(row.pk), kind="transaction.accepted", status="delivered")
    assert "transaction.<wbr>accepted" in text(page.get(f"/transactions/{row.pk}/deliveries"))


def test_what_a_deleted_hook_was_told_cannot_be_sent_again_and_says_so(page: Client) -> None:
    row = DeliveryFactory.create(status="failed", hook=HookFactory.create(status="deleted"))
    unverified = DeliveryFactory.create(status="failed", hook=HookFactory.create(status="unverified"))
    says = {row: "This hook was deleted: nothing is sent to it any more.", unverified: "let it be verified first"}
    for one, told in says.items():
        address = f"hooks/deliveries/{one.pk}"
        assert f'action="/{address}/resend"' not in text(page.get(f"/{address}"))
        assert told in text(page.post(f"/{address}/resend", follow=True))
        refused = asker().post(f"deliveries/{one.pk}/resend", None, 409)
        assert told in refused["detail"]
    assert not Delivery.objects.exclude(status="failed").exists()


def test_what_waits_behind_a_receiver_that_hangs_is_explained_and_goes_by_itself(page: Client) -> None:
    hook, ago = HookFactory.create(), timezone.now() - timedelta(seconds=5)
    first, *_ = DeliveryFactory.create_batch(3, hook=hook, created_at=ago)
    DeliveryFactory.create(hook=hook)  # has only just come
    address = f"/hooks/{hook.pk}"
    assert "for its receiver to answer" not in text(page.get(address))  # nothing is under way
    claimed = {"claim": uuid.uuid4(), "claimed_until": timezone.now() + timedelta(minutes=1)}
    Delivery.objects.filter(pk=first.pk).update(**claimed)
    shown = page.get(address)
    assert "2 deliveries wait for its receiver to answer" in text(shown)
    assert "One is under way, and may take 15 s" in text(shown) and "while nothing reaches it" not in text(shown)
    Hook.objects.update(failing_since=ago)
    assert "one at a time while nothing reaches it" in text(page.get(address))
    assert page.get(f"{address}/live?version={shown.context['version']}").status_code == 204
    Delivery.objects.filter(pk=first.pk).update(status="delivered", claim=None, claimed_until=None)
    live = page.get(f"{address}/live?version={shown.context['version']}")
    assert live.status_code == 200 and "for its receiver to answer" not in text(live)


def test_hooks_of_those_who_may_no_more_are_marked(page: Client) -> None:
    hook, other = HookFactory.create(), HookFactory.create()
    caller = asker(role="developer")
    assert [caller.get(f"hooks/{one.pk}")["is_orphaned"] for one in (hook, other)] == [False, False]
    former = [User.objects.get(pk=str(one.created_by_id)) for one in (hook, other)]
    former[0].groups.clear()
    former[1].is_active = False
    former[1].save()
    for one, by in zip((hook, other), former, strict=True):
        told = caller.get(f"hooks/{one.pk}")
        assert (told["created_by"], told["is_orphaned"]) == (by.username, True)
        assert "may not manage hooks any more" in text(page.get(f"/hooks/{one.pk}"))
    assert text(page.get("/hooks/")).count("may no more") == 2
    taken = caller.post(f"hooks/{other.pk}/take-over", None, 200)
    assert (taken["created_by"], taken["is_orphaned"]) == (caller.user.username, False)
    assert "You answer for it" in text(page.post(f"/hooks/{other.pk}/take-over", follow=True))
    assert text(page.get("/hooks/")).count("may no more") == 1
    Hook.objects.update(status="off")
    assert "may no more" not in text(page.get("/hooks/"))
    assert "any more" not in text(page.get(f"/hooks/{hook.pk}"))
