"""What the set-up installs has a version and hashes, and an index that gives something else installs nothing."""

import hashlib
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.markers import Marker, default_environment
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
LOCKED = [ROOT / "locked" / "base.txt", ROOT / "locked" / "operator.txt"]
PLATFORMS = [("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64")]
PYTHONS = ["3.11", "3.12", "3.13"]


def pins():
    """Return (name, version, marker, hashes) of every locked package."""
    found = []
    for path in LOCKED:
        for block in re.split(r"^(?=\S)", path.read_text(), flags=re.MULTILINE):
            if block.strip():
                head, *hashes = block.replace("\\\n", "").split("--hash=")
                requirement = Requirement(head.strip())
                (pin,) = requirement.specifier
                assert pin.operator == "=="
                found.append((requirement.name, pin.version, requirement.marker, hashes))
    return found


def environments():
    for platform, machine in PLATFORMS:
        for python in PYTHONS:
            yield default_environment() | {
                "sys_platform": platform,
                "platform_system": platform.capitalize(),
                "platform_machine": machine,
                "python_version": python,
                "python_full_version": f"{python}.1",
                "implementation_name": "cpython",
                "platform_python_implementation": "CPython",
            }


def wanted():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"], *extras["operator"], *extras["llm"]]
    return [Requirement(line) for line in lines if not line.startswith("conversation-genome[")]


def test_every_dependency_is_locked_on_every_platform_to_a_version_that_the_project_allows():
    locked = pins()
    for environment in environments():
        versions = {
            name.lower(): version
            for name, version, marker, _ in locked
            if marker is None or Marker(str(marker)).evaluate(environment)
        }
        for requirement in wanted():
            version = versions.get(requirement.name.lower())
            assert version is not None, f"{requirement.name}: run scripts/lock.sh"
            assert requirement.specifier.contains(version, prereleases=True), (
                f"{requirement}: {version} is locked; run scripts/lock.sh"
            )


def test_every_locked_package_has_hashes_and_no_address():
    for name, _, _, hashes in pins():
        assert hashes, name
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}\s*", value) for value in hashes), name
    text = "".join(path.read_text() for path in LOCKED)
    assert not re.search(r"://|--index|--find-links|^-", text, re.MULTILINE)


def install(folder, digest):
    """Install ``tiny`` with the script's own function, from a folder, as if it were locked so."""
    (folder / "locked").mkdir(exist_ok=True)
    (folder / "locked" / "base.txt").write_text(f"tiny==1.0 --hash=sha256:{digest}\n")
    options = f"--no-index --find-links {folder} --target {folder / 'target'}"
    script = (
        f"source {ROOT / 'scripts' / 'environment.sh'}; "
        f"pip=({sys.executable} -m pip install --quiet --disable-pip-version-check {options}); "
        "_install_locked --requirement locked/base.txt"
    )
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, capture_output=True, check=False, text=True
    )
    return done.returncode, done.stderr, (folder / "target" / "tiny.py").exists()


@pytest.fixture
def wheel(tmp_path):
    path = tmp_path / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny.py", "")
        archive.writestr(
            "tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n"
        )
        archive.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("tiny-1.0.dist-info/RECORD", "")
    return path


def test_a_package_with_other_bytes_than_were_locked_is_not_installed(tmp_path, wheel):
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()

    _, _, installed = install(tmp_path, digest)
    assert installed
    (tmp_path / "target" / "tiny.py").unlink()

    status, said, installed = install(tmp_path, "0" * 64)
    assert status != 0
    assert "DO NOT MATCH THE HASHES" in said
    assert not installed
