"""A receiver to try hooks with: prints what it is sent, verifies the signatures, and answers as it is told."""

import json
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from standardwebhooks import Webhook, WebhookVerificationError
from standardwebhooks.webhooks import EmptyWebhookSecretError

LARGEST = 1_000_000


class Command(BaseCommand):
    """Listens on this machine only; Ctrl-C ends it."""

    help = "Receive hooks on this machine, verify and print them. Without a secret they are printed only."
    requires_system_checks: Sequence[str] = ()  # type: ignore[assignment]

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to listen, what to verify with, what to answer."""
        parser.add_argument("--port", type=int, default=9000, help="0: any that is free")
        parser.add_argument("--secret", action="append", default=[], help="whsec_...; may be repeated")
        parser.add_argument("--answer", type=int, default=204, help="the status answered to what is verified")
        parser.add_argument("--wait", type=float, default=0.0, help="seconds before each answer")

    def handle(self, *_: Any, **options: Any) -> None:
        """Serve until interrupted. Raises CommandError for a secret that is none, and for a port that is not free."""
        secrets = [_secret(one) for one in options["secret"]]
        try:
            server = _Server(("127.0.0.1", options["port"]), _Handler)
        except (OSError, OverflowError) as error:
            told = error.strerror if isinstance(error, OSError) else "ports end at 65535"
            raise CommandError(
                f"Port {options['port']} cannot be listened at: {told}. Choose another by --port."
            ) from error
        server.command, server.secrets = self, secrets
        server.status, server.wait_s = options["answer"], options["wait"]
        self.tell(f"Receiving at http://127.0.0.1:{server.server_address[1]}/ . Ctrl-C ends it.")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            self.tell("Ended.")
        finally:
            server.server_close()

    def tell(self, text: str) -> None:
        """Print at once, whoever reads along."""
        self.stdout.write(text)
        self.stdout.flush()


def _secret(text: str) -> Webhook:
    try:
        return Webhook(text)
    except (ValueError, RuntimeError, EmptyWebhookSecretError) as error:
        raise CommandError("A secret is whsec_ and Base64, as it was shown when the hook was made.") from error


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    command: Command
    secrets: list[Webhook]
    status: int
    wait_s: float


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        """One message: refused when it is not verified, as a good receiver does."""
        size = self.headers.get("Content-Length", "")
        body = self.rfile.read(int(size)) if size.isdecimal() and int(size) <= LARGEST else b""
        trouble = self._trouble(body)
        said = (
            f"not verified, because {trouble}" if trouble else "verified" if self.server.secrets else "no secret given"
        )
        self.server.command.tell(f"{self.headers.get('webhook-id', '-')} {said} {_shown(body)}")
        time.sleep(self.server.wait_s)
        status = 400 if trouble else self.server.status
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        """The line above says it."""

    def _trouble(self, body: bytes) -> str:
        """Why none of the secrets verifies it; empty when one does, or when there is none to verify with."""
        trouble = ""
        for secret in self.server.secrets:
            try:
                secret.verify(body, dict(self.headers.items()), json_parse=False)
                return ""
            except (WebhookVerificationError, ValueError) as error:
                trouble = str(error) or type(error).__name__
        return trouble


def _shown(body: bytes) -> str:
    """In one line, so that nothing that was sent can look like a line of ours."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False)
    except ValueError:
        return repr(body[:200])
