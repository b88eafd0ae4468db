"""The notebook of the documentation runs from top to bottom in a real kernel."""

import shutil
from pathlib import Path

import pytest

pytestmark = pytest.mark.peers
nbclient = pytest.importorskip("nbclient", reason="the extra peers is not installed")
pytest.importorskip("ipykernel", reason="the extra peers is not installed")
nbformat = pytest.importorskip("nbformat", reason="the extra peers is not installed")

ROOT = Path(__file__).resolve().parent.parent


# What the client of the kernel and its event loop warn of is no matter of ours.
@pytest.mark.filterwarnings("ignore")
def test_the_notebook_runs_and_shows_what_it_tells_of(tmp_path, monkeypatch):
    # Prepare: a copy beside the samples, since the notebook reads them by a relative path.
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    shutil.copytree(ROOT / "cgp/samples", tmp_path / "cgp/samples")
    (tmp_path / "docs").mkdir()
    notebook = nbformat.read(ROOT / "docs/python.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "outputs are not kept in it"

    # Execute
    client = nbclient.NotebookClient(
        notebook, timeout=400, resources={"metadata": {"path": str(tmp_path / "docs")}}
    )
    client.execute()

    # Assert
    shown = [
        output.get("text") or output.get("data", {}).get("text/plain", "")
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    ]
    text = "\n".join(shown)
    assert "Follow-up: headaches, sleep and a new job" in text
    assert "migraine" in text
    assert "ground_truth" in text
    assert "'done': 0" in text
