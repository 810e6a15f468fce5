"""What a function cost over REST: the figures of its page."""

from datetime import date

import pytest

from tests.workflows.api.conftest import Asker, asker
from tests.workflows.test_costs import REGION, live, recorded
from workflows.models import Deployment, MetricSet

pytestmark = pytest.mark.django_db
__all__ = ["REGION", "live"]
AT = "functions/ProcessPurchase/cost"


def test_days_and_months_are_told_with_their_amounts(developer: Asker, live: Deployment) -> None:
    recorded(live, (date(2026, 5, 20), 10, 8_000), (date(2026, 6, 2), 1, 8_000))
    told = developer.get(AT)
    assert [(one["begins"], one["invocations"], one["amount"]) for one in told["days"]] == [
        ("2026-06-02", 1, 17),
        ("2026-05-20", 10, 18),
    ]
    assert [(one["begins"], one["amount"]) for one in told["months"]] == [("2026-06-01", 17), ("2026-05-01", 18)]
    assert (told["days"][0]["seconds"], told["days"][0]["currency"], told["environment"]) == (8, "USD", "default")


def test_asking_has_a_worker_read_what_is_not_known(developer: Asker, live: Deployment) -> None:
    told = developer.get(AT)
    assert (told["is_pending"], told["days"], told["read_at"]) == (True, [], None)
    assert MetricSet.objects.get().kind == "cost"
    assert developer.ask("GET", "functions/none/cost").status_code == 404
    assert asker(workflows=["one"]).ask("GET", AT).status_code == 403
