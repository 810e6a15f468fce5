"""The rows of WHAT DID RUN."""

from transactions.models.executions import ChoiceResult, Event, Execution, Visit
from transactions.models.logs import LogReading
from transactions.models.presets import Preset
from transactions.models.transactions import BusinessKey, Transaction

__all__ = ["BusinessKey", "ChoiceResult", "Event", "Execution", "LogReading", "Preset", "Transaction", "Visit"]
