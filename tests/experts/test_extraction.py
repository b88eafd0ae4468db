"""Experts of real checkpoints, by the names of each family; what is unknown is named, not guessed."""

import numpy as np
import pytest
from safetensors.numpy import load, save, save_file

from cgp.experts.archive import archive
from cgp.experts.errors import Fault, RefusedError
from cgp.experts.extraction import Family, UnknownCheckpointError, examine, examine_file, tensors_of
from cgp.experts.judging import Judge, seal
from cgp.experts.ledger import State
from cgp.experts.ledger_check import check
from cgp.experts.standing import Networks, standing_mixture
from tests.experts.world import ALICE, OPERATOR, Clock, head, ledger, table

ATTENTION = "model.layers.0.self_attn.q_proj.weight"
# Names as the published checkpoints have them.
NAMES = {
    Family.MIXTRAL: (
        [f"model.layers.{n}.block_sparse_moe.experts.{e}.w{w}.weight" for n in range(2) for e in range(4) for w in (1, 2, 3)],
        [f"model.layers.{n}.block_sparse_moe.gate.weight" for n in range(2)],
        [ATTENTION],
    ),
    Family.QWEN: (
        [f"model.layers.{n}.mlp.experts.{e}.{w}_proj.weight" for n in range(2) for e in range(4) for w in ("up", "gate", "down")],
        [f"model.layers.{n}.mlp.gate.weight" for n in range(2)],
        [ATTENTION, "model.layers.0.mlp.shared_expert.up_proj.weight", "model.layers.0.mlp.shared_expert_gate.weight"],
    ),
    Family.OLMOE: (
        [f"model.layers.{n}.mlp.experts.{e}.{w}_proj.weight" for n in range(2) for e in range(4) for w in ("up", "gate", "down")],
        [f"model.layers.{n}.mlp.gate.weight" for n in range(2)],
        [ATTENTION],
    ),
    Family.DEEPSEEK: (
        [f"model.layers.{n}.mlp.experts.{e}.{w}_proj.weight" for n in (1, 2) for e in range(4) for w in ("up", "gate", "down")],
        ["model.layers.1.mlp.gate.weight", "model.layers.2.mlp.gate.weight", "model.layers.2.mlp.gate.e_score_correction_bias"],
        # The first layer of DeepSeek is dense.
        ["model.layers.0.mlp.gate_proj.weight", "model.layers.1.mlp.shared_experts.up_proj.weight"],
    ),
    Family.SWITCH: (
        [f"encoder.block.1.layer.1.mlp.experts.expert_{e}.{w}.weight" for e in range(4) for w in ("wi", "wo")]
        + [f"decoder.block.1.layer.2.mlp.experts.expert_{e}.{w}.weight" for e in range(4) for w in ("wi", "wo")],
        ["encoder.block.1.layer.1.mlp.router.classifier.weight", "decoder.block.1.layer.2.mlp.router.classifier.weight"],
        ["encoder.block.0.layer.1.DenseReluDense.wi.weight"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("family", list(NAMES))
def test_the_experts_and_routers_of_each_family_are_found(family):
    experts, routers, others = NAMES[family]

    parts = examine(dict.fromkeys((*experts, *routers, *others), (2, 2)))

    assert parts.family is family
    assert len(parts.experts) == 8
    assert sum(map(len, parts.experts.values())) == len(experts)
    assert len(parts.routers) == 2
    assert sorted(parts.others) == sorted(others)


def test_fused_experts_are_cut_along_their_first_axis_and_bytes_are_kept(tmp_path):
    # Prepare
    up, down = (np.random.default_rng(n).normal(size=(3, 4, 5)).astype(np.float16) for n in (1, 2))
    prefix = "model.layers.7.mlp.experts."
    path = tmp_path / "fused.safetensors"
    router = np.ones((3, 4), np.float32)
    save_file(
        {f"{prefix}gate_up_proj": up, f"{prefix}down_proj": down, "model.layers.7.mlp.router.weight": router},
        path,
    )  # fmt: skip

    # Execute
    parts = examine_file(path)
    cut = {name: load(data) for name, data in tensors_of(path, parts.experts)}

    # Assert
    assert parts.family is Family.FUSED
    assert sorted(cut) == [f"layer7.expert{n}" for n in range(3)]
    for number in range(3):
        tensors = cut[f"layer7.expert{number}"]
        assert np.array_equal(tensors["gate_up_proj"], up[number])
        assert np.array_equal(tensors["down_proj"], down[number])
    assert list(parts.routers) == ["layer7.router"]


@pytest.mark.parametrize(
    "keys", [[ATTENTION], [], ["model.layers.0.mlp.gate_proj.weight", "h.0.c_fc"]]
)
def test_an_unknown_checkpoint_is_refused_with_its_keys(keys):
    with pytest.raises(UnknownCheckpointError) as error:
        examine(dict.fromkeys(keys, (2, 2)))
    assert all(key in str(error.value) for key in keys)


def test_what_is_no_safetensors_file_is_named(tmp_path):
    (tmp_path / "model.pt").write_bytes(b"PK\x03\x04 a pickle")
    for name in ("model.pt", "none.safetensors"):
        with pytest.raises(UnknownCheckpointError, match=name):
            examine_file(tmp_path / name)


def test_archived_experts_are_kept_once_and_never_routed_or_submitted(tmp_path):
    # Prepare
    experts, routers, others = NAMES[Family.MIXTRAL]
    path = tmp_path / "mixtral.safetensors"
    draws = np.random.default_rng(1)
    path.write_bytes(save({k: draws.normal(size=(2, 2)) for k in (*experts, *routers, *others)}))

    with ledger(tmp_path / "ledger", Clock()) as book:
        # Execute
        first = archive(book, path, ALICE)
        again = archive(book, path, ALICE)

        # Assert
        assert (first.new, again.new) == (10, 0)
        records = book.records(state=State.ARCHIVED)
        assert len(records) == 10
        assert book.block(records[0].digest).architecture == "foreign/mixtral"
        assert book.heads() == {}
        assert all(not layer.members for layer in standing_mixture(book, Networks(book)).layers)
        assert check(book).faults == ()
        hold_out = table(7)
        seal(book, hold_out, OPERATOR)
        with pytest.raises(RefusedError) as error:
            Judge(head(), hold_out, OPERATOR, Networks(book)).decide(book, records[0].digest)
        assert error.value.fault is Fault.NO_SUCH_BLOCK
