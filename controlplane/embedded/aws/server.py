"""The script the supervisor starts in the embedded AWS's own virtual environment: `<venv>/bin/python server.py`.

Loads this folder as a package under a name of its own, so that neither the repository nor this folder is on the
path from which ministack and handlers import. Of the repository only modules of `workflows` can be imported, where they
need no more than is installed here.
"""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).resolve().parent
PACKAGE = "embedded_aws"
WORKFLOWS = HERE.parents[2] / "workflows"


def load_package() -> None:
    """Make this folder importable as `embedded_aws`, and single modules of `workflows`."""
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != HERE]
    spec = importlib.util.spec_from_file_location(PACKAGE, HERE / "__init__.py", submodule_search_locations=[str(HERE)])
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot load {HERE}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = module
    spec.loader.exec_module(module)
    _add_bare("workflows", [str(WORKFLOWS)])
    _add_bare("workflows.asl", [str(WORKFLOWS / "asl")])


def _add_bare(name: str, folders: list[str]) -> None:
    """A package without what its own `__init__` imports, which needs libraries that are not installed here."""
    sys.modules[name] = package = ModuleType(name)
    package.__path__ = folders


if __name__ == "__main__":
    load_package()
    importlib.import_module(f"{PACKAGE}.process").main()
