"""The card is what the Hub expects, and the documentation tells of the same columns."""

import re
from pathlib import Path

import pytest
from huggingface_hub import DatasetCard

from cgp.dataset import TABLES, Provenance
from cgp.dataset.card import card, columns_table
from cgp.dataset.columns import COLUMNS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def told(hf):
    return DatasetCard((hf[0] / "README.md").read_text(encoding="utf-8"))


def test_the_front_matter_is_valid_and_names_the_files_of_every_table(told, hf):
    folder, manifest = hf
    data = told.data.to_dict()
    assert [config["config_name"] for config in data["configs"]] == list(TABLES)
    for config in data["configs"]:
        for part in config["data_files"]:
            files = manifest.document["tables"][config["config_name"]][part["split"]]["files"]
            found = sorted(str(path.relative_to(folder)) for path in folder.glob(part["path"]))
            assert found == files
    assert data["size_categories"] == ["n<1K"]
    assert data["language"] == ["de", "en", "es", "fr", "hi", "ja", "pt"]
    assert data["license"] == "other"


def test_the_card_tells_figures_columns_privacy_and_limits(told, hf):
    text = told.text
    statistics = hf[1].document["statistics"]
    assert statistics["redaction"]["by_kind"]["email"] >= 2
    for words in (
        "Schema version 3. 16 conversations.",
        f"| email | {statistics['redaction']['by_kind']['email']} |",
        "| mail | 1 | not known |",
        "nearly repeat an earlier one",
        "16 of them were annotated by miners and scored by validators",
        "many people's machines or one (`cgp localnet`) is not recorded",
        "## Limits",
        "| `vector` | 256 x float32 |",
    ):
        assert words in text
    for table in TABLES:
        assert f"### {table}" in text
    # The store knows no chain: a run on one machine gives the same rows.
    assert "decentralised" not in text


@pytest.mark.parametrize(
    ("licences", "wanted"),
    [
        (["CC-BY-4.0", "CC-BY-4.0"], "license: cc-by-4.0"),
        (["CC-BY-4.0", "MIT"], "license: other"),
        (["CC-BY-4.0", None], "license: other"),
        (["Something Else 1.0"], "license: other"),
    ],
)
def test_the_licence_is_that_of_all_sources_or_other(hf, licences, wanted):
    sources = {
        str(i): {"conversations": 1, "licence": licence, "attribution": None, "url": None}
        for i, licence in enumerate(licences)
    }
    document = hf[1].document | {"statistics": hf[1].document["statistics"] | {"sources": sources}}
    assert wanted in card(document).splitlines()


def test_the_card_says_what_only_a_run_with_miners_fills(hf):
    statistics = hf[1].document["statistics"]
    alone = statistics | {"made_by": {"annotator": 16}, "annotators": ["embedded/5"]}
    sentence = "a tag has neither `confidence` nor `in_ground_truth`"
    assert sentence in card(hf[1].document | {"statistics": alone})
    assert sentence not in card(hf[1].document)
    assert "never a guess" in card(hf[1].document)


def test_a_table_without_rows_is_no_configuration_and_is_named(hf):
    tables = hf[1].document["tables"] | {"scores": {"train": {"rows": 0, "files": ["scores/t"]}}}
    text = card(hf[1].document | {"tables": tables})
    data = DatasetCard(text).data.to_dict()
    assert [config["config_name"] for config in data["configs"]] == [
        table for table in TABLES if table != "scores"
    ]
    assert "not a configuration: scores." in text
    assert "no configuration" not in card(hf[1].document)


def test_an_unredacted_dataset_says_so(hf):
    document = hf[1].document
    privacy = document["recipe"]["privacy"] | {"kinds": [], "pseudonymised": True}
    text = card(
        document | {"recipe": document["recipe"] | {"privacy": privacy, "min_quality": 0.5}}
    )
    assert "Nothing was replaced by placeholders." in text
    assert "Participants have pseudonyms" in text
    assert "a quality below 0.5" in text


def test_the_documentation_has_the_columns():
    text = (ROOT / "docs" / "dataset.md").read_text(encoding="utf-8")
    for table in COLUMNS:
        section = re.search(rf"^### {table}\n\n(.*?)(?=\n\n)", text, re.DOTALL | re.MULTILINE)
        assert section, f"docs/dataset.md: no section on {table}"
        assert section.group(1).splitlines() == list(columns_table(table, 256))


def test_provenance_has_nothing_by_default():
    assert Provenance() == Provenance(None, None, None)
