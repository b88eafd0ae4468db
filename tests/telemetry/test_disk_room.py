"""A neuron whose disk is nearly full says so before a write fails."""

import shutil

import pytest

from cgp.config import Settings
from cgp.telemetry import disk_problems
from miner.condition import Condition as MinerCondition
from validator.condition import Condition as ValidatorCondition


def test_a_disk_with_room_is_no_problem(tmp_path):
    assert list(disk_problems(tmp_path)) == []


def test_a_folder_that_is_not_there_is_left_to_others(tmp_path):
    assert list(disk_problems(tmp_path / "absent")) == []


@pytest.mark.parametrize(
    "condition_of",
    [MinerCondition, lambda settings: ValidatorCondition(settings, "5Hotkey")],
    ids=["miner", "validator"],
)
def test_a_neuron_on_a_nearly_full_disk_says_so_with_the_remedy(
    tmp_path, monkeypatch, condition_of
):
    # Prepare: more is wanted than any disk has.
    monkeypatch.setattr(
        "cgp.telemetry.disk_room.LEAST_FREE_BYTES", shutil.disk_usage(tmp_path).total + 1
    )

    # Execute
    problems = {
        problem.name: problem
        for problem in condition_of(Settings(_env_file=None, data_dir=tmp_path)).problems()
    }

    # Assert
    assert "MiB free" in problems["disk"].reason
    assert "cgp state --prune" in problems["disk"].remedy
