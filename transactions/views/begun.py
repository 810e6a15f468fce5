"""What a form was begun from: two people who change the same are not to undo each other's work unseen."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

FIELD = "begun"
OVERTAKEN = (
    "Somebody changed it while you wrote. What you typed is still here: compare it with the hook's page, then save "
    "again to put it in place of that."
)


def fingerprint(values: Mapping[str, Any]) -> str:
    """Another one for other values."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()[:16]


def is_overtaken(request: HttpRequest, now: str) -> bool:
    """Whether what was sent was begun from something else than what there is `now`."""
    return request.POST.get(FIELD, now) != now
