"""Files and archives: streamed, within limits, nothing unpacked, nothing followed."""

import gzip
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from cgp.conversation_json import ConversationError
from cgp.sources import import_conversations, read_path, source_named, sources
from cgp.sources.files import MOST_HEAD_BYTES, Meter, disk_file, disk_folder
from cgp.sources.registry import guess
from cgp.sources.text_lines import text_lines

TALK = "Ana: Hello there.\nBo: Hello yourself.\n"


def archive(path, members, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return path


def texts(pairs):
    return [t.text for _, r in pairs if r.conversation for t in r.conversation.turns]


def errors(pairs):
    return [str(record.error) for _, record in pairs if record.conversation is None]


def test_a_zip_archive_reads_as_the_folder_that_was_packed(fixtures, tmp_path):
    folder = fixtures / "slack"
    members = {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }
    packed = archive(tmp_path / "slack.zip", members)
    from_zip = [r.conversation for _, r in read_path(packed)]
    assert from_zip == [r.conversation for _, r in read_path(folder)]
    assert len(from_zip) == 3


def test_any_format_is_found_inside_of_an_archive(fixtures, tmp_path):
    members = {
        "data/tweets.js": (fixtures / "twitter/tweets.js").read_bytes(),
        "data/account.js": (fixtures / "twitter/account.js").read_bytes(),
        "conversations.json": (fixtures / "claude.json").read_bytes(),
        "__MACOSX/._conversations.json": b"\0\0",
    }
    found = [
        (s.name, r.conversation) for s, r in read_path(archive(tmp_path / "all.zip", members)) if s
    ]
    assert {name for name, _ in found} == {"claude", "twitter-archive"}
    thread = next(c for name, c in found if name == "twitter-archive")
    assert thread.participants[0].name == "@backyard"


def test_a_zip_bomb_is_refused_before_it_is_read(tmp_path):
    bomb = archive(tmp_path / "bomb.zip", {"a.txt": b"\0" * 50_000_000})
    assert "compressed more than 200-fold" in errors(read_path(bomb))[0]


def test_an_archive_of_endless_folders_is_refused(tmp_path):
    deep = archive(tmp_path / "deep.zip", {"a/" * 5000 + "a.txt": TALK})
    assert "deeper than 64" in errors(read_path(deep))[0]


def test_a_folder_may_hold_exports_of_many_kinds(fixtures):
    found = {source.name for source, _ in read_path(fixtures) if source}
    assert found == {source.name for source in sources()}


def test_a_damaged_member_leaves_the_others(tmp_path):
    path = archive(tmp_path / "chats.zip", {"a.txt": TALK, "b.txt": TALK}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[data.index(b"Hello there")] = ord("J")
    path.write_bytes(data)
    pairs = list(read_path(path))
    assert texts(pairs) == ["Hello there.", "Hello yourself."]
    assert "a.txt" in errors(pairs)[0]
    assert "damaged" in errors(pairs)[0]


def test_an_encrypted_member_is_named(tmp_path):
    path = archive(tmp_path / "secret.zip", {"a.txt": TALK}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    path.write_bytes(data)
    (problem,) = errors(read_path(path))
    assert "a.txt" in problem
    assert "encrypted" in problem


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 nonsense", b"nonsense"])
def test_what_is_called_zip_and_is_none_is_said_to_be_damaged(tmp_path, data):
    path = tmp_path / "x.zip"
    path.write_bytes(data)
    assert "damaged" in errors(read_path(path))[0]


def test_only_what_lies_beside_a_file_is_found(tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret.vtt").write_text("WEBVTT\n")
    (inside / "feed.xml").write_text("<rss/>")
    (inside / "near.vtt").write_text("WEBVTT\n")
    feed = disk_file(inside / "feed.xml")
    assert feed.beside("../near.vtt").path == inside / "near.vtt"
    for name in ("../secret.vtt", str(tmp_path / "secret.vtt"), "..", "", "/", "a\0b"):
        assert feed.beside(name) is None


def test_links_in_a_folder_are_not_followed(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "outside.txt").write_text(TALK)
    (folder / "link.txt").symlink_to(tmp_path / "outside.txt")
    assert disk_folder(folder).files == {}


def test_a_device_is_no_file_to_import():
    with pytest.raises(ConversationError, match="not a plain file"):
        disk_file(Path("/dev/zero"))
    assert "not a plain file" in errors(read_path(Path("/dev/zero")))[0]


def test_a_large_document_is_read_as_a_stream(tmp_path):
    path = tmp_path / "telegram.json"
    messages = [
        {"id": i, "type": "message", "date_unixtime": str(1_700_000_000 + i * 30_000), "from": "Ana",
         "from_id": "user1", "text": f"message {i} " + "and more words " * 80}
        for i in range(3000)
    ]  # fmt: skip
    path.write_text(
        json.dumps({"name": "A", "type": "personal_chat", "id": 1, "messages": messages})
    )
    meter = Meter()
    records = read_path(path, meter=meter)
    assert next(records)[1].conversation is not None
    assert 0 < meter.bytes < path.stat().st_size / 10
    assert sum(1 for _ in records) == 2999
    assert meter.bytes == path.stat().st_size


@pytest.mark.parametrize("byte", [b"a", b"[", b"{", b"<", b" "])
def test_recognising_a_format_reads_little_of_a_large_file(tmp_path, byte):
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.write(byte * 4 * MOST_HEAD_BYTES)
        file.truncate(64 * MOST_HEAD_BYTES)
    plain = disk_file(path)
    places = []

    class Counted:
        def __init__(self):
            self.raw = plain.raw()

        def read(self, size, /):
            data = self.raw.read(size)
            places.append(self.raw.tell())
            return data

        def close(self):
            self.raw.close()

    guess(replace(plain, _open=Counted))
    assert 0 < max(places) <= MOST_HEAD_BYTES


def test_progress_ends_at_the_whole_of_files_folders_and_archives(tmp_path):
    # Prepare: a chat that is read twice, a packed one, an archive of them, and files that are not read
    chat = b"31/12/2025, 18:05 - Ana: The boat is back\n" * 200
    (tmp_path / "in").mkdir()
    (tmp_path / "in/chat.txt").write_bytes(chat)
    (tmp_path / "in/chat.txt.gz").write_bytes(gzip.compress(chat))
    (tmp_path / "in/picture.png").write_bytes(b"\x89PNG" + bytes(500))
    with zipfile.ZipFile(tmp_path / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("chat.txt", "chat.txt.gz", "picture.png"):
            archive.write(tmp_path / "in" / name, name)
    meter = Meter()
    seen = []

    # Execute
    import_conversations(
        [tmp_path / "in", tmp_path / "all.zip"], None, meter=meter,
        observe=lambda _source, _record: seen.append(meter.bytes / meter.total),
    )  # fmt: skip

    # Assert
    assert meter.bytes == meter.total
    assert all(0 <= share <= 1 for share in seen)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("deep.json", '{"turns": ' + "[" * 5000),
        ("deep.jsonl", '{"turns": ' + "[" * 500_000 + "\n"),
        ("deep.json", '[{"turns": ' + '{"a": ' * 200),
    ],
)
def test_nesting_without_end_is_refused(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    (problem,) = errors(read_path(path, source_named("json")))
    assert f"{path}, record 1: " in problem


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_text_is_read_in_the_encodings_that_programs_write(tmp_path, encoding):
    path = tmp_path / "talk.txt"
    path.write_bytes("Zoë: Grüße\r\nBo: Ça va — où ?\n".encode(encoding))
    assert [line for _, line in text_lines(disk_file(path))] == ["Zoë: Grüße", "Bo: Ça va — où ?"]
    assert texts(read_path(path)) == ["Grüße", "Ça va — où ?"]


def test_a_file_in_no_format_says_what_to_do(tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n")
    (problem,) = errors(read_path(path))
    assert problem == f"{path}, record 0: not in a known format: it is a picture"
    path = tmp_path / "odd.bin"
    path.write_bytes(b"odd")
    (problem,) = errors(read_path(path))
    assert problem.startswith(f"{path}, record 0: not in a known format: name its format")


def test_a_path_that_is_not_there_raises(tmp_path):
    with pytest.raises(FileNotFoundError):
        list(read_path(tmp_path / "none.txt"))
