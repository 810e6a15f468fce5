"""Brings revisions to AWS. Never inside a database transaction; twice does no more than once."""

from workflows.jobs.deployments.queue import drain

__all__ = ["drain"]
