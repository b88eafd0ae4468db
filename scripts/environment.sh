# Sourced by the run_*.sh scripts: `environment [extra]` makes .venv and installs the project into it,
# once for each state of pyproject.toml, then puts it on the PATH.

environment() {
  local extra="${1:-}" python="${PYTHON:-python3}" wanted marker
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "error: Python 3.11 or newer is needed, $python is $("$python" --version 2>&1)" >&2
    echo "hint: set PYTHON to a newer interpreter, e.g. PYTHON=python3.11 $0" >&2
    return 1
  }
  wanted="$(cksum <pyproject.toml) $PWD ${extra}"
  marker=".venv/installed${extra:+-$extra}"
  if [[ ! -f "$marker" || "$(cat "$marker")" != "$wanted" ]]; then
    echo "Setting up .venv${extra:+ with the extra '$extra'} (once; about a minute) ..." >&2
    [[ -x .venv/bin/python ]] || "$python" -m venv .venv
    .venv/bin/python -m pip install --quiet --quiet --disable-pip-version-check --editable ".${extra:+[$extra]}" >&2
    echo "$wanted" >"$marker"
  fi
  export PATH="$PWD/.venv/bin:$PATH"
}

# `run_neuron NETWORK miner|validator [flags]`: replace this shell by a neuron on a public network.
run_neuron() {
  local network="$1" neuron="${2:-}"
  case "$neuron" in
    miner | validator) shift 2 ;;
    *)
      echo "usage: $0 miner|validator --netuid N --wallet.name W --wallet.hotkey H [flags]" >&2
      return 2
      ;;
  esac
  environment operator
  # It says what is missing and what to do; the neuron itself decides what it cannot do without.
  cgp doctor "$neuron" --subtensor.network "$network" "$@" >&2 || true
  exec python "$neuron/$neuron.py" --subtensor.network "$network" "$@"
}
