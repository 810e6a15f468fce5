"""`manage.py seed --file FILE`: make what a fresh installation needs, and keep its credentials in FILE."""

import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandParser

from workflows.services import first_start
from workflows.services.first_start import Credentials


class Command(BaseCommand):
    help = "Make the default environment, the users operator and admin, and an API token, where they are missing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--file", type=Path, required=True, help="Where the credentials are kept (mode 0600).")

    def handle(self, *, file: Path, **_: object) -> None:
        known = Credentials(**json.loads(file.read_text())) if file.exists() else None
        credentials = first_start.seed(known)
        if credentials != known:
            _keep(file, credentials)


def _keep(file: Path, credentials: Credentials) -> None:
    new = file.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_text(json.dumps(credentials.as_dict()))
    new.rename(file)
