"""The stock Django admin of this package. Every change goes through the services pages and API call too."""

from workflows.admin import (
    access,
    catalogue,
    deployments,
    drift,
    environments,
    imports,
    invocations,
    logs,
    prices,
    records,
    templates,
    triggers,
)

__all__ = [
    "access",
    "catalogue",
    "deployments",
    "drift",
    "environments",
    "imports",
    "invocations",
    "logs",
    "prices",
    "records",
    "templates",
    "triggers",
]
