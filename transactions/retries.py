"""When a delivery is tried again, and when a hook is given up. Pure."""

import random
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

# How long after the try before it each is made; the first at once.
DELAYS = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)
JITTER = 0.1  # so that what failed together does not come back together
GIVE_UP_AFTER = timedelta(days=5)  # a hook that nothing has reached for so long is switched off
LONGEST_QUIET = DELAYS[-1]


def next_try(tries: int, now: datetime, *, asked_until: datetime | None = None) -> datetime | None:
    """When to try again after `tries` tries, not before the receiver asked for; None when the schedule is over."""
    if tries >= len(DELAYS):
        return None
    wait = DELAYS[tries] * random.uniform(1, 1 + JITTER)  # noqa: S311 - nothing secret
    return max(now + wait, asked_until or now)


def quiet_until(retry_after: str, now: datetime) -> datetime | None:
    """What a Retry-After header asks for, in seconds or as a date, at most a day; None when it asks for nothing."""
    text = retry_after.strip()
    if text.isascii() and text.isdecimal():
        # Of more digits than a century has seconds, only that they are too many matters.
        until = now + (timedelta(seconds=int(text)) if len(text) < 10 else LONGEST_QUIET)
    else:
        try:
            until = parsedate_to_datetime(text)
        except ValueError:
            return None
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(until, now + LONGEST_QUIET) if until > now else None
