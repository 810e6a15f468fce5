"""Ends transactions: the one place a final status is written, with the fact that tells of it."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from transactions.models import Transaction
from workflows.claims import move
from workflows.services import facts


def end(
    pk: uuid.UUID,
    status: str,
    *,
    only_from: Iterable[str],
    error: str = "",
    cause: str = "",
    output: str | None = None,
    finished_at: datetime | None = None,
) -> bool:
    """Give the transaction its final `status`, if it is in one of `only_from`; False when it was not (any more)."""
    changes: dict[str, Any] = {
        "error": error[:256],
        "cause": cause,
        "output": output,
        "finished_at": finished_at or timezone.now(),
        "claim": None,
        "claimed_until": None,
        "next_attempt_at": None,
        "waiting_since": None,
        "waiting_for": "",
        "stuck_since": None,
        "version": F("version") + 1,
    }
    with transaction.atomic():
        if not move(Transaction.objects, [pk], status, only_from, **changes):
            return False
        facts.tell(f"transaction.{status}", str(pk), {"error": error} if error else {})
    return True
