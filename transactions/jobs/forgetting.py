"""Does away with what was told and received long ago: deliveries with their tries, facts, requests of inbound hooks."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from transactions.models import Delivery, InboundRequest
from transactions.models.inbound import OF_UNKNOWN
from workflows.jobs.forgetting import BATCH, MOST_BATCHES, forget
from workflows.models import Fact

KEPT = timedelta(days=180)
KEPT_OF_UNKNOWN = timedelta(days=30)  # what inbound hooks refused from nobody known
OVER = ("delivered", "failed", "not_sent")


def forget_old() -> int:
    """Give how many are gone. Deliveries go before the facts they tell of, and none that is still to be sent."""
    before = timezone.now() - KEPT
    gone = forget(InboundRequest.objects.filter(received_at__lt=before).order_by("received_at"))
    of_unknown = InboundRequest.objects.filter(status__in=OF_UNKNOWN, received_at__lt=timezone.now() - KEPT_OF_UNKNOWN)
    gone += forget(of_unknown.order_by("received_at"))
    for status in OVER:  # one by one, as the index has them
        ended = Delivery.objects.filter(status=status, finished_at__lt=before)
        gone += forget(ended.order_by("finished_at"))
    return gone + _forget_facts(before)


def _forget_facts(before: datetime) -> int:
    """Heard facts that no delivery tells of. Ids are given in the order of time: the first young one ends the walk."""
    gone, last = 0, 0
    told = Exists(Delivery.objects.filter(fact=OuterRef("pk")))
    for _ in range(MOST_BATCHES):
        rows = list(Fact.objects.filter(pk__gt=last).order_by("pk").annotate(is_told=told)[:BATCH])
        old = [row for row in rows if row.at < before]
        forgotten = [row.pk for row in old if row.heard_at and not row.is_told]
        Fact.objects.filter(pk__in=forgotten).delete()
        gone += len(forgotten)
        if len(old) < BATCH:
            break
        last = rows[-1].pk
    return gone
