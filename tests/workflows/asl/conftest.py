"""What tests of the language share."""

import importlib

import pytest


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Predictions are followed to their end, however busy the machine is."""
    monkeypatch.setattr(importlib.import_module("workflows.asl.predict"), "SECONDS", 60)
