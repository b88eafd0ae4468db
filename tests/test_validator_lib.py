"""The walkthrough: a validator and three miners, over real HTTP and the embedded chain.

Run it to see the story: ``python -m pytest -s --disable-warnings tests/test_validator_lib.py``.
"""

import logging
import re
import sys
from contextlib import AsyncExitStack

import pytest

from cgp import samples
from cgp.annotators.embedded import EmbeddedAnnotator
from cgp.chain import FAST, open_chain
from cgp.config import (
    DEFAULT_NETUID,
    AxonSettings,
    MinerSettings,
    Settings,
    SubtensorSettings,
    ValidatorSettings,
)
from cgp.embedders import default_embedder
from cgp.localnet.setup import Folder, make_subnet
from cgp.scoring import default_rule
from cgp.store import Store
from miner.service import MinerService
from validator.service import Validator

CONVERSATION = "sample-podcast-tidal-energy"


@pytest.fixture
def story(caplog):
    """The validator's Info lines: printed as they come (with -s), and kept."""
    caplog.set_level(logging.INFO, logger="validator")
    printer = logging.StreamHandler(sys.stdout)
    printer.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("validator")
    logger.addHandler(printer)
    yield lambda: [record.getMessage() for record in caplog.records if record.name == "validator"]
    logger.removeHandler(printer)


def settings_for(folder):
    return Settings(
        _env_file=None,
        netuid=DEFAULT_NETUID,
        subtensor=SubtensorSettings(network="local", chain_file=folder.chain),
        axon=AxonSettings(host="127.0.0.1", port=0),
        miner=MinerSettings(refresh_seconds=0.5),
        validator=ValidatorSettings(refresh_seconds=0.5, poll_seconds=0.1),
        data_dir=folder.path,
    )


async def test_a_conversation_becomes_tags_scores_and_weights(tmp_path, story):
    folder = Folder(tmp_path)
    keys = await make_subnet(folder, miners=["miner-1", "miner-2", "miner-3"], profile=FAST)
    settings, embedder, annotator = settings_for(folder), default_embedder(), EmbeddedAnnotator()
    store = Store(folder.store_url)
    store.add_conversations(c for c in samples.load() if c.id == CONVERSATION)
    async with AsyncExitStack() as stack:
        stack.callback(store.close)
        stack.push_async_callback(annotator.close)
        miners = [
            await stack.enter_async_context(
                MinerService(
                    settings,
                    wallet,
                    await stack.enter_async_context(open_chain(settings, wallet)),
                    annotator,
                    embedder,
                )
            )
            for wallet in keys.miners
        ]
        chain = await stack.enter_async_context(open_chain(settings, keys.validator))
        validator = Validator(
            settings,
            keys.validator,
            chain,
            store,
            annotator,
            embedder,
            default_rule(embedder),
        )
        run = await validator.run(until_empty=True)
        metagraph = await chain.metagraph()
        weights = await chain.weights_of(metagraph.by_hotkey[chain.hotkey].uid)

        lines = story()
        windows = check_the_story(lines, {miner.uid for miner in miners})
        assert (run.done, run.failed, run.windows, run.weights_set) == (1, 0, windows, True)
        check_the_store(store, windows)
        assert set(weights) == {miner.uid for miner in miners}
        assert sum(weights.values()) == pytest.approx(1.0)


def check_the_story(lines, uids):
    """Check what was printed, in its order; return the number of windows."""
    text = "\n".join(lines)

    def found(pattern):
        match = re.search(pattern, text)
        assert match, f"not in the story: {pattern}\n{text}"
        return match

    reserved = found(rf"Reserved conversation ID: {CONVERSATION}")
    participants = found(r"Participants: .+, .+")
    truth = found(r"Found (\d+) tags in FullConvo")
    cut = found(r"Found (\d+) conversation windows\. Sequentially sending to batches of miners")
    sent = found(rf"Send to conversation {CONVERSATION} / 0 to miners: \[\d+, \d+, \d+\]")
    starts = [match.start() for match in (reserved, participants, truth, cut, sent)]
    assert starts == sorted(starts)

    windows, tags = int(cut[1]), int(truth[1])
    assert windows >= 3
    assert tags >= 8
    results = re.findall(
        r"RESULTS from miner idx: (\d) uid: (\d+), tags: (\d+) vector count: (\d+)", text
    )
    assert len(results) == 3 * windows
    assert {int(uid) for _, uid, _, _ in results} == uids
    assert all(tags == vectors and int(tags) > 0 for _, _, tags, vectors in results)
    scores = re.findall(
        r"Scores num: (\d+) num of Unique tags: \d+ num of full convo tags: (\d+)", text
    )
    assert scores == [("3", str(tags))] * windows
    found(r"Weights set at block \d+: \{")
    found(r"Weights read back from the chain: \{")
    return windows


def check_the_store(store, windows):
    """Check that everything needed to replay the scores is kept, and the merged result."""
    answers = store.answers_of(CONVERSATION)
    assert len(answers) == 3 * windows
    assert all(answer.score.valid and 0 < answer.score.value <= 1 for answer in answers)
    assert all(answer.evidence and answer.body_hash for answer in answers)
    truth = store.ground_truth(CONVERSATION)
    assert truth is not None
    assert len(truth.seal) == 64
    metadata = store.metadata_of(CONVERSATION)
    assert metadata is not None
    assert metadata.tags
    assert {profile.participant for profile in metadata.profiles} <= set(range(5))
