"""Files of the owner's alone, and that nothing planted is followed."""

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing

import pytest

from cgp.conversation_json import conversation_from_json
from cgp.durable_files import open_private, private_file, private_folder, write_whole
from cgp.store import Store, StoreError
from tests.hostile_corpus import talk


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def _open_umask():
    """Let every bit through: the modes must not depend on the user's umask."""
    before = os.umask(0)
    yield
    os.umask(before)


def test_a_file_is_whole_private_and_leaves_nothing_behind(tmp_path):
    path = tmp_path / "state.json"
    write_whole(path, b"one")
    write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    assert mode(path) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["state.json"]


def test_an_export_is_everybodys(tmp_path):
    write_whole(tmp_path / "README.md", b"one", public=True)
    assert mode(tmp_path / "README.md") == 0o666


def test_planted_links_are_not_followed(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    for name in ("state.json", "state.json.partial", "lock", "store.sqlite"):
        (tmp_path / name).symlink_to(victim)
    write_whole(tmp_path / "state.json", b"new")
    with pytest.raises(OSError, match="symbolic links"):
        open_private(tmp_path / "lock", os.O_RDWR)
    with pytest.raises(StoreError, match="a file of yours"):
        Store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    assert victim.read_text() == "precious"
    assert not (tmp_path / "state.json").is_symlink()


def test_folders_and_files_that_are_open_are_closed_to_others(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    (folder / "store.sqlite").touch(mode=0o644)
    private_folder(folder)
    private_file(folder / "store.sqlite")
    assert mode(folder) == 0o700
    assert mode(folder / "store.sqlite") == 0o600


def test_missing_folders_above_are_closed_too(tmp_path):
    private_folder(tmp_path / "data" / "index" / "parts")
    assert mode(tmp_path / "data") == 0o700
    assert mode(tmp_path / "data" / "index") == 0o700


def test_a_folder_of_everybody_stays_so(tmp_path):
    shared = tmp_path / "tmp"
    shared.mkdir()
    shared.chmod(0o1777)
    private_folder(shared)
    assert mode(shared) == 0o777 | 0o1000


def test_the_store_and_its_side_files_are_the_owners_alone(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'data' / 'store.sqlite'}")
    store.count_conversations()
    files = list((tmp_path / "data").iterdir())
    assert {mode(file) for file in files} == {0o600}
    assert len(files) >= 2
    assert mode(tmp_path / "data") == 0o700
    store.close()


def test_a_second_opening_of_the_store_leaves_the_locks_of_the_first(tmp_path):
    """Write after another process has opened and closed the store: it must not take the log along."""
    path = tmp_path / "data" / "store.sqlite"
    url = f"sqlite:///{path}"
    count = "SELECT count(*) FROM conversations"
    other = "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone()[0])"  # fmt: skip
    elsewhere = [sys.executable, "-c", other, str(path), count]
    with closing(Store(url)) as first, closing(Store(url)):
        assert subprocess.check_output(elsewhere) == b"0\n"

        first.add_conversations([conversation_from_json(talk("kept"))])

        assert subprocess.check_output(elsewhere) == b"1\n"
    with closing(sqlite3.connect(path)) as later:
        assert later.execute(count).fetchone() == (1,)


def test_a_private_file_must_be_a_file_of_ours(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        private_file(tmp_path / "folder")
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    with pytest.raises(OSError, match="symbolic links"):
        private_file(tmp_path / "link")
