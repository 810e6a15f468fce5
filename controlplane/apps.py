"""Registers the shell with Django, and makes its Celery app the current one in every Django process."""

from django.apps import AppConfig


class ControlplaneConfig(AppConfig):
    name = "controlplane"

    def ready(self) -> None:
        """Import the Celery app, so that tasks rung from any process go to its broker."""
        from controlplane import celery  # noqa: F401
