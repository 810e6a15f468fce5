"""`/metrics` for Prometheus: read from the rows, so that one scrape of any web process tells of the whole installation.

Every figure is bounded: what is counted ends at ten thousand, and nothing older than an hour is looked at.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from controlplane import health
from transactions import summaries
from transactions.models import Delivery, Execution, Hook, Transaction
from workflows.models import Deployment, Environment, Fact
from workflows.services import access

LOOK = "transactions.view_transaction"
RECENTLY = timedelta(hours=1)
MOST = 10_000


@login_not_required
@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponseBase:
    """Everything, to a token or a session that may look at transactions."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        if not _is_let_in(secret.strip()):
            return HttpResponse("Send a token that may look at transactions.\n", status=401, content_type="text/plain")
    elif not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
    elif not request.user.has_perm(LOOK):
        raise PermissionDenied("You have no role here yet. An admin can give you one.")
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Rows(timezone.now()))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _is_let_in(secret: str) -> bool:
    token = access.living_token(secret)
    if token is None or not token.user.has_perm(LOOK):
        return False
    try:
        access.require_scope(token, LOOK)
    except access.Forbidden:
        return False
    return True


class _Rows(Collector):
    """What the rows say at one moment."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def collect(self) -> Iterator[Metric]:
        """Of each environment, then of each queue, then of this process."""
        environments = list(Environment.objects.order_by("slug"))
        yield self._recent(environments)
        yield from self._trouble(environments)
        yield from self._queues()
        yield from self._hooks()
        broker = GaugeMetricFamily("signalbox_broker_up", "Whether the broker answers; 1 where there is none.")
        broker.add_metric([], not health.is_broker_away())
        yield broker

    def _recent(self, environments: list[Environment]) -> Metric:
        family = GaugeMetricFamily(
            "signalbox_transactions_last_hour",
            "Transactions accepted within the hour, by the status they have now; the newest ten thousand.",
            labels=["environment", "status"],
        )
        for environment in environments:
            for status, count in summaries.outcomes(environment, self._now - RECENTLY).counts:
                family.add_metric([environment.slug, status.value], count)
        return family

    def _trouble(self, environments: list[Environment]) -> Iterator[Metric]:
        labels = ["environment"]
        stuck = GaugeMetricFamily("signalbox_transactions_stuck", "Made no progress for two leases.", labels=labels)
        waiting = GaugeMetricFamily("signalbox_transactions_waiting", "Wait for AWS to answer.", labels=labels)
        away = GaugeMetricFamily("signalbox_aws_unreachable_seconds", "Since AWS does not answer.", labels=labels)
        for environment in environments:
            told = summaries.attention(environment, self._now)
            stuck.add_metric([environment.slug], told.stuck)
            waiting.add_metric([environment.slug], told.waiting)
            away.add_metric([environment.slug], self._age(environment.unreachable_since))
        yield from (stuck, waiting, away)

    def _queues(self) -> Iterator[Metric]:
        length = GaugeMetricFamily("signalbox_queue_due", "Rows that are due, up to ten thousand.", labels=["queue"])
        age = GaugeMetricFamily("signalbox_queue_age_seconds", "How long the oldest has been due.", labels=["queue"])
        for name, due in self._due().items():
            length.add_metric([name], due.order_by()[:MOST].count())
            age.add_metric([name], self._age(due.order_by("at").values_list("at", flat=True).first()))
        yield from (length, age)

    def _hooks(self) -> Iterator[Metric]:
        told = GaugeMetricFamily(
            "signalbox_deliveries_last_hour",
            "Deliveries to hooks that ended within the hour, by outcome, up to ten thousand each.",
            labels=["outcome"],
        )
        ended = Delivery.objects.filter(finished_at__gte=self._now - RECENTLY).order_by()
        for outcome in ("delivered", "failed", "not_sent"):
            told.add_metric([outcome], ended.filter(status=outcome)[:MOST].count())
        failing = GaugeMetricFamily("signalbox_hooks_failing", "Hooks that nothing reaches now.")
        failing.add_metric([], Hook.objects.filter(status="live", failing_since__isnull=False).count())
        yield from (told, failing)

    def _due(self) -> dict[str, QuerySet[Any]]:
        now = self._now
        starts = Transaction.objects.filter(status__in=["accepted", "starting"], next_attempt_at__lte=now)
        histories = Execution.objects.filter(next_sync_at__lte=now)
        deployments = Deployment.objects.filter(status__in=["requested", "running"], next_attempt_at__lte=now)
        deliveries = Delivery.objects.filter(status="pending", next_attempt_at__lte=now)
        return {
            "starts": starts.annotate(at=F("next_attempt_at")),
            "histories": histories.annotate(at=F("next_sync_at")),
            "deployments": deployments.annotate(at=F("next_attempt_at")),
            "facts": Fact.objects.filter(heard_at__isnull=True),
            "deliveries": deliveries.annotate(at=F("next_attempt_at")),
        }

    def _age(self, since: datetime | None) -> float:
        return max(0.0, (self._now - since).total_seconds()) if since else 0.0
