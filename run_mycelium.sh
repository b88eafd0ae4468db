#!/usr/bin/env bash
# Three nodes that improve the tag model together, on this machine: an empty knowledge graph, a NATS server, a
# page, and a summary at the end, with the folder where the nodes stay. Needs no key and no account and, once
# installed, no network. Other arguments take the place of these: ./run_mycelium.sh --nodes 5 --every 5 --epsilon 8
set -euo pipefail
cd "$(dirname "$0")"
source scripts/environment.sh
environment mycelium

if (($# == 0)); then
  # A folder of its own each time: the demonstration begins with nothing.
  folder="$(mktemp -d "${TMPDIR:-/tmp}/mycelium.XXXXXX")"
  set -- --nodes 3 --every 2 --rounds 5 --port 0 --folder "$folder"
fi

exec cgp mycelium up "$@"
