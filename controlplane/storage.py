"""Where static files are collected: under a name with their hash, compressed. Compresses only what a page asks for."""

import re
from collections.abc import Iterable, Iterator

from whitenoise.storage import CompressedManifestStaticFilesStorage

# Chunks that bundles import from each other: the bundler's hash is in their name, and that is the name they go by.
CHUNK = re.compile(r"-[0-9A-Z]{8}\.js$")

# For debuggers, or for a page of documentation that is not offered.
UNASKED = re.compile(r"\.map$|/redoc\.")


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Leaves the names without a hash uncompressed: pages never ask for them, and they are half of the work."""

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Compress the wanted ones; gives (name, name of the compressed one)."""
        hashed = set(self.hashed_files.values())
        wanted = (path for path in paths if path in hashed or CHUNK.search(path))
        served = [path for path in wanted if not UNASKED.search(path)]
        yield from super().compress_files(served)  # type: ignore[no-untyped-call]
