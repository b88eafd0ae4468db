"""A talk rendered into a format reads back as far as that holds it; a broken byte costs what the format says."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cgp.conversation_json import ConversationError, Record
from cgp.sources import read_path, source_named, sources
from cgp.sources.source import Fact, Loss, SkippedError
from tests.kit.rendered_documents import DOCUMENTS
from tests.kit.rendered_lines import CONVERSATIONS, TURNS
from tests.kit.rendering import START, key

RENDERINGS = [*TURNS, *CONVERSATIONS, *DOCUMENTS]
NOT_RENDERED = {"discord-package"}
"""Formats that hold no conversation."""
NAMES = ("Ana", "Bo", "Zoë", "李明", "Dmitri", "Ravi", "Jo-Ann")
# Words that no format has marks for: no colons, quotes, brackets, markup.
words = st.lists(
    st.text(st.sampled_from("abcdefghijklmnoprstuvyzäéüñøßабвгд水火木"), min_size=2, max_size=9),
    min_size=2,
    max_size=6,
).map(" ".join)


def named(rendering):
    return f"{rendering.format} ({rendering.file})"


def every(renderings):
    return pytest.mark.parametrize("rendering", renderings, ids=named)


def relaxed(examples):
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@st.composite
def talks(draw, people=None, fewest=6):
    """Draw a talk in which two or three people take turns, all words of it different."""
    names = people or draw(st.permutations(NAMES))[: draw(st.integers(2, 3))]
    said = draw(st.lists(words, min_size=fewest, max_size=9, unique=True))
    return [(names[i % len(names)], f"{text} number{i}x", 2 * i) for i, text in enumerate(said)]


def several(draw, people):
    """Draw three talks without a common word."""
    return [
        [(name, f"{said}{number}", minute) for name, said, minute in draw(talks(people, fewest=8))]
        for number in range(3)
    ]


def written(rendering, talks_):
    text = rendering.write(talks_)
    return text if isinstance(text, bytes) else text.encode("utf-8")


def read(rendering, data, talks_):
    """Read a file of these bytes; whatever they are, there are records, and nothing is raised."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, rendering.file)
        path.write_bytes(data)
        for name, text in rendering.beside(talks_).items():
            Path(folder, name).write_text(text, encoding="utf-8")
        records = [record for _, record in read_path(path, source_named(rendering.format))]
        list(read_path(path))  # nor does guessing
    assert all(isinstance(record, Record) for record in records)
    assert all(isinstance(r.error, ConversationError) for r in records if r.conversation is None)
    return records


def conversations(records):
    return [record.conversation for record in records if record.conversation]


def turns(records):
    return [
        (c.participants[turn.speaker].name, turn.text, turn.at)
        for c in conversations(records)
        for turn in c.turns
    ]


def named_errors(records):
    return [
        record.error
        for record in records
        if record.error is not None
        and (not isinstance(record.error, SkippedError) or record.error.lost)
    ]


def test_every_format_is_rendered():
    assert {r.format for r in RENDERINGS} == {s.name for s in sources()} - NOT_RENDERED


@every(RENDERINGS)
@relaxed(4)
@given(data=st.data())
def test_a_talk_comes_back_from_its_format_as_far_as_that_holds_it(rendering, data):
    # Prepare
    lacks = source_named(rendering.format).lacks
    talk = data.draw(talks(rendering.people))

    # Execute
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, rendering.file).write_bytes(written(rendering, [talk]))
        for name, text in rendering.beside([talk]).items():
            Path(folder, name).write_text(text, encoding="utf-8")
        pairs = list(read_path(Path(folder, rendering.file)))
    records = [record for _, record in pairs]

    # Assert
    assert {source.name for source, _ in pairs} == {rendering.format}
    held = [
        (who, said, None if Fact.TIMES in lacks else round(60.0 * minute, 3))
        for who, said, minute in rendering.held(talk)
    ]
    if rendering.starts:
        held[0] = (*held[0][:2], 0.0)
    assert turns(records) == held
    if Fact.SPEAKERS in lacks:
        assert {name for name, _, _ in turns(records)} == {"Speaker"}
    start = None if Fact.DATE in lacks else START.isoformat().removesuffix("+00:00")
    if start and Fact.ZONE not in lacks:
        start += "+00:00"
    assert [c.started_at for c in conversations(records)] == [start]


damages = st.tuples(
    st.sampled_from(["flip", "cut", "insert"]),
    st.floats(0, 1, exclude_max=True),
    st.integers(0, 255),
)


def damaged(text, damage, start, stop):
    """Break a byte between two places."""
    kind, place, byte = damage
    at = start + int(place * (stop - start))
    added = b"" if kind == "cut" else bytes([byte])
    return text[:at] + added + text[at + (kind != "insert") :]


def record_of(text, talk, broken):
    """Return where a turn lies: from behind the line before it to the end of its words."""
    start = text.index(talk[broken - 1][1].encode()) + len(talk[broken - 1][1].encode())
    start = text.index(b"\n", start) + 1
    return start, text.index(talk[broken][1].encode()) + len(talk[broken][1].encode())


@every(TURNS)
@relaxed(12)
@given(data=st.data())
def test_a_broken_byte_costs_its_own_turn_and_changes_no_other_speaker(rendering, data):
    # Prepare
    assert source_named(rendering.format).loss is Loss.TURN
    talk = data.draw(talks(rendering.people, fewest=8))
    text = written(rendering, [talk])
    broken = data.draw(st.integers(2, len(talk) - 3))
    damage = data.draw(damages)

    # Execute
    found = turns(read(rendering, damaged(text, damage, *record_of(text, talk, broken)), [talk]))

    # Assert
    assert found
    for i, (who, said, _) in enumerate(talk):
        if i in {broken - 1, broken}:
            continue
        assert [name for name, words_, _ in found if said in words_] == [who], i
    # A line that begins no turn any more goes on with the turn before, whose speaker stays.
    before = talk[broken - 1]
    assert [n for n, words_, _ in found if before[1] in words_] == [before[0]]


@every(CONVERSATIONS)
@relaxed(8)
@given(data=st.data())
def test_a_broken_byte_costs_its_own_conversation(rendering, data):
    # Prepare
    assert source_named(rendering.format).loss is Loss.CONVERSATION
    said = several(data.draw, rendering.people)
    text = written(rendering, said)
    first, second = (len(written(rendering, said[:number])) for number in (1, 2))

    # Execute: the middle one is broken, with its end of line
    records = read(rendering, damaged(text, data.draw(damages), first, second - 1), said)

    # Assert
    found = [(who, words_) for who, words_, _ in turns(records)]
    for talk in (said[0], said[2]):
        assert [(who, words_) for who, words_, _ in talk] == [
            pair for pair in found if pair[1] in {words_ for _, words_, _ in talk}
        ]


@every(DOCUMENTS)
@relaxed(8)
@given(data=st.data())
def test_of_a_broken_document_the_loss_is_named(rendering, data):
    # Prepare
    loss = source_named(rendering.format).loss
    assert loss is not Loss.TURN or rendering.format in {one.format for one in TURNS}
    talk = data.draw(talks(rendering.people, fewest=8))
    text = written(rendering, [talk])

    # Execute
    records = read(rendering, damaged(text, data.draw(damages), 0, len(text)), [talk])

    # Assert: of all turns but one, each is there or its loss is named
    found = " ".join(words_ for _, words_, _ in turns(records))
    lost = [words_ for _, words_, _ in rendering.held(talk) if words_ not in found]
    assert len(lost) <= 2 or named_errors(records), lost


@every([one for one in DOCUMENTS if source_named(one.format).loss is Loss.REST])
@relaxed(4)
@given(data=st.data())
def test_of_a_document_that_breaks_off_the_beginning_is_kept(rendering, data):
    # Prepare
    said = several(data.draw, rendering.people)
    text = written(rendering, said)
    before = text[: data.draw(st.integers(len(text) // 2, len(text) - 3))]
    if key(said[1]).encode() in text:
        # A document of several talks: the one in which it breaks off is lost.
        began = [talk for talk in said if key(talk).encode() in before]
        expected = [words_ for talk in began[:-1] for _, words_, _ in talk]
    else:
        # In the document's order, which may be the newest first; the last record may be incomplete.
        places = {words_: before.find(words_.encode()) for _, words_, _ in rendering.held(said[0])}
        expected = sorted((w for w, at in places.items() if at >= 0), key=places.__getitem__)[:-2]

    # Execute
    records = read(rendering, before, said)

    # Assert
    assert named_errors(records)
    found = " ".join(words_ for _, words_, _ in turns(records))
    assert [words_ for words_ in expected if words_ not in found] == []
