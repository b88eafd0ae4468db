# Sourced by run_tests.sh: `peers` installs what the tests against real peers need beyond the Python
# packages of the extra `peers`. A test whose peer could not be installed is skipped, with the reason.

peers() {
  export PATH="$PWD/.peers/node_modules/.bin:$PATH"
}
