"""Sends what is due, and writes down what came of it. Never inside a database transaction.

Of one hook a few lanes at most are open at a time, of one that fails a single one with a single delivery, so that a
receiver that hangs holds up nobody else. What was told of one transaction is sent in its order, unless a try of it
failed: then what is later does not wait.
"""

import math
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from queue import Empty
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from transactions import payloads, retries
from transactions.jobs.lanes import Lanes, Load, Over, Result, Rung, Sent
from transactions.jobs.posting import GONE
from transactions.models import Attempt, Delivery, Hook
from transactions.services import hooks
from workflows import statements
from workflows.claims import claim_due, lease, unclaimed

LANES = 4  # of one hook
BATCH = 250  # of one lane
ROUND_S = 60.0  # after so long no lane is opened any more, so that a task ends
LOOK_S, IDLE_S = 0.05, 0.2  # how often what is due is looked for while lanes are open and send; while they only wait
MOST_RESULTS = 200  # written at once
GATHER_S, GAP_S = 0.02, 0.004  # how long more of them are waited for, and for the next one: commits are fewer
FEW = (429, 503)  # the answers that ask for quiet
GIVEN_UP = "It was tried as often as the schedule says."

_one_at_a_time = threading.Lock()
_under_way: list[Lanes] = []


def drain() -> int:
    """Send whatever is due; give how many tries were made.

    In one process one drain does it for all; it may be waiting for a receiver that hangs, so it is told to look again.
    """
    if not _one_at_a_time.acquire(blocking=False):
        for lanes in _under_way[:]:
            lanes.ring()
        return 0
    lanes = Lanes()
    _under_way.append(lanes)
    try:
        return _drain(lanes, time.monotonic() + ROUND_S)
    finally:
        _under_way.clear()
        lanes.close()
        _one_at_a_time.release()


def _drain(lanes: Lanes, until: float) -> int:
    tried, look_at = 0, 0.0
    while True:
        if look_at <= time.monotonic() < until:
            _open(lanes)
            look_at = time.monotonic() + LOOK_S
        if not lanes.open:
            return tried
        results = _take(lanes)
        sent = [result for result in results if isinstance(result, Sent)]
        _write(sent)
        for result in results:
            if isinstance(result, Over):
                lanes.end(result)
                _let_go(result.left)
                look_at = 0.0  # there is room
            elif isinstance(result, Rung):
                lanes.heard()
                look_at = 0.0
        tried += len(sent)


def _take(lanes: Lanes) -> list[Result]:
    """What has come in: at least one thing, unless nothing does for a while, and what comes soon after it."""
    found: list[Result] = []
    left = lanes.open
    try:
        found.append(lanes.results.get(timeout=IDLE_S))
        until = time.monotonic() + GATHER_S
        while len(found) < MOST_RESULTS:
            left -= isinstance(found[-1], Over)
            if not left:
                break  # nobody is there to send any more
            found.append(lanes.results.get(timeout=max(0.0, min(GAP_S, until - time.monotonic()))))
    except Empty:
        pass
    return found


# ---- claiming


def _due() -> QuerySet[Delivery]:
    return Delivery.objects.filter(status="pending", next_attempt_at__lte=timezone.now())


def _open(lanes: Lanes) -> None:
    """Give every hook with something due as many lanes as it may have."""
    now = timezone.now()
    if not lanes.room:
        return
    waiting = _due().filter(unclaimed(), hook=OuterRef("pk"))
    able = Hook.objects.filter(Q(held_until__isnull=True) | Q(held_until__lte=now), status__in=("live", "unverified"))
    found = list(able.filter(Exists(waiting)).order_by(F("failing_since").asc(nulls_first=True), "pk"))
    busy = _busy() if found else {}
    for hook in found:
        for load in _loads(hook, busy.get(hook.pk, 0)):
            lanes.begin(load)
            if not lanes.room:
                return


def _busy() -> dict[UUID, int]:
    """How many lanes each hook has now, in all processes: what one lane claimed bears one mark."""
    held = Delivery.objects.filter(status="pending", claimed_until__gt=Now()).order_by()
    return dict(held.values_list("hook").annotate(Count("claim", distinct=True)))


def _loads(hook: Hook, busy: int) -> Iterable[Load]:
    room = (1 if hook.failing_since else LANES) - busy
    if room <= 0:
        return
    due = _in_turn(hook)
    share = 1 if hook.failing_since else max(1, math.ceil(due.order_by()[: room * BATCH].count() / room))
    for _ in range(room):
        rows = sorted(claim_due(due.order_by("next_attempt_at", "pk"), share), key=lambda row: row.pk)
        if not rows:
            return
        yield Load(hook, rows, lease().total_seconds() / 3)


def _in_turn(hook: Hook) -> QuerySet[Delivery]:
    """What is due and does not have to wait for something due or under way that was told of the same thing before."""
    # Told as it is, SQLite would look through all that is due for each of them, in place of its index by subject.
    when = Coalesce("next_attempt_at", "next_attempt_at")
    pending = Delivery.objects.alias(when=when).filter(status="pending", when__lte=timezone.now())
    before = pending.filter(hook=OuterRef("hook"), subject=OuterRef("subject"), fact__lt=OuterRef("fact"))
    return _due().filter(~Exists(before), unclaimed(), hook=hook)


def _let_go(left: Sequence[Delivery]) -> None:
    if left:
        mine = Delivery.objects.filter(pk__in=[row.pk for row in left], claim=left[0].claim)
        mine.update(claim=None, claimed_until=None)


# ---- writing down what came of it


def _write(sent: Sequence[Sent]) -> None:
    if not sent:
        return
    now = timezone.now()
    with transaction.atomic():
        statements.insert_all([_attempt(one) for one in sent], ignores_known=True)
        _write_taken([one for one in sent if not one.answer.error], now)
        for one in sent:
            if one.answer.error:
                _write_failed(one, now)
        for hook, of_hook in _by_hook(sent).items():
            _write_hook(hook, of_hook, now)


def _attempt(sent: Sent) -> Attempt:
    answer = sent.answer
    return statements.new(
        Attempt,
        delivery=sent.delivery,
        number=sent.delivery.attempts + 1,
        at=sent.at,
        duration_ms=sent.duration_ms,
        request_headers=sent.headers,
        status_code=answer.status,
        answer=answer.body.decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}"),
        error=answer.error,
    )


def _write_taken(sent: Sequence[Sent], now: datetime) -> None:
    """One UPDATE for each status code there is."""
    by_code: dict[int | None, list[UUID]] = defaultdict(list)
    for one in sent:
        by_code[one.answer.status].append(one.delivery.pk)
    for code, pks in by_code.items():
        # Whatever became of the claim: it was taken, and is not to be sent again.
        Delivery.objects.filter(pk__in=pks, status="pending").update(
            status="delivered", finished_at=now, next_attempt_at=None, **_tried(code)
        )


def _write_failed(sent: Sent, now: datetime) -> None:
    row, answer = sent.delivery, sent.answer
    held = Delivery.objects.filter(pk=row.pk, claim=row.claim, status="pending")
    again_at = retries.next_try(row.tries + 1, now, asked_until=retries.quiet_until(answer.retry_after, now))
    ended: dict[str, object] = {"next_attempt_at": again_at}
    if again_at is None:
        ended |= {"status": "failed", "reason": GIVEN_UP, "finished_at": now}
    if not held.update(**ended, **_tried(answer.status)):
        # The hook was switched off or deleted while it was sent: it has ended, and was tried all the same.
        Delivery.objects.filter(pk=row.pk, claim=row.claim, status="failed").update(**_tried(answer.status))


def _tried(code: int | None) -> dict[str, object]:
    counted = {"attempts": F("attempts") + 1, "tries": F("tries") + 1}
    return {"claim": None, "claimed_until": None, "status_code": code, **counted}


def _by_hook(sent: Iterable[Sent]) -> dict[Hook, list[Sent]]:
    grouped: dict[UUID, list[Sent]] = defaultdict(list)
    for one in sent:
        grouped[one.delivery.hook_id].append(one)
    known = Hook.objects.in_bulk(list(grouped))
    return {known[pk]: of_hook for pk, of_hook in grouped.items()}


def _write_hook(hook: Hook, sent: Sequence[Sent], now: datetime) -> None:
    """What the tries say of the hook itself, in their order."""
    gone: list[Delivery] = []
    for one in sent:
        answer, is_ping = one.answer, one.delivery.kind == payloads.PING
        if not answer.error:
            hooks.note_reached(hook, verified=is_ping)
            hook.failing_since = hook.held_until = None
            continue
        hook.failing_since = hook.failing_since or now
        hooks.note_failure(hook, now, answer.error)
        quiet = retries.quiet_until(answer.retry_after, now) if answer.status in FEW else None
        if quiet:
            hook.held_until = quiet
            hooks.hold(hook, quiet)
        if answer.status == GONE:
            gone.append(one.delivery)
        elif now - hook.failing_since >= retries.GIVE_UP_AFTER:
            hooks.disable(hook, "Nothing has reached it for five days.")
    if gone:
        hooks.note_gone(hook, gone)
