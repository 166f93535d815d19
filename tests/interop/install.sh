# Sourced by tests/run at the top of the repository: installs what the tests need and do not find.

missing=()
# want PACKAGE COMMAND...: the Debian package that makes the command succeed
want() {
  local package=$1
  shift
  "$@" > /dev/null 2>&1 || missing+=("$package")
}
# OPENSSL_DIR names a copy that pkg-config does not know.
has_openssl_headers() { [[ -n ${OPENSSL_DIR-} ]] || pkg-config --exists openssl; }
has_roots() { [[ ! -e /etc/debian_version || -e /etc/ssl/certs/ca-certificates.crt ]]; }

install_packages() {
  if ! command -v cargo > /dev/null; then
    echo 'missing: cargo (a Rust toolchain, see rust-version in Cargo.toml)' >&2
    exit 1
  fi
  want gcc command -v cc
  want libc6-dev command -v cc
  want pkg-config command -v pkg-config
  want libssl-dev has_openssl_headers
  want openssl command -v openssl
  want ca-certificates has_roots
  want nodejs command -v node
  want npm command -v npm
  want python3 command -v python3
  want python3-venv python3 -c 'import ensurepip, venv'
  want oidc-agent-cli command -v oidc-agent
  ((${#missing[@]})) || return 0

  local as_root=()
  if ((EUID != 0)); then as_root=(sudo); fi
  if [[ ! -e /etc/debian_version ]] || { ((EUID != 0)) && ! command -v sudo > /dev/null; }; then
    echo "missing, by their Debian names: ${missing[*]}" >&2
    exit 1
  fi
  # An old package list may still do.
  "${as_root[@]}" apt-get update -qq || true
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

# The provider needs node 20; where the system's is older, the lock file brings one.
install_provider() (
  cd tests/interop/op
  local omit=(--omit=optional) version
  version=$(node --version)
  version=${version#v}
  if ((${version%%.*} < 20)); then omit=(); fi
  if [[ package-lock.json -nt node_modules/.package-lock.json ]] ||
    { ((!${#omit[@]})) && ! compgen -G 'node_modules/node-*/bin/node' > /dev/null; }; then
    npm ci "${omit[@]}" --ignore-scripts --no-audit --no-fund
  fi
  if ((!${#omit[@]})) && ! compgen -G 'node_modules/node-*/bin/node' > /dev/null; then
    echo "missing: node 20 or later (found $version)" >&2
    exit 1
  fi
)

# venv FOLDER MODULE: the folder's virtual environment, made anew when its pinned packages or the
# system's python have changed.
venv() (
  cd "tests/interop/$1"
  if cmp -s requirements.txt venv/requirements.txt && venv/bin/python -c "import $2"; then return; fi
  rm -rf venv
  python3 -m venv venv
  venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
  cp requirements.txt venv/
)

install_packages
install_provider
# The other provider.
venv idpyoidc idpyoidc
# The reference client of oidc-agent.
venv agent liboidcagent
