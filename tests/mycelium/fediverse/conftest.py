"""Keys of actors, made once for all tests of this folder; an actor of ours, and a stranger."""

import pytest

from cgp.mycelium.fediverse.quarantine import Quarantine
from cgp.mycelium.fediverse.signing_key import open_key
from cgp.mycelium.fediverse.skills import Skills
from tests.kit.fediverse import Stranger, running_actor
from tests.kit.word_annotator import WordAnnotator


@pytest.fixture(scope="session")
def key_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    files = [folder / f"{number}.pem" for number in range(2)]
    for file in files:
        open_key(file, "https://a.example/users/a#main-key")
    return files


@pytest.fixture(scope="session")
def keys(key_files):
    return [
        open_key(file, f"https://{name}.example/users/{name}#main-key")
        for file, name in zip(key_files, "ab", strict=True)
    ]


@pytest.fixture
async def quarantine(tmp_path):
    quarantine = Quarantine(tmp_path / "proposals.sqlite")
    yield quarantine
    await quarantine.close()


@pytest.fixture
async def skills(quarantine):
    return Skills(WordAnnotator(), quarantine)


@pytest.fixture
async def stranger(keys):
    async with Stranger(keys[1]).running() as stranger:
        yield stranger


@pytest.fixture
async def fungus(tmp_path, key_files, skills):
    async with running_actor(
        tmp_path / "fungus", key_file=key_files[0], skills=skills, tags=("babyfungus",)
    ) as service:
        yield service
