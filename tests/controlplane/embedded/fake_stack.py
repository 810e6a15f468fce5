"""A stack of tiny programs under the real guardian and supervisor: `python fake_stack.py FOLDER PORT [QUIRK]`.

Each program writes `<name>.started` and `<name>.ended` lines, with its pid and the time, into FOLDER/log. QUIRKs:
`stubborn` (web ignores SIGTERM and has a child in a session of its own), `broken` (web ends at once), `undeployed`,
`unprepared` (how setup ends).
"""

import asyncio
import sys
from pathlib import Path

from controlplane.embedded import guardian, supervisor
from controlplane.embedded.preflight import ROOT, Address
from controlplane.embedded.prepare import MIGRATED, NOT_DEPLOYED
from controlplane.embedded.run import run
from controlplane.embedded.stack import Stack
from controlplane.embedded.supervisor import Program

LOG = """
import os, signal, subprocess, sys, time
def log(what):
    with open("log", "a") as file:
        file.write(f"{NAME} {what} {os.getpid()}\\n")
def end(*_):
    log("ended")
    os._exit(0)
signal.signal(signal.SIGTERM, end)
log("started")
"""
WAIT = "while True: time.sleep(60)\n"
SERVE = """
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
"""
STUBBORN = """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
far = subprocess.Popen([sys.executable, "-S", "-E", "-c", "import time; time.sleep(600)"], start_new_session=True)
log(f"child {far.pid} of")
"""


def build(folder: Path, port: int, quirk: str) -> Stack:
    """The stack: `aws` behind, `web` in front, `deploy` after each restart of `aws`."""

    def program(name: str, code: str, after_restart: Program | None = None) -> Program:
        text = f"NAME = {name!r}; PORT = {port}\n{LOG}{code}"
        command = (sys.executable, "-S", "-E", "-c", text)
        return Program(name, command, {"MARK": str(folder)}, folder, after_restart, unsaid=("not worth it",))

    status = {"undeployed": NOT_DEPLOYED, "unprepared": 1}.get(quirk, 0)
    serve = {"stubborn": STUBBORN + SERVE, "broken": "sys.exit(7)"}.get(quirk, SERVE)
    return Stack(
        backing=(program("aws", 'print("hello"); print("not worth it", flush=True)\n' + WAIT, program("deploy", "")),),
        setup=program("setup", f"print({MIGRATED!r}, flush=True); time.sleep(0.1); sys.exit({status})"),
        serving=(program("web", serve),),
        credentials=folder / "credentials.json",
    )


def main() -> int:
    folder, port, quirk = Path(sys.argv[1]), int(sys.argv[2]), (*sys.argv[3:], "")[0]
    supervisor.FIRST_PAUSE_S = 0.02
    address = Address("127.0.0.1", port)
    stack = build(folder, port, quirk)
    note = folder / "note"
    return guardian.guard(lambda: asyncio.run(run(stack, address, note.touch)), lambda: note.unlink(missing_ok=True))


if __name__ == "__main__":
    assert ROOT.is_dir()
    sys.exit(main())
