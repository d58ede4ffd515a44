"""The reading of a text from start to end: tokens, language, names, grammar, times, wish, request."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.language.change import hear_both
from bot.language.compose import Reading, request_of
from bot.language.days import Scene
from bot.language.grammar import Heard, hear
from bot.language.lexicon import Lexicon, load_lexicons
from bot.language.line import Line, line_of, mended
from bot.language.moment import NO_GRACE, moment_of
from bot.language.places import PlaceIndex, nouns_of
from bot.language.regions import Regions, load_regions
from bot.language.request import MAX_TEXT, Finding, Known, Request, Trouble, Wish
from bot.language.said import sum_up
from bot.language.tokens import MAX_TOKENS, Token, tokens_of
from bot.language.wishes import stated

FALLBACK = "en"
KEPT_INDEXES = 64
GRACE = timedelta(hours=2)  # "cancel my 3 pm" at half past three means the meeting that is running

_ABOUT_EXISTING = (Wish.CANCEL, Wish.CHANGE)


class Reader:
    """Understands short texts about meeting rooms. Pure: the same arguments give the same request."""

    def __init__(self, lexicons: Sequence[Lexicon], regions: Regions | None = None) -> None:
        """Raises ValueError where the lexicon of the fallback language is missing."""
        self._lexicons = {lexicon.language: lexicon for lexicon in lexicons}
        if FALLBACK not in self._lexicons:
            raise ValueError(f"the lexicon {FALLBACK!r} is needed: the others fall back to it")
        self._regions = regions or Regions({})
        self._nouns = nouns_of(lexicons)
        self._indexes: OrderedDict[int, tuple[Known, PlaceIndex]] = OrderedDict()

    def prepare(self, known: Known) -> None:
        """Builds the index that the first reading would build: about 10 ms per thousand rooms, so use a thread."""
        self._index(known)

    def read(self, text: str, *, now: datetime, zone: ZoneInfo, language: str, known: Known) -> Request:
        """`language` is a tag such as `en-GB`; it decides the order of numeric dates, and the lexicon unless the
        text reads better in another. `zone` is the person's. Raises ValueError for a naive `now`, and for no text.
        """
        index = self._index(known)
        tokens = tokens_of(text)
        lexicon, line = self._line(tokens, language, index)
        explicit = stated(line)
        moment = moment_of(now, zone, GRACE if explicit in _ABOUT_EXISTING else NO_GRACE)
        scene = Scene(moment.today, self._regions.month_first(language), lexicon.half_after)
        old, new = hear_both(line, scene) if explicit is Wish.CHANGE else (hear(line, scene), Heard((), ()))
        reading = Reading(
            line=line,
            heard=(old, new),
            said=sum_up(old.pieces),
            new=sum_up(new.pieces),
            stated=explicit,
            moment=moment,
            index=index,
        )
        found = request_of(reading, lexicon.language)
        if len(text) <= MAX_TEXT and len(tokens) < MAX_TOKENS:
            return found
        return replace(found, findings=(*found.findings, Finding(trouble=Trouble.TOO_LONG_TEXT, limit=MAX_TEXT)))

    def _line(self, tokens: Sequence[Token], language: str, index: PlaceIndex) -> tuple[Lexicon, Line]:
        """In the person's language, unless another lexicon knows more of the words."""
        own = self._lexicons.get(language.replace("_", "-").split("-")[0].lower(), self._lexicons[FALLBACK])
        lines = {own.language: line_of(tokens, own, index)}
        for lexicon in self._lexicons.values():
            if lexicon is not own:
                lines[lexicon.language] = line_of(tokens, lexicon, index)
        best = max(lines, key=lambda name: lines[name].understood)
        return self._lexicons[best], mended(lines[best], self._lexicons[best], index)

    def _index(self, known: Known) -> PlaceIndex:
        """Kept by identity: comparing ten thousand rooms would cost more than the reading."""
        kept = self._indexes.get(id(known))
        if kept is None:
            kept = (known, PlaceIndex(known, self._nouns))
            self._indexes[id(known)] = kept
            if len(self._indexes) > KEPT_INDEXES:
                self._indexes.popitem(last=False)
        return kept[1]


def load_reader() -> Reader:
    """All languages that have a file. Reads files: call it once at start."""
    return Reader(load_lexicons(), load_regions())
