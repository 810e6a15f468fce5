"""The queues and the whole schedule. A task is a doorbell: the rows say what is to be done. Imports nothing of ours."""

from typing import Any

ROUTES = {
    "transactions.tasks.read_logs": {"queue": "slow"},
    "transactions.tasks.forget": {"queue": "slow"},
    "transactions.tasks.deliver": {"queue": "slow"},
    "transactions.tasks.mark_stuck": {"queue": "slow"},
    "transactions.tasks.*": {"queue": "fast"},
    "workflows.tasks.*": {"queue": "slow"},
}

CLOCK = "by_the_clock"  # in what beat sends: who hears it knows that beat and broker are at work


def _sweep(task: str, seconds: float, expires: int) -> dict[str, Any]:
    return {"task": task, "schedule": seconds, "options": {"expires": expires, "headers": {CLOCK: True}}}


# Every sweep finds what a lost doorbell left lying; each is harmless when there is nothing to do.
SCHEDULE: dict[str, dict[str, Any]] = {
    "start what was not started": _sweep("transactions.tasks.start", 1.0, expires=5),
    "read what has run": _sweep("transactions.tasks.sync", 1.0, expires=5),
    "look at what runs": _sweep("transactions.tasks.sweep", 5.0, expires=10),
    "mark what stands still": _sweep("transactions.tasks.mark_stuck", 5.0, expires=10),
    "tell hooks what happened": _sweep("transactions.tasks.deliver", 1.0, expires=5),
    "read what was logged": _sweep("transactions.tasks.read_logs", 5.0, expires=5),
    "read what charts wait for": _sweep("workflows.tasks.read_metrics", 5.0, expires=5),
    "invoke what was not invoked": _sweep("workflows.tasks.invoke", 2.0, expires=5),
    "try triggers": _sweep("workflows.tasks.test_triggers", 5.0, expires=5),
    "deploy what was not deployed": _sweep("workflows.tasks.deploy", 2.0, expires=5),
    "compare what is live": _sweep("workflows.tasks.sweep_drift", 900.0, expires=60),
    "compare what is asked": _sweep("workflows.tasks.compare_with_aws", 5.0, expires=5),
    "read functions' logs": _sweep("workflows.tasks.read_function_logs", 5.0, expires=5),
    "import what is asked": _sweep("workflows.tasks.import_from_aws", 5.0, expires=5),
    "forget what is old": _sweep("workflows.tasks.forget", 3600.0, expires=60),
    "forget what was told": _sweep("transactions.tasks.forget", 3600.0, expires=60),
}
