"""Draws Foyer's icons, a calendar page with a doorway in it, into `icons`: run it after changing a shape or a color.

Sizes and the safe area are those of the page "Teams app icon for Teams Store and app bar" (learn.microsoft.com,
microsoftteams/platform/concepts/design/design-teams-app-icon-store-appbar): 192 by 192 full bleed with square corners
and the mark inside 120 by 120; 32 by 32 white on transparent; 32 by 32 in color on transparent.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageChops, ImageDraw

if TYPE_CHECKING:
    from collections.abc import Sequence

    Point = tuple[float, float]
    Box = tuple[float, float, float, float]

ICONS = Path(__file__).resolve().parent / "icons"

# Drawn this many times larger and averaged down, which is what smooths the edges.
OVERSAMPLING = 8

TEAL = "#0B5F6B"  # the manifest's accentColor
AMBER = "#FFC24B"
WHITE = "#FFFFFF"
# The small icon has no ground of its own: these carry on a white and on a near-black app bar alike.
STEEL = "#12808F"
DUSK = "#06363E"

# All shapes live on one grid of 32 units; their edges fall on whole units, so that they stay sharp at 32 pixels.
GRID = 32
STORE_ICON, STORE_SCALE = 192, 4
LINE = 2
PAGE: Box = (3, 5, 29, 29)
PAGE_RADIUS = 4
RINGS: Sequence[Box] = ((8, 2, 10, 8), (22, 2, 24, 8))
DOORWAY: Box = (9, 11, 23, 29)
TICK: Sequence[Point] = ((12.6, 20.2), (15.0, 22.6), (19.4, 17.3))


class Pen:
    """Draws one mask on the 32-unit grid, centered in a square of `size` pixels with `scale` pixels to the unit."""

    def __init__(self, size: int, scale: int) -> None:
        self._size = size
        self._unit = scale * OVERSAMPLING
        self._margin = (size - GRID * scale) // 2 * OVERSAMPLING
        self._mask = Image.new("L", (size * OVERSAMPLING, size * OVERSAMPLING), 0)
        self._draw = ImageDraw.Draw(self._mask)

    def panel(self, box: Box, *, radius: float, ink: int = 255) -> None:
        """A rectangle with rounded corners."""
        self._draw.rounded_rectangle(self._place(box), radius=radius * self._unit, fill=ink)

    def arch(self, box: Box, *, ink: int = 255) -> None:
        """A rectangle whose top is a half circle as wide as itself."""
        left, top, right, bottom = box
        middle = top + (right - left) / 2
        self._draw.pieslice(self._place((left, top, right, 2 * middle - top)), 180, 360, fill=ink)
        self._draw.rectangle(self._place((left, middle, right, bottom)), fill=ink)

    def stroke(self, points: Sequence[Point], *, width: float) -> None:
        """A line with round ends and corners."""
        half = width / 2
        for (x, y), (to_x, to_y) in pairwise(points):
            line = [self._at(x), self._at(y), self._at(to_x), self._at(to_y)]
            self._draw.line(line, fill=255, width=round(width * self._unit))
        for x, y in points:
            self._draw.ellipse(self._place((x - half, y - half, x + half, y + half)), fill=255)

    def finish(self) -> Image.Image:
        return self._mask.resize((self._size, self._size), Image.Resampling.BOX)

    def _at(self, units: float) -> float:
        return self._margin + units * self._unit

    def _place(self, box: Box) -> Box:
        left, top, right, bottom = box
        # Pillow counts the last row and column in.
        return self._at(left), self._at(top), self._at(right) - 1, self._at(bottom) - 1


def draw_color() -> Image.Image:
    """The store icon: opaque to its corners, because Teams cuts the corners itself."""
    picture = Image.new("RGB", (STORE_ICON, STORE_ICON), TEAL)
    picture.paste(WHITE, mask=_page(Pen(STORE_ICON, STORE_SCALE)))
    picture.paste(AMBER, mask=_rings(Pen(STORE_ICON, STORE_SCALE)))
    picture.paste(AMBER, mask=_tick(Pen(STORE_ICON, STORE_SCALE)))
    return picture


def draw_color_small() -> Image.Image:
    """The pressed state in the app bar: the mark alone, its doorway filled so that the tick shows on white too."""
    page, rings, doorway = _page(Pen(GRID, 1)), _rings(Pen(GRID, 1)), _doorway(Pen(GRID, 1))
    picture = Image.new("RGB", (GRID, GRID), STEEL)
    picture.paste(DUSK, mask=doorway)
    picture.paste(AMBER, mask=_tick(Pen(GRID, 1)))
    picture.putalpha(ImageChops.add(doorway, ImageChops.add(page, rings)))
    return picture


def draw_outline() -> Image.Image:
    """The resting state in the app bar: pure white everywhere, the shape is in the transparency."""
    picture = Image.new("RGB", (GRID, GRID), WHITE)
    picture.putalpha(_contour(Pen(GRID, 1)))
    return picture


def main() -> None:
    ICONS.mkdir(exist_ok=True)
    draw_color().save(ICONS / "color.png", optimize=True)
    draw_color_small().save(ICONS / "color32x32.png", optimize=True)
    draw_outline().save(ICONS / "outline.png", optimize=True)


def _page(pen: Pen) -> Image.Image:
    pen.panel(PAGE, radius=PAGE_RADIUS)
    pen.arch(DOORWAY, ink=0)
    for ring in RINGS:
        pen.panel(_grown(ring, 1), radius=2, ink=0)
    return pen.finish()


def _rings(pen: Pen) -> Image.Image:
    for ring in RINGS:
        pen.panel(ring, radius=1)
    return pen.finish()


def _doorway(pen: Pen) -> Image.Image:
    pen.arch(DOORWAY)
    return pen.finish()


def _tick(pen: Pen) -> Image.Image:
    pen.stroke(TICK, width=2.6)
    return pen.finish()


def _contour(pen: Pen) -> Image.Image:
    left, top, right, bottom = DOORWAY
    half = LINE / 2
    pen.panel(PAGE, radius=PAGE_RADIUS)
    pen.panel(_grown(PAGE, -LINE), radius=PAGE_RADIUS - LINE, ink=0)
    pen.arch((left - half, top - half, right + half, bottom))
    pen.arch((left + half, top + half, right - half, bottom), ink=0)
    for ring in RINGS:
        pen.panel(ring, radius=1)
    pen.stroke(TICK, width=LINE)
    return pen.finish()


def _grown(box: Box, units: float) -> Box:
    left, top, right, bottom = box
    return left - units, top - units, right + units, bottom + units


if __name__ == "__main__":
    main()
