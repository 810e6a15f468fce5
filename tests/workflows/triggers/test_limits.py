"""What AWS would refuse of a trigger is refused when it is saved, at the setting and in words."""

from typing import Any

import pytest

from workflows import triggers
from workflows.triggers import TriggerProblem


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/{id", "“{id” is no part of a path"),
        ("/id}", "“id}” is no part of a path"),
        ("/a{id}", "a variable is a whole part"),
        ("/{}", "a variable is a whole part"),
        ("/{id}/{id}", "two variables {id}"),
        ("/{rest+}/more", "is the last part"),
    ],
)
def test_a_path_with_odd_braces_is_refused(path: str, said: str) -> None:
    with pytest.raises(TriggerProblem) as problem:
        triggers.check_accepted(triggers.read({"type": "http", "method": "GET", "path": path}))
    assert (problem.value.path, said in problem.value.message) == ("/path", True), problem.value.message


@pytest.mark.parametrize("path", ["/", "/orders", "/orders/{id}", "/{shop}/orders/{id}/", "/files/{rest+}", "/a+b"])
def test_a_path_of_whole_variables_is_taken(path: str) -> None:
    triggers.check_accepted(triggers.read({"type": "http", "method": "GET", "path": path}))


@pytest.mark.parametrize(
    "given",
    [
        {"type": "http", "method": "GET", "path": "orders"},
        {"type": "http", "method": "GET", "path": "/", "api": "a b"},
        {"type": "http", "method": "GET", "path": "/", "cors": ["shop.example"]},
        {"type": "s3", "bucket": "UPPER"},
        {"type": "sqs", "queue": "a queue"},
        {"type": "sns", "topic": "a topic"},
        {"type": "dynamodb", "table": "t"},
        {"type": "eventbridge", "name": "a rule", "pattern": {"source": ["a"]}},
        {"type": "eventbridge", "name": "r", "pattern": {"source": ["a"]}, "bus": "a bus"},
        {"type": "schedule", "name": "r", "expression": "every day"},
    ],
)
def test_what_does_not_fit_is_told_in_words_with_an_example(given: dict[str, Any]) -> None:
    with pytest.raises(TriggerProblem) as problem:
        triggers.read(given)
    assert "such as " in problem.value.message and "pattern" not in problem.value.message
