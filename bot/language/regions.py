"""Whether 12/03 is in March or in December where the person comes from."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

REGIONS_FILE = Path(__file__).parent / "regions.toml"


class Regions:
    """Language tags (`en-US`), all regions of a language (`en-*`) or languages (`nl`) → month first or not."""

    def __init__(self, month_first: Mapping[str, bool | None]) -> None:
        self._month_first = dict(month_first)

    def month_first(self, tag: str) -> bool | None:
        """None where the tag does not tell: unknown, or a language that both orders are used in."""
        parts = tag.replace("_", "-").split("-")
        language = parts[0].lower()
        region = next((part.upper() for part in parts[1:] if len(part) == 2), "")
        keys = (f"{language}-{region}", f"{language}-*", language) if region else (language,)
        return next((self._month_first[key] for key in keys if key in self._month_first), None)


def load_regions(path: Path = REGIONS_FILE) -> Regions:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    meaning = {"month_first": True, "day_first": False, "undecided": None}
    return Regions({tag: meaning[order] for order, tags in data.items() for tag in tags})
