"""`manage.py load`: bring `lambda_src/` and `workflows/definitions/` into revisions, and say what changed.

With --deploy, ask for every revision to be deployed, by workers as always, and for what else is live to be there still;
with --wait, until that is over.
"""

import time
from argparse import ArgumentParser
from collections.abc import Iterator

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from workflows.models import Deployment, Environment, Function, FunctionRevision, Workflow, WorkflowRevision
from workflows.services import catalogues, deployments, environments
from workflows.services.catalogues import Loaded, NotLoaded

LOOK_EVERY_S = 0.1
LONGEST_WAIT_S = 300


class Command(BaseCommand):
    help = "Load the definitions of functions and workflows, and say what changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--deploy", action="store_true", help="Deploy them to the default environment.")
        parser.add_argument("--wait", action="store_true", help="Wait until the deployments are over.")

    def handle(self, *, deploy: bool, wait: bool, **_: object) -> None:
        loaded = list(self._load())
        asked = list(self._deploy(loaded)) if deploy else []
        failed = _wait_for(asked, LONGEST_WAIT_S) if wait else []
        for deployment in failed:
            self.stderr.write(f"{deployment.revision}: {deployment.error}: {deployment.cause} {deployment.advice}")
        if failed:
            raise CommandError(f"{len(failed)} of {len(asked)} deployments did not succeed.")

    def _load(self) -> Iterator[Loaded]:
        for one in _all():
            if isinstance(one, NotLoaded):
                self.stderr.write(f"not loaded: {one.problem}")
                continue
            if one.is_new:
                self.stdout.write(f"new: {one.revision}")
            yield one

    def _deploy(self, loaded: list[Loaded]) -> Iterator[Deployment]:
        environment = environments.ensure_default()
        for one in loaded:
            try:
                yield deployments.request(_wanted(one, environment), environment, by=None, is_look=True)
            except deployments.NotDeployable as error:
                self.stderr.write(f"not deployed: {one.revision}: {error}")
        yield from deployments.restore(environment, by=None)


def _all() -> Iterator[Loaded | NotLoaded]:
    yield from catalogues.load_functions(settings.BASE_DIR / "lambda_src", by=None)
    yield from catalogues.load_workflows(settings.BASE_DIR / "workflows" / "definitions", by=None)


def _wanted(one: Loaded, environment: Environment) -> FunctionRevision | WorkflowRevision:
    """What the tree says, unless somebody has gone on from it and a later revision is in force."""
    revision, thing = one.revision, dict[str, Function | Workflow]()
    if isinstance(revision, FunctionRevision):
        thing["function"] = revision.function
    else:
        thing["workflow"] = revision.workflow
    live = Deployment.objects.filter(environment=environment, is_live=True, **thing).first()
    return live.revision if live and live.revision.number > revision.number else revision


def _wait_for(asked: list[Deployment], seconds: float) -> list[Deployment]:
    """Those that are not a success when all are over or the time is."""
    until = time.monotonic() + seconds
    rows = Deployment.objects.filter(pk__in=[deployment.pk for deployment in asked])
    while rows.filter(finished_at__isnull=True).exists() and time.monotonic() < until:
        time.sleep(LOOK_EVERY_S)
    return list(rows.exclude(status="succeeded"))
