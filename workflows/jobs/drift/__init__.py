"""Compares what is live in AWS with what was deployed there. Changes nothing in AWS, whatever differs."""

from workflows.jobs.drift.queue import drain, sweep

__all__ = ["drain", "sweep"]
