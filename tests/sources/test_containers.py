"""How exports lie about: archives in archives, packed files, other encodings, parts, files beside them."""

import bz2
import gzip
import io
import json
import lzma
import os
import random
import tarfile
import zipfile
from pathlib import Path

import pytest
from backports import zstd

from cgp.sources import import_conversations, read_path
from cgp.sources.archives import MAX_NESTING, OUTSIDE
from cgp.sources.files import CUT, LINK, NO_PLAIN_FILE, disk_file
from cgp.sources.reading import BLANK, EMPTY, NOTHING
from cgp.sources.registry import guess
from tests.sources.packing import CHAT, SAID, TALK, errors, tarred, texts, written, zipped


def test_a_folder_of_archives_is_read_as_each_archive_is(tmp_path):
    for name in ("Lena", "Tom"):
        path = tmp_path / "exports" / f"WhatsApp Chat - {name}.zip"
        written(path, zipped({"_chat.txt": CHAT.replace("Ana", name)}))
    found = [record.conversation for _, record in read_path(tmp_path / "exports")]
    assert [(c.title, c.participants[0].name) for c in found] == [("Lena", "Lena"), ("Tom", "Tom")]


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_an_archive_inside_of_an_archive_is_opened_and_never_read_as_text(tmp_path, compression):
    inner = zipped({"_chat.txt": CHAT}, compression)
    path = written(tmp_path / "outer.zip", zipped({"chats/Lena.zip": inner}, compression))
    assert texts(read_path(path)) == ["The boat is back", "With fish?"]


def test_archives_without_end_inside_of_one_another_are_refused(tmp_path):
    data = TALK.encode()
    for _ in range(MAX_NESTING + 1):
        data = zipped({"talk.zip": data} if data[:2] == b"PK" else {"talk.txt": data})
    assert (
        "archives inside of one another" in errors(read_path(written(tmp_path / "a.zip", data)))[0]
    )


def test_a_bomb_of_archives_is_refused(tmp_path):
    inner = zipped({"a.txt": b"\0" * 7_700_000})
    middle = zipped({f"{i}.zip": inner for i in range(12)})
    outer = written(tmp_path / "bomb.zip", zipped({"middle.zip": middle}))
    assert any("unpack to more than" in error for error in errors(read_path(outer)))


PACKED = {
    "talk.txt.gz": gzip.compress,
    "talk.txt.bz2": bz2.compress,
    "talk.txt.xz": lzma.compress,
    "talk.txt.zst": zstd.compress,
}


@pytest.mark.parametrize("name", PACKED)
def test_a_packed_file_is_read_as_its_content(tmp_path, name):
    path = written(tmp_path / name, PACKED[name](TALK.encode()))
    pairs = list(read_path(path))
    assert texts(pairs) == SAID
    assert pairs[0][1].path == path / "talk.txt"


@pytest.mark.parametrize("name", PACKED)
def test_a_packed_file_that_is_cut_off_is_said_to_be_damaged(tmp_path, name):
    data = PACKED[name]("".join(f"Ana: {i}\n" for i in range(4000)).encode())
    path = written(tmp_path / name, data[: len(data) // 2])
    assert "damaged" in " ".join(errors(read_path(path)))


def varied_talk(turns):
    """Return a talk that does not pack into one block, which alone could not be read in part."""
    chance = random.Random(7)
    words = ["tide", "boat", "pier", "rope", "salt", "gull", "mast", "keel", "wind", "sand"]
    return "".join(
        f"{'Ana' if n % 2 else 'Ben'}: {n} {' '.join(chance.choices(words, k=8))}\n"
        for n in range(turns)
    )


@pytest.mark.parametrize(
    ("name", "turns"), list(zip(PACKED, (6_000, 30_000, 6_000, 30_000), strict=True))
)
def test_of_a_packed_file_that_is_cut_off_all_whole_lines_before_the_cut_are_kept(
    tmp_path, name, turns
):
    # Prepare
    talk = varied_talk(turns)
    data = PACKED[name](talk.encode())
    path = written(tmp_path / name, data[: len(data) * 2 // 3])

    # Execute
    pairs = list(read_path(path))

    # Assert: no turn is cut, and the loss is named
    kept = texts(pairs)
    said = [line.partition(": ")[2] for line in talk.splitlines()]
    assert 0 < len(kept) < turns
    assert kept == said[: len(kept)]
    assert errors(pairs) == [f"{path}, record 0: {CUT}"]


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_of_a_tar_that_is_cut_off_the_members_before_the_cut_are_kept(tmp_path, mode):
    talk = varied_talk(3_000)
    names = {f"{letter}.txt": talk.replace("Ana", letter).encode() for letter in ("A", "B", "C")}
    data = tarred(names, mode)
    path = written(tmp_path / "all.tar.any", data[: len(data) // 2])
    pairs = list(read_path(path))
    turns = [len(r.conversation.turns) for _, r in pairs if r.conversation is not None]
    assert turns[0] == 3_000
    assert 0 < turns[1] < 3_000
    assert errors(pairs) == [f"{path}, record 0: {CUT}"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_both_read(tmp_path):
    path = tmp_path / "two.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("talk.txt", TALK)
        archive.writestr("talk.txt", TALK.replace("Ana", "Eva"))
    files = [record.path.name for _, record in read_path(path)]
    assert sorted(files) == ["talk (2).txt", "talk.txt"]
    tar = written(tmp_path / "two.tar", tarred({"talk.txt": TALK.encode()}))
    with tarfile.open(tar, "a") as archive:
        member = tarfile.TarInfo("talk.txt")
        member.size = len(CHAT.encode())
        archive.addfile(member, io.BytesIO(CHAT.encode()))
    assert len(texts(read_path(tar))) == len(SAID) + 2


def test_folders_of_a_zip_made_on_windows_are_folders(tmp_path):
    files = {"messages\\inbox\\lena\\chat.txt": CHAT, "messages\\.hidden": "x"}
    path = written(tmp_path / "windows.zip", zipped(files))
    pairs = list(read_path(path))
    assert [str(r.path.relative_to(path)) for _, r in pairs if r.conversation] == [
        "messages/inbox/lena/chat.txt"
    ]


def test_a_path_out_of_the_archive_and_a_link_are_named_with_their_reason(tmp_path):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        link = tarfile.TarInfo("link.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        up = tarfile.TarInfo("../up.txt")
        up.size = len(TALK.encode())
        archive.addfile(up, io.BytesIO(TALK.encode()))
    found = errors(read_path(written(tmp_path / "a.tar", data.getvalue())))
    assert any(LINK in error for error in found)
    assert any(OUTSIDE in error for error in found)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.txt", b"", EMPTY),
        ("a.json", b"\xef\xbb\xbf", EMPTY),
        ("a.txt", b" \n\t\n" * 40_000, BLANK),
        ("conversations.json", b"[]\n", NOTHING),
    ],
)
def test_a_file_with_nothing_in_it_says_so_alone_and_in_a_folder(tmp_path, name, content, reason):
    path = written(tmp_path / "in" / name, content)
    written(tmp_path / "in" / "talk.txt", TALK.encode())
    alone = import_conversations([path], None)
    assert [problem.reason for problem in alone.problems] == [reason]
    assert not alone.complete
    together = import_conversations([tmp_path / "in"], None)
    assert [problem.reason for problem in together.left_out] == [reason]
    assert together.complete


def test_entries_of_a_folder_that_are_no_files_are_named_with_their_reason(tmp_path):
    # Prepare: a folder named as a file, links to the inside and the outside, a pipe
    written(tmp_path / "elsewhere.txt", TALK.encode())
    folder = tmp_path / "in"
    written(folder / "talk.txt" / "chat.txt", CHAT.encode())
    (folder / "inside.txt").symlink_to(folder / "talk.txt" / "chat.txt")
    (folder / "outside.txt").symlink_to(tmp_path / "elsewhere.txt")
    (folder / "broken.txt").symlink_to(tmp_path / "nothing")
    os.mkfifo(folder / "pipe.txt")

    # Execute
    report = import_conversations([folder], None)

    # Assert: only the link that leads out may lose a conversation
    assert report.added == 1
    assert {(Path(p.file).name, p.reason) for p in report.left_out} == {
        ("inside.txt", LINK), ("broken.txt", LINK), ("pipe.txt", NO_PLAIN_FILE),
    }  # fmt: skip
    assert [(Path(p.file).name, p.reason) for p in report.problems] == [("outside.txt", LINK)]
    assert not report.complete


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_and_a_folder_without_permission_are_named(tmp_path):
    written(tmp_path / "in" / "talk.txt", TALK.encode())
    closed = written(tmp_path / "in" / "closed.txt", TALK.encode())
    shut = written(tmp_path / "in" / "shut" / "talk.txt", TALK.encode()).parent
    closed.chmod(0)
    shut.chmod(0)
    try:
        report = import_conversations([tmp_path / "in"], None)
    finally:
        shut.chmod(0o700)
    assert report.added == 1
    assert {Path(problem.file).name for problem in report.problems} == {"closed.txt", "shut"}
    assert {problem.reason for problem in report.problems} == {"Permission denied"}


def test_a_packed_bomb_is_refused(tmp_path):
    path = written(tmp_path / "talk.vtt.gz", gzip.compress(b"WEBVTT\n" + b"x" * 40_000_000))
    assert "compressed more than 200-fold" in errors(read_path(path))[0]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_is_a_folder_whatever_packs_it(tmp_path, mode):
    members = {"a/talk.txt": TALK.encode(), "b/chat.txt": CHAT.encode(), "a/.hidden": b"x"}
    path = written(tmp_path / "all.tar.any", tarred(members, mode))
    assert texts(read_path(path)) == [*SAID, "The boat is back", "With fish?"]


def test_a_tar_packed_by_zstandard_is_a_folder(tmp_path):
    path = written(tmp_path / "all.tar.zst", zstd.compress(tarred({"talk.txt": TALK.encode()})))
    assert texts(read_path(path)) == SAID


def test_each_file_that_is_left_out_is_named_and_the_status_says_so(tmp_path):
    written(tmp_path / "talk.txt", TALK)
    written(tmp_path / "photo.jpg", b"\xff\xd8\xff\xe0 picture")
    written(tmp_path / "empty.json", b"")
    sound = import_conversations([tmp_path], None)
    assert sound.complete
    assert {Path(p.file).name: p.reason for p in sound.left_out} == {
        "photo.jpg": "a picture: no words", "empty.json": "empty",
    }  # fmt: skip
    written(
        tmp_path / "README.md", "# Fence\n\nInstall: pip install fence\n\nUsage: fence --help\n"
    )
    written(tmp_path / "thesis.pdf", b"%PDF-1.7 ...")
    report = import_conversations([tmp_path], None)
    assert report.added == 1
    assert not report.complete
    assert {Path(p.file).name: p.reason for p in report.problems} == {
        "README.md": "not in a known format: the words before its colons are labels ('Install', 'Usage'), not names",
        "thesis.pdf": "not in a known format: it is a PDF document",
    }  # fmt: skip


def facebook(*messages):
    return json.dumps(
        {
            "participants": [{"name": "Ana"}, {"name": "Bo"}],
            "messages": [
                {"sender_name": name, "timestamp_ms": at * 1000, "content": text, "is_geoblocked_for_viewer": False}
                for name, text, at in messages
            ],
            "title": "Bo",
        }
    )  # fmt: skip


def test_an_export_over_numbered_files_is_one_conversation_at_the_border(tmp_path):
    written(tmp_path / "bo_1" / "message_2.json", facebook(("Bo", "two", 200), ("Ana", "one", 100)))
    written(tmp_path / "bo_1" / "message_10.json", facebook(("Ana", "zero", 50)))
    written(
        tmp_path / "bo_1" / "message_1.json", facebook(("Ana", "four", 400), ("Bo", "three", 300))
    )
    assert texts(read_path(tmp_path)) == ["zero", "one", "two", "three", "four"]


def test_threads_of_tweets_go_over_the_parts_of_the_archive(tmp_path):
    def tweets(part, *posts):
        listed = [
            {"tweet": {"id_str": key, "full_text": text, "in_reply_to_status_id_str": parent,
                       "created_at": f"Sat Mar 01 08:0{key}:00 +0000 2025"}}
            for key, text, parent in posts
        ]  # fmt: skip
        return f"window.YTD.tweets.part{part} = {json.dumps(listed)}"

    written(tmp_path / "data/tweets.js", tweets(0, ("1", "one", None), ("2", "two", "1")))
    written(tmp_path / "data/tweets-part1.js", tweets(1, ("3", "three", "2")))
    written(tmp_path / "data/like.js", "window.YTD.like.part0 = [ ]")
    report = import_conversations([tmp_path], None)
    assert texts(read_path(tmp_path)) == ["one", "two", "three"]
    assert report.complete
    assert [Path(problem.file).name for problem in report.left_out] == ["like.js"]


def test_a_chatgpt_archive_is_read_once_and_whole(fixtures, tmp_path):
    source = (fixtures / "chatgpt.json").read_bytes()
    page = b"<html><head><title>ChatGPT Data Export</title></head><script>\nvar jsonData = "
    members = {
        "conversations-000.json": source, "chat.html": page + source + b";\nrender();</script>",
        "user.json": b'{"id": "u"}', "message_feedback.json": b"[]", "file-1.png": b"\x89PNG\r\n",
    }  # fmt: skip
    archive = written(tmp_path / "export.zip", zipped(members))
    report = import_conversations([archive], None)
    assert report.complete
    assert report.read == import_conversations([fixtures / "chatgpt.json"], None).read
    alone = written(tmp_path / "chat.html", members["chat.html"])
    assert texts(read_path(alone)) == texts(read_path(fixtures / "chatgpt.json"))


def test_recognising_a_format_reads_a_megabyte_at_most(tmp_path):
    path = written(tmp_path / "huge.json", b'{"nothing": "' + b"x" * 3_000_000 + b'"}')
    file = disk_file(path)
    read = []

    class Counted:
        def __init__(self, raw):
            self._raw = raw

        def read(self, size):
            data = self._raw.read(size)
            read.append(len(data))
            return data

        def close(self):
            self._raw.close()

    opening = file._open
    object.__setattr__(file, "_open", lambda: Counted(opening()))
    assert guess(file) is None
    # The first bytes, and, as they show nothing, the most that may be read.
    assert sum(read) <= 64 * 1024 + 1024 * 1024
