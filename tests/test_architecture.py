"""The structure that keeps the project changeable: imports go one way, the core stays light."""

import ast
import functools
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LAYERS = [
    {
        "cgp.errors",
        "cgp.settings_section",
        "cgp.arrays",
        "cgp.ragged",
        "cgp.counts",
        "cgp.web_address",
    },
    {
        "cgp.chat_settings",
        "cgp.fediverse_settings",
        "cgp.model_settings",
        "cgp.mycelium_settings",
        "cgp.settings_sources",
    },
    {
        "cgp.backoff",
        "cgp.bounded_bodies",
        "cgp.bounded_files",
        "cgp.request_bodies",
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
        "cgp.installed_parts",
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
    {"cgp.recurrence"},
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


@dataclass(frozen=True)
class Module:
    """One module: its docstring, its own names, and the names that it imports.

    ``imports_at_run_time`` are without the ones for types.
    """

    docstring: str | None
    names: frozenset[str]
    imports: frozenset[str]
    imports_at_run_time: frozenset[str]


def imported_names(tree):
    """Return the names that a tree imports: of ``from a import b`` both ``a`` and ``a.b``."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(names)


def top_names(tree):
    """Return the names that a module binds at its top level."""
    names = set()
    for node in tree.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return frozenset(names)


@functools.cache
def modules():
    """Return all modules by their names. Each file is read once, since there are many."""
    every = {}
    for folder in ("cgp", "miner", "validator"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            tree = ast.parse(path.read_text(encoding="utf-8"))
            names = imported_names(tree)
            for node in ast.walk(tree):
                if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
                    node.body = []
            every[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = Module(
                ast.get_docstring(tree), top_names(tree), names, imported_names(tree)
            )
    return every


def test_every_package_has_a_place():
    places = {package_of(module) for module in modules()} - {None}
    assert places - LEVEL.keys() == set(), "give them a place in LAYERS"


def test_imports_go_down_only():
    upward = [
        f"{name} imports {imported}, which is not below it"
        for name, module in modules().items()
        if (own := package_of(name)) is not None
        for imported in module.imports
        if (other := package_of(imported)) != own
        and other in LEVEL
        and LEVEL[other] >= LEVEL[own]
        and (other, own) not in ALLOWED_BESIDE
    ]
    assert upward == []


# Neighbours in one layer that may lean on each other, in this direction only.
ALLOWED_BESIDE = {("cgp.protocol", "cgp.signing")}


def test_every_module_says_what_it_is():
    assert [name for name, module in modules().items() if not module.docstring] == []


def test_no_file_is_longer_than_400_lines():
    folders = ("cgp", "miner", "validator", "benchmarks")
    sources = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    lengths = {path: path.read_text(encoding="utf-8").count("\n") for path in sources}
    long_files = [str(path.relative_to(ROOT)) for path, length in lengths.items() if length > 400]
    assert long_files == [], "split them by subject"


def test_importing_the_package_is_light():
    code = "import sys, cgp; print(sorted({'numpy', 'bittensor', 'torch', 'sqlalchemy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_importing_the_api_client_loads_neither_the_server_nor_the_database():
    code = "import sys, cgp.api.client; print(sorted({'fastapi', 'sqlalchemy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def modules_below(module):
    """Return the modules that one imports, in functions too, but for those for types alone."""
    names = module.imports_at_run_time & modules().keys()
    # A submodule that is taken out of its package does not need the package's own names.
    packages = {name.rpartition(".")[0] for name in names}
    return {name for name in names if name not in packages}


def test_no_modules_import_each_other_in_a_circle():
    # Prepare: the graph of modules, packages counting by their __init__.
    graph = {name: modules_below(module) - {name} for name, module in modules().items()}

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
        f"{name} imports {imported}"
        for name, module in modules().items()
        if package_of(name) not in ON_TOP | {"cgp.cli"} and name != "miner.miner"
        for imported in module.imports
        if package_of(imported) in ON_TOP
    ]
    assert leaning == []


def test_no_code_runs_between_fork_and_exec():
    """Say no ``preexec_fn``: beside threads that load libraries a start of a process may never end."""
    option = "preexec_fn" + "="
    users = [
        path.relative_to(ROOT)
        for folder in ("cgp", "miner", "validator", "tests", "benchmarks")
        for path in (ROOT / folder).rglob("*.py")
        if option in path.read_text(encoding="utf-8")
    ]
    assert users == []


def test_the_core_never_imports_torch():
    assert [
        name
        for name, module in modules().items()
        if any(imported.split(".")[0] == "torch" for imported in module.imports)
    ] == []


def glossary_names():
    """Return the names of code in the glossary: dotted paths, and classes alone."""
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    names = {name for row in rows for name in re.findall(r"`([\w.]+)`", row)}
    return {name for name in names if name.startswith("cgp.") or name[0].isupper()}


def test_names_of_the_glossary_are_in_the_code():
    paths = {f"{name}.{inner}" for name, module in modules().items() for inner in module.names}
    names = {inner for module in modules().values() for inner in module.names}

    missing = {
        name
        for name in glossary_names()
        if (
            name not in paths | modules().keys()
            if name.startswith("cgp.")
            # Of a member (``Window.leaves``) the class is looked for.
            else name.partition(".")[0] not in names
        )
    }

    assert missing == set()
