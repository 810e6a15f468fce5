"""`manage.py up`: becomes the supervisor of `make run`."""

import os
import sys

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Run everything on this machine: an embedded AWS, Valkey, workers, the schedule and the web server."
    requires_system_checks = ()

    def handle(self, **_: object) -> None:
        os.execv(sys.executable, [sys.executable, "-m", "controlplane.embedded"])  # noqa: S606 - no shell is wanted
