"""The library ``datasets`` loads what was exported, in both formats."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from cgp.dataset import (
    SPLITS,
    TABLES,
)


@pytest.fixture(scope="session")
def loaded(hf, lines, tmp_path_factory):
    """What ``datasets`` reads of every table in both formats, in a process without a network."""
    folder = tmp_path_factory.mktemp("loaded")
    code = (
        "import json, sys\n"
        "from datasets import load_dataset\n"
        "out, lines, target, *tables = sys.argv[1:]\n"
        "for table in tables:\n"
        "    files = {'train': f'{lines}/{table}/train-*.jsonl'}\n"
        "    read = {'hf': load_dataset(out, table), 'lines': load_dataset('json', data_files=files)}\n"
        "    for name, found in read.items():\n"
        "        rows = {split: part.to_list() for split, part in found.items()}\n"
        "        with open(f'{target}/{name}-{table}.json', 'w') as file:\n"
        "            json.dump(rows, file)\n"
    )
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "home")}
    subprocess.run(
        [sys.executable, "-c", code, hf[0], lines[0], folder, *TABLES],
        env=environment,
        check=True,
        capture_output=True,
    )
    return {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json")}


@pytest.mark.parametrize("table", list(TABLES))
def test_datasets_loads_what_was_exported(loaded, hf, rows, table):
    found = loaded[f"hf-{table}"]
    assert {split: len(part) for split, part in found.items()} == {
        split: about["rows"] for split, about in hf[1].document["tables"][table].items()
    }
    assert [row for split in SPLITS for row in found.get(split, [])] == rows[table]


@pytest.mark.parametrize("table", list(TABLES))
def test_datasets_loads_json_lines_too(loaded, hf, table):
    found, wanted = loaded[f"lines-{table}"]["train"], loaded[f"hf-{table}"]["train"]
    if table == "embeddings":
        for row in found:
            row["vector"] = np.array(row["vector"], np.float32).tolist()
    assert found == wanted
