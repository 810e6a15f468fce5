"""Everything in the repository's own definition trees, deployed to the embedded AWS; and transactions run there."""

import os
from pathlib import Path

import pytest

from tests.factories import UserFactory
from tests.fixtures_aws import EmbeddedAws
from tests.flows.drifting import Changed
from tests.flows.waiting import until
from transactions.jobs import starts, sweeps, syncs
from transactions.models import Transaction
from transactions.services import submissions
from transactions.services.submissions import Submission
from transactions.statuses import FINAL
from workflows.jobs import deployments as jobs
from workflows.models import Deployment, Environment, User
from workflows.services import catalogues, deployments
from workflows.services.catalogues import Loaded

ROOT = Path(__file__).parents[2]
OTHERS = ("format_receipt", "invoker", "lambda_to_invoke", "transaction_processor")


def needs_mends(reason: str) -> pytest.MarkDecorator:
    """Skips what only a mended embedded AWS can do: the flows run once without the mends as well."""
    return pytest.mark.skipif(os.environ.get("SIGNALBOX_EMBEDDED_MENDS") == "0", reason=reason)


class Road:
    """From an input to its end: the workers' own functions, called in turn."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.operator: User = UserFactory.create(username="olga", role="operator")

    def deploy_all(self, without: tuple[str, ...] = ()) -> "Road":
        """Functions first, then the workflows that name them, as `manage.py load --deploy` asks for it."""
        for load, tree in (
            (catalogues.load_functions, ROOT / "lambda_src"),
            (catalogues.load_workflows, ROOT / "workflows" / "definitions"),
        ):
            for one in load(tree, by=None):
                assert isinstance(one, Loaded), one
                if one.folder.name not in without:
                    deployments.request(one.revision, self.environment, by=None)
        until(lambda: not jobs.drain() and not Deployment.objects.filter(finished_at=None).exists())
        assert not Deployment.objects.exclude(status="succeeded").exists()
        return self

    def submit(self, text: str) -> Transaction:
        """Accept an input of the guide's workflow."""
        return submissions.submit(Submission("transaction-processor", text), by=self.operator).transaction

    def start(self, row: Transaction) -> Transaction:
        """Let the workers start what was accepted."""
        starts.drain()
        return Transaction.objects.get(pk=row.pk)

    def finish(self, row: Transaction) -> Transaction:
        """Let the workers follow it to its end."""
        until(lambda: self._is_over(row))
        return Transaction.objects.get(pk=row.pk)

    def run(self, text: str) -> Transaction:
        """All of it."""
        return self.finish(self.start(self.submit(text)))

    @staticmethod
    def _is_over(row: Transaction) -> bool:
        starts.drain()  # what AWS throttled is started later
        starts.settle()  # and what it did not answer for is looked for
        sweeps.find_ended()
        syncs.drain()
        return Transaction.objects.filter(pk=row.pk, status__in=FINAL).exists()


@pytest.fixture
def road(environment: Environment) -> Road:
    """The guide's machine with the functions it calls."""
    return Road(environment).deploy_all(without=OTHERS)


@pytest.fixture
def changed(environment: Environment, embedded_aws: EmbeddedAws) -> Changed:
    """What is live, and how somebody changes it."""
    return Changed(environment, embedded_aws)
