"""PURE: functions and workflows as files that leave this installation or come to it: AWS SAM templates, and JSON.

What comes is only read and checked here; `services.templates` makes definitions of it.
"""

from workflows.exchange.bundles import LARGEST, Bundle, Carried, NotTaken, read
from workflows.exchange.documents import as_document, of_document, to_json
from workflows.exchange.packing import to_sam

__all__ = ["LARGEST", "Bundle", "Carried", "NotTaken", "as_document", "of_document", "read", "to_json", "to_sam"]
