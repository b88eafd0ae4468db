"""Text of files: in every encoding and with every end of line, and what is no text is none."""

import io

import pytest

from cgp.sources import read_path
from cgp.sources.files import read_lines
from cgp.sources.text_lines import MAX_TEXT_LINE
from tests.sources.packing import CHAT, SAID, TALK, errors, texts, written


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize(
    "name", ["discord.json", "talk.en.vtt", "table.csv", "episode.html", "show.srt"]
)
def test_every_format_is_read_in_every_encoding(fixtures, tmp_path, name, encoding):
    source = (fixtures / name).read_text(encoding="utf-8")
    path = written(tmp_path / name, source.encode(encoding))
    expected = [record.conversation for _, record in read_path(fixtures / name)]
    assert [record.conversation for _, record in read_path(path)] == expected


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_each_system_ends_them(tmp_path, end):
    path = written(tmp_path / "chat.txt", CHAT.replace("\n", end))
    assert texts(read_path(path)) == ["The boat is back", "With fish?"]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_lines_are_the_same_however_the_stream_is_cut(size):
    data = b"one\r\ntwo\rthree\n\nfour\r\r\nlast"

    whole = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    assert list(read_lines(io.BufferedReader(io.BytesIO(data), size))) == whole


def test_a_line_that_is_too_long_costs_its_turn_and_no_other(tmp_path):
    path = written(
        tmp_path / "long.txt", TALK + "Bo: " + "x" * (MAX_TEXT_LINE + 10) + "\nAna: Bye.\n"
    )
    pairs = list(read_path(path))
    assert texts(pairs) == [*SAID, "Bye."]
    assert [r.number for _, r in pairs if r.conversation is None] == [4]
    assert "characters in one turn" in errors(pairs)[0]


@pytest.mark.parametrize("name", ["talk.txt", "chat.txt", "table.csv", "talk.vtt"])
def test_what_is_no_text_is_never_read_as_text(tmp_path, name):
    lines = f"{CHAT}{TALK}WEBVTT\nspeaker,text\n".encode()
    data = b"\x7fELF" + bytes(range(32)) * 40 + lines
    assert not texts(read_path(written(tmp_path / name, data)))


def test_one_byte_that_no_text_has_costs_no_file(tmp_path):
    path = written(tmp_path / "talk.txt", TALK.replace("tide", "ti\0de"))
    assert texts(read_path(path)) == [*SAID[:2], "How is the tide?"]
