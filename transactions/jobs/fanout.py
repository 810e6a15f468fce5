"""Turns facts into deliveries, once for each hook that wants them; beside them a fact is marked as heard.

What a hook misses while it is off or not verified is written down too, up to a bound, to be sent once it is live.
"""

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count
from django.utils import timezone

from transactions import payloads, subscriptions
from transactions.models import Delivery, Hook
from transactions.models.hooks import MISSED, MOST_MISSED
from transactions.payloads import Message
from transactions.subscriptions import Subscription
from workflows.models import Fact

BATCH = 200


def drain() -> int:
    """Hear whatever has not been heard; give how many facts that were."""
    heard = 0
    while count := _hear():
        heard += count
    return heard


def _hear() -> int:
    unheard = Fact.objects.filter(heard_at__isnull=True).order_by("pk")
    if not unheard.exists():
        return 0
    can_skip = connection.features.has_select_for_update_skip_locked
    with transaction.atomic():
        facts = list((unheard.select_for_update(skip_locked=True) if can_skip else unheard)[:BATCH])
        hooks = Hook.objects.exclude(status="deleted").select_related("workflow", "environment")
        wanted = [subscriptions.read(hook) for hook in hooks]
        told, missed = payloads.messages(facts) if wanted else {}, _missed(wanted)
        rows = [row for fact in facts if fact.pk in told for row in _deliveries(fact, told[fact.pk], wanted, missed)]
        # Ids sort by the millisecond they were made in; within one, by chance: the log shall tell things in turn.
        for row, pk in zip(rows, sorted(row.pk for row in rows), strict=True):
            row.pk = pk
        Delivery.objects.bulk_create(rows, ignore_conflicts=True)
        Fact.objects.filter(pk__in=[fact.pk for fact in facts]).update(heard_at=timezone.now())
    return len(facts)


def _missed(wanted: Iterable[Subscription]) -> Counter[UUID]:
    """How many rows there are already of what each hook missed."""
    absent = [one.hook.pk for one in wanted if one.hook.status != "live"]
    rows = Delivery.objects.filter(MISSED, hook__in=absent).order_by() if absent else Delivery.objects.none()
    return Counter(dict(rows.values_list("hook").annotate(Count("pk"))))


def _deliveries(
    fact: Fact, message: Message, wanted: Iterable[Subscription], missed: Counter[UUID]
) -> Iterable[Delivery]:
    """One for each hook that chose such facts; where it is not to be told now, one that says so and is not sent."""
    fitting = [one for one in wanted if one.wants(message)]
    now, body = timezone.now(), message.body if fitting else ""
    for one in fitting:
        refusal = one.refusal(message)
        absence = "" if refusal else one.absence(message)
        if absence and missed[one.hook.pk] >= MOST_MISSED:
            continue
        missed[one.hook.pk] += bool(absence)
        reason = refusal or absence
        yield Delivery(
            hook=one.hook,
            fact=fact,
            kind=fact.kind,
            subject=fact.subject,
            body=body,
            status="not_sent" if reason else "pending",
            reason=reason,
            is_missed=bool(absence),
            created_at=now,
            finished_at=now if reason else None,
            next_attempt_at=None if reason else now,
        )
