"""A researcher's first hour: a folder of exports becomes a dataset, which loads and is searched."""

import json

import pytest

pytestmark = pytest.mark.peers
datasets = pytest.importorskip("datasets", reason="the extra peers is not installed")

WHATSAPP = """12/05/2026, 10:01 - Ana: Did you see the new timetable of the ferry?
12/05/2026, 10:02 - Bruno: Yes, the last ferry leaves at nine now.
12/05/2026, 10:03 - Ana: Then I miss it after choir practice. Write to ana.silva@example.com if you hear more.
12/05/2026, 10:05 - Bruno: The ferry company says the harbour is too dark after nine.
12/05/2026, 10:06 - Ana: A lamp on the pier would cost less than a missed crossing.
"""
TALK = {
    "id": "council",
    "turns": [
        {"speaker": "Chair", "text": "Item two: the housing policy for the old harbour."},
        {"speaker": "Lena", "text": "Half of the flats should be rented below the market price."},
        {"speaker": "Chair", "text": "The housing policy of last year said a third."},
        {"speaker": "Lena", "text": "And nobody who works in the harbour could pay the rent."},
    ],
}


@pytest.mark.filterwarnings("ignore")
def test_a_folder_of_exports_becomes_a_dataset(newcomer, tmp_path, monkeypatch):
    # Prepare: two exports, and a file that is cut off.
    exports = newcomer.clone / "exports"
    exports.mkdir()
    (exports / "WhatsApp Chat with Bruno.txt").write_text(WHATSAPP, encoding="utf-8")
    (exports / "council.json").write_text(json.dumps(TALK), encoding="utf-8")
    (exports / "broken.json").write_text('{"turns": [{"speaker": "Ann"', encoding="utf-8")

    # Execute
    newcomer.types("./setup.sh dataset ", "README.md")
    told = newcomer.types(".venv/bin/cgp make-dataset exports/ my-dataset", "README.md", expected=1)

    # Assert: the bad file is named, the rest is a dataset without the e-mail address.
    assert "broken.json" in told
    assert "2 conversations in my-dataset" in told
    assert "duplicates: 0" in told
    dataset = newcomer.clone / "my-dataset"
    everything = b"".join(path.read_bytes() for path in dataset.rglob("*") if path.is_file())
    assert b"ana.silva" not in everything
    assert "licence not known" in (dataset / "DATASHEET.md").read_text(encoding="utf-8")

    # The README's own lines load it; so does pandas, as docs/dataset.md says.
    monkeypatch.chdir(newcomer.clone)
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    # Every table that the card offers loads; no miner took part, so `scores` is not among them.
    offered = datasets.get_dataset_config_names("my-dataset")
    assert "scores" not in offered
    loaded = {table: datasets.load_dataset("my-dataset", table) for table in offered}
    rows = [
        row
        for table in ("conversations", "tags")
        for split in loaded[table].values()
        for row in split
    ]
    assert {row["conversation_id"] for row in rows} > {"council"}
    assert any("ferry" in (row.get("text") or "").lower() for row in rows)
    names = {}
    exec(
        newcomer.block("docs/dataset.md", "python", "import pandas").replace("OUT", "my-dataset"),
        names,
    )
    assert len(names["quality"]) == 2
    assert "ferry" in " ".join(names["tags"]["text"]).lower()

    # Search says what is there, and that something is not.
    found = newcomer.types('cgp search "housing policy"', "docs/search.md")
    assert "council" in found
    assert "nothing relevant" in newcomer.types('cgp search "zzzqqq"', "docs/search.md")

    # The form for training, from the same store.
    newcomer.types("cgp export OUT --format messages", "docs/dataset.md", OUT="chat")
    lines = [
        json.loads(line)
        for path in (newcomer.clone / "chat" / "messages").iterdir()
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    assert {message["role"] for line in lines for message in line["messages"]} == {
        "system",
        "user",
        "assistant",
    }
