"""The whole way in one command: real processes, HTTP and NATS, and nodes that are killed."""

import pytest

from cgp.experts.trial import run_trial

pytestmark = pytest.mark.peers


async def test_good_is_accepted_noise_and_copy_are_not_and_a_prompt_is_read_whatever_dies(tmp_path):
    steps = []

    report = await run_trial(tmp_path, steps.append)

    assert [(entry.name, entry.outcome) for entry in report.entries] == [
        ("language.german", "accepted: gain"),
        ("domain.noise", "refused: no_gain"),
        ("domain.copy", "refused: copy"),
    ]
    assert report.entries[0].gain_percent > 2
    assert report.entries[2].in_words == "refused: copy (not measured)"
    assert "rewards of the epoch: author 100%" in steps
    assert report.shares == {"author": 1.0}
    assert report.answers == {
        "three nodes": "node",
        "two nodes": "node",
        "one node": "node",
        "no node": "local",
    }
    assert report.faults == ()
    assert steps[0] == f"genesis {report.genesis}"
