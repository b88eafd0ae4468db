"""A validator at work: real miners over HTTP, the embedded chain, the store on disk."""

import asyncio
import json
import logging
from dataclasses import replace

import aiohttp
import pytest

from cgp import samples
from cgp.chain import advance, create_wallet
from cgp.conversation import Participant
from cgp.embedders import default_embedder
from cgp.privacy import STANDARD
from cgp.quality import measure
from cgp.scoring import Answer, Seal
from tests.validator.local_subnet import health_of, make_subnet, problems, small, talk, until
from tests.validator.rogue_miners import EXPECTED, STRANGER, RogueMiner
from validator.events import (
    ConversationDone,
    ConversationReserved,
    GroundTruthMade,
    WeightsSet,
    WindowScored,
)
from validator.subnet import NotRegisteredError
from validator.weights import RENEW_BLOCKS


@pytest.fixture
async def subnet(tmp_path):
    return await make_subnet(tmp_path, miners=3)


def apart(behaviours):
    """Return the behaviours with no two silent ones in a row, so that the miner never rests."""
    silent = [b for b, kind in behaviours.items() if kind in {"timeout", "unreachable"}]
    rest = [b for b in behaviours if b not in silent]
    step = len(rest) // (len(silent) + 1)
    for i, behaviour in enumerate(silent):
        rest.insert((i + 1) * (step + 1) - 1, behaviour)
    return rest


async def test_conversations_become_metadata_scores_and_weights(subnet, caplog):
    caplog.set_level(logging.INFO)
    talks = [*samples.load()[:2], small("one turn", turns=1), small("two turns", turns=2)]
    settings = subnet.settings()
    async with subnet.mining(), subnet.validating(settings, talks) as (validator, store):
        summary = await validator.run(until_empty=True)
        done, known = store.count_windows()
        assert (summary.done, summary.failed, summary.windows) == (4, 0, known)
        assert summary.weights_set
        assert done == known > 4
        for talk in talks:
            whole, *parts = store.mined_windows(talk.id)
            metadata = store.metadata_of(talk.id)
            assert whole.metadata == metadata
            assert all(0 < tag.confidence < 1 for tag in metadata.tags)
            held = [p for p in parts or [whole] if p.number not in {q.parent for q in parts}]
            assert [(p.start, p.stop) for p in held] == [
                (w.start, w.stop) for w in store.windows_of(talk.id)
            ]
            assert store.quality_of(talk.id).quality == measure(
                store.redacted(talk, STANDARD), default_embedder()
            )
            truth = store.ground_truth(talk.id)
            assert Seal(truth.seal, truth.document).holds()
            for window in store.windows_of(talk.id):
                answers = store.answers_of(talk.id, window.index)
                assert sorted(a.hotkey for a in answers) == sorted(
                    w.hotkey.ss58_address for w in subnet.miners
                )
                assert all(isinstance(a.answer, Answer) and a.score.valid for a in answers)
                assert all(len(a.body_hash) == 64 and a.evidence for a in answers)
        last = store.last_weights(subnet.validator.hotkey.ss58_address)
    told = [type(event) for event in subnet.events]
    assert told.count(ConversationReserved) == told.count(ConversationDone) == 4
    assert told.count(GroundTruthMade) == 4
    assert told.count(WindowScored) == known
    weights = subnet.events[-1]
    assert isinstance(weights, WeightsSet)
    assert weights.on_chain == pytest.approx(last.weights, abs=1e-3)
    assert sum(last.weights.values()) == pytest.approx(1)
    for words in (
        "Reserved conversation ID: sample-",
        "tags in FullConvo",
        "conversation windows. Sequentially sending to batches of miners",
        "Send to conversation sample-",
        "RESULTS from miner idx: 0 uid: ",
        "Scores num: 3 num of Unique tags: ",
        "Weights read back from the chain",
    ):
        assert words in caplog.text


async def test_a_miner_that_sends_garbage_of_every_kind_changes_nobody_elses_scores(subnet):
    talks = [talk(number) for number in range(3)]
    honest, rogue_wallet = subnet.miners[:2], subnet.miners[2]
    STRANGER["keypair"] = subnet.validator.hotkey
    garbage = apart(EXPECTED)
    scores = []
    for data in ("without", "with"):
        settings = subnet.settings(
            data, validator={"deadline_seconds": 2.5}, window={"characters": 110, "overlap": 0}
        )
        async with subnet.mining(honest), RogueMiner(rogue_wallet.hotkey, *garbage) as rogue:
            if data == "with":
                await subnet.advertise(rogue_wallet, rogue.port)
            async with subnet.validating(settings, talks) as (validator, store):
                summary = await validator.run(until_empty=True)
                assert (summary.done, summary.failed, summary.weights_set) == (3, 0, True)
                scores.append(
                    {
                        (talk.id, index, scored.hotkey): scored.score
                        for talk in talks
                        for index in range(len(store.windows_of(talk.id)))
                        for scored in store.answers_of(talk.id, index)
                    }
                )
                standings = store.last_weights(subnet.validator.hotkey.ss58_address)
    key = rogue_wallet.hotkey.ss58_address
    assert rogue.calls >= len(garbage), "every kind of garbage was sent"
    assert all(score.value == 0 for (_, _, hotkey), score in scores[1].items() if hotkey == key)
    assert {k: v for k, v in scores[1].items() if k[2] != key} == scores[0]
    assert sum(score.value > 0.1 for score in scores[0].values()) > 30
    assert standings.rewards.get(key, 0.0) == 0


async def test_stopping_finishes_what_is_in_flight_and_gives_the_rest_back(subnet):
    talks = [small(name, turns=20) for name in "abc"]
    settings = subnet.settings(validator={"windows_in_flight": 2}, window={"characters": 150})
    async with subnet.mining(), subnet.validating(settings, talks) as (validator, store):
        running = asyncio.create_task(validator.run())
        await until(lambda: store.count_windows()[0] >= 3, running)
        validator.stop()
        await running
        counts, (done, known) = store.count_conversations(), store.count_windows()
        assert counts["leased"] == 0
        assert counts["waiting"] > 0
        assert 3 <= done < known
    async with subnet.mining(), subnet.validating(settings) as (validator, store):
        summary = await validator.run(until_empty=True)
        assert store.count_conversations()["done"] == 3
        done_now, known = store.count_windows()
        assert done_now == known
        assert summary.windows == known - done, "what was done is not done again"
        key = subnet.validator.hotkey.ss58_address
        asked = store.times_asked(key)
        assert set(asked.values()) == {known}


async def test_without_miners_a_validator_waits_and_can_be_stopped(subnet):
    settings = subnet.settings(validator={"health_port": 0, "poll_seconds": 0.02})
    async with subnet.validating(settings, [small("a")]) as (validator, store):
        running = asyncio.create_task(validator.run())
        await until(lambda: "no miners" in problems(validator), running)
        status, document = await health_of(validator)
        assert (status, document["status"]) == (503, "no miners")
        assert store.count_conversations()["waiting"] == 1, "nothing is reserved for nothing"
        validator.stop()
        await running
        assert store.count_conversations() == {"waiting": 1, "leased": 0, "done": 0, "failed": 0}


async def test_miners_that_come_later_are_asked(subnet):
    settings = subnet.settings(validator={"refresh_seconds": 0.1})
    async with subnet.validating(settings, [small("a")]) as (validator, _):
        running = asyncio.create_task(validator.run(until_empty=True))
        await until(lambda: "no miners" in problems(validator), running)
        async with subnet.mining():
            summary = await running
    assert (summary.done, summary.weights_set) == (1, True)


async def test_health_tells_what_the_validator_does(subnet):
    settings = subnet.settings(validator={"health_port": 0})
    async with subnet.mining(), subnet.validating(settings, [small("a")]) as (validator, store):
        running = asyncio.create_task(validator.run())
        await until(lambda: store.count_conversations()["done"] > 0, running)
        status, document = await health_of(validator)
        url = f"http://127.0.0.1:{validator.health_port}/metrics"
        async with aiohttp.ClientSession() as http, http.get(url) as reply:
            metrics = await reply.text()
        validator.stop()
        await running
    assert status == 200
    assert "cgp_ready 1.0" in metrics
    assert 'cgp_validator_conversations{state="done"} 1.0' in metrics
    lines = (settings.data_dir / "telemetry").glob("validator-*.jsonl")
    kinds = [json.loads(line)["kind"] for file in lines for line in file.read_text().splitlines()]
    assert {"window", "ground_truth", "conversation", "health"} <= set(kinds)
    assert document["status"] == "ok"
    assert document["miners"] == 3
    assert document["conversations"]["done"] == 1
    assert document["hotkey"] == subnet.validator.hotkey.ss58_address


async def test_names_reach_the_log_only_redacted_and_request_ids_reach_both_logs(subnet, caplog):
    caplog.set_level(logging.INFO)
    names = ("ann.smith@example.com", "+44 20 7946 0018")
    spoken = small("a")
    secretive = replace(spoken, participants=tuple(Participant(name) for name in names))
    async with subnet.mining(), subnet.validating(subnet.settings(), [secretive]) as (validator, _):
        await validator.run(until_empty=True)
    for name in names:
        assert name not in caplog.text
    asked = {
        record.request_id for record in caplog.records if record.getMessage().startswith("RESULTS")
    }
    answered = {
        record.request_id
        for record in caplog.records
        if record.getMessage().startswith("Answered task")
    }
    assert asked == answered
    assert len(asked) == 3


async def test_weights_are_renewed_though_nothing_is_new(subnet):
    settings = subnet.settings(validator={"refresh_seconds": 0.02, "poll_seconds": 0.02})
    async with subnet.mining(), subnet.validating(settings, [small("a")]) as (validator, store):
        running = asyncio.create_task(validator.run())
        await until(lambda: any(isinstance(e, WeightsSet) for e in subnet.events), running)
        before = store.last_weights(subnet.validator.hotkey.ss58_address)
        await advance(settings.chain_file, RENEW_BLOCKS)
        await until(lambda: set_after(store, subnet, before.block + RENEW_BLOCKS), running)
        validator.stop()
        await running


def set_after(store, subnet, block):
    latest = store.last_weights(subnet.validator.hotkey.ss58_address)
    return latest.block >= block


class Severed:
    """A chain whose connection breaks and comes back."""

    def __init__(self, chain):
        self.chain = chain
        self.away = False
        self.failures = 0

    def __getattr__(self, name):
        if self.away:
            self.failures += 1
            raise ConnectionError("nobody answers")
        return getattr(self.chain, name)

    @property
    def hotkey(self):
        return self.chain.hotkey


async def test_a_chain_that_is_away_stops_nothing(subnet):
    settings = subnet.settings(validator={"refresh_seconds": 0.02, "poll_seconds": 0.02})
    async with (
        subnet.mining(),
        subnet.validating(settings, [small("a")], sever=Severed) as (validator, store),
    ):
        running = asyncio.create_task(validator.run())
        await until(lambda: store.count_conversations()["done"] > 0, running)
        validator._chain.away = True
        store.add_conversations([small("b")])
        await until(lambda: store.count_conversations()["done"] == 2, running)
        await until(lambda: validator._chain.failures >= 4, running)
        validator._chain.away = False
        key, before = subnet.validator.hotkey.ss58_address, len(subnet.events)
        await until(
            lambda: any(isinstance(event, WeightsSet) for event in subnet.events[before:]), running
        )
        validator.stop()
        await running
        assert store.last_weights(key) is not None


async def test_a_validator_that_is_not_registered_does_not_start(subnet):
    subnet.validator = create_wallet(subnet.folder / "wallets", "stranger")
    async with subnet.validating(subnet.settings()) as (validator, _):
        with pytest.raises(NotRegisteredError, match="not registered on netuid 18"):
            await validator.run()
