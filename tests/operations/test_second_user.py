"""Another user of this machine reads nothing of a data folder in use: real files, a real other user."""

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from cgp.api.identity import api_address
from cgp.config import Settings
from cgp.embedders import default_embedder
from cgp.indexing.engines import LocalEngine, recipe_of
from cgp.indexing.run import index_corpus
from cgp.privacy import STANDARD, pseudonym_key
from cgp.search import GenomeIndex
from cgp.store import Store
from tests.api.served import talk

CGP = Path(sys.executable).with_name("cgp")
ROOT = Path(__file__).resolve().parents[2]

if os.geteuid() != 0:
    pytest.skip("only root can run a process as another user", allow_module_level=True)
try:
    NOBODY = pwd.getpwnam("nobody")
except KeyError:
    pytest.skip("this machine has no user 'nobody'", allow_module_level=True)


def as_another(*command):
    """Run a command of the system as another user; return what it printed."""
    done = subprocess.run(
        command,
        user=NOBODY.pw_uid,
        group=NOBODY.pw_gid,
        extra_groups=[],
        capture_output=True,
        check=False,
        cwd="/",
    )
    return done.stdout


@pytest.fixture
def place():
    """A folder that every user of the machine may enter, with a file that every user may read."""
    folder = Path(tempfile.mkdtemp(prefix="second-user-"))
    folder.chmod(0o755)
    (folder / "open.txt").write_text("hello")
    (folder / "open.txt").chmod(0o644)
    yield folder
    shutil.rmtree(folder)


def files_of(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def readable(folder):
    """Return what another user can read: by its name, and where every folder has been opened by mistake."""
    paths = files_of(folder)
    found = {path for path in paths if as_another("cat", str(path))}
    assert as_another("find", str(folder), "-mindepth", "1") == b""
    for inner in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        inner.chmod(0o755)
    return found | {path for path in paths if as_another("cat", str(path))}


def test_the_other_user_reads_what_is_open_to_all(place):
    assert as_another("cat", str(place / "open.txt")) == b"hello"


def test_nothing_of_a_store_an_index_and_keys_in_use_is_readable(place):
    data = place / "data"
    settings = Settings(data_dir=data)
    with closing(Store(settings.store_url)) as store:
        store.add_conversations(talk(i) for i in range(3))
        conversation = store.conversation("0")
        store.redacted(conversation, STANDARD)
        with GenomeIndex.open(settings.index_dir, default_embedder()) as index:
            engine, folder = LocalEngine(settings), settings.index_dir / "batches"
            index_corpus(store.corpus(), index, engine, folder, recipe=recipe_of(settings))
        api_address(data)
        pseudonym_key(data / "pseudonym.key")
        store.backup(data / "copy.sqlite")
        store.add_conversations([talk("last")])

        names = {path.name for path in files_of(data)}
        assert {"store.sqlite", "store.sqlite-wal", "store.sqlite-shm", "copy.sqlite"} <= names
        assert len(names) > 6
        assert readable(data) == set()


@pytest.mark.peers
def test_nothing_of_a_whole_subnet_is_readable(place):
    """Run a localnet as a newcomer does, and read whatever it leaves as somebody else."""
    data = place / "data"
    environment = os.environ | {
        "DATA_DIR": str(data),
        "HOME": str(place / "home"),
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [CGP, "localnet", "--limit", "1", "--miners", "1", "--json"],
        env=environment,
        cwd=place,
        capture_output=True,
        check=False,
        umask=0o022,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout)
    names = {path.name for path in files_of(data)}
    assert {"store.sqlite", "chain.sqlite"} <= names, names
    assert readable(data) == set()
