"""Every format of the registry: a long hostile text in a turn costs time and memory as its length does.

The files are the fixtures: the words of a turn are made longer by what begins markup, names and times
and never ends it.
"""

import shutil
import time
import tracemalloc

import pytest

from cgp.sources import read_path, source_named, sources
from tests.kit.source_talks import READ

HOSTILE = "<a &amp [x](** @a *_~ ` 1/1/20, 10:00 - [0:01] ::: > (( -- $ # "
SMALL = 25_000
SLACK_SECONDS = 0.15
"""Processor time that a busy machine may add to a measurement."""

ELSEWHERE = {
    "discord-package": "recognised and refused: its head is read and no more",
    "parquet": "columns in binary, of a length that the file tells: test_fuzz.py",
    "word": "packed XML: test_fuzz.py",
}
"""Formats whose fixtures are no text, or are none."""


def fixture_of(name):
    """Return the fixture that is read as a format, and the words of its turns, the longest first."""
    for file, read in READ.items():
        words = {
            text for format_name, _, turns in read if format_name == name for _, text, _ in turns
        }
        if words:
            return file, sorted(words, key=len, reverse=True)
    raise AssertionError(f"no fixture is read as {name}")


def grown(fixtures, folder, name, characters):
    """Copy a format's fixture, with a hostile text behind the words of a turn; return the copy."""
    file, texts = fixture_of(name)
    copy = folder / str(characters) / file
    top = file.partition("/")[0]
    copied = folder / str(characters) / top
    if (fixtures / top).is_dir():
        shutil.copytree(fixtures / top, copied)
    else:
        copied.parent.mkdir(parents=True)
        shutil.copyfile(fixtures / top, copied)
    hostile = (HOSTILE * (characters // len(HOSTILE) + 1))[:characters]
    # Programs write words in ways of their own: where no whole text is found, a long word of it is.
    pieces = texts + sorted({word for text in texts for word in text.split()}, key=len)[::-1]
    for path in sorted(p for p in [copied, *copied.rglob("*")] if p.is_file()):
        written = path.read_text(encoding="utf-8")
        for piece in pieces:
            if piece in written:
                path.write_text(written.replace(piece, f"{piece} {hostile}", 1), encoding="utf-8")
                return copy
    raise AssertionError(f"no words of {file} stand in it as they are read: name some that do")


def seconds(path, source):
    start = time.process_time()
    for _ in read_path(path, source):
        pass
    return time.process_time() - start


NAMES = [source.name for source in sources() if source.name not in ELSEWHERE]


def test_every_format_is_here():
    assert ELSEWHERE.keys() <= {source.name for source in sources()}
    assert set(NAMES) <= {name for read in READ.values() for name, _, _ in read}


@pytest.mark.parametrize("name", NAMES)
def test_a_long_hostile_text_takes_time_as_it_is_long(fixtures, tmp_path, name):
    small, large = (grown(fixtures, tmp_path, name, size) for size in (SMALL, 4 * SMALL))
    source = source_named(name)
    # Linear: four times. Quadratic: sixteen times. Further tries only where a busy machine may be the cause.
    assert any(
        seconds(large, source) < 8 * seconds(small, source) + SLACK_SECONDS for _ in range(5)
    )


@pytest.mark.peers
@pytest.mark.parametrize("name", NAMES)
def test_a_megabyte_takes_time_and_memory_as_it_is_long(fixtures, tmp_path, name):
    small, large = (grown(fixtures, tmp_path, name, size) for size in (100_000, 1_000_000))
    source = source_named(name)
    assert any(
        seconds(large, source) < 15 * seconds(small, source) + SLACK_SECONDS for _ in range(5)
    )
    tracemalloc.start()
    for _ in read_path(large, source):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40_000_000
