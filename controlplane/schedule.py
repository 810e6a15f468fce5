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

# Every sweep finds what a lost doorbell left lying; each is harmless when there is nothing to do.
SCHEDULE: dict[str, dict[str, Any]] = {
    "start what was not started": {"task": "transactions.tasks.start", "schedule": 1.0, "options": {"expires": 5}},
    "read what has run": {"task": "transactions.tasks.sync", "schedule": 1.0, "options": {"expires": 5}},
    "look at what runs": {"task": "transactions.tasks.sweep", "schedule": 5.0, "options": {"expires": 10}},
    "mark what stands still": {"task": "transactions.tasks.mark_stuck", "schedule": 5.0, "options": {"expires": 10}},
    "tell hooks what happened": {"task": "transactions.tasks.deliver", "schedule": 1.0, "options": {"expires": 5}},
    "read what was logged": {"task": "transactions.tasks.read_logs", "schedule": 5.0, "options": {"expires": 5}},
    "read what charts wait for": {"task": "workflows.tasks.read_metrics", "schedule": 5.0, "options": {"expires": 5}},
    "invoke what was not invoked": {"task": "workflows.tasks.invoke", "schedule": 2.0, "options": {"expires": 5}},
    "try triggers": {"task": "workflows.tasks.test_triggers", "schedule": 5.0, "options": {"expires": 5}},
    "deploy what was not deployed": {"task": "workflows.tasks.deploy", "schedule": 2.0, "options": {"expires": 5}},
    "compare what is live": {"task": "workflows.tasks.sweep_drift", "schedule": 900.0, "options": {"expires": 60}},
    "compare what is asked": {"task": "workflows.tasks.compare_with_aws", "schedule": 5.0, "options": {"expires": 5}},
    "read functions' logs": {"task": "workflows.tasks.read_function_logs", "schedule": 5.0, "options": {"expires": 5}},
    "import what is asked": {"task": "workflows.tasks.import_from_aws", "schedule": 5.0, "options": {"expires": 5}},
    "forget what is old": {"task": "workflows.tasks.forget", "schedule": 3600.0, "options": {"expires": 60}},
    "forget what was told": {"task": "transactions.tasks.forget", "schedule": 3600.0, "options": {"expires": 60}},
}
