"""The text catalogue, and an audience: one reader's language, zone and present moment, for texts and dates."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton, format_time, get_timezone_location
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bot.cards.safe import inert
from bot.domain.slots import Slot

_FOLDER = Path(__file__).with_name("texts")
_HOUR = 60
_DAY = 24 * _HOUR


def mark(text: str) -> str:
    """Marks a sentence for the catalogue where it is not said on the spot."""
    return text


@dataclass(frozen=True, kw_only=True)
class Audience:
    """One reader now. `language` is that of the texts ("en", "nl"); `locale` formats dates the way the reader's
    country does; the zone is the reader's own. Only what is read now may be told `relative` to now ("tomorrow")."""

    language: str
    zone: ZoneInfo
    now: datetime
    locale: Locale = field(repr=False)
    texts: NullTranslations = field(repr=False, compare=False)
    relative: bool = True

    def later(self) -> "Audience":
        """The same reader, of what stays and is read on another day: days are told by their date alone."""
        return replace(self, relative=False)

    def say(self, text: str, **values: object) -> str:
        """The sentence in the reader's language; `values` fill its {names}."""
        return self.texts.gettext(text).format_map(values)

    def count(self, one: str, many: str, n: int, **values: object) -> str:
        """As `say`, for {n} things."""
        return self.texts.ngettext(one, many, n).format_map({"n": n, **values})

    def clock(self, at: datetime | time) -> str:
        """The time of day; an instant is told in the reader's zone, with the zone's letters where a clock change makes
        it occur twice that night."""
        if isinstance(at, time):
            return inert(format_time(at, "short", locale=self.locale))
        return self._clock_in(at, self.zone)

    def hour(self, hour: int) -> str:
        """An hour of the day as the reader tells it, for an example of what to say: "15:00", "3:00 PM"."""
        return self.clock(time(hour))

    def day(self, on: date | datetime) -> str:
        """ "tomorrow, Tue 24 Nov", or the date alone; an instant is told in the reader's zone."""
        local = on.astimezone(self.zone).date() if isinstance(on, datetime) else on
        today = self.now.astimezone(self.zone).date()
        written = self._date(local, today)
        if not self.relative:
            return written
        match (local - today).days:
            case 0:
                return self.say("today, {date}", date=written)
            case 1:
                return self.say("tomorrow, {date}", date=written)
            case -1:
                return self.say("yesterday, {date}", date=written)
        return written

    def weekday(self, number: int) -> str:
        """ "Mon" for 0."""
        monday = date(2024, 1, 1)
        return inert(format_skeleton("E", monday + timedelta(days=number), locale=self.locale))

    def moment(self, at: datetime) -> str:
        """ "tomorrow, Tue 24 Nov, 15:00"."""
        return f"{self.day(at)}, {self.clock(at)}"

    def near(self, at: datetime, beside: datetime) -> str:
        """The time alone where both instants fall on one day, else the day too."""
        same = at.astimezone(self.zone).date() == beside.astimezone(self.zone).date()
        return self.clock(at) if same else self.moment(at)

    def span(self, slot: Slot) -> str:
        """ "tomorrow, Tue 24 Nov, 15:00–16:00", both days where it crosses midnight."""
        if self.near(slot.end_at, slot.start_at) == self.clock(slot.end_at):
            return f"{self.moment(slot.start_at)}–{self.clock(slot.end_at)}"
        return f"{self.moment(slot.start_at)} – {self.moment(slot.end_at)}"

    def when(self, slot: Slot, room_zone: str = "") -> str:
        """The span, and the start in the room's zone where clocks there show something else."""
        there = self.there(slot.start_at, room_zone)
        return f"{self.span(slot)} · {there}" if there else self.span(slot)

    def there(self, at: datetime, room_zone: str) -> str:
        """ "09:00 in New York"; '' where clocks there agree with the reader's, or the zone is unknown."""
        zone = _zone(room_zone)
        if zone is None or at.astimezone(zone).utcoffset() == at.astimezone(self.zone).utcoffset():
            return ""
        shown = self._clock_in(at, zone)
        local = at.astimezone(zone).date()
        if local != at.astimezone(self.zone).date():
            shown = f"{self._date(local, local)}, {shown}"
        return self.say("{time} in {place}", time=shown, place=self.place(zone))

    def place(self, zone: ZoneInfo | None = None) -> str:
        """The city that a zone is named after; the reader's zone where none is given."""
        key = (zone or self.zone).key
        if "/" not in key or key.startswith("Etc/"):
            return key.removeprefix("Etc/")
        return inert(str(get_timezone_location(key, locale=self.locale, return_city=True)))

    def duration(self, minutes: int) -> str:
        """ "1 hour 30 minutes"; whole days as days."""
        if minutes >= 2 * _DAY and minutes % _DAY == 0:
            return self.count("{n} day", "{n} days", minutes // _DAY)
        hours, rest = divmod(minutes, _HOUR)
        parts = []
        if hours:
            parts.append(self.count("{n} hour", "{n} hours", hours))
        if rest or not hours:
            parts.append(self.count("{n} minute", "{n} minutes", rest))
        return " ".join(parts)

    def any_of(self, things: Iterable[str]) -> str:
        """ "a, b or c"."""
        return inert(format_list(list(things), style="or", locale=self.locale))

    def all_of(self, things: Iterable[str]) -> str:
        """ "a, b and c"."""
        return inert(format_list(list(things), locale=self.locale))

    def _clock_in(self, at: datetime, zone: ZoneInfo) -> str:
        local = at.astimezone(zone)
        shown = inert(format_time(local, "short", tzinfo=zone, locale=self.locale))
        twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
        return f"{shown} {local.tzname()}" if twice else shown

    def _date(self, on: date, today: date) -> str:
        noon = datetime.combine(on, time(12), self.zone)
        skeleton = "MMMEd" if on.year == today.year else "yMMMEd"
        return inert(format_skeleton(skeleton, noon, tzinfo=self.zone, locale=self.locale))


@dataclass(frozen=True)
class Catalogue:
    """Every language's texts, read once. English is in the code; what another language lacks is said in English."""

    languages: Mapping[str, NullTranslations]

    @classmethod
    def load(cls, folder: Path = _FOLDER) -> "Catalogue":
        """Reads `<language>.po` files. Blocking: at start, never in a turn."""
        found: dict[str, NullTranslations] = {"en": NullTranslations()}
        for path in sorted(folder.glob("*.po")):
            found[path.stem] = _translations(path)
        return cls(MappingProxyType(found))

    def cities(self, zone: str) -> tuple[str, ...]:
        """What the city is called in each language after which the zone is named; () where it is named after none."""
        if "/" not in zone or zone.startswith("Etc/") or _zone(zone) is None:
            return ()
        names = (str(get_timezone_location(zone, locale=Locale(name), return_city=True)) for name in self.languages)
        return tuple(dict.fromkeys(names))

    def audience(self, language: str, zone: str | ZoneInfo, now: datetime) -> Audience:
        """A reader of `language` (a tag such as "nl-BE"; unknown ones read English) in `zone` (an IANA name; an
        unknown one is UTC) at `now`."""
        wanted = _locale(language) or Locale("en")
        spoken = wanted.language if wanted.language in self.languages else "en"
        return Audience(
            language=spoken,
            zone=zone if isinstance(zone, ZoneInfo) else _zone(zone) or ZoneInfo("UTC"),
            now=now,
            locale=wanted if wanted.language == spoken else _english_in(wanted),
            texts=self.languages[spoken],
        )


def _translations(path: Path) -> GNUTranslations:
    with path.open("rb") as source:
        texts = read_po(source, locale=path.stem, abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, texts)
    compiled.seek(0)
    return GNUTranslations(compiled)


def _locale(tag: str) -> Locale | None:
    parts = tag.replace("_", "-").split("-")
    for length in range(min(len(parts), 3), 0, -1):
        try:
            return Locale.parse("-".join(parts[:length]), sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return None


def _english_in(wanted: Locale) -> Locale:
    """English with the country's way of writing dates where it has one, else the British."""
    found = _locale(f"en-{wanted.territory}")
    return found if found is not None and found.territory else Locale("en", "GB")


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, KeyError):  # not found is a KeyError, a folder of zones an OSError
        return None
