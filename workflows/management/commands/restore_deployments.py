"""`manage.py restore_deployments`: have workers put everything that is live into AWS again, where AWS has lost it.

Changes nothing where it is as it should be. `make run` asks for it whenever the embedded AWS had to be started again.
"""

from django.core.management.base import BaseCommand

from workflows.services import deployments, environments


class Command(BaseCommand):
    help = "Ask for everything that is live in the default environment to be deployed again."

    def handle(self, **_: object) -> None:
        for deployment in deployments.restore(environments.ensure_default(), by=None):
            self.stdout.write(f"asked for: {deployment.revision}")
