"""The checker held to definitions that AWS or others have judged. The records are not in this repository."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workflows.asl import documents
from workflows.asl.checker import check
from workflows.evaluation import evaluator

CASES = os.environ.get("SIGNALBOX_ASL_CASES", "")
pytestmark = pytest.mark.skipif(not CASES, reason="SIGNALBOX_ASL_CASES does not name the folder of recorded cases")


def records() -> Iterator[dict[str, Any]]:
    """Every definition with a verdict."""
    for folder in ("valid", "invalid"):
        for file in sorted(Path(CASES, folder).glob("*.json")):
            yield from documents.read_value(file.read_text("utf-8"), 1 << 26)


def agrees(record: dict[str, Any]) -> bool:
    """Whether the checker says the same as the record."""
    subject = record.get("definition_text", record.get("definition"))
    found = check(subject, record["type"], evaluator())
    return any(problem.is_error for problem in found) is (record["verdict"] == "invalid")


def is_decided_by_aws(record: dict[str, Any]) -> bool:
    """Whether AWS or a linter of its own has spoken, and nothing is said against it."""
    is_doubtful = record.get("contested") or any("no ARN" in caveat for caveat in record.get("caveats") or ())
    return record["source"]["authority"].startswith("aws-") and not is_doubtful


def test_every_verdict_of_aws_is_ours() -> None:
    assert [record["id"] for record in records() if is_decided_by_aws(record) and not agrees(record)] == []


def test_nine_of_ten_verdicts_of_others_are_ours() -> None:
    told = [agrees(record) for record in records() if not is_decided_by_aws(record)]
    assert sum(told) >= 0.9 * len(told)
