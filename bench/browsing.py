"""What a browser loads and how soon it paints (PERF-14): the list of transactions in Chromium, from the real server.

Two visits of one browser: the first brings everything, the next what a cache does not hold. Bytes are those on the
wire; paint is the largest contentful one, counted from the begin of the navigation.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from playwright.sync_api import BrowserContext, sync_playwright

from controlplane.embedded.ports import free_port

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 5
PAINT = """() => new Promise((tell) => new PerformanceObserver((list) => tell(list.getEntries().at(-1).startTime))
    .observe({ type: "largest-contentful-paint", buffered: true }))"""


@dataclass(frozen=True, slots=True)
class Visit:
    """What one visit took."""

    kilobytes: float
    paint_s: float


def visit_twice(database: str, session: str, path: str) -> Iterator[tuple[Visit, Visit]]:
    """Visits of browsers that know nothing and, right after, again; `session` is the key of a signed-in one."""
    with _serving(database) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for _ in range(ROUNDS):
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
            yield _visit(context, address + path), _visit(context, address + path)
            context.close()
        browser.close()


def _visit(context: BrowserContext, address: str) -> Visit:
    page = context.new_page()
    loaded: list[float] = []
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.on("Network.loadingFinished", lambda event: loaded.append(event["encodedDataLength"]))
    page.goto(address, wait_until="networkidle")
    visit = Visit(sum(loaded) / 1000, page.evaluate(PAINT) / 1000)
    page.close()
    return visit


@contextmanager
def _serving(database: str) -> Iterator[str]:
    """The server as `make run` has it, before this database, with static files of its own."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="signalbox-pages-") as var:
        environ = {**os.environ, "DATABASE_URL": database, "SIGNALBOX_VAR": var, "ALLOWED_HOSTS": "127.0.0.1"}
        command = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
        subprocess.run(command, cwd=ROOT, env=environ, check=True)
        manner = ("--interface", "wsgi", "--http", "1", "--no-ws", "--log-level", "warning", "--blocking-threads", "4")
        command = [sys.executable, "-m", "granian", *manner, "--port", str(port), "controlplane.wsgi:application"]
        server = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL)
        try:
            yield _answering(f"http://127.0.0.1:{port}")
        finally:
            server.terminate()
            server.wait(timeout=20)


def _answering(address: str) -> str:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            with urlopen(f"{address}/healthz"):
                return address
        except OSError:
            time.sleep(0.2)
    sys.exit("The server did not answer.")
