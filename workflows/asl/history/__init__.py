"""Reading what ran: GetExecutionHistory events into visits, attempts, Choice results and facts.

Pure. `trace` takes events as boto3 (or JSON) gives them, of a finished run, a running one or a part of one, and
never raises for what the events contain.
"""

from workflows.asl.history.events import EXECUTION_ENDED, REDRIVEN
from workflows.asl.history.masking import MASK, digests, shape, shape_line, tokens
from workflows.asl.history.results import Attempt, ChoiceResult, Failure, Iteration, Step, Trace, Visit
from workflows.asl.history.tracing import trace

__all__ = [
    "EXECUTION_ENDED",
    "MASK",
    "REDRIVEN",
    "Attempt",
    "ChoiceResult",
    "Failure",
    "Iteration",
    "Step",
    "Trace",
    "Visit",
    "digests",
    "shape",
    "shape_line",
    "tokens",
    "trace",
]
