"""Differences in how an execution runs and in the history it leaves; this folder replaces ministack's interpreter.

ministack writes no `previousEventId`, no event inside Map and Parallel, no LambdaFunction, Activity, TaskStarted,
TaskSubmitted, Map run or EvaluationFailed events; knows variables in JSONata only; compares wrongly in Choice; takes
a missing path for null; never times an execution out, never redrives, never runs a published version; takes 150 ms.
What a task calls, JSONata and the records of machines stay ministack's.
"""

from . import containers, describing, lifecycle, redriving, starting, tasks


def apply() -> None:
    """Put our interpreter in the place of ministack's."""
    for mend in (containers, starting, lifecycle, describing, redriving, tasks):
        mend.apply()
