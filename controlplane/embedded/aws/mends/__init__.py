"""What ministack does otherwise than AWS, mended; each module names its differences.

Only a version that was probed is mended: any other runs as it is, with a warning, which the product tolerates.
"""

import logging
import os
from importlib.metadata import version

logger = logging.getLogger("signalbox.embedded_aws")

PROBED_VERSION = "1.5.33"
OFF = {"0", "false", "off", "no", "n"}


def apply() -> None:
    """Apply every mend, unless SIGNALBOX_EMBEDDED_MENDS is false or this ministack is not the probed one."""
    if os.environ.get("SIGNALBOX_EMBEDDED_MENDS", "1").strip().lower() in OFF:
        return
    found = version("ministack")
    if found != PROBED_VERSION:
        logger.warning("ministack %s is not %s: it runs unmended", found, PROBED_VERSION)
        return
    from . import (
        concurrency,
        durability,
        executions,
        invocations,
        log_streams,
        metrics,
        processes,
        responses,
        workers,
    )

    for mend in (
        metrics, processes, workers, log_streams, concurrency, invocations, responses, executions, durability,
    ):  # fmt: skip
        mend.apply()
