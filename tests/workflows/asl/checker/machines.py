"""Small definitions for the tests of the checker."""

from typing import Any

from workflows.asl.checker import check

LAMBDA = "arn:aws:lambda:eu-west-1:111111111111:function:f"
ACTIVITY = "arn:aws:states:eu-west-1:111111111111:activity:a"


def machine(state: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A machine of one state, "S", and whatever it leads to: "Done"."""
    states = {"S": state}
    if '"Done"' in repr(state).replace("'", '"'):
        states["Done"] = {"Type": "Succeed"}
    return {"StartAt": "S", "States": states, **fields}


def one(kind: str, **fields: Any) -> dict[str, Any]:
    """A machine of one state of a type that ends, unless the fields say where it goes."""
    leaves = {} if kind in ("Choice", "Succeed", "Fail") or "Next" in fields else {"End": True}
    return machine({"Type": kind, **leaves, **fields})


def jsonata(kind: str, **fields: Any) -> dict[str, Any]:
    """The same in JSONata."""
    return {**one(kind, **fields), "QueryLanguage": "JSONata"}


def task(**fields: Any) -> dict[str, Any]:
    """A Task that calls a function, with these fields besides."""
    return one("Task", **{"Resource": LAMBDA, **fields})


def choice(*rules: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A Choice of these rules, which lead to "Done" unless they say else."""
    return one("Choice", Choices=[{"Next": "Done", **rule} for rule in rules], **{"Default": "Done", **fields})


def inner(**fields: Any) -> dict[str, Any]:
    """A machine to lie inside a Map or Parallel."""
    return {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}, **fields}


def distributed(**fields: Any) -> dict[str, Any]:
    """A distributed Map with these fields besides."""
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    return one("Map", **{"ItemProcessor": inner(ProcessorConfig=config), **fields})


def errors(definition: Any, machine_type: str = "STANDARD") -> list[str]:
    """The codes of the errors."""
    return [problem.code for problem in check(definition, machine_type) if problem.is_error]


def warnings(definition: Any) -> list[str]:
    """The codes of the warnings, without those that nearly every small example earns."""
    usual = {"TASK_WITHOUT_TIMEOUT", "TASK_WITHOUT_RETRY"}
    return [problem.code for problem in check(definition) if not problem.is_error and problem.code not in usual]
