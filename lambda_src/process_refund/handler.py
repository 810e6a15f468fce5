"""Takes a transaction of type REFUND."""

from datetime import UTC, datetime
from typing import Any


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer for one refund; `event` is the workflow's input."""
    return {
        "TransactionType": event["TransactionType"],
        "CustomerId": event.get("CustomerId"),
        "Amount": event.get("Amount"),
        "Timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
        "Message": "The refund was processed.",
        "RequestId": context.aws_request_id,
    }
