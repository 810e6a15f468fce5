"""The rows of WHAT CAN RUN, AND WHERE."""

from workflows.models.access import User

__all__ = ["User"]
