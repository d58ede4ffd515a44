"""Which known room, building or feature a person's words name, exactly or nearly."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from bot.language.lexicon import Lexicon, Role, Words
from bot.language.request import Known, Place
from bot.language.tokens import Kind, Token, fold, tokens_of

MAX_NEAR = 3
NEAR_FROM = 60.0  # an ordinary word, `elegant` or `large`, is no more than 55 like a name

_SKIPPED = frozenset({Kind.DASH, Kind.STOP})


@dataclass(frozen=True, slots=True)
class Named:
    """A name found in the text: what it names, under which alias, and how many tokens it takes."""

    role: Role
    alias: str
    tokens: int


@dataclass(frozen=True)
class Nouns:
    """Words that any of the loaded languages knows: for telling a name's own words from its kind ("meeting room")."""

    rooms: frozenset[str]
    buildings: frozenset[str]
    articles: frozenset[str]
    vocabulary: frozenset[str]


def nouns_of(lexicons: Iterable[Lexicon]) -> Nouns:
    by_role: dict[Role, set[str]] = {Role.ROOM: set(), Role.BUILDING: set(), Role.ARTICLE: set()}
    vocabulary: set[str] = set()
    for lexicon in lexicons:
        vocabulary |= lexicon.vocabulary
        for phrase in (phrase for group in lexicon.phrases.values() for phrase in group):
            for role in by_role.keys() & phrase.roles.keys():
                by_role[role].update(phrase.words)
    rooms, buildings, articles = (frozenset(by_role[role]) for role in (Role.ROOM, Role.BUILDING, Role.ARTICLE))
    return Nouns(rooms, buildings, articles, frozenset(vocabulary))


class PlaceIndex:
    """The names of one organisation. Built once per `Known`; every look-up is bounded."""

    def __init__(self, known: Known, nouns: Nouns) -> None:
        self._nouns = nouns
        self._names: dict[Words, dict[Role, list[str]]] = {}
        self._longest: dict[str, int] = {}
        self._rooms = {room.key: room for room in known.rooms}
        self._whole: set[Words] = set()
        for building in known.buildings:
            self._add(_aliases(building, nouns, nouns.buildings, ()), Role.KNOWN_BUILDING, building)
        for feature in known.features:
            self._add([_words(feature)], Role.KNOWN_FEATURE, feature)
        buildings = {name: _words(name) for name in {room.building for room in known.rooms}}
        for room in known.rooms:
            aliases = _aliases(room.name, nouns, nouns.rooms, buildings[room.building])
            self._add(aliases, Role.KNOWN_ROOM, room.key)
        self._features = {" ".join(_words(feature)): feature for feature in known.features}
        self._cities = {_words(name): city.buildings for city in known.cities for name in city.names}
        self._fuzzy = {role: self._choices(role) for role in (Role.KNOWN_ROOM, Role.KNOWN_BUILDING)}
        whole = {" ".join(alias) for alias in self._whole if Role.KNOWN_ROOM in self._names[alias]}
        self._resembling = sorted(whole.union(self._fuzzy[Role.KNOWN_ROOM]))

    def names_at(self, tokens: Sequence[Token], at: int) -> list[Named]:
        """Names that start at this token, the longest first."""
        longest = self._longest.get(tokens[at].text, 0)
        found: list[Named] = []
        words: list[str] = []
        for end in range(at, min(len(tokens), at + 3 * longest)):
            if words and tokens[end].kind in _SKIPPED and tokens[end].text in "-." and tokens[end].glued:
                continue
            words.append(tokens[end].text)
            if len(words) > longest:
                break
            roles = self._names.get(tuple(words), ())
            found.extend(Named(role, " ".join(words), end + 1 - at) for role in roles)
        return sorted(found, key=lambda named: (-named.tokens, named.role is not Role.KNOWN_ROOM))

    def is_plain(self, alias: str) -> bool:
        """Whether every word of the name is an ordinary word or a number, as in a room called `May` or `12`."""
        return self._plain(tuple(alias.split(" ")))

    def is_article(self, word: str) -> bool:
        """Of any of the loaded languages."""
        return word in self._nouns.articles

    def is_whole(self, alias: str) -> bool:
        """Whether the alias is the full name of what it names."""
        return tuple(alias.split(" ")) in self._whole

    def rooms_of(self, alias: str, building: str | None) -> tuple[Place, ...]:
        """Rooms of that name, those of the building only where it has one."""
        keys = self._names.get(tuple(alias.split(" ")), {}).get(Role.KNOWN_ROOM, [])
        rooms = tuple(self._rooms[key] for key in keys)
        return tuple(room for room in rooms if room.building == building) or rooms

    def building_of(self, alias: str) -> str | None:
        names = self._names.get(tuple(alias.split(" ")), {}).get(Role.KNOWN_BUILDING, [])
        return names[0] if len(names) == 1 else None

    def buildings_in(self, city: str) -> tuple[str, ...]:
        """() for what is no city with rooms."""
        return self._cities.get(_words(city), ())

    def feature_of(self, name: str) -> str | None:
        """The organisation's spelling of a feature."""
        return self._features.get(name)

    def misspelt(self, said: str, role: Role) -> str | None:
        """The one alias that is a typing mistake away; None where none or several are."""
        allowed = _mistakes(said)
        if not allowed:
            return None
        hits = process.extract(said, self._fuzzy[role], scorer=OSA.distance, score_cutoff=allowed, limit=4)
        fitting = [(alias, distance) for alias, distance, _ in hits if _digits(alias) == _digits(said)]
        best = [alias for alias, distance in fitting if distance == fitting[0][1]]
        named = {tuple(self._names[tuple(alias.split(" "))][role]) for alias in best}
        return best[0] if len(named) == 1 else None

    def near(self, said: str, building: str | None) -> tuple[str, ...]:
        """At most MAX_NEAR room keys whose names resemble the words, best first."""
        hits = process.extract(
            fold(said), self._resembling, scorer=fuzz.ratio, score_cutoff=NEAR_FROM, limit=3 * MAX_NEAR
        )
        keys = [room.key for alias, _, _ in hits for room in self.rooms_of(alias, building)]
        return tuple(dict.fromkeys(keys))[:MAX_NEAR]

    def _add(self, aliases: list[Words], role: Role, target: str) -> None:
        for alias in filter(None, dict.fromkeys(aliases)):
            targets = self._names.setdefault(alias, {}).setdefault(role, [])
            if target not in targets:
                targets.append(target)
            self._longest[alias[0]] = max(len(alias), self._longest.get(alias[0], 0))
        self._whole.update(filter(None, aliases[:1]))

    def _choices(self, role: Role) -> list[str]:
        return [" ".join(alias) for alias, roles in self._names.items() if role in roles and not self._plain(alias)]

    def _plain(self, alias: Words) -> bool:
        return all(word in self._nouns.vocabulary or word[0].isdigit() for word in alias)


def _aliases(name: str, nouns: Nouns, kinds: frozenset[str], building: Words) -> list[Words]:
    """The full name first, then what people leave out: what is in brackets, the building, the kind, the article."""
    whole = _words(name)
    short = (_words(name.partition("(")[0]) if "(" in name else whole) or whole
    bare = short
    if building and len(short) > len(building):
        bare = short[len(building) :] if short[: len(building)] == building else bare
        bare = short[: -len(building)] if short[-len(building) :] == building else bare
    own = tuple(word for word in bare if word not in kinds)
    return [whole, short, bare, own, tuple(word for word in own if word not in nouns.articles)]


def _words(name: str) -> Words:
    return tuple(token.text for token in tokens_of(name) if token.kind not in _SKIPPED)


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())


def _mistakes(said: str) -> int:
    """How many typing mistakes a name of this length is allowed; short names would otherwise become one another."""
    return sum(len(said) >= length for length in (4, 8, 12))
