"""Moments as addresses and bodies write them."""

from datetime import UTC, datetime


def read(text: str) -> datetime:
    """A moment as ISO 8601 writes it, without an offset in UTC. Raises ValueError."""
    return in_utc(datetime.fromisoformat(text))


def in_utc(at: datetime) -> datetime:
    """The same moment in UTC, which it is in without an offset: PostgreSQL takes no offset of 16 hours or more.

    Raises ValueError for what lies before the year 1 then, or after 9999.
    """
    try:
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except OverflowError as error:
        raise ValueError("This lies outside the years 1 to 9999.") from error
