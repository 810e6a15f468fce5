"""`manage.py prepare`: bring the database into shape, and make the environment `default` where there is none.

What precedes every start of an installation; nothing is deployed. It may be run as often as one likes.
"""

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import OperationalError, ProgrammingError, connection

from workflows.services import environments


class Command(BaseCommand):
    help = "Migrate the database, and make the first environment from the settings."

    def handle(self, **_: object) -> None:
        try:
            connection.ensure_connection()
        except ProgrammingError as error:
            raise OperationalError(f"DATABASE_URL: {error}") from error
        call_command("migrate", interactive=False)
        environment = environments.ensure_default()
        self.stdout.write(f"Environment {environment.slug}: {environment.title}, {environment.region}.")
