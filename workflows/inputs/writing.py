"""PURE: JSON text of values whose numbers may be Decimal."""

import json
from decimal import Decimal
from typing import Any


def dump(value: Any) -> str:
    """JSON text of a value whose numbers may be Decimal."""
    if isinstance(value, dict):
        members = (f"{json.dumps(str(key), ensure_ascii=False)}: {dump(one)}" for key, one in value.items())
        return "{" + ", ".join(members) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(dump(one) for one in value) + "]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)
