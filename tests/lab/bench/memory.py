"""How much memory a process held at its peak.

Source: proc(5): VmRSS, VmHWM, and 5 written to clear_refs, which sets the peak back to now.
"""

import tracemalloc
from collections.abc import Callable
from pathlib import Path

_SELF = Path("/proc/self")


def peak_over_idle_mb(work: Callable[[], object]) -> float:
    """Megabytes (10^6) that the work took at its peak above what was held before."""
    (_SELF / "clear_refs").write_text("5")
    idle = _megabytes("VmRSS")
    result = work()
    peak = peak_rss_mb()
    del result  # held until here: whoever asked holds it, too
    return peak - idle


def peak_allocated_mb(work: Callable[[], object]) -> float:
    """Megabytes (10^6) that the work had allocated at its peak.

    Unlike the process's pages this knows no rest of earlier work: small sizes can be compared.
    """
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def peak_rss_mb() -> float:
    """Megabytes (10^6) that this process held at its peak."""
    return _megabytes("VmHWM")


def _megabytes(name: str) -> float:
    for line in (_SELF / "status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise LookupError(name)
