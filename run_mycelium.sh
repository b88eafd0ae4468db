#!/usr/bin/env bash
# Three nodes that improve the tag model together, on this machine: an empty knowledge graph, a NATS server, a
# page, and a summary at the end, with the folder where the nodes stay. Needs no key and no account and, once
# installed, no network. Arguments change the demonstration: ./run_mycelium.sh --nodes 5 --every 5 --epsilon 8
set -euo pipefail
cd "$(dirname "$0")"
source scripts/environment.sh
environment mycelium

# A folder of its own each time, unless one is named: the demonstration begins with nothing. Of an option that
# is given twice the last one counts.
folder=()
[[ " $* " == *" --folder"* || " $* " == *" --help "* ]] || folder=(--folder "$(mktemp -d "${TMPDIR:-/tmp}/mycelium.XXXXXX")")

exec cgp mycelium up --nodes 3 --every 2 --rounds 5 --port 0 ${folder[@]+"${folder[@]}"} "$@"
