"""The stock Django admin of this package. Every change goes through a service."""

from transactions.admin import hooks, inbound, runs

__all__ = ["hooks", "inbound", "runs"]
