# Sourced by the run_*.sh scripts: `environment [extra]` makes .venv and installs the project into it,
# once for each state of pyproject.toml and of what is locked, then puts it on the PATH.
#
# Versions and hashes are those of locked/ (scripts/lock.sh), so that an index that was tampered with
# installs nothing. They cover what runs a neuron: the project and the extra `operator`. Other extras
# (dev, peers, ...) take what pyproject.toml allows. UNLOCKED=1 takes that for everything, e.g. on a
# platform for which a locked version has no file.

environment() {
  local extra="${1:-}" python="${PYTHON:-python3}" wanted marker pip
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "error: Python 3.11 or newer is needed, $python is $("$python" --version 2>&1)" >&2
    echo "hint: set PYTHON to a newer interpreter, e.g. PYTHON=python3.11 $0" >&2
    return 1
  }
  wanted="$(cat pyproject.toml locked/*.txt | cksum) $PWD ${extra} ${UNLOCKED:-}"
  marker=".venv/installed${extra:+-$extra}"
  if [[ ! -f "$marker" || "$(cat "$marker")" != "$wanted" ]]; then
    echo "Setting up .venv${extra:+ with the extra '$extra'} (once; about a minute) ..." >&2
    [[ -x .venv/bin/python ]] || "$python" -m venv .venv
    pip=(.venv/bin/python -m pip install --quiet --quiet --disable-pip-version-check)
    if [[ -n "${UNLOCKED:-}" ]]; then
      "${pip[@]}" --editable ".${extra:+[$extra]}" >&2
    else
      install_locked "$extra" || {
        echo "error: what locked/ names could not be installed" >&2
        echo "hint: UNLOCKED=1 $0 installs what pyproject.toml allows, without looking at hashes" >&2
        return 1
      }
    fi
    echo "$wanted" >"$marker"
  fi
  export PATH="$PWD/.venv/bin:$PATH"
}

# `install_locked EXTRA`: install the locked packages, then the project. pip looks at hashes only where
# all that it installs has one, which a folder has not: hence two steps.
install_locked() {
  local extra="$1" files=(--requirement locked/base.txt)
  [[ -f "locked/$extra.txt" ]] && files+=(--requirement "locked/$extra.txt")
  "${pip[@]}" --no-deps --require-hashes "${files[@]}" >&2 || return
  if [[ -z "$extra" || -f "locked/$extra.txt" ]]; then
    "${pip[@]}" --no-deps --no-build-isolation --editable . >&2
  else
    "${pip[@]}" --no-build-isolation --editable ".[$extra]" >&2
  fi
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
