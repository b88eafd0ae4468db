"""Settings come from flags, the environment and .env, in that order."""

import pytest

from cgp.config import Settings


@pytest.fixture(autouse=True)
def _clean(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in ("AXON_PORT", "SUBTENSOR_NETWORK", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)


def test_operators_flags_keep_their_dotted_names():
    settings = Settings.from_command_line(
        [
            "--netuid",
            "33",
            "--subtensor.network",
            "test",
            "--wallet.name",
            "W",
            "--wallet.hotkey",
            "H",
            "--axon.port",
            "9000",
        ]
    )
    assert settings.netuid == 33
    assert settings.subtensor.network == "test"
    assert (settings.wallet.name, settings.wallet.hotkey) == ("W", "H")
    assert settings.axon.port == 9000


def test_flags_beat_the_environment_which_beats_the_file(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("AXON_PORT=7001\nWALLET_NAME=from-file\nLOG_LEVEL=DEBUG\n")
    monkeypatch.setenv("AXON_PORT", "7002")
    assert Settings().axon.port == 7002
    settings = Settings.from_command_line(["--axon.port", "7003"])
    assert settings.axon.port == 7003
    assert settings.wallet.name == "from-file"
    assert settings.log.level == "DEBUG"


def test_a_value_that_cannot_be_is_refused_by_name(capsys, monkeypatch):
    monkeypatch.setenv("LOG_LEVEL", "LOUD")
    with pytest.raises(SystemExit) as exit_info:
        Settings.from_command_line(["--axon.port", "99999"])
    assert exit_info.value.code == 2
    said = capsys.readouterr().err
    assert "--axon.port" in said
    assert "--log.level" in said


def test_an_unknown_flag_is_refused(capsys):
    with pytest.raises(SystemExit) as exit_info:
        Settings.from_command_line(["--axon.prot", "8091"])
    assert exit_info.value.code == 2
    assert "axon.prot" in capsys.readouterr().err


def test_a_password_in_the_database_address_is_never_shown(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://cgp:hunter2@localhost/cgp")
    settings = Settings()
    assert "hunter2" not in repr(settings)
    assert settings.store_url == "postgresql://cgp:hunter2@localhost/cgp"


def test_the_store_is_sqlite_in_the_data_folder(tmp_path):
    settings = Settings(data_dir=tmp_path / "d")
    assert settings.store_url == f"sqlite:///{tmp_path / 'd' / 'store.sqlite'}"
    assert settings.chain_file == tmp_path / "d" / "chain.sqlite"


@pytest.mark.parametrize("flag", ["--database_url", "--llm.api_key=k", "--openai_api_key"])
def test_a_secret_is_refused_as_a_flag(flag, capsys):
    with pytest.raises(SystemExit):
        Settings.from_command_line([flag, "hunter2"])
    said = capsys.readouterr().err
    assert ".env" in said
    assert "hunter2" not in said
