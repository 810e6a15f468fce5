"""The script the supervisor starts in the embedded AWS's own virtual environment: `<venv>/bin/python server.py`.

Loads this folder as a package under a name of its own, so that neither the repository nor this folder is on the
path from which ministack and handlers import.
"""

import importlib
import importlib.util
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGE = "embedded_aws"


def load_package() -> None:
    """Make this folder importable as `embedded_aws`."""
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != HERE]
    spec = importlib.util.spec_from_file_location(PACKAGE, HERE / "__init__.py", submodule_search_locations=[str(HERE)])
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot load {HERE}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = module
    spec.loader.exec_module(module)


if __name__ == "__main__":
    load_package()
    importlib.import_module(f"{PACKAGE}.process").main()
