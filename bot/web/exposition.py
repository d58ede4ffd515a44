"""Figures in the text format that Prometheus reads.

https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
"""

import math
from collections.abc import Iterable, Mapping

from bot.ports.figures import Family

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def exposition(families: Iterable[Family]) -> str:
    """Families without samples are left out; each family comes once, whoever had numbers for it."""
    lines: list[str] = []
    for family in _joined(families):
        lines += [f"# HELP {family.name} {_help(family.told)}", f"# TYPE {family.name} {family.kind}"]
        lines += [f"{family.name}{one.suffix}{_labels(one.labels)} {_number(one.value)}" for one in family.samples]
    return "".join(f"{line}\n" for line in lines)


def _joined(families: Iterable[Family]) -> list[Family]:
    by_name: dict[str, Family] = {}
    for family in families:
        known = by_name.get(family.name)
        samples = (*(known.samples if known else ()), *family.samples)
        by_name[family.name] = Family(name=family.name, kind=family.kind, told=family.told, samples=samples)
    return [family for family in by_name.values() if family.samples]


def _help(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n")


def _labels(labels: Mapping[str, str]) -> str:
    pairs = ",".join(f'{name}="{_value(value)}"' for name, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""


def _value(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) and abs(value) < 2**53 else repr(float(value))
