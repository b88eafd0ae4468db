"""The time scales of a local network: fast ones, and those of the main network."""

import asyncio
import signal
from dataclasses import replace

import pytest

from cgp.chain import FAST, MAINNET, embedded_client
from cgp.localnet import LocalnetOptions, miners_of, run_localnet
from tests.localnet.test_localnet import WAIT, environment, line_with, orphans, start, until


async def rules_of(path):
    async with embedded_client(path) as client:
        return await client.subnets.subnet_hyperparameters(18), await client._substrate.block_time()


@pytest.mark.peers
async def test_a_run_with_commit_reveal_ends_when_its_weights_are_revealed(tmp_path, monkeypatch):
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    profile = replace(FAST, rules=replace(FAST.rules, commit_reveal_weights_enabled=True))
    options = LocalnetOptions(
        folder=tmp_path / "localnet", limit=1, miners=miners_of((), 1), profile=profile
    )
    summary = await run_localnet(options)
    assert summary.weights_set
    async with embedded_client(options.folder / "chain.sqlite") as client:
        assert await client.weights.timelocked_weight_commits(18) == {}
        assert await client.weights.weights(18)
    assert "revealed later" in (options.folder / "logs" / "validator.log").read_text() or (
        "reveals them later" in (options.folder / "logs" / "validator.log").read_text()
    )


@pytest.mark.peers
def test_the_main_networks_profile_waits_for_its_first_epoch_and_says_so(tmp_path):
    process = start(tmp_path, "--profile", "mainnet", "--limit", "1", "--miners", "1")
    log = tmp_path / "localnet" / "logs" / "validator.log"
    until(lambda: log.exists() and "No validator permit yet" in log.read_text(), process)
    line_with("waiting for the epoch that gives the permit", process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=WAIT)
    assert process.returncode == 130, err
    assert orphans(tmp_path) == []

    rules, seconds = asyncio.run(rules_of(tmp_path / "localnet" / "chain.sqlite"))
    assert seconds == MAINNET.block_seconds == 12
    assert (rules["tempo"], rules["weights_rate_limit"], rules["serving_rate_limit"]) == (
        360,
        100,
        50,
    )
    assert rules["commit_reveal_weights_enabled"] is True

    again = start(tmp_path, "--keep", "--limit", "1")
    _, err = again.communicate(timeout=WAIT)
    assert again.returncode == 1
    assert "name the chain's own --profile, or leave out --keep" in " ".join(err.split())


@pytest.mark.parametrize("profile", [FAST, MAINNET])
def test_in_both_profiles_a_validator_is_gone_after_as_many_blocks(profile):
    rules = profile.rules
    assert rules.activity_cutoff_factor * rules.tempo / 1_000 == pytest.approx(5_000, abs=1)
