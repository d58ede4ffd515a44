"""Reads the pixels of a PNG with the standard library alone, so that the package is built without image software.

Source of the format: W3C Recommendation "Portable Network Graphics (PNG) Specification", sections 7, 9 and 11.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    Pixel = tuple[int, int, int, int]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {2: 3, 6: 4}  # color type → bytes to the pixel: truecolor without and with alpha
OPAQUE = 255


class Unreadable(Exception):
    """Not a PNG of the plain kind that is read here: 8 bits to the channel, RGB or RGBA, not interlaced."""


@dataclass(frozen=True)
class Picture:
    width: int
    height: int
    pixels: tuple[Pixel, ...]


def read(data: bytes) -> Picture:
    """The pixels row by row as red, green, blue, alpha; raises Unreadable with the reason."""
    if not data.startswith(SIGNATURE):
        raise Unreadable("it is not a PNG file")
    try:
        chunks = list(_chunks(data))
        width, height, depth, color, _, _, interlaced = struct.unpack(">IIBBBBB", dict(chunks)[b"IHDR"])
        raw = zlib.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT"))
    except (struct.error, zlib.error, KeyError) as damage:
        raise Unreadable("its data is damaged") from damage
    if depth != 8 or color not in CHANNELS or interlaced:
        raise Unreadable("it is not 8-bit RGB or RGBA without interlacing")
    channels = CHANNELS[color]
    if len(raw) != height * (width * channels + 1):
        raise Unreadable("its data is damaged")
    rows = _unfilter(raw, width * channels, channels)
    return Picture(width, height, tuple(pixel for row in rows for pixel in _pixels(row, channels)))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        yield kind, data[at + 8 : at + 8 + length]
        at += length + 12


def _pixels(row: bytes, channels: int) -> Iterator[Pixel]:
    for at in range(0, len(row), channels):
        red, green, blue = row[at : at + 3]
        yield red, green, blue, row[at + 3] if channels == 4 else OPAQUE


def _unfilter(raw: bytes, stride: int, step: int) -> Iterator[bytes]:
    above = bytes(stride)
    for start in range(0, len(raw), stride + 1):
        kind, row = raw[start], bytearray(raw[start + 1 : start + 1 + stride])
        for at in range(stride):
            left, corner = (row[at - step], above[at - step]) if at >= step else (0, 0)
            row[at] = (row[at] + _predict(kind, left, above[at], corner)) & 0xFF
        above = bytes(row)
        yield above


def _predict(kind: int, left: int, above: int, corner: int) -> int:
    if kind == 4:
        # Paeth: the neighbor that is nearest to left + above - corner; ties go in this order.
        target = left + above - corner
        return min((left, above, corner), key=lambda neighbor: abs(target - neighbor))
    if kind > 4:
        raise Unreadable("its data is damaged")
    return (0, left, above, (left + above) // 2)[kind]
