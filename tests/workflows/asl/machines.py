"""State machines in few words, for tests that follow them."""

from typing import Any

from workflows.evaluation import ChildEvaluator

PATIENT = ChildEvaluator(seconds=30)  # what is told must not depend on who else is at work
TASK = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": True}


def machine(start: str, /, **states: Any) -> dict[str, Any]:
    return {"StartAt": start, "States": states}


def jsonata(start: str, /, **states: Any) -> dict[str, Any]:
    return {"QueryLanguage": "JSONata", **machine(start, **states)}


def choice(*rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Type": "Choice", "Choices": list(rules), **more}


def equals(variable: str, expected: str, target: str, **more: Any) -> dict[str, Any]:
    return {"Variable": variable, "StringEquals": expected, "Next": target, **more}
