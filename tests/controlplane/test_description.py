"""The API against its own description: whatever is sent, no answer is undocumented and none is a 5xx.

Ten thousand examples are spread over the operations; SIGNALBOX_EXAMPLES sets another number.
"""

import os
from math import ceil
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi import checks

from controlplane.api import api
from tests.factories import DeploymentFactory, FunctionDeploymentFactory, TransactionFactory, UserFactory
from workflows.services import access

EXAMPLES = int(os.environ.get("SIGNALBOX_EXAMPLES", "10000"))
CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
DESCRIBED = api.get_openapi_schema(path_prefix="/api/v1/")
OPERATIONS = sum(len(path) for path in DESCRIBED["paths"].values())

schema = schemathesis.openapi.from_dict(dict(DESCRIBED))
schema.app = get_wsgi_application()

pytestmark = [pytest.mark.long, pytest.mark.timeout(0)]


@pytest.fixture
def token(db: None) -> str:
    """Somebody who may do everything, with something of each kind to do it to."""
    deployment = DeploymentFactory.create()
    FunctionDeploymentFactory.create()
    TransactionFactory.create(deployment=deployment)
    user = UserFactory.create(role="admin")
    return access.issue_token(user, "fuzz", by=user)[1]


@schema.parametrize()
@settings(
    max_examples=ceil(EXAMPLES / OPERATIONS),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
)
def test_no_answer_is_undocumented(case: Any, token: str) -> None:
    case.call_and_validate(headers={"Authorization": f"Bearer {token}", "Host": "127.0.0.1"}, checks=CHECKS)
