"""Asks for deliveries to be sent again: one, or all that failed or were missed in a stretch of time. Workers send them.

What failed and waits for its next try counts as failed: a receiver that is mended is caught up now, not in a day.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from transactions import tasks
from transactions.models import Delivery, Hook
from transactions.models.hooks import FAILED, MISSED
from transactions.services.hooks import DELETED, MANAGE, NotNow
from transactions.services.submissions import Rejected
from workflows.doorbell import ring
from workflows.inputs import FieldProblem
from workflows.models import User
from workflows.services import activity
from workflows.services.access import require

MOST = 10_000


def resend(delivery: Delivery, *, by: User) -> None:
    """Send one again, under the same message id. Raises Forbidden, NotNow."""
    require(by, MANAGE)
    if delivery.status == "not_sent" and not delivery.is_missed:
        raise NotNow("It was never for this hook: its conditions kept it back.")
    with transaction.atomic():
        _check(delivery.hook)
        if _again(Delivery.objects.filter(FAILED | MISSED | Q(status="delivered"), pk=delivery.pk)):
            activity.record("delivery.resend", delivery, by=by, before={"status": delivery.status})


def resend_failed(hook: Hook, since: datetime, until: datetime | None = None, *, by: User) -> int:
    """Send what failed or was missed, told from `since` until `until`; give how many.

    Raises Forbidden, NotNow, Rejected.
    """
    require(by, MANAGE)
    if until is not None and until <= since:
        raise Rejected(FieldProblem("/until", "This has to be later than the beginning."))
    failed = Delivery.objects.filter(FAILED | MISSED, hook=hook, fact__isnull=False, created_at__gte=since)
    if until is not None:
        failed = failed.filter(created_at__lt=until)
    with transaction.atomic():
        _check(hook)
        oldest = failed.order_by("pk").values("pk")[:MOST]
        count = _again(Delivery.objects.filter(FAILED | MISSED, pk__in=oldest))  # none taken in between
        after = {"since": since.isoformat(), "until": until.isoformat() if until else None, "count": count}
        activity.record("hook.resend_failed", hook, by=by, after=after)
    return count


def _check(hook: Hook) -> None:
    """Only what is live is sent to. Raises NotNow."""
    status = Hook.objects.values_list("status", flat=True).get(pk=hook.pk)
    if status == "deleted":
        raise NotNow(DELETED)
    if status != "live":
        raise NotNow("The hook is not live: let it be verified first.")


def _again(rows: QuerySet[Delivery]) -> int:
    changed = rows.update(status="pending", reason="", finished_at=None, tries=0, next_attempt_at=timezone.now())
    if changed:
        ring(tasks.deliver)
    return changed
