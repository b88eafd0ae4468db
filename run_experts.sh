#!/usr/bin/env bash
# The whole way of experts on this machine, on made-up windows: a ledger, three experts handed in (one that
# learned, one of noise, one copy), verdicts, rewards, and inference by three nodes that are killed one after
# the other. Needs no key and no account and, once installed, no network. A summary ends it.
set -euo pipefail
cd "$(dirname "$0")"
source scripts/environment.sh
environment chat
exec cgp experts trial "$@"
