#!/bin/sh
# Issues a throw-away test PKI with plain openssl (1.1.1 or later).
#   usage: mkca.sh FOLDER
# Files, all PEM, keys unencrypted (P-256):
#   ca              the root
#   server          DNS:localhost, IP:127.0.0.1, IP:::1
#   wronghost       DNS:wrong.example.test only
#   expired         the right names, not valid after 2020-02-01
#   selfsigned      the right names, not signed by the root
#   client          mutual TLS, CN=mtls-ca, DNS:mtls-ca.example.test
#   client-other    mutual TLS, another name
#   client-self     mutual TLS, self-signed, registered at the provider
#   client-rogue    mutual TLS, self-signed, registered nowhere
set -eu
umask 077
mkdir -p "${1:?usage: mkca.sh FOLDER}"
cd "$1"

key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" 2>/dev/null; }

# self NAME SUBJECT CONSTRAINTS EXTENSION...
self() {
  name=$1 subject=$2 constraints=$3
  shift 3
  key "$name"
  printf '%s\n' '[req]' 'distinguished_name=d' 'x509_extensions=e' '[d]' '[e]' \
    "basicConstraints=critical,$constraints" "$@" > self.cnf
  openssl req -x509 -new -config self.cnf -key "$name.key" -sha256 -days 825 -subj "$subject" -out "$name.crt"
}

# leaf NAME SUBJECT USAGE NAMES [START END]
# `openssl ca`, since `x509 -req` cannot issue an expired certificate before openssl 3.4.
leaf() {
  key "$1"
  : > index
  openssl rand -hex 15 > serial
  printf '%s\n' '[ca]' 'default_ca=d' '[d]' 'database=index' 'serial=serial' 'new_certs_dir=.' \
    'default_md=sha256' 'policy=p' 'x509_extensions=e' 'unique_subject=no' 'default_days=825' \
    '[p]' 'organizationName=optional' 'commonName=supplied' \
    '[e]' 'basicConstraints=critical,CA:FALSE' 'keyUsage=critical,digitalSignature' \
    "extendedKeyUsage=$3" "subjectAltName=$4" \
    'subjectKeyIdentifier=hash' 'authorityKeyIdentifier=keyid' \
    '[req]' 'distinguished_name=r' '[r]' > ca.cnf
  openssl req -new -config ca.cnf -key "$1.key" -subj "$2" -out "$1.csr"
  openssl ca -batch -notext -config ca.cnf -cert ca.crt -keyfile ca.key -in "$1.csr" -out "$1.crt" \
    ${5:+-startdate "$5" -enddate "$6"} 2>/dev/null
}

self ca '/O=RP test/CN=RP test root' 'CA:TRUE,pathlen:0' 'keyUsage=critical,keyCertSign,cRLSign' \
  'subjectKeyIdentifier=hash'

here='DNS:localhost,IP:127.0.0.1,IP:::1'
leaf server '/CN=localhost' serverAuth "$here"
leaf wronghost '/CN=wrong.example.test' serverAuth 'DNS:wrong.example.test'
leaf expired '/CN=localhost' serverAuth "$here" 20200101000000Z 20200201000000Z
self selfsigned '/CN=localhost' CA:FALSE 'extendedKeyUsage=serverAuth' "subjectAltName=$here"

names='DNS:mtls-ca.example.test,URI:urn:rp:mtls-ca,email:mtls@example.test,IP:127.0.0.1'
leaf client '/O=RP test/CN=mtls-ca' clientAuth "$names"
leaf client-other '/O=RP test/CN=other' clientAuth 'DNS:other.example.test'
self client-self '/CN=mtls-self' CA:FALSE 'extendedKeyUsage=clientAuth' 'subjectAltName=DNS:mtls-self.example.test'
self client-rogue '/CN=rogue' CA:FALSE 'extendedKeyUsage=clientAuth' 'subjectAltName=DNS:rogue.example.test'

rm -f ./*.csr ./*.cnf ./*.pem index index.* serial serial.*
