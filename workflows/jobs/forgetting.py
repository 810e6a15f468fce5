"""Does away with rows that were kept long enough, a few at a time: no long lock, no long transaction."""

from typing import Any

from django.db.models import QuerySet

BATCH = 500
MOST_BATCHES = 100  # of one call; what is left waits for the next


def forget(rows: "QuerySet[Any]") -> int:
    """Delete `rows`, with what belongs to them; give how many are gone. The query finds the old ones by an index."""
    gone = 0
    for _ in range(MOST_BATCHES):
        keys = list(rows.values_list("pk", flat=True)[:BATCH])
        if not keys:
            break
        rows.model._default_manager.filter(pk__in=keys).delete()
        gone += len(keys)
    return gone
