"""What the documents say about settings is what the settings are."""

from pathlib import Path

from cgp.config import Settings
from cgp.settings_reference import (
    current_values,
    example_env,
    markdown_table,
    settings_reference,
    unknown_names,
)

ROOT = Path(__file__).resolve().parent.parent


def test_example_env_is_up_to_date():
    assert (ROOT / "example.env").read_text(encoding="utf-8") == example_env(), (
        "run: cgp config --env > example.env"
    )


def test_the_documentation_has_every_setting():
    assert markdown_table() in (ROOT / "docs" / "settings.md").read_text(encoding="utf-8"), (
        "paste the output of: cgp config --markdown"
    )


def test_a_table_of_all_settings_in_the_readme_is_up_to_date():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    if "<!-- settings: cgp config --markdown -->" in readme:
        assert markdown_table() in readme, "paste the output of: cgp config --markdown"


def test_every_setting_says_what_it_means():
    assert [setting.flag for setting in settings_reference() if not setting.meaning] == []


def test_each_variable_sets_what_it_names(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    lines = [line for line in example_env().splitlines() if line.startswith("#") and "=" in line]
    (tmp_path / ".env").write_text(
        "\n".join(line[1:] for line in lines if not line.startswith("# ") and line[-1] != "=")
    )
    assert current_values(Settings()) == current_values(Settings(_env_file=None))


def test_a_secret_is_only_said_to_be_set():
    values = current_values(Settings(database_url="postgresql://u:secret@localhost/x"))
    assert values["--database_url"] == "(set)"


def test_a_wrong_name_in_env_is_named_with_the_one_that_is_meant(tmp_path):
    file = tmp_path / ".env"
    file.write_text("AXON_PROT=8091\nNETUID=18\nWANDB_API_KEY=x\nSOMETHING_ELSE=1\n")
    assert unknown_names(file) == {"AXON_PROT": "AXON_PORT", "SOMETHING_ELSE": ""}
    assert unknown_names(tmp_path / "none") == {}
