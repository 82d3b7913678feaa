"""Lets many threads share what one of them has freed.

glibc gives threads arenas of their own, eight for each core, and what is freed in one serves no
thread of another. With lists of 17 MB a batch of 100 images so takes 700 MB, and 420 MB with two
arenas. MALLOC_ARENA_MAX would do the same; Lambda has no room left for a variable.
"""

from functools import cache

# malloc.h
_M_ARENA_MAX = -8
_ARENAS = 2


@cache
def share_arenas() -> None:
    """Once a process; nothing happens where the C library is another one."""
    import ctypes  # noqa: PLC0415 - 4 ms, which small batches need not pay

    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(_M_ARENA_MAX, _ARENAS)
