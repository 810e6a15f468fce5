"""The rows of WHAT CAN RUN, AND WHERE."""

from workflows.models.access import IdempotencyKey, SignInFailure, Token, User
from workflows.models.activity import Activity
from workflows.models.deployments import Deployment, DeploymentStep
from workflows.models.drift import Drift
from workflows.models.environments import Environment
from workflows.models.facts import Fact
from workflows.models.functions import Function, FunctionRevision
from workflows.models.imports import Import, Survey
from workflows.models.invocations import Invocation, Payload
from workflows.models.logs import LogSearch
from workflows.models.metrics import MetricSet
from workflows.models.prices import Price
from workflows.models.templates import TemplateImport
from workflows.models.triggers import Trigger, TriggerTest
from workflows.models.workflows import Workflow, WorkflowRevision

__all__ = [
    "Activity",
    "Deployment",
    "DeploymentStep",
    "Drift",
    "Environment",
    "Fact",
    "Function",
    "FunctionRevision",
    "IdempotencyKey",
    "Import",
    "Invocation",
    "LogSearch",
    "MetricSet",
    "Payload",
    "Price",
    "SignInFailure",
    "Survey",
    "TemplateImport",
    "Token",
    "Trigger",
    "TriggerTest",
    "User",
    "Workflow",
    "WorkflowRevision",
]
