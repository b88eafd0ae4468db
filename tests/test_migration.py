"""A data folder of an earlier commit opens with this code, and this code continues it."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from cgp.api.keys import ApiKeys
from cgp.chain import open_chain, open_wallet
from cgp.config import Settings
from cgp.embedders import default_embedder
from cgp.search import GenomeIndex
from cgp.store import Store

ROOT = Path(__file__).resolve().parent.parent
FIXTURE = ROOT / "tests" / "fixtures" / "localnet-04de168"
API_KEY = "cgp_47ab0c9bf0a7_pyLc53sc1oKVG1uq-xUMXtIX8qtQT5RSOlx3kl5FE_U"  # of the fixture alone
MINED = {"garden-plan", "night-train", "bread-class"}
PENDING = "harbour-noise"


@pytest.fixture
def folder(tmp_path):
    """Return a copy of the fixture as ``cgp localnet`` leaves its folder in ``DATA_DIR``."""
    copied = tmp_path / "localnet"
    shutil.copytree(FIXTURE, copied)
    for path in (copied, *copied.rglob("*")):  # Git keeps no private modes.
        path.chmod(0o700 if path.is_dir() else 0o600)
    return copied


def settings(folder):
    return Settings(
        _env_file=None,
        data_dir=folder,
        subtensor={"network": "local", "chain_file": folder / "chain.sqlite"},
        wallet={"name": "validator", "hotkey": "default", "path": folder / "wallets"},
    )


def cgp(data_dir, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", "from cgp.cli import main; main()", *map(str, arguments)],
        check=False,
        env=os.environ | {"DATA_DIR": str(data_dir), "PYTHONPATH": str(ROOT)},
        cwd=data_dir,
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_old_store_opens_with_all_that_it_holds(folder):
    with closing(Store(settings(folder).store_url)) as store:
        assert {name: n for name, n in store.count_conversations().items() if n} == {
            "done": 3,
            "waiting": 1,
        }
        assert {status.id for status in store.conversation_statuses()} == MINED | {PENDING}
        for identifier in MINED:
            assert len(store.conversation(identifier).turns) == 8
            assert store.metadata_of(identifier).tags
            answers = store.answers_of(identifier)
            assert len(answers) == 2
            assert all(0 < record.score.value <= 1 for record in answers)
        assert "mara@example.org" in store.vault_of("garden-plan").values()
        [(validator, version)] = store.validators()
        assert len(store.standings_of(validator, version)) == 2
        assert store.last_weights(validator) is not None
        assert [record.gold.id for record in store.gold()] == ["fixture-gold-1"]


def test_an_old_api_key_still_opens_the_api(folder):
    with closing(ApiKeys(settings(folder).store_url)) as keys:
        keys.create_key_table()
        assert keys.key_of(API_KEY).name == "fixture-reader"


def test_an_old_index_answers_the_same_searches(folder):
    with GenomeIndex.open(folder / "index", default_embedder(), read_only=True) as index:
        hits = index.search("drip irrigation for tomatoes", count=2)
        assert hits[0].conversation_id == "garden-plan"
        assert index.stats().conversations == 3


async def test_an_old_chain_and_old_wallets_still_fit(folder):
    wallet = open_wallet(settings(folder).wallet)
    async with open_chain(settings(folder), wallet) as chain:
        metagraph = await chain.metagraph()
        mine = metagraph.by_hotkey[wallet.hotkey.ss58_address]
        weights = await chain.weights_of(mine.uid)
    assert mine.validator_permit
    assert len(metagraph.neurons) == 4
    assert sum(weights.values()) == pytest.approx(1.0)


@pytest.mark.peers
def test_an_old_network_goes_on_where_it_stopped(folder, tmp_path):
    # Prepare: one conversation more than the old network knew, beside the one that it had not mined.
    more = tmp_path / "more.json"
    [talk, *_] = json.loads((FIXTURE / "conversations.json").read_text(encoding="utf-8"))
    # Without its first turn the text is another, so that it does not count as a known conversation.
    more.write_text(
        json.dumps([talk | {"id": "garden-again", "turns": talk["turns"][1:]}]), encoding="utf-8"
    )

    # Execute: the network, then the index, then a search.
    run = json.loads(
        cgp(tmp_path, "localnet", "--keep", "--conversations", more, "--miners", 2, "--json")
    )
    cgp(folder, "index")
    found = json.loads(cgp(folder, "search", "ferry generators at the quay", "--json"))

    # Assert: what was done stays done, what waited is done, and the weights are on the old chain.
    assert run["conversations"] == 5
    assert run["weights_set"]
    assert run["failed"] == {}
    assert run["answers"] == 2 * run["windows"] == 10
    assert set(run["tags"]) == MINED | {PENDING, "garden-again"}
    assert found[0]["conversation_id"] == PENDING
