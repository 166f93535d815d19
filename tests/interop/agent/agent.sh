#!/bin/sh
# Runs an oidc-agent of its own and ends it with standard input.
#   TMPDIR=FOLDER agent.sh [OPTION OF oidc-agent...]
# Prints one JSON line once the agent answers; it listens in a folder of its own below TMPDIR.
set -eu
oidc-agent --console "$@" < /dev/null > /dev/null & agent=$!
# It does not say when it listens, so it is asked until it answers.
answers() {
  for socket in "$TMPDIR"/oidc-*/oidc-agent.*; do OIDC_SOCK=$socket oidc-add --loaded; done
}
until answers > /dev/null 2>&1; do kill -0 "$agent"; done
printf '{"ready":true}\n'
# Nothing is ever written there: it ends when the test lets go of it, or is killed.
cat > /dev/null
kill -KILL "$agent" || true
wait "$agent" || true
# Its helper process ends by itself then, and has the socket until it has. Whoever connects before is cut off by that.
answers > /dev/null 2>&1 || true
