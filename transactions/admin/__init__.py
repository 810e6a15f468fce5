"""The stock Django admin of this package. Every change goes through a service."""

from transactions.admin import hooks, runs

__all__ = ["hooks", "runs"]
