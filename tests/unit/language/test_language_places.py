"""Names of rooms, buildings and features: exact, misspelt, unknown, shared by several, or made of ordinary words."""

import pytest

from bot.language.line import MAX_GUESSES
from bot.language.request import Known, Place, Trouble, Wish
from tests.unit.language.language_reading import Person, read


def _person(*rooms: tuple[str, str, str], features: tuple[str, ...] = ()) -> Person:
    places = tuple(Place(key=key, name=name, building=building) for key, name, building in rooms)
    return Person(known=Known(rooms=places, buildings=tuple({room[2]: "" for room in rooms}), features=features))


@pytest.mark.parametrize("said", ["Helsinki", "helsinky", "Helsnki", "HELSINKI", "Helsinki room", "room Helsinki"])
def test_a_typing_mistake_still_names_the_room(said: str) -> None:
    assert read(f"book {said} tomorrow at 3").room == "helsinki"


def test_another_name_of_the_same_length_is_not_taken_for_a_typing_mistake() -> None:
    found = read("book Berlin tomorrow at 3")

    assert found.room is None
    assert found.troubles == (Trouble.UNKNOWN_ROOM,)
    assert found.near_rooms[0] == "bergen"
    assert found.room_said == "Berlin"


def test_numbers_in_names_are_never_corrected() -> None:
    person = _person(("o1", "Stavanger 1", "Mill"))

    assert read("is Stavanger 3 free tomorrow", person).room is None
    assert read("is Stavnger 1 free tomorrow", person).room == "o1"


@pytest.mark.parametrize(
    "text",
    [
        "is Atlantis free at 4?",
        "book room Atlantis at 4",
        "book the Atlantis room at 4",
        "cancel the meeting in Atlantis at 4",
        "book Atlantis at 4",
        "move my 4 pm to Atlantis room",
    ],
)
def test_a_room_that_does_not_exist_is_told_and_the_rest_understood(text: str) -> None:
    found = read(text)

    assert Trouble.UNKNOWN_ROOM in found.troubles
    assert "Atlantis" in found.room_said
    assert found.start_at is not None
    assert found.start_at.hour == 16


def test_at_most_three_near_rooms_are_named_best_first() -> None:
    person = _person(*((f"k{number}", f"Fjord {number}", "Mill") for number in range(9)), ("x", "Fjords", "Mill"))

    found = read("book room Fjor", person)

    assert len(found.near_rooms) <= 3
    assert found.room == "x" or found.near_rooms[0] == "x"


def test_a_name_that_several_buildings_use_needs_the_building() -> None:
    person = _person(("a", "Boardroom", "North House"), ("b", "Boardroom", "South House"))

    alone, with_building = read("book Boardroom at 4", person), read("Boardroom in South House at 4", person)

    assert alone.troubles == (Trouble.AMBIGUOUS_ROOM,)
    assert alone.near_rooms == ("a", "b")
    assert with_building.room == "b"
    assert with_building.building == "South House"


@pytest.mark.parametrize(
    ("text", "room"),
    [
        ("room May tomorrow at 9", "may"),
        ("3 may at 9", None),
        ("meeting room 4 tomorrow at 9", "four"),
        ("room for 4 tomorrow at 9", None),
        ("4 people tomorrow at 9", None),
        ("book a room 9-10 tomorrow", None),
    ],
)
def test_a_room_called_by_an_ordinary_word_needs_the_word_room(text: str, room: str | None) -> None:
    person = _person(("may", "May", "Mill"), ("four", "Room 4", "Mill"), ("nine", "Room 9", "Mill"))

    assert read(text, person).room == room


def test_people_leave_out_the_kind_the_building_and_what_is_in_brackets() -> None:
    person = _person(
        ("a", "Harbour House - Conference Room Alder (2nd floor)", "Harbour House"), ("b", "The Nook", "Mill")
    )

    assert read("book Alder at 4", person).room == "a"
    assert read("book conference room alder at 4", person).room == "a"
    assert read("is nook free at 4", person).room == "b"


def test_a_number_with_a_time_word_after_it_is_no_part_of_the_name() -> None:
    assert read("book Oslo 2 pm tomorrow").room == "oslo"
    assert read("book Oslo 2 at 3 pm tomorrow").room == "oslo2"
    assert read("book Oslo 2-3 pm tomorrow").room == "oslo"


def test_a_feature_that_no_room_has_is_told() -> None:
    found = read("a room with a projector at 4", _person(("a", "Alder", "Mill"), features=("video",)))

    assert found.features == frozenset()
    assert found.troubles == (Trouble.UNKNOWN_FEATURE,)


def test_a_feature_of_the_organisations_own_is_known_by_its_name() -> None:
    person = _person(("a", "Alder", "Mill"), features=("Video", "hearing loop"))

    assert read("room with hearing loop and video", person).features == {"Video", "hearing loop"}


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("is Oslo free at 2", Wish.IS_FREE),
        ("is any room free at 2", Wish.BOOK),
        ("book Oslo if it is free at 2", Wish.BOOK),
        ("anything available in the Mill", Wish.BOOK),
        ("oslo", Wish.BOOK),
        ("book a room for my meetings at 3", Wish.BOOK),
        ("what did I book", Wish.MY_BOOKINGS),
        ("help me book a room at 3", Wish.BOOK),
        ("hello, cancel my 3 pm", Wish.CANCEL),
    ],
)
def test_the_wish_follows_the_verb_then_the_content(text: str, wish: Wish) -> None:
    assert read(text).wish is wish


def test_only_so_many_unknown_words_are_compared_with_names() -> None:
    strange = ["qwzx", "vbnm", "xqzw", "mnbv", "zwqx", "bvnm", "wxzq", "nvmb"]

    assert read(" ".join([*strange[: MAX_GUESSES - 1], "Helsnki"])).room == "helsinki"
    assert read(" ".join([*strange[:MAX_GUESSES], "Helsnki"])).room is None


def test_known_names_are_indexed_once_per_object() -> None:
    person = _person(("a", "Alder", "Mill"))

    assert read("Alder at 4", person) == read("Alder at 4", person)
    assert read("Alder at 4", _person(("z", "Alder", "Mill"))).room == "z"
