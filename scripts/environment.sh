# Sourced by the scripts: `environment [EXTRA...]` makes .venv, installs the project with these extras into
# it, once for each state of pyproject.toml and of what is locked, and puts it on the PATH.
#
# A set-up that was interrupted, whatever by, leaves .venv/setting-up: the next one starts anew, since a
# half-installed package cannot be told from a whole one. Downloads are kept by pip, so that costs little.
#
# Versions and hashes are those of locked/ (scripts/lock.sh), so that an index that was tampered with
# installs nothing. They cover what runs a neuron: the project and the extra `operator`. Other extras
# (dev, peers, ...) take what pyproject.toml allows. UNLOCKED=1 takes that for everything, e.g. on a
# platform for which a locked version has no file.

environment() {
  local python="${PYTHON:-python3}" extras wanted
  _require_python "$python" || return
  _require_extras "$@" || return
  extras="$(_all_extras "$@")"
  # Two lines: the state of the project and its place, since scripts in .venv name it; and the extras.
  # No empty line where there are none: `$(cat …)` below gives none, and nothing would ever be the same.
  wanted="$(cat pyproject.toml locked/*.txt | cksum) ${UNLOCKED:-locked} $PWD${extras:+$'\n'$extras}"
  if [[ -e .venv/setting-up || ! -x .venv/bin/python || "$(cat .venv/installed 2>/dev/null)" != "$wanted" ]]; then
    _set_up "$python" "$extras" "$wanted" || return
  fi
  export PATH="$PWD/.venv/bin:$PATH"
}

_require_python() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
    echo "error: Python 3.11 or newer is needed, $1 is $("$1" --version 2>&1 || true)" >&2
    echo "hint: set PYTHON to a newer interpreter, e.g. PYTHON=python3.11 $0" >&2
    return 1
  }
}

# A line for each extra of pyproject.toml: its name, a tab, and the first line of the comment above it.
_known_extras() {
  awk '
    /^\[/ { inside = ($0 == "[project.optional-dependencies]"); next }
    inside && /^# / { if (about == "") about = substr($0, 3); next }
    inside && /^[a-z][a-z0-9_-]* *= *\[/ { print $1 "\t" about }
    { about = "" }
  ' pyproject.toml
}

_is_extra() { [[ $'\n'"$(_known_extras | cut -f 1)"$'\n' == *$'\n'"$1"$'\n'* ]]; }

# Refuse a name that no extra has before anything is installed, and say which there are.
_require_extras() {
  local extra
  for extra in "$@"; do
    _is_extra "$extra" && continue
    echo "error: the project has no extra $extra; nothing was installed" >&2
    echo "hint: name extras of this list, apart by spaces:" >&2
    _known_extras | while IFS=$'\t' read -r name about; do printf '  %-10s %s\n' "$name" "$about"; done >&2
    return 2
  done
}

# The extras asked for now and those that are installed already: a set-up never takes one away.
# A name that the project no longer has, or never had, is left behind.
_all_extras() {
  local installed="" extra
  [[ -f .venv/installed ]] && installed="$(sed -n 2p .venv/installed)"
  # shellcheck disable=SC2086 - the extras are words
  for extra in "$@" $installed; do
    if _is_extra "$extra"; then echo "$extra"; fi
  done | sort -u | tr '\n' ' ' | sed 's/ $//'
}

_set_up() {
  local python="$1" extras="$2" wanted="$3"
  # One set-up at a time: two would install into each other.
  exec 9>.venv.lock
  if ! flock --nonblock 9; then
    echo "Another set-up runs here; waiting for it ..." >&2
    flock 9
    [[ ! -e .venv/setting-up && "$(cat .venv/installed 2>/dev/null)" == "$wanted" ]] && exec 9>&- && return
  fi
  _require_venv "$python" || return
  if [[ -e .venv/setting-up ]]; then
    echo "The last set-up was interrupted: starting anew ..." >&2
    rm -rf .venv
  elif [[ -f .venv/installed && "$(sed -n 1p .venv/installed)" != *" $PWD" ]]; then
    echo "This folder has moved since its set-up: starting anew ..." >&2
    rm -rf .venv
  fi
  # Without a trap a Ctrl-C would read as a failure: pip ends in good order, and the script goes on.
  trap _end_interrupted INT
  _announce "$extras" "$wanted"
  mkdir -p .venv
  touch .venv/setting-up
  if [[ ! -x .venv/bin/python ]]; then
    if command -v uv >/dev/null; then
      uv venv --quiet --allow-existing --seed --python "$python" .venv >&2 || return
      touch .venv/setting-up
    else
      "$python" -m venv .venv || return
    fi
  fi
  # shellcheck disable=SC2086 - the extras are words
  _install $extras || return
  trap - INT
  echo "$wanted" >.venv/installed
  rm .venv/setting-up
  exec 9>&-
}

_end_interrupted() {
  printf '\ninterrupted; the same command goes on with what was downloaded\n' >&2
  exit 130
}

# Say which of three things is done: a first set-up, an update, or further extras in an environment that
# is there, which takes seconds.
_announce() {
  local extras="$1" wanted="$2" extra added=""
  if [[ ! -f .venv/installed ]]; then
    local noun="extra"
    [[ "$extras" == *" "* ]] && noun="extras"
    extras="${extras// /, }"
    echo "Setting up .venv${extras:+ with the $noun $extras} (once; about a minute) ..." >&2
  elif [[ "$(sed -n 1p .venv/installed)" != "${wanted%%$'\n'*}" ]]; then
    echo "Updating .venv to the packages that the project needs now ..." >&2
  else
    for extra in $extras; do
      [[ " $(sed -n 2p .venv/installed) " == *" $extra "* ]] || added="${added:+$added, }$extra"
    done
    [[ -n "$added" ]] && echo "Adding to .venv what $added needs ..." >&2 || echo "Putting .venv in order ..." >&2
  fi
}

# `python3 -m venv` needs a package of its own on Debian and Ubuntu; uv brings what it needs.
_require_venv() {
  command -v uv >/dev/null && return
  "$1" -c 'import ensurepip, venv' 2>/dev/null || {
    local version
    version="$("$1" -c 'import sys; print(f"{sys.version_info[0]}.{sys.version_info[1]}")')"
    echo "error: $1 cannot make virtual environments: the package python$version-venv is missing" >&2
    echo "hint: sudo apt install python3-venv (or python$version-venv), then the same command again" >&2
    return 1
  }
}

# Install the project with extras, with a line for each package that is looked at and a log of all.
_install() {
  local log=.venv/setup.log
  _install_all "$@" 2>&1 | tee "$log" | _progress >&2
  if [[ ${PIPESTATUS[0]} -ne 0 ]]; then
    grep -i -E '^ *(error|warning: retry)' "$log" | tail -n 5 >&2
    echo "error: the installation failed; all of its output is in $log" >&2
    echo "hint: is the network there? The same command goes on with what was downloaded" >&2
    echo "hint: UNLOCKED=1 $0 installs what pyproject.toml allows, without looking at hashes" >&2
    return 1
  fi
}

# The locked packages first, then the project: pip looks at hashes only where all that it installs has
# one, which a folder has not.
_install_all() {
  local pip=(.venv/bin/python -m pip install --disable-pip-version-check) files=() open=() extra all
  command -v uv >/dev/null && pip=(uv pip install --python .venv/bin/python)
  all="$(IFS=,; echo "$*")"
  if [[ -n "${UNLOCKED:-}" ]]; then
    "${pip[@]}" --editable ".${all:+[$all]}"
    return
  fi
  files=(--requirement locked/base.txt)
  for extra in "$@"; do
    if [[ -f "locked/$extra.txt" ]]; then
      files+=(--requirement "locked/$extra.txt")
    else
      open+=("$extra")
    fi
  done
  _install_locked "${files[@]}" || return
  "${pip[@]}" --no-deps --no-build-isolation --editable . || return
  # Some packages of these extras come as source alone (nkeys) and name what builds them.
  [[ ${#open[@]} -eq 0 ]] || "${pip[@]}" --editable ".[$(IFS=,; echo "${open[*]}")]"
}

# `_install_locked --requirement FILE ...`, by the command in the array `pip`.
_install_locked() { "${pip[@]}" --no-deps --require-hashes "$@"; }

# A counter on a terminal; elsewhere a line for every 25 packages, so that a log shows it is alive.
_progress() {
  local line count=0
  while IFS= read -r line; do
    case "$line" in
      Collecting* | "  Downloading"* | "Installing collected"* | "Resolved "* | "Prepared "*) ;;
      *) continue ;;
    esac
    if [[ "$line" == Collecting* ]]; then
      count=$((count + 1))
      line="$count packages: ${line#Collecting }"
    fi
    if [[ -t 2 ]]; then
      printf '\r\033[K  %.70s' "$line"
    elif [[ "$line" != *packages:* || $((count % 25)) -eq 0 ]]; then
      [[ "$line" == "  Downloading"* ]] || printf '  %.90s\n' "$line"
    fi
  done
  [[ ! -t 2 ]] || printf '\r\033[K'
}

# `run_neuron NETWORK [miner|validator] [flags]`: replace this shell by a neuron on a public network.
run_neuron() {
  local network="$1" neuron="${2:-}"
  case "$neuron" in
    miner | validator) shift 2 ;;
    "" | -*)
      # Most people who come with settings in .env and no argument want to mine.
      neuron=miner
      shift
      echo "No role given: a miner, with the settings of .env ($0 validator runs a validator)" >&2
      ;;
    *)
      echo "usage: $0 [miner|validator] --netuid N --wallet.name W --wallet.hotkey H [flags]" >&2
      return 2
      ;;
  esac
  environment operator
  # It says what is missing and what to do; the neuron itself decides what it cannot do without.
  cgp doctor "$neuron" --subtensor.network "$network" "$@" >&2 || true
  exec python "$neuron/$neuron.py" --subtensor.network "$network" "$@"
}
