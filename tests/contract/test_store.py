"""Documents and claims: what the store port promises of them, for every engine."""

import asyncio
import random

import pytest

from bot.ports.store import (
    Batch,
    Claim,
    Conflict,
    Delete,
    Document,
    Overlap,
    Put,
    Release,
    Store,
)

ROOM = "oak@contoso.example"


# Documents ------------------------------------------------------------------------------------------------------


async def test_a_document_is_read_as_it_was_put(store: Store) -> None:
    await store.commit(Batch(puts=(Put("room/oak", b"\x00\xffoak"),)))

    assert await store.read(["room/oak"]) == {"room/oak": Document("room/oak", b"\x00\xffoak", 1)}


async def test_an_absent_document_is_left_out_of_what_is_read(store: Store) -> None:
    await store.commit(Batch(puts=(Put("a", b"1"),)))

    assert set(await store.read(["a", "b"])) == {"a"}
    assert await store.read([]) == {}


async def test_a_key_with_a_nul_is_not_the_key_before_it(store: Store) -> None:
    await store.commit(Batch(puts=(Put("a", b"1"), Put("b\0c", b"2"))))

    found = await store.read(["a\0c", "b", "b\0c", "a"])
    assert {key: document.value for key, document in found.items()} == {"a": b"1", "b\0c": b"2"}


async def test_each_put_raises_the_version_by_one(store: Store) -> None:
    for value in (b"one", b"two", b"three"):
        await store.commit(Batch(puts=(Put("a", value),)))

    assert await store.read(["a"]) == {"a": Document("a", b"three", 3)}


async def test_a_put_over_the_version_that_was_read_is_taken(store: Store) -> None:
    await store.commit(Batch(puts=(Put("a", b"one", expected=0),)))
    await store.commit(Batch(puts=(Put("a", b"two", expected=1),)))

    assert await store.read(["a"]) == {"a": Document("a", b"two", 2)}


@pytest.mark.parametrize("expected", [0, 1, 3])
async def test_a_put_over_another_version_is_a_conflict_that_names_the_key(store: Store, expected: int) -> None:
    await store.commit(Batch(puts=(Put("a", b"one"),)))
    await store.commit(Batch(puts=(Put("a", b"two"),)))

    with pytest.raises(Conflict) as refused:
        await store.commit(Batch(puts=(Put("b", b""), Put("a", b"three", expected=expected))))

    assert refused.value.key == "a"
    assert await store.read(["a", "b"]) == {"a": Document("a", b"two", 2)}


async def test_a_put_over_a_version_of_what_is_absent_is_a_conflict(store: Store) -> None:
    with pytest.raises(Conflict) as refused:
        await store.commit(Batch(puts=(Put("a", b"", expected=1),)))

    assert refused.value.key == "a"


async def test_a_deleted_document_is_gone_and_starts_anew(store: Store) -> None:
    await store.commit(Batch(puts=(Put("a", b"one"),)))
    await store.commit(Batch(puts=(Put("a", b"two"),)))
    await store.commit(Batch(deletes=(Delete("a", expected=2),)))
    assert await store.read(["a"]) == {}

    await store.commit(Batch(puts=(Put("a", b"three", expected=0),)))

    assert await store.read(["a"]) == {"a": Document("a", b"three", 1)}


async def test_deleting_what_is_absent_is_fine(store: Store) -> None:
    await store.commit(Batch(deletes=(Delete("a"), Delete("b", expected=0))))


@pytest.mark.parametrize(("key", "expected"), [("there", 0), ("there", 2), ("absent", 1)])
async def test_deleting_another_version_is_a_conflict_that_names_the_key(store: Store, key: str, expected: int) -> None:
    await store.commit(Batch(puts=(Put("there", b"one"),)))

    with pytest.raises(Conflict) as refused:
        await store.commit(Batch(deletes=(Delete(key, expected=expected),)))

    assert refused.value.key == key
    assert set(await store.read(["there"])) == {"there"}


async def test_deletes_come_before_puts_in_one_batch(store: Store) -> None:
    await store.commit(Batch(puts=(Put("a", b"one"),)))

    await store.commit(Batch(puts=(Put("a", b"two", expected=0),), deletes=(Delete("a", expected=1),)))

    assert await store.read(["a"]) == {"a": Document("a", b"two", 1)}


async def test_a_later_put_of_one_batch_sees_the_earlier(store: Store) -> None:
    await store.commit(Batch(puts=(Put("a", b"one", expected=0), Put("a", b"two", expected=1))))

    assert await store.read(["a"]) == {"a": Document("a", b"two", 2)}


async def test_a_scan_returns_what_starts_with_the_prefix_in_the_order_of_keys(store: Store) -> None:
    keys = ["b", "event/b/2", "event/a/10", "event/a/2", "event/a", "event/ab/1", "event", "f"]
    await store.commit(Batch(puts=tuple(Put(key, key.encode()) for key in keys)))

    assert [doc.key for doc in await store.scan("event/a/")] == ["event/a/10", "event/a/2"]
    assert [doc.key for doc in await store.scan("event/a")] == ["event/a", "event/a/10", "event/a/2", "event/ab/1"]
    assert [doc.key for doc in await store.scan("")] == sorted(keys)
    assert await store.scan("event/a/3") == []
    assert (await store.scan("f"))[0] == Document("f", b"f", 1)


async def test_one_read_gives_keys_and_all_under_prefixes(store: Store) -> None:
    keys = ["a", "feed/oak", "odd/oak/1", "odd/oak/2", "odd/oakley/1", "overlap/oak/1", "z"]
    await store.commit(Batch(puts=tuple(Put(key, key.encode()) for key in keys)))

    found = await store.read(["feed/oak", "feed/elm", "odd/oak/2"], ["odd/oak/", "overlap/oak/", "none/"])

    assert sorted(found) == ["feed/oak", "odd/oak/1", "odd/oak/2", "overlap/oak/1"]
    assert found["odd/oak/1"] == Document("odd/oak/1", b"odd/oak/1", 1)
    assert list(await store.read([], ["odd/"])) == ["odd/oak/1", "odd/oak/2", "odd/oakley/1"]


@pytest.mark.parametrize(
    "prefix", ["50%", "a_b", "[x]", "*", "?", "zaal é", "部屋", "🏢", "\U0010ffff", "a'b", 'a"b', "\\"]
)
async def test_a_prefix_is_taken_literally(store: Store, prefix: str) -> None:
    others = ["500", "axb", "x", "50", "a", "zaal e", "部", "🏡", "z", "[", "\U0010fffe"]
    inside = sorted([prefix, prefix + "/1", prefix + "\U0010ffff", prefix + "é"])
    await store.commit(Batch(puts=tuple(Put(key, b"") for key in (*others, *inside))))

    assert [doc.key for doc in await store.scan(prefix)] == inside


async def test_keys_are_ordered_by_code_point_and_told_apart_by_case(store: Store) -> None:
    keys = ["Z", "a", "é", "e\u0301", "z", "A", "\uffff", "\U00010000"]
    await store.commit(Batch(puts=tuple(Put(key, b"") for key in keys)))

    assert [doc.key for doc in await store.scan("")] == sorted(keys)


async def test_pages_go_through_what_starts_with_the_prefix(store: Store) -> None:
    keys = [f"event/{number:02}" for number in range(7)]
    await store.commit(Batch(puts=tuple(Put(key, key.encode()) for key in (*keys, "event", "eventful", "feed/00"))))

    found, after = [], ""
    while page := await store.page("event/", after, 3):
        assert len(page) <= 3
        found += page
        after = page[-1].key

    assert [(one.key, one.value, one.version) for one in found] == [(key, key.encode(), 1) for key in keys]
    assert [one.key for one in await store.page("event/", "a", 2)] == keys[:2], "what comes before all of them"
    assert await store.page("event/", "f", 2) == []


async def test_ten_thousand_documents_are_scanned_whole(store: Store) -> None:
    keys = [f"event/{n:05}" for n in range(10_000)]
    random.Random(7).shuffle(keys)  # noqa: S311 - a seed, so that a failure repeats
    for at in range(0, len(keys), 1000):
        await store.commit(Batch(puts=tuple(Put(key, key.encode()) for key in keys[at : at + 1000])))

    found = await store.scan("event/")

    assert [doc.key for doc in found] == sorted(keys)
    assert all(doc.value == doc.key.encode() for doc in found)


async def test_a_large_value_survives(store: Store) -> None:
    value = bytes(range(256)) * 12_000

    await store.commit(Batch(puts=(Put("large", value), Put("empty", b""))))

    found = await store.read(["large", "empty"])
    assert found["large"].value == value
    assert found["empty"].value == b""


# Claims ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("start", "end"), [(10, 20), (12, 15), (5, 11), (19, 30), (0, 100), (10, 11), (19, 20)])
async def test_an_overlapping_claim_is_refused_and_the_holder_named(store: Store, start: int, end: int) -> None:
    await store.commit(Batch(claims=(Claim(ROOM, 10, 20, "booking:1"),)))
    wanted = Claim(ROOM, start, end, "booking:2")

    with pytest.raises(Overlap) as refused:
        await store.commit(Batch(claims=(wanted,)))

    assert refused.value.holder == "booking:1"
    assert refused.value.claim == wanted
    assert await store.claims(ROOM, 0, 100) == [Claim(ROOM, 10, 20, "booking:1")]


async def test_claims_that_touch_stand_side_by_side(store: Store) -> None:
    claims = [Claim(ROOM, 10, 20, "b"), Claim(ROOM, 20, 30, "c"), Claim(ROOM, 5, 10, "a")]
    for claim in claims:
        await store.commit(Batch(claims=(claim,)))

    assert await store.claims(ROOM, 0, 100) == sorted(claims, key=lambda claim: claim.start)


async def test_another_room_is_free_at_the_same_time(store: Store) -> None:
    await store.commit(Batch(claims=(Claim(ROOM, 10, 20, "a"), Claim("elm@contoso.example", 10, 20, "b"))))

    assert await store.claims("elm@contoso.example", 0, 100) == [Claim("elm@contoso.example", 10, 20, "b")]


async def test_the_first_of_several_holders_is_named(store: Store) -> None:
    await store.commit(Batch(claims=tuple(Claim(ROOM, at, at + 5, f"at {at}") for at in (40, 10, 30, 20))))

    with pytest.raises(Overlap) as refused:
        await store.commit(Batch(claims=(Claim(ROOM, 15, 45, "all day"),)))

    assert refused.value.holder == "at 20"


async def test_a_long_claim_is_found_behind_many_short_ones(store: Store) -> None:
    year = 31_536_000
    short = tuple(Claim(ROOM, at, at + 5, "short") for at in range(0, 500, 10))
    await store.commit(Batch(claims=(Claim(ROOM, 1000, 1000 + year, "rebuilding"), *short)))

    with pytest.raises(Overlap) as refused:
        await store.commit(Batch(claims=(Claim(ROOM, 900 + year, 901 + year, "meeting"),)))

    assert refused.value.holder == "rebuilding"
    assert await store.claims(ROOM, year, year + 1) == [Claim(ROOM, 1000, 1000 + year, "rebuilding")]


async def test_a_holder_may_have_several_claims_but_not_twice_the_same_time(store: Store) -> None:
    await store.commit(Batch(claims=(Claim(ROOM, 10, 20, "a"), Claim(ROOM, 30, 40, "a"))))

    with pytest.raises(Overlap) as refused:
        await store.commit(Batch(claims=(Claim(ROOM, 15, 25, "a"),)))

    assert refused.value.holder == "a"


async def test_claims_of_one_batch_are_checked_against_each_other(store: Store) -> None:
    with pytest.raises(Overlap) as refused:
        await store.commit(Batch(claims=(Claim(ROOM, 10, 20, "a"), Claim(ROOM, 19, 25, "b"))))

    assert (refused.value.holder, refused.value.claim.holder) == ("a", "b")
    assert await store.claims(ROOM, 0, 100) == []


async def test_a_release_makes_room_for_a_claim_of_the_same_batch(store: Store) -> None:
    await store.commit(Batch(claims=(Claim(ROOM, 10, 20, "a"),)))

    await store.commit(Batch(claims=(Claim(ROOM, 15, 25, "a"),), releases=(Release("a"),)))

    assert await store.claims(ROOM, 0, 100) == [Claim(ROOM, 15, 25, "a")]


async def test_a_release_gives_back_every_claim_of_its_holder_alone(store: Store) -> None:
    elm = "elm@contoso.example"
    await store.commit(Batch(claims=(Claim(ROOM, 1, 2, "a"), Claim(elm, 1, 2, "a"), Claim(ROOM, 3, 4, "b"))))

    await store.commit(Batch(releases=(Release("a"), Release("nobody"))))

    assert await store.claims(ROOM, 0, 9) == [Claim(ROOM, 3, 4, "b")]
    assert await store.claims(elm, 0, 9) == []


async def test_a_release_in_a_named_room_leaves_the_others(store: Store) -> None:
    elm = "elm@contoso.example"
    await store.commit(Batch(claims=(Claim(ROOM, 1, 2, "a"), Claim(elm, 1, 2, "a"))))

    await store.commit(Batch(releases=(Release("a", room=elm),)))

    assert await store.claims(ROOM, 0, 9) == [Claim(ROOM, 1, 2, "a")]
    assert await store.claims(elm, 0, 9) == []


async def test_the_claims_asked_for_are_those_that_overlap_by_start(store: Store) -> None:
    await store.commit(Batch(claims=tuple(Claim(ROOM, at, at + 10, f"{at}") for at in (30, 0, 20, 10))))

    assert [claim.start for claim in await store.claims(ROOM, 10, 30)] == [10, 20]
    assert [claim.start for claim in await store.claims(ROOM, 9, 31)] == [0, 10, 20, 30]
    assert await store.claims(ROOM, 40, 50) == []


@pytest.mark.parametrize("end", [10, 9])
def test_a_claim_that_does_not_end_after_it_starts_cannot_be_made(end: int) -> None:
    with pytest.raises(ValueError, match="ends after"):
        Claim(ROOM, 10, end, "a")


async def test_of_two_hundred_that_race_for_one_slot_exactly_one_wins(store: Store) -> None:
    async def race(racer: int) -> str:
        try:
            shift = racer % 7
            booking = Put(f"booking/{racer}", b"")
            await store.commit(Batch(puts=(booking,), claims=(Claim(ROOM, 100 + shift, 110 + shift, f"{racer}"),)))
        except Overlap as lost:
            return lost.holder
        return "won"

    outcomes = await asyncio.gather(*(race(racer) for racer in range(200)))

    winner = outcomes.index("won")
    assert [outcome for outcome in outcomes if outcome != "won"] == [f"{winner}"] * 199
    assert [doc.key for doc in await store.scan("booking/")] == [f"booking/{winner}"]
    assert len(await store.claims(ROOM, 0, 1000)) == 1


async def test_of_a_hundred_that_change_one_version_exactly_one_wins(store: Store) -> None:
    await store.commit(Batch(puts=(Put("approval", b"open"),)))
    tries = (store.commit(Batch(puts=(Put("approval", b"%d" % n, expected=1),))) for n in range(100))

    outcomes = await asyncio.gather(*tries, return_exceptions=True)

    assert outcomes.count(None) == 1
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 99
    assert (await store.read(["approval"]))["approval"].version == 2
