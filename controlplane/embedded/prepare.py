"""One Django process for what precedes the work: migrate, make the first users, load and deploy the definitions.

One and not three, because starting Django is most of what each would do. Run by the supervisor; calls no AWS itself.
"""

import os
import sys
from pathlib import Path

MIGRATED = "The database is in shape."
"""The line that tells the supervisor to start what needs the tables."""

NOT_DEPLOYED = 3
"""The exit status when everything runs, but a deployment failed."""


def prepare(credentials: Path) -> int:
    """Do it all and wait until every deployment is over; 0, or NOT_DEPLOYED. Raises what the commands raise."""
    import django
    from django.core.management import CommandError, call_command

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    print(MIGRATED, flush=True)
    call_command("seed", file=credentials)
    try:
        call_command("load", deploy=True, wait=True)
    except CommandError as error:
        print(error, file=sys.stderr)
        return NOT_DEPLOYED
    return 0


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controlplane.settings")
    sys.exit(prepare(Path(sys.argv[1])))
