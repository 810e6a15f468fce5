"""The doorbells of this package: each task finds its own work in rows, and may run twice, late or never."""

from celery import shared_task


@shared_task
def start() -> None:
    """Start what is accepted, settle what was left unknown, stop and redrive what somebody wants so."""
    from transactions.jobs import redrives, starts, stops

    starts.drain()
    starts.settle()
    stops.drain()
    redrives.drain()


@shared_task
def sync() -> None:
    """Read the history of executions that are due."""
    from transactions.jobs import syncs

    syncs.drain()


@shared_task
def sweep() -> None:
    """Find executions that are over, and mark what is stuck."""
    from transactions.jobs import sweeps

    sweeps.find_ended()
    sweeps.mark_stuck()


@shared_task
def mark_stuck() -> None:
    """Mark what is stuck: from another queue than the one that gets it going, whose workers may be missing."""
    from transactions.jobs import sweeps

    sweeps.mark_stuck()


@shared_task
def deliver() -> None:
    """Find the hooks of what has happened, and tell them."""
    from transactions.jobs import deliveries, fanout

    fanout.drain()
    deliveries.drain()


@shared_task
def read_logs() -> None:
    """Read the log lines somebody looks for."""
    from transactions.jobs import logs

    logs.drain()


@shared_task
def forget() -> None:
    """Do away with what was kept long enough: log lines, which are read again when asked for, and what hooks told."""
    from transactions.jobs import forgetting, logs

    logs.forget_old()
    forgetting.forget_old()
