"""A version must answer a kept payload without an error before the alias leads to it. It is invoked once, ever.

The call is a row beside the function's other invocations: a worker that takes the deployment over finds it there, and
does not call again.
"""

from datetime import timedelta

from django.utils import timezone

from workflows.aws import errors, lambda_
from workflows.aws.clients import Target
from workflows.claims import extend, lease
from workflows.failures import read_failure
from workflows.jobs import invocations
from workflows.jobs.deployments.steps import Refusal
from workflows.models import Deployment, FunctionRevision, Invocation, Payload
from workflows.services.invocations import SLOWER_THAN_THE_FUNCTION_S

ADVICE = "Look at the invocation on the function's page “Test”, mend the function, then deploy."


class SmokeTest:
    """The one call of a deployment."""

    def __init__(self, deployment: Deployment, revision: FunctionRevision, target: Target, payload: Payload) -> None:
        self._deployment, self._revision, self._target, self._payload = deployment, revision, target, payload

    def passed(self) -> str | None:
        """None where it was not run yet. Raises Refusal for one that did not succeed."""
        row = Invocation.objects.filter(deployment=self._deployment).first()
        return None if row is None else self._outcome(row)

    def run(self, version_arn: str) -> str:
        """Raises Refusal where it does not succeed."""
        row = self._begin()
        extend(self._deployment, row.limit)
        try:
            came = lambda_.invoke(self._target, version_arn, row.payload, wait_s=row.limit_s)
        except errors.AwsError as error:
            status = "unknown" if isinstance(error, errors.Unknown) else "failed"
            self._settle(row, invocations.over(status, error=invocations.refused(error, self._revision)))
        else:
            self._settle(row, invocations.came_to(came, row, self._revision))
        return self._outcome(row)

    def _begin(self) -> Invocation:
        limit_s = self._revision.timeout_s + SLOWER_THAN_THE_FUNCTION_S
        return Invocation.objects.create(
            environment=self._deployment.environment,
            function=self._revision.function,
            deployment=self._deployment,
            payload=self._payload.text,
            limit_s=limit_s,
            requested_by=self._deployment.requested_by,
            status="running",
            started_at=timezone.now(),
            claimed_until=timezone.now() + lease() + timedelta(seconds=limit_s),
        )

    @staticmethod
    def _settle(row: Invocation, learnt: dict[str, object]) -> None:
        Invocation.objects.filter(pk=row.pk).update(**learnt, claimed_until=None)
        row.refresh_from_db()

    def _outcome(self, row: Invocation) -> str:
        if row.status == "succeeded":
            return f"It answered{f' in {row.duration_ms:g} ms' if row.duration_ms is not None else ''}"
        if row.status == "failed":
            failure = read_failure(row.error)
            trace = "".join(f"\n{line}" for line in failure.trace)
            said = f"With the payload “{self._payload}” it failed: {failure.type}: {failure.message}{trace}"
            raise Refusal("SmokeTestFailed", said[:2_000], ADVICE)
        why = f"Whether it succeeded with the payload “{self._payload}” is not known, and it is not called twice."
        raise Refusal("SmokeTestUnknown", why, ADVICE)
