#!/usr/bin/env bash
# Run a whole subnet on this machine: embedded chain, one validator, three miners. Needs no key, no
# account and, once installed, no network. Arguments go to `cgp localnet` (see --help); --web opens pages.
set -euo pipefail
cd "$(dirname "$0")"
source scripts/environment.sh
extra=
# The pages are made with Jinja, which a neuron does without.
[[ " $* " == *" --web "* ]] && extra=web
environment $extra

exec cgp localnet "$@"
