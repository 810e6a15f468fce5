"""Timestamps as Step Functions compares them: RFC 3339 with T and an offset, to the nanosecond."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

_SHAPE = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def read(text: object) -> Decimal | None:
    """Seconds since 1970 for a timestamp's text; None for anything that is none."""
    found = _SHAPE.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    year, month, day, hour, minute = (int(part) for part in found.groups()[:5])
    second, fraction, zone = int(found[6] or 0), found[7] or "", found[8]
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return Decimal(int((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(seconds=1)) - _offset(zone)) + Decimal(
        f"0.{fraction or 0}"
    )


def _offset(zone: str) -> int:
    if zone == "Z":
        return 0
    seconds = int(zone[1:3]) * 3600 + int(zone[4:6]) * 60
    return seconds if zone[0] == "+" else -seconds
