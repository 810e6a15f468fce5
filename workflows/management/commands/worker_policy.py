"""`manage.py worker_policy`: the IAM policy of the role that workers assume in an environment, as JSON."""

import json
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from workflows import worker_policy
from workflows.models import Environment
from workflows.models.environments import DEFAULT
from workflows.places import imported_into


class Command(BaseCommand):
    help = "Print the IAM policy that the role of an environment needs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("environment", nargs="?", default=DEFAULT, help="Its short name; absent: default.")

    def handle(self, *, environment: str, **_: object) -> None:
        found = Environment.objects.filter(slug=environment).first()
        if found is None:
            raise CommandError(f"There is no environment {environment}.")
        account, boundary = found.account_id or "*", found.permissions_boundary
        policy = worker_policy.document(account, found.region, found.name_prefix, boundary, imported_into(found))
        self.stdout.write(json.dumps(policy, indent=2))
