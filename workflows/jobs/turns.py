"""Environments take turns with the work of a drain, so that none waits for another's backlog or outage."""

from collections.abc import Callable

from workflows.models import Environment


def in_turn(work: Callable[[Environment, int], int], batch: int) -> int:
    """Let each environment have a turn of `batch` rows, again and again; give how many rows were worked on.

    An environment that does not answer has its turn last, with a single row to see whether it is back. `work` gives how
    many rows it worked on, 0 when AWS did not answer: then that environment's next turn is in the next drain.
    """
    done, over = 0, set[int]()
    while waiting := list(Environment.objects.exclude(pk__in=over)):
        for environment in sorted(waiting, key=lambda one: one.unreachable_since is not None):
            worked = work(environment, 1 if environment.unreachable_since else batch)
            done += worked
            if not worked:
                over.add(environment.pk)
    return done
