#!/usr/bin/env bash
# Write locked/: the versions and hashes of what the set-up scripts install, for every platform and every
# Python from 3.11 on. Run it after a change of the dependencies in pyproject.toml; it needs uv.
#
#   scripts/lock.sh             keep the versions that are locked, where pyproject.toml allows them
#   scripts/lock.sh --upgrade   take the latest
set -euo pipefail
cd "$(dirname "$0")/.."
command -v uv >/dev/null || {
  echo "error: uv is needed: pip install uv" >&2
  exit 1
}

# compile OUT [flags]: resolve pyproject.toml, and what builds it, into OUT. No address of an index is
# written: who installs chooses the index, the hashes say what it must give.
compile() {
  local out="$1"
  shift
  printf 'hatchling\neditables\n' | uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --no-annotate --no-header --no-emit-index-url "$@" pyproject.toml - --output-file "$out" >/dev/null
}

compile locked/base.txt "$@"
compile locked/operator.txt --extra operator --constraint locked/base.txt "$@"

# What the extra adds, and nothing twice: pip takes both files together.
python3 - locked/base.txt locked/operator.txt <<'END'
import re
import sys
from pathlib import Path

base, extra = (re.split(r"^(?=\S)", Path(name).read_text(), flags=re.M) for name in sys.argv[1:])
Path(sys.argv[2]).write_text("".join(pin for pin in extra if pin not in base))
END
