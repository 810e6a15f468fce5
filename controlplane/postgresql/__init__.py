"""Django's backend for PostgreSQL, asking less, and in servers waiting no longer than somebody is ready to wait."""

from django.conf import settings


class Patience:
    """How long this process waits for an answer; without a limit as long as it takes, as migrations may."""

    limit_s: float | None = None

    def limit(self, times: int = 1) -> None:
        """From now on take a database that does not answer within so many times the setting for one that is away."""
        self.limit_s = times * settings.DATABASE_PATIENCE_S or None


patience = Patience()
