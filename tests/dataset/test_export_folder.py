"""The folder of an export: the same bytes every time, nobody else's files, and one writer."""

import re
import subprocess
import sys

import pytest

from cgp.dataset import (
    DatasetError,
    DatasetExtraError,
    ShardLimits,
    read_manifest,
)
from cgp.dataset.files import hold_lock
from cgp.store import Store
from tests.dataset.filled import PERSONAL, fill
from tests.dataset.folders import tree


def test_the_same_store_gives_the_same_bytes(make_dataset, hf, tmp_path):
    make_dataset(tmp_path / "again", limits=ShardLimits(rows=40), batch=5)
    assert tree(tmp_path / "again") == tree(hf[0])


def test_a_second_export_does_nothing_and_heals_what_is_broken(make_dataset, tmp_path):
    out = tmp_path / "out"
    manifest = make_dataset(out, format="jsonl")
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    assert make_dataset(out, format="jsonl").document == manifest.document
    assert {path: path.stat().st_mtime_ns for path in before} == before
    whole = tree(out)
    path = out / next(manifest.data_files("tags"))
    path.write_bytes(path.read_bytes()[:-1])
    make_dataset(out, format="jsonl")
    assert tree(out) == whole


def test_another_export_replaces_the_first_one(make_dataset, tmp_path):
    out, other = tmp_path / "out", tmp_path / "other"
    make_dataset(out, format="jsonl", limits=ShardLimits(rows=200))
    make_dataset(out, format="jsonl", min_quality=0.4)
    make_dataset(other, format="jsonl", min_quality=0.4)
    assert tree(out) == tree(other)


def test_a_folder_with_something_else_is_refused(make_dataset, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(DatasetError, match="holds something else"):
        make_dataset(tmp_path, format="jsonl")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["thesis.txt"]
    with pytest.raises(DatasetError, match="is a file"):
        make_dataset(tmp_path / "thesis.txt", format="jsonl")


def test_the_dataset_of_another_store_is_not_replaced(make_dataset, tmp_path):
    url = f"sqlite:///{tmp_path / 's.sqlite'}"
    fill(url, [PERSONAL], waiting=0)
    make_dataset(tmp_path / "out", format="jsonl")
    before = tree(tmp_path / "out")

    with pytest.raises(DatasetError, match="another store"):
        make_dataset(tmp_path / "out", url, format="jsonl")

    assert tree(tmp_path / "out") == before


def test_two_exports_do_not_write_the_same_folder(make_dataset, tmp_path):
    (tmp_path / "out" / ".export").mkdir(parents=True)
    with (
        hold_lock(tmp_path / "out" / ".export"),
        pytest.raises(DatasetError, match="another process"),
    ):
        make_dataset(tmp_path / "out", format="jsonl")


def test_an_empty_store_is_told(make_dataset, tmp_path):
    url = f"sqlite:///{tmp_path / 's.sqlite'}"
    Store(url).close()
    with pytest.raises(DatasetError, match="no finished conversation yet"):
        make_dataset(tmp_path / "out", url, format="jsonl")


def test_json_lines_need_no_extra_and_parquet_says_which(tmp_path, small):
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from pathlib import Path\n"
        "from cgp.dataset import *\n"
        "from cgp.embedders import default_embedder\n"
        "from cgp.privacy import STANDARD\n"
        "from cgp.store import Store\n"
        "for format_name in ('jsonl', 'hf'):\n"
        "    export(Store(sys.argv[1]), Path(sys.argv[2]) / format_name, Options(format_name),\n"
        "           policy=STANDARD, embedder=default_embedder())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, small, tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Parquet needs the extra dataset, and pyarrow is not installed" in done.stderr
    assert re.search(
        r"^run \S*(setup\.sh dataset|python.*\[dataset\]'), ", DatasetExtraError.remedy
    )
    assert read_manifest(tmp_path / "jsonl").rows("conversations") == 4
