"""The statuses of transactions, visits, hooks and deliveries: the state machine of this package. No queries here."""

from workflows.statuses import Status, by_value

TRANSACTION = by_value(
    Status("accepted", "Accepted", "neutral", ("starting", "failed", "aborted")),
    Status("starting", "Starting", "info", ("accepted", "running", "failed")),
    Status("running", "Running", "info", ("succeeded", "failed", "timed_out", "aborted")),
    Status("succeeded", "Succeeded", "success"),
    Status("failed", "Failed", "danger"),
    Status("timed_out", "Timed out", "danger"),
    Status("aborted", "Stopped", "warning"),
)
FINAL = tuple(status.value for status in TRANSACTION.values() if status.is_final)
# What may go on where it failed. It is over as far as anybody can tell, so these are no moves of the machine above.
REDRIVABLE = ("failed", "timed_out", "aborted")
UNSUCCESSFUL = ("failed", "timed_out")
OPEN = tuple(status.value for status in TRANSACTION.values() if not status.is_final)

# What AWS calls an execution's status -> ours.
OF_AWS = {
    "RUNNING": "running",
    "PENDING_REDRIVE": "failed",
    "SUCCEEDED": "succeeded",
    "FAILED": "failed",
    "TIMED_OUT": "timed_out",
    "ABORTED": "aborted",
}

VISIT = by_value(
    Status("running", "Running", "info", ("ok", "failed", "caught", "aborted")),
    Status("ok", "Succeeded", "success"),
    Status("caught", "Caught", "warning"),
    Status("failed", "Failed", "danger"),
    Status("aborted", "Aborted", "neutral"),
)

HOOK = by_value(
    Status("unverified", "Not verified", "warning", ("live", "off", "deleted")),
    Status("live", "Live", "success", ("unverified", "off", "deleted")),
    Status("off", "Off", "danger", ("unverified", "deleted")),
    Status("deleted", "Deleted", "neutral"),
)

DELIVERY = by_value(
    Status("pending", "Pending", "info", ("delivered", "failed")),
    Status("delivered", "Delivered", "success", ("pending",)),
    Status("failed", "Failed", "danger", ("pending",)),
    Status("not_sent", "Not sent", "neutral", ("pending",)),  # only what was missed
)
# What is pending is told apart wherever somebody looks: not tried yet, or tried and waiting for its next try.
FAILING = Status("failing", "Failing", "warning", ("delivered", "failed"))
DELIVERY_TOLD = by_value(
    DELIVERY["pending"], FAILING, *(DELIVERY[name] for name in ("delivered", "failed", "not_sent"))
)
