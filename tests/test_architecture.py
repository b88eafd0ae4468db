"""The structure that keeps the project changeable: imports go one way, the core stays light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = [
    {"cgp.errors", "cgp.settings_section", "cgp.arrays", "cgp.ragged"},
    {"cgp.chat_settings", "cgp.fediverse_settings", "cgp.settings_sources"},
    {
        "cgp.backoff",
        "cgp.text",
        "cgp.words",
        "cgp.config",
        "cgp.durable_files",
        "cgp.sqlite_files",
        "cgp.vector_text",
        "cgp.foreign_text",
        "cgp.own_environment",
        "cgp.child_process",
        "cgp.connections",
        "cgp.loaded_once",
        "cgp.no_answer_kind",
        "cgp.tag_limits",
        "cgp.store_errors",
        "cgp.extras",
    },
    {"cgp.conversation", "cgp.sqlite_worker", "cgp.miner_names"},
    {"cgp.profiles", "cgp.clocks"},
    {"cgp.overlap"},
    {"cgp.metadata"},
    {"cgp.conversation_json"},
    {"cgp.privacy", "cgp.embedders", "cgp.samples"},
    {"cgp.segmentation", "cgp.quality", "cgp.meanings", "cgp.encoders"},
    {"cgp.windows", "cgp.gold", "cgp.tagmodel"},
    {"cgp.mining", "cgp.settings_reference"},
    {"cgp.annotators"},
    {"cgp.scoring"},
    {"cgp.protocol", "cgp.signing", "cgp.chain", "cgp.store", "cgp.vectors", "cgp.telemetry"},
    {"cgp.search", "cgp.caller_permits"},
    {"cgp.sources", "cgp.dataset", "cgp.indexing", "cgp.api", "cgp.doctor"},
    {"cgp.reads"},
    {"cgp.retrieval", "cgp.chat_models"},
    {"cgp.mcp", "cgp.explorer", "cgp.annotating"},
    {"cgp.python_api"},
    {"cgp.jobs"},
    {"cgp.chat", "cgp.fractal"},
    {"cgp.experts"},
    {"cgp.mycelium"},
    {"miner", "validator"},
    {"cgp.localnet"},
    {"cgp.cli"},
]
LEVEL = {package: level for level, layer in enumerate(LAYERS) for package in layer}


def package_of(module):
    """Return the part of ``LAYERS`` that a module belongs to, None for other people's."""
    parts = module.split(".")
    if parts[0] in {"miner", "validator"}:
        return parts[0]
    return ".".join(parts[:2]) if parts[0] == "cgp" and len(parts) > 1 else None


def modules():
    for folder in ("cgp", "miner", "validator"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize(("module", "path"), list(modules()))
def test_imports_go_down_only(module, path):
    own = package_of(module)
    if own is None:
        return
    assert own in LEVEL, f"{own} has no place in LAYERS: give it one"
    for imported in imports(path):
        other = package_of(imported)
        if other is not None and other != own and other in LEVEL:
            assert LEVEL[other] < LEVEL[own] or (other, own) in ALLOWED_BESIDE, (
                f"{module} imports {imported}, which is not below it"
            )


# Neighbours in one layer that may lean on each other, in this direction only.
ALLOWED_BESIDE = {("cgp.protocol", "cgp.signing")}


@pytest.mark.parametrize(("module", "path"), list(modules()))
def test_every_module_says_what_it_is(module, path):
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), f"{module}: no docstring"


def test_importing_the_package_is_light():
    code = "import sys, cgp; print(sorted({'numpy', 'bittensor', 'torch', 'sqlalchemy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_importing_the_api_client_loads_neither_the_server_nor_the_database():
    code = "import sys, cgp.api.client; print(sorted({'fastapi', 'sqlalchemy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def imported_modules(path, files):
    """Return the modules that a module imports, in functions too, but for those for types alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            node.body = []
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            # A submodule that is taken out of its package does not need the package's own names.
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            found |= {name if name in files else node.module for name in inside}
    return found & files.keys()


def test_no_modules_import_each_other_in_a_circle():
    # Prepare: the graph of modules, packages counting by their __init__.
    files = dict(modules())
    graph = {module: imported_modules(path, files) - {module} for module, path in files.items()}

    # Execute: take away modules that import none of the rest, until nothing changes.
    rest = dict(graph)
    while free := {module for module, below in rest.items() if not below & rest.keys()}:
        rest = {module: below for module, below in rest.items() if module not in free}

    # Assert
    assert rest == {}, f"these modules import each other: {sorted(rest)}"


ON_TOP = {"cgp.jobs", "cgp.chat", "cgp.retrieval", "cgp.experts", "cgp.fractal", "cgp.mycelium"}


def test_nothing_below_needs_the_rooms_on_top():
    # The command line and the miner's command offer them, and import them when they are asked for.
    leaning = [
        f"{module} imports {imported}"
        for module, path in modules()
        if package_of(module) not in ON_TOP | {"cgp.cli"} and module != "miner.miner"
        for imported in imports(path)
        if package_of(imported) in ON_TOP
    ]
    assert leaning == []


def test_the_core_never_imports_torch():
    assert not [
        m for m, path in modules() if any(i.split(".")[0] == "torch" for i in imports(path))
    ]
