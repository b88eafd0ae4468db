"""``cgp experts`` from the first block to the settlement, over the released model."""

import json
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import save
from typer.testing import CliRunner

from cgp.chain import create_wallet
from cgp.cli.experts import app
from cgp.cli.experts_folder import own_hotkey
from cgp.config import Settings
from cgp.experts.block import SPECIFICATION, Block, Kind, Payload, sign
from cgp.experts.judge import Rule
from cgp.experts.ledger import Ledger, State
from cgp.experts.specification import Specification, released_base
from tests.experts.world import table

runner = CliRunner()


@pytest.fixture
def call(tmp_path, monkeypatch):
    """Runs a command of ``cgp experts`` with a wallet and a ledger of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WALLET_PATH", str(tmp_path / "wallets"))
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    create_wallet(tmp_path / "wallets", "default")
    (tmp_path / "learn.table").write_bytes(table(1, 120).to_bytes())
    (tmp_path / "secret.table").write_bytes(table(2, 120).to_bytes())

    def run(*arguments, status=0):
        result = runner.invoke(app, list(arguments))
        assert result.exit_code == status, (arguments, result.output, result.exception)
        return result.output

    return run


def test_an_expert_goes_from_training_to_a_head(call, tmp_path):
    call("init", "--least-windows", "60", "--layer", "language:1")
    assert "no expert stands" in call("settle")
    call(
        "train",
        "learn.table",
        "--name",
        "language.german",
        "--out",
        "mine.expert",
        "--rate",
        "0.05",
    )
    dry = call("submit", "mine.expert", "--name", "language.german", "--dry-run")
    assert "checked further" in dry
    assert len(json.loads(call("list", "--json"))) == 1

    handed_in = call("submit", "mine.expert", "--name", "language.german", "--any-signer")
    assert "not checked" in call("seal", "secret.table")
    [verdict] = json.loads(call("judge", "secret.table", "--json"))

    assert "pending" in handed_in
    # The made-up truth is far from the released head's, so there is much to learn.
    assert verdict["state"] == "accepted"
    assert verdict["lower_percent"] > 0.2
    # The gain is the lesser of the plain and the fitted one: one of the two bounds explains it.
    assert verdict["gain_percent"] >= min(verdict["lower_percent"], verdict["fitted_lower_percent"])
    assert verdict["fitted_lower_percent"] > 0.2
    [head] = json.loads(call("list", "--json", "--heads"))
    assert head["name"] == "language.german"
    assert "0 faults" in call("fsck")
    assert call("settle", "--json").strip() == "[]"
    # It was accepted in this epoch, and the last one was settled above.
    unpaid = call("settle")
    assert "settled before" in unpaid
    assert "language.german: accepted later" in unpaid
    assert "was sealed already" in str(runner.invoke(app, ["seal", "secret.table"]).exception)


def test_what_a_newcomer_meets_first_names_the_next_step(call):
    call("init", "--layer", "language:1")

    # There is no subnet here.
    handed_in = call("submit", learned(call), "--name", "language.german", status=1)
    served = call("serve", "--no-keys", status=1)
    other_options = runner.invoke(app, ["init", "--least-windows", "15"]).exception

    assert "--any-signer" in handed_in
    assert "--any-signer" in served
    assert "least_windows is 300, not 15" in str(other_options)
    assert "no expert stands" in call("list", "--heads")
    assert "no submission waits" in call("judge", "secret.table")


def test_a_ledger_of_a_former_release_is_begun_again_and_keeps_its_rule(call, tmp_path):
    # Prepare: the first block of a ledger that knows neither random directions nor today's threshold.
    key = own_hotkey(Settings())
    usual = Specification({"language": 1}, (key.ss58_address,), base=released_base())
    document = {**json.loads(usual.to_bytes()), "threshold": 5_000}
    del document["null_draws"]
    data = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    payload = Payload.of(SPECIFICATION, data)
    genesis = Block(Kind.META, "genesis", key.ss58_address, 1, payloads=(payload,))
    with Ledger(tmp_path / "data" / "experts") as book:
        book.blobs.prepare()
        book.add(genesis, sign(genesis, key), {payload.digest: data}, State.STORED)

    # Execute
    again = call("init", "--layer", "language:1")
    other_options = runner.invoke(app, ["init", "--layer", "language:2"]).exception

    # Assert
    assert genesis.digest in again
    assert "threshold is 5000, not 10000, null_draws is 0, not 3999" in again
    assert "language" in str(other_options)
    assert "null_draws" not in str(other_options)
    with Ledger.open(tmp_path / "data" / "experts") as book:
        assert book.specification.rule() == replace(Rule(), threshold=0.005, null_draws=0)
    assert "0 faults" in call("fsck")


def test_a_damaged_ledger_and_a_file_that_is_no_expert_are_named(call, tmp_path):
    call("init", "--layer", "language:1")
    (tmp_path / "bad.expert").write_bytes(b"not an expert")
    for blob in (tmp_path / "data" / "experts" / "blobs" / "sha256").iterdir():
        if blob.stat().st_size > 2:
            blob.write_bytes(blob.read_bytes()[:-1])

    assert runner.invoke(app, ["fsck"]).exit_code == 1
    result = runner.invoke(app, ["submit", "bad.expert", "--name", "language.german"])
    assert result.exit_code != 0
    assert "bad.expert" in str(result.exception)


def test_a_checkpoint_is_looked_at_and_archived_and_another_ledger_is_told_apart(call, tmp_path):
    # Prepare
    call("init", "--layer", "language:1")
    names = [f"model.layers.0.block_sparse_moe.experts.{n}.w1.weight" for n in range(2)]
    weights = np.random.default_rng(1).normal(size=(2, 2, 3))
    (tmp_path / "moe.safetensors").write_bytes(save(dict(zip(names, weights, strict=True))))
    (tmp_path / "dense.safetensors").write_bytes(save({"lm_head.weight": weights[0]}))

    # Execute and assert
    assert "mixtral: 2 experts" in call("archive", "moe.safetensors", "--dry-run")
    assert len(json.loads(call("list", "--json"))) == 1
    assert "2 blocks are new" in call("archive", "moe.safetensors")
    assert "0 blocks are new" in call("archive", "moe.safetensors")
    assert {b["state"] for b in json.loads(call("list", "--json"))} == {"stored", "archived"}
    unknown = runner.invoke(app, ["archive", "dense.safetensors"])
    assert "lm_head.weight" in str(unknown.exception)
    call(
        "train", "learn.table", "--name", "language.german", "--out", "mine.expert", "--steps", "2"
    )
    submit = ("submit", "mine.expert", "--name", "language.german", "--dry-run", "--meta-hash")
    genesis = json.loads(call("list", "--json"))[0]["digest"]
    assert "checked further" in call(*submit, genesis)
    call(*submit, "sha256:0", status=2)


def test_a_wrong_file_name_or_folder_is_named_before_any_work_is_done(call, tmp_path):
    # Prepare
    call("init", "--layer", "language:1")
    (tmp_path / "bad").write_bytes(b"no safetensors")
    fault = lambda *arguments: runner.invoke(app, list(arguments)).exception  # noqa: E731
    train = ("train", "learn.table", "--out", "mine.expert", "--name")

    # Execute
    no_expert = fault("submit", "bad", "--name", "language.german", "--any-signer")
    no_table = fault("seal", "bad")
    no_dot = fault(*train, "language")
    no_address = fault("submit", learned(call), "--name", "language.german", "--to", "here")
    no_folder = call("table", "gold.jsonl", "--out", "none/here.table", status=2)
    no_hotkey = call("init", "--ledger", "other", "--judge", "ann", status=2)
    no_empty_folder = call("trial", "--folder", ".", status=2)

    # Assert
    assert "cgp experts train" in no_expert.remedy
    assert "cgp experts table" in no_table.remedy
    assert "layer.expert" in str(no_dot)
    assert "scheme and host" in str(no_address)
    assert "there is no folder none" in no_folder
    assert "--judge ann" in no_hotkey
    assert "not an empty folder" in no_empty_folder


def learned(call):
    """Train an expert for two steps; return its file's name."""
    name = "two-steps.expert"
    call("train", "learn.table", "--name", "language.german", "--out", name, "--steps", "2")
    return name
