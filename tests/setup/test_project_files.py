"""The files of the project for other programs: GitHub's, pre-commit's, and the wheel's contents."""

import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def test_the_workflow_runs_the_commands_of_a_contributor():
    workflow = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text(encoding="utf-8"))
    runs = [
        step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step
    ]
    assert runs == ["./run_tests.sh", "./run_tests.sh --peers"]
    assert workflow["permissions"] == {"contents": "read"}


def test_the_hooks_run_the_checks_of_the_tests():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    entries = [hook["entry"] for repo in hooks["repos"] for hook in repo["hooks"]]
    checks = (ROOT / "run_tests.sh").read_text(encoding="utf-8")
    for entry, command in zip(
        entries, ("ruff check", "ruff format", "mypy cgp miner validator"), strict=True
    ):
        assert entry.startswith(f".venv/bin/{command}")
        assert command in checks


def test_the_wheel_has_one_package_besides_the_two_neurons():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["packages"] == ["cgp", "miner", "validator"]
