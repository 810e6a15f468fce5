"""Registers the `workflows` app with Django."""

from django.apps import AppConfig


class WorkflowsConfig(AppConfig):
    name = "workflows"
    verbose_name = "What can run, and where"
    default_auto_field = "django.db.models.BigAutoField"
