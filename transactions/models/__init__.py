"""The rows of WHAT DID RUN."""

from transactions.models.executions import Branch, ChoiceResult, Event, Execution, Visit
from transactions.models.hooks import Attempt, Delivery, Hook
from transactions.models.inbound import InboundHook, InboundRequest
from transactions.models.logs import LogReading
from transactions.models.presets import Preset
from transactions.models.transactions import BusinessKey, Transaction

__all__ = [
    "Attempt",
    "Branch",
    "BusinessKey",
    "ChoiceResult",
    "Delivery",
    "Event",
    "Execution",
    "Hook",
    "InboundHook",
    "InboundRequest",
    "LogReading",
    "Preset",
    "Transaction",
    "Visit",
]
