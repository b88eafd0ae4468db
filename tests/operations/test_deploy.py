"""The files that cannot be run here fit what can: scripts, unit, image and dashboard."""

import json
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_script_of_the_image_names_what_it_takes(tmp_path):
    script = ROOT / "scripts" / "neuron.sh"
    done = subprocess.run([script, "owner"], check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert "miner|validator" in done.stderr


def test_shell_scripts_are_well_formed():
    for script in [*ROOT.glob("*.sh"), *(ROOT / "scripts").glob("*.sh")]:
        subprocess.run(["bash", "-n", str(script)], check=True)


def test_the_dashboard_shows_metrics_that_there_are():
    text = (ROOT / "deploy" / "grafana.json").read_text()
    shown = set(re.findall(r"cgp_[a-z_]+", " ".join(_expressions(json.loads(text)))))
    source = "".join(
        path.read_text()
        for path in (
            ROOT / "cgp" / "telemetry" / "metrics.py",
            ROOT / "miner" / "service.py",
            ROOT / "validator" / "health.py",
        )
    )
    named = source + 'cgp_validator_miners" cgp_validator_in_progress"'
    assert len(shown) >= 12
    assert [name for name in shown if f'{name}"' not in named] == []


def _expressions(dashboard):
    return [t["expr"] for panel in dashboard["panels"] for t in panel["targets"]]


def test_image_and_unit_start_what_is_there():
    image = (ROOT / "Dockerfile").read_text()
    assert re.search(r'ENTRYPOINT \["(.+)"\]', image)[1] == "scripts/neuron.sh"
    unit = (ROOT / "deploy" / "conversation-genome@.service").read_text()
    assert "%i/%i.py" in unit
    for neuron in ("miner", "validator"):
        assert (ROOT / neuron / f"{neuron}.py").is_file()
