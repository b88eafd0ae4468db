"""What is exported equals what is in the store, redacted."""

from contextlib import closing
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest

from cgp.conversation import Conversation, Participant, Turn
from cgp.dataset import (
    SPLITS,
    TABLES,
    DatasetError,
    Provenance,
    ShardLimits,
    read_manifest,
    split_of,
    text_hash,
)
from cgp.dataset.parquet import arrow_schema
from cgp.durable_files import sha256_of
from cgp.embedders import default_embedder
from cgp.privacy import STANDARD, RedactionPolicy, redact
from cgp.store import Store
from cgp.text import normal_form
from tests.dataset.filled import EMAIL, PERSONAL, fill, metadata_of, tree_of
from tests.dataset.folders import rows_by_table, tree


def test_every_finished_conversation_is_there_redacted(filled, rows):
    talks = {talk.id: redact(talk).conversation for talk in filled[1]}
    assert {row["conversation_id"] for row in rows["conversations"]} == set(talks)
    for row in rows["conversations"]:
        talk = talks[row["conversation_id"]]
        assert row["participants"] == [p.name for p in talk.participants]
        assert [(t["speaker"], t["text"], t["at"]) for t in row["turns"]] == [
            (t.speaker, t.text, t.at) for t in talk.turns
        ]
        assert (row["title"], row["language"], row["started_at"], row["source"]) == (
            talk.title,
            talk.language,
            talk.started_at,
            talk.source,
        )
        assert row["language_recognised"] == talk.language.partition("-")[0]
        assert row["content_hash"] == talk.content_hash
        assert row["annotator"] == "embedded/1"


def test_tags_profiles_windows_quality_and_scores_are_those_of_the_store(filled, rows):
    with closing(Store(filled[0])) as store:
        for talk in filled[1]:
            own = {
                table: [row for row in found if row.get("conversation_id") == talk.id]
                for table, found in rows.items()
            }
            if talk.id == PERSONAL.id:
                continue
            found = metadata_of(talk)
            assert [(r["rank"], r["text"], r["support"], r["confidence"]) for r in own["tags"]] == [
                (i, tag.text, tag.support, tag.confidence) for i, tag in enumerate(found.tags, 1)
            ]
            assert [row["in_ground_truth"] for row in own["tags"]] == [
                i < 3 for i in range(len(found.tags))
            ]
            assert [
                (c["attribute"], c["value"], tuple(c["turns"]))
                for row in own["profiles"]
                for c in row["claims"]
            ] == [(c.attribute, c.value, c.turns) for c in found.profiles[0].claims]
            assert own["profiles"][0]["name"] == talk.participants[talk.turns[0].speaker].name
            assert [
                (r["number"], r["parent"], r["level"], r["start"], r["stop"])
                for r in own["windows"]
            ] == [(w.number, w.parent, w.level, w.start, w.stop) for w in tree_of(talk, found)]
            record = store.quality_of(talk.id)
            assert [(r["summary"], r["fluency"], r["version"]) for r in own["quality"]] == (
                [(record.quality.summary, record.quality.fluency, record.version)] if record else []
            )
            leaves = store.windows_of(talk.id)
            assert [(r["window"], r["start"], r["hotkey"], r["value"]) for r in own["scores"]] == [
                (leaf.index, leaf.start, hotkey, value)
                for leaf in leaves
                for hotkey, value in (("5Miner", 0.625), ("5Silent", 0.0))
            ]
            assert own["scores"][0]["components"] == [
                {"name": "profiles", "value": 0.75},
                {"name": "tags", "value": 0.5},
            ]
            assert own["scores"][1]["failure"] == "timeout"
            assert {row["rule_version"] for row in own["scores"]} == {"rule/1"}


def test_leaves_hold_their_text_and_the_whole_does_not(rows):
    leaf = next(row for row in rows["windows"] if row["is_leaf"])
    talk = next(r for r in rows["conversations"] if r["conversation_id"] == leaf["conversation_id"])
    first = talk["turns"][leaf["start"]]
    assert leaf["text"].startswith(f"{talk['participants'][first['speaker']]}: ")
    assert leaf["text"].count("\n") == leaf["stop"] - leaf["start"] - 1
    assert all(row["text"] is None for row in rows["windows"] if not row["is_leaf"])


def test_embeddings_are_the_embedders_once_for_each_tag_and_split(hf, rows):
    folder, manifest = hf
    split = {row["conversation_id"]: row["split"] for row in rows["conversations"]}
    wanted = {
        (split[row["conversation_id"]], tag["normal_form"])
        for row in rows["windows"] + rows["tags"]
        for tag in row.get("tags", [row])
    }
    found = {}
    for name, about in manifest.document["tables"]["embeddings"].items():
        for file in about["files"]:
            for row in pq.read_table(folder / file).to_pylist():
                assert (name, row["normal_form"]) not in found
                found[name, row["normal_form"]] = row
    assert found.keys() == wanted
    terms = [term for _, term in found]
    vectors = np.array([row["vector"] for row in found.values()], dtype=np.float32)
    assert (vectors == default_embedder().embed(terms)).all()
    row = next(iter(found.values()))
    assert f"{row['model']}@{row['revision']}" == default_embedder().id


def test_personal_data_is_nowhere_in_the_files(make_dataset, filled, tmp_path):
    make_dataset(tmp_path / "out", format="jsonl")
    everything = b"".join(tree(tmp_path / "out").values()).decode().casefold()
    for secret in (EMAIL, "jane.doe", "bob@elsewhere", "account-123456"):
        assert secret not in everything
    tags = {
        row["text"]
        for row in rows_by_table(tmp_path / "out")["tags"]
        if row["conversation_id"] == PERSONAL.id
    }
    assert {"mail of [EMAIL_1]", "reach [EMAIL]"} <= tags
    with closing(Store(filled[0])) as store:
        assert EMAIL in store.vault_of(PERSONAL.id).values()


def test_names_are_replaced_where_the_policy_says_so(make_dataset, tmp_path):
    policy = replace(STANDARD, pseudonym_key=b"k" * 32)
    talk = Conversation(
        "t",
        "mail",
        (Participant("Annabel Lee"), Participant("Bob Ross")),
        (Turn(0, "Hello Bob, how is painting?"), Turn(1, "Painting is happy, Annabel.")),
    )
    url = f"sqlite:///{tmp_path / 's.sqlite'}"
    fill(url, [talk], waiting=0)
    make_dataset(tmp_path / "out", url, policy, format="jsonl")
    everything = b"".join(tree(tmp_path / "out").values()).decode().casefold()
    assert "bob" not in everything
    assert "annabel" not in everything
    assert read_manifest(tmp_path / "out").document["recipe"]["privacy"]["pseudonymised"]
    make_dataset(tmp_path / "raw", url, RedactionPolicy(frozenset()), format="jsonl")
    assert b"Annabel Lee" in b"".join(tree(tmp_path / "raw").values())


def test_a_conversation_is_in_one_split_in_every_table(hf, rows):
    folder, manifest = hf
    wanted = {row["conversation_id"]: split_of(row["text_hash"]) for row in rows["conversations"]}
    assert set(wanted.values()) <= set(SPLITS)
    for table in set(TABLES) - {"embeddings"}:
        for split, about in manifest.document["tables"][table].items():
            for file in about["files"]:
                ids = pq.read_table(folder / file)["conversation_id"].to_pylist()
                assert ids == sorted(ids)
                assert {wanted[i] for i in ids} <= {split}


def test_splits_do_not_depend_on_who_says_it_or_how_it_is_set():
    said = replace(
        PERSONAL, turns=tuple(replace(t, text=f"  {t.text.upper()} ") for t in PERSONAL.turns)
    )
    renamed = replace(said, id="other", participants=(Participant("X"), Participant("Y")))
    assert text_hash(renamed) == text_hash(PERSONAL)
    counts = dict.fromkeys(SPLITS, 0)
    for number in range(4000):
        counts[split_of(text_hash(replace(PERSONAL, turns=(Turn(0, f"number {number}"),))))] += 1
    assert abs(counts["train"] - 3600) < 100
    assert abs(counts["test"] - 200) < 60


def test_repetitions_are_counted_and_exact_ones_share_a_split(make_dataset, tmp_path):
    base = PERSONAL.turns + tuple(
        Turn(i % 2, f"Point {i} is about apples and pears.") for i in range(40)
    )
    first = replace(PERSONAL, id="first", turns=base)
    louder = replace(first, id="louder", turns=tuple(replace(t, text=t.text.upper()) for t in base))
    nearly = replace(first, id="nearly", turns=(*base, Turn(1, "One more thing.")))
    url = f"sqlite:///{tmp_path / 's.sqlite'}"
    fill(url, [first, louder, nearly], waiting=0)
    manifest = make_dataset(tmp_path / "out", url, format="jsonl")
    found = {
        row["conversation_id"]: row for row in rows_by_table(tmp_path / "out")["conversations"]
    }
    assert found["louder"]["split"] == found["first"]["split"]
    assert found["nearly"]["near_duplicate_of"] == "first"
    across = found["nearly"]["split"] != found["first"]["split"]
    assert manifest.document["statistics"]["duplicates"] == {
        "exact": 1,
        "near": 2,
        "near_across_splits": int(across),
    }


def test_parquet_has_the_schema_zstd_and_bounded_shards(hf):
    folder, manifest = hf
    for table in TABLES:
        for file in manifest.data_files(table):
            read = pq.ParquetFile(folder / file)
            assert read.schema_arrow.equals(arrow_schema(table, 256))
            assert read.metadata.num_rows <= 40
            assert all(
                read.metadata.row_group(g).column(c).compression == "ZSTD"
                for g in range(read.metadata.num_row_groups)
                for c in range(read.metadata.num_columns)
            )
            read.close()
    assert len(list(manifest.data_files("scores"))) > len(manifest.document["tables"]["scores"])


def test_a_shard_is_bounded_in_bytes_too(make_dataset, tmp_path):
    manifest = make_dataset(tmp_path / "out", format="jsonl", limits=ShardLimits(bytes=100_000))
    files = {file.path: file for file in manifest.files}
    for table in TABLES:
        for name in manifest.data_files(table):
            assert files[name].bytes <= 100_000 + files[name].rows or files[name].rows == 1
    with pytest.raises(ValueError, match="at least one row"):
        ShardLimits(rows=0)


def test_the_manifest_names_every_file_by_its_hash(hf):
    folder, manifest = hf
    on_disk = {name for name in tree(folder) if not name.startswith(".export/")}
    assert on_disk == {file.path for file in manifest.files} | {"dataset.json"}
    assert all(sha256_of(folder / file.path) == file.sha256 for file in manifest.files)
    assert manifest.document["schema_version"] == 3
    assert manifest.document["embedder"]["dimension"] == 256
    assert manifest.rows("conversations") == 16


def test_the_formats_hold_the_same_rows(lines, rows):
    folder, _ = lines
    found = rows_by_table(folder)
    for row in found["embeddings"]:
        row["vector"] = np.array(row["vector"], np.float32).tolist()
    assert found == rows
    assert not (folder / "README.md").exists()


def test_quality_decides_what_is_left_out(make_dataset, tmp_path, filled):
    manifest = make_dataset(tmp_path / "out", format="jsonl", min_quality=0.4)
    assert {row["summary"] >= 0.4 for row in rows_by_table(tmp_path / "out")["quality"]} == {True}
    left_out = manifest.document["left_out"]
    assert left_out["unmeasured"] == 3
    assert sum(left_out.values()) + manifest.rows("conversations") == len(filled[1])
    with pytest.raises(DatasetError, match="no finished conversation is good enough"):
        make_dataset(tmp_path / "none", format="jsonl", min_quality=1.0)
    assert not (tmp_path / "none").exists()


def test_an_older_store_has_leaves_and_no_tree_and_no_quality(make_dataset, tmp_path):
    from cgp import samples

    url = f"sqlite:///{tmp_path / 's.sqlite'}"
    (talk,) = fill(url, samples.load()[:2], tree=False)
    with closing(Store(url)) as store:
        leaves = store.windows_of(talk.id)
    manifest = make_dataset(tmp_path / "out", url)
    rows = rows_by_table(tmp_path / "out")
    assert [(r["number"], r["parent"], r["level"], r["is_leaf"]) for r in rows["windows"]] == [
        (leaf.index, None, None, True) for leaf in leaves
    ]
    assert manifest.rows("quality") == 1


def test_sources_are_told_in_rows_card_and_manifest(make_dataset, tmp_path):
    about = Provenance("CC-BY-4.0", "The | club", "https://example.org")
    manifest = make_dataset(tmp_path / "out", sources={"mail": about})
    row = next(r for r in rows_by_table(tmp_path / "out")["conversations"] if r["source"] == "mail")
    assert (row["licence"], row["attribution"], row["source_url"]) == (
        "CC-BY-4.0",
        "The | club",
        "https://example.org",
    )
    assert manifest.document["statistics"]["sources"]["mail"]["licence"] == "CC-BY-4.0"
    text = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "| mail | 1 | CC-BY-4.0 | The \\| club | https://example.org |" in text


def test_a_lone_surrogate_does_not_stop_an_export(make_dataset, tmp_path):
    talk = replace(PERSONAL, title="broken \ud800 title")
    url = f"sqlite:///{tmp_path / 's.sqlite'}"
    fill(url, [talk], waiting=0)
    make_dataset(tmp_path / "out", url)
    assert rows_by_table(tmp_path / "out")["conversations"][0]["title"] == "broken ? title"


def test_terms_are_the_normal_forms_of_the_tags(rows):
    assert all(row["normal_form"] == normal_form(row["text"]) for row in rows["tags"])
