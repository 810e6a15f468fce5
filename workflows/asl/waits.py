"""How long a Wait state waits: whether what its fields give is a time at all. Waits for nothing."""

from decimal import Decimal
from typing import Any

from workflows.asl import timestamps
from workflows.asl.model import Wait
from workflows.asl.templates import QUERY_EVALUATION_ERROR, RUNTIME, DataError, Scope, fill_expressions, select

LONGEST = 99_999_999  # seconds, AWS's own limit


def check(state: Wait, data: Any, scope: Scope) -> None:
    """Raises DataError where AWS would fail the state for its Seconds or Timestamp, Unknowable where nobody can say."""
    if state.query_language == "JSONata":
        states = {"input": data, "context": scope.context}
        _seconds(fill_expressions(state.seconds, states, scope, "Seconds"), "Seconds", QUERY_EVALUATION_ERROR)
        _timestamp(fill_expressions(state.timestamp, states, scope, "Timestamp"), "Timestamp", QUERY_EVALUATION_ERROR)
        return
    if state.seconds_path is not None:
        _seconds(select(state.seconds_path, data, scope), "SecondsPath", RUNTIME, is_given=True)
    if state.timestamp_path is not None:
        _timestamp(select(state.timestamp_path, data, scope), "TimestampPath", RUNTIME, is_given=True)


def _seconds(value: Any, where: str, error: str, *, is_given: bool = False) -> None:
    if value is None and not is_given:
        return
    if not isinstance(value, int | Decimal) or isinstance(value, bool) or not 0 <= value <= LONGEST:
        raise DataError(error, f"The {where} field is not a whole number of seconds from 0 to {LONGEST:,}.")


def _timestamp(value: Any, where: str, error: str, *, is_given: bool = False) -> None:
    if value is None and not is_given:
        return
    if timestamps.read(value) is None:
        raise DataError(error, f"The {where} field is not a time of RFC 3339 with a T and a zone.")
