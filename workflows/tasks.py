"""The doorbells of this package: each task finds its own work in rows, and may run twice, late or never."""

from celery import shared_task


@shared_task
def deploy() -> None:
    """Carry out deployments that are due."""
    from workflows.jobs import deployments

    deployments.drain()


@shared_task
def invoke() -> None:
    """Send invocations that are due."""
    from workflows.jobs import invocations

    invocations.drain()


@shared_task
def read_metrics() -> None:
    """Read the metric series pages wait for."""
    from workflows.jobs import metrics

    metrics.drain()


@shared_task
def forget() -> None:
    """Do away with what was kept long enough: idempotency keys, and series and log lines nobody looks at any more."""
    from workflows.jobs import function_logs, idempotency, metrics, templates

    idempotency.forget_old()
    metrics.forget_old()
    function_logs.forget_old()
    templates.forget_old()


@shared_task
def compare_with_aws() -> None:
    """Compare what somebody asked for, or a sweep has begun with."""
    from workflows.jobs import drift

    drift.drain()


@shared_task
def sweep_drift() -> None:
    """Compare everything that is live with what was deployed."""
    from workflows.jobs import drift

    drift.sweep()


@shared_task
def import_from_aws() -> None:
    """List what is not ours, and import what somebody asked for."""
    from workflows.jobs import imports

    imports.drain()


@shared_task
def read_function_logs() -> None:
    """Read the log lines somebody looks for."""
    from workflows.jobs import function_logs

    function_logs.drain()


@shared_task
def test_triggers() -> None:
    """Try the triggers somebody asked to be tried."""
    from workflows.jobs import trigger_tests

    trigger_tests.drain()
