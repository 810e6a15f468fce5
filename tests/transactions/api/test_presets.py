"""Presets over REST: the same as on the form."""

import pytest

from tests.factories import DeploymentFactory
from tests.workflows.api.conftest import Asker, asker
from transactions.models import Preset
from workflows.models import Activity

pytestmark = pytest.mark.django_db
AT = "workflows/transaction-processor/presets"


@pytest.fixture
def operator() -> Asker:
    DeploymentFactory.create()
    return asker("operator")


def test_a_preset_is_kept_digit_for_digit_replaced_and_forgotten(operator: Asker) -> None:
    sent = '{"name": "usual", "input": {"Amount": 12.50}}'
    made = operator.post(AT, sent)
    assert '"input":{"Amount":12.50}' in operator.ask("GET", AT).content.decode()
    assert operator.post(AT, {"name": "usual", "input": {}})["id"] == made["id"]
    assert [one["input"] for one in operator.get(AT)["results"]] == [{}]
    gone = operator.ask("DELETE", f"{AT}/{made['id']}")
    assert (gone.status_code, gone.get("Content-Type")) == (204, None)
    assert operator.ask("DELETE", f"{AT}/{made['id']}").status_code == 404
    assert not Preset.objects.exists()
    assert Activity.objects.filter(action__startswith="preset.", by_name=operator.user.username).count() == 3


def test_a_repeated_request_with_its_key_keeps_nothing_again(operator: Asker) -> None:
    sent = {"name": "usual", "input": {}}
    made = operator.post(AT, sent, 201, **{"Idempotency-Key": "k"})
    Preset.objects.all().delete()
    assert operator.post(AT, sent, 201, **{"Idempotency-Key": "k"}) == made
    assert not Preset.objects.exists()


def test_what_cannot_be_kept_is_told_at_its_place(operator: Asker) -> None:
    said = operator.post(AT, {"name": " ", "input": {}}, status=422)
    assert said["errors"][0]["path"] == "/name"
    operator.post("workflows/none/presets", {"name": "a", "input": {}}, status=404)


def test_a_token_bound_to_another_workflow_does_not_reach_them(operator: Asker) -> None:
    other = asker("operator", workflows=["another"])
    assert other.ask("GET", AT).status_code == 403
    other.post(AT, {"name": "a", "input": {}}, status=403)
