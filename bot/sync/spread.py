"""Where each room stands in a span of time that all of them share: by its name, the same in every process."""

import zlib


def share(room: str) -> float:
    """From 0 up to, not including, 1; even over rooms whose names differ by a number."""
    return zlib.crc32(room.encode()) / 2**32
