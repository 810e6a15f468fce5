"""One expression cannot take the memory of the machine, and the limit is nobody else's."""

import sys
from typing import Any

import pytest

from .conftest import Bench

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits what a process may have as data")


def run(bench: Bench, expression: str) -> dict[str, Any]:
    state = {"Type": "Pass", "Output": f"{{% {expression} %}}", "End": True}
    return bench.run({"StartAt": "P", "QueryLanguage": "JSONata", "States": {"P": state}})[0]


def test_an_expression_that_wants_more_than_there_should_be_fails_alone(bench: Bench) -> None:
    described = run(bench, "$length($pad('', 3000000000, 'x'))")
    assert described["error"] == "States.QueryEvaluationError"
    assert described["cause"].endswith("threw an error during evaluation. The expression needs too much memory.")
    assert run(bench, "$length($pad('', 3000, 'x'))")["output"] == "3000"


@pytest.mark.long
def test_more_executions_wait_at_once_than_the_limit_has_room_for_at_first(bench: Bench) -> None:
    """A thread counts 8 MB, and at any moment there is room for 2 GB more."""
    wait = {"Type": "Wait", "Seconds": 600, "End": True}
    machine = bench.machine({"StartAt": "W", "States": {"W": wait}})
    started = [bench.start(machine) for _ in range(300)]
    assert bench.states.describe_execution(executionArn=started[-1])["status"] == "RUNNING"
    for execution in started:
        bench.states.stop_execution(executionArn=execution)


def test_a_handler_may_have_what_its_function_may_have(bench: Bench) -> None:
    source = "import resource\ndef handler(e, c): return resource.getrlimit(resource.RLIMIT_DATA)[0]"
    assert bench.invoke(bench.function(source))[0] == -1  # no limit
