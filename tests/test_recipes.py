"""The recipes of CONTRIBUTING.md name files that exist and registries that hold what they say."""

import pkgutil
import re
from importlib import import_module
from pathlib import Path

import pytest

from cgp.annotators.choose import annotator_of
from cgp.annotators.presets import PRESETS
from cgp.annotators.spec import AnnotatorSpecError
from cgp.cli.app import app_commands, load_command
from cgp.config import Settings
from cgp.dataset.columns import TABLES
from cgp.quality import PARTS
from cgp.reads import READS, Genome
from cgp.sources import formats
from cgp.sources.registry import sources
from cgp.store.schema import SCHEMA_VERSION, qualities

ROOT = Path(__file__).resolve().parent.parent
TEXTS = {name: (ROOT / name).read_text() for name in ("CONTRIBUTING.md", "docs/architecture.md")}
PATH = re.compile(r"`((?:cgp|docs|tests|validator|miner)/[\w./]+|README\.md|example\.env)`")


@pytest.mark.parametrize("name", TEXTS)
def test_paths_in_the_documents_exist(name):
    named = [path for path in PATH.findall(TEXTS[name]) if "NAME" not in path]
    assert len(named) > 5
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_each_module_of_the_formats_is_a_source_in_the_registry():
    modules = [module.name for module in pkgutil.iter_modules(formats.__path__)]
    expected = {import_module(f"{formats.__name__}.{name}").SOURCE.name for name in modules}
    assert expected <= {source.name for source in sources()}


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_each_preset_is_an_annotator_by_its_name(preset):
    message = ""
    try:
        annotator_of(f"{preset}:some-model", Settings(_env_file=None))
    except AnnotatorSpecError as error:
        message = str(error)
    except Exception as error:  # noqa: BLE001 - a missing key or price is fine: the name was found
        message = str(error)
    assert "there is no annotator" not in message


def test_each_quality_measure_is_a_column_of_dataset_and_store():
    assert set(PARTS) <= {column.name for column in TABLES["quality"]}
    assert set(PARTS) <= {column.name for column in qualities.columns}
    measures = {module.name for module in pkgutil.iter_modules([str(ROOT / "cgp/quality")])}
    assert set(PARTS) <= measures


@pytest.mark.parametrize("command", app_commands())
def test_each_command_is_where_the_table_says(command):
    assert load_command(command).name == command


def test_each_read_is_a_method_of_the_genome():
    for read in READS:
        assert getattr(Genome, read.function.__name__) is read.function


def test_each_schema_version_has_a_migration():
    versions = (ROOT / "cgp/store/migrations/versions").glob("v*.py")
    numbers = sorted(int(re.match(r"v(\d+)_", path.name)[1]) for path in versions)
    assert numbers == list(range(1, SCHEMA_VERSION + 1))
