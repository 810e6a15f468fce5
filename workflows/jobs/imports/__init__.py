"""Lists what is in an account and not ours, and makes one of it a definition. Changes a tag at most, where asked to."""

from workflows.jobs.imports.queue import drain

__all__ = ["drain"]
