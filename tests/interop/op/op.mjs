// A real OpenID Provider (npm oidc-provider) with everything switched on, for loopback tests of a
// relying party. Nothing here is fit for anything but tests: every secret is printed.
//
//   OP_STATE=./state node op.mjs               http://127.0.0.1:<free port>
//   OP_PKI=./pki OP_STATE=./state node op.mjs  https://localhost:<free port>, mutual TLS on another
//
// Prints one JSON line with "ready": true when it answers; ends on SIGTERM, on /_test/stop and,
// with OP_STDIN=1, when its standard input closes.
//
// Environment
//   OP_PORT      port to listen on (default: any free one)
//   OP_PKI       folder made by mkca.sh; turns on https and mutual TLS.
//                Start with NODE_EXTRA_CA_CERTS=$OP_PKI/ca.crt: the provider calls clients as well.
//   OP_CERT      server certificate in OP_PKI: server (default), wronghost, expired, selfsigned
//   OP_MOUNT     path of the issuer, such as /tenant
//   OP_STATE     folder for clients.json: issuer, users, every client with private keys
//   OP_REDIRECT  space separated redirect URIs for every client
//   OP_BCL_URI   where back-channel logout tokens are sent
//   OP_CIBA_URI  https address for CIBA pings
//   OP_CLIENTS   JSON file with an array of further static clients
//   OP_AUTO      account that every interaction logs in without a page
//   OP_DEBUG     prints every provider event to the standard error
//
// Files: settings (address, accounts, knobs), keys, clients, configuration, resources (what tokens are
// for), grants (those the library leaves to the operator), interactions (login and consent), control
// (/_test/...).
import * as fs from 'node:fs';
import * as path from 'node:path';
import { named } from './clients.mjs';
import { open } from './control.mjs';
import { attester, clientKeys, resourceServerKey } from './keys.mjs';
import { ISSUER, MOUNT, MTLS_ORIGIN, USERS, env, live, servers } from './settings.mjs';

console.info = console.warn = () => {}; // the library's notices about unchanged defaults
live.provider = open();

// The library knows no mount path of its own: it reads it from `baseUrl`, as frameworks set it.
function mounted(req) {
  if (!MOUNT) return true;
  if (req.url === `/.well-known/oauth-authorization-server${MOUNT}`) {
    req.url = '/.well-known/oauth-authorization-server';
    req.originalUrl = MOUNT + req.url;
    req.baseUrl = MOUNT;
    return true;
  }
  if (req.url.startsWith(`${MOUNT}/`)) {
    req.originalUrl = req.url;
    req.baseUrl = MOUNT;
    req.url = req.url.slice(MOUNT.length);
    return true;
  }
  return req.url.startsWith('/_test/') || req.url.startsWith('/.well-known/webfinger');
}
for (const server of servers) {
  server.removeAllListeners('request');
  server.on('request', (req, res) => {
    if (mounted(req)) live.provider.callback()(req, res);
    else res.writeHead(404).end();
  });
}

if (env.OP_STATE) {
  fs.mkdirSync(env.OP_STATE, { recursive: true });
  const state = {
    issuer: ISSUER,
    mtls: MTLS_ORIGIN,
    users: Object.fromEntries(Object.entries(USERS).map(([name, user]) => [name, user.password])),
    client_private_jwks: { keys: clientKeys },
    attester_private_jwk: attester,
    resource_server_key: resourceServerKey.toString('base64url'),
    clients: named,
  };
  const file = path.join(env.OP_STATE, 'clients.json');
  fs.writeFileSync(file, `${JSON.stringify(state, null, 1)}\n`, { mode: 0o600 });
}
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
// A test that is killed cannot stop its provider; its end of the pipe closes all the same.
if (env.OP_STDIN) process.stdin.on('end', () => process.exit(0)).resume();
const ready = { ready: true, issuer: ISSUER, mtls: MTLS_ORIGIN, pid: process.pid };
process.stdout.write(`${JSON.stringify(ready)}\n`);
