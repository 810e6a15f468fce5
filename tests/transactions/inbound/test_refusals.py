"""What a sender is told of a request that cannot be taken: every reason, at its place, as the whole API does."""

from typing import Any

import pytest
from django.test import Client

from tests.factories import InboundHookFactory
from transactions.models import InboundHook

pytestmark = pytest.mark.django_db


def refusal(body: str, **changes: str) -> Any:
    """The problem a hook answers that was changed so, whatever a form would say of that."""
    InboundHook.objects.update(**changes)
    headers = {"Authorization": "Bearer s3cret-s3cret-s3cret"}
    return (
        Client().post(f"/hooks/in/{InboundHook.objects.get().slug}", body, "application/json", headers=headers).json()
    )


def test_every_reason_of_a_refusal_is_told_at_its_place() -> None:
    InboundHookFactory.create(scheme="bearer", secret="s3cret-s3cret-s3cret", mapping="Amount = much\nCustomerId = c-1")
    told = refusal("{}")
    assert (told["status"], told["code"]) == (422, "not_acceptable")
    assert {error["path"] for error in told["errors"]} == {"/input/Amount", "/input/TransactionType"}
    assert all(f"{error['path']}: {error['message']}" in told["detail"] for error in told["errors"])

    broken = refusal('{"a": {"b": 1, "b": 2}}')
    assert (broken["status"], [error["path"] for error in broken["errors"]]) == (400, ["/a"])

    for name in ("mapping", "conditions"):
        unfit = refusal("{}", **{name: "what is this"})
        assert unfit["status"] == 422
        assert unfit["errors"] == [{"path": f"/{name}", "message": unfit["detail"]}]
