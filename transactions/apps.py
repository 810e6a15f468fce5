"""Registers the `transactions` app with Django."""

from django.apps import AppConfig


class TransactionsConfig(AppConfig):
    name = "transactions"
    verbose_name = "What did run"
    default_auto_field = "django.db.models.BigAutoField"
