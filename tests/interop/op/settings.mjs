// The provider's address, accounts, and the knobs that tests turn while it runs.
import * as fs from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import * as path from 'node:path';

export const { env } = process;
export const PKI = env.OP_PKI;
export const MOUNT = env.OP_MOUNT ?? '';
export const REDIRECT = (
  env.OP_REDIRECT ?? 'http://127.0.0.1:8765/cb https://rp.example.test/cb'
).split(' ');

const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const CIBA = 'urn:openid:params:grant-type:ciba';
export const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
export const TOKEN = (kind) => `urn:ietf:params:oauth:token-type:${kind}`;
export const GRANTS = [
  'authorization_code', 'implicit', 'refresh_token', 'client_credentials',
  DEVICE, CIBA, EXCHANGE, JWT_BEARER, 'password',
];
export const RESPONSES = [
  'code', 'id_token', 'id_token token', 'code id_token', 'code token', 'code id_token token', 'none',
];

// The issuer holds the port, so the ports are bound before anything else is configured: a free port
// that is looked for first and bound later may be taken by then.
const listen = (server, port) => new Promise((done, fail) => {
  server.once('error', fail);
  // Until the provider stands: a request without a listener would wait for ever.
  server.on('request', (_req, res) => { res.statusCode = 503; res.end(); });
  server.listen(port, '127.0.0.1', () => done(server));
});
async function bind() {
  const port = Number(env.OP_PORT ?? 0);
  if (!PKI) return [await listen(http.createServer(), port)];
  const read = (file) => fs.readFileSync(path.join(PKI, file));
  const name = env.OP_CERT ?? 'server';
  const tls = { cert: read(`${name}.crt`), key: read(`${name}.key`) };
  const mutual = { ...tls, ca: read('ca.crt'), requestCert: true, rejectUnauthorized: false };
  return [
    await listen(https.createServer(tls), port),
    await listen(https.createServer(mutual), 0),
  ];
}
export const servers = await bind();
const [front, mutual] = servers.map((server) => server.address().port);
export const ORIGIN = PKI ? `https://localhost:${front}` : `http://127.0.0.1:${front}`;
export const ISSUER = ORIGIN + MOUNT;
export const MTLS_ORIGIN = PKI && `https://localhost:${mutual}`;

// TTLs in seconds; `rotate` is always, never or default (public clients only).
export const settings = {
  requireNonce: false,
  rotate: 'default',
  codeTTL: 60,
  accessTTL: 3600,
  idTTL: 3600,
  refreshTTL: 86400,
  auto: env.OP_AUTO,
};
export const events = [];
// What a key rotation replaces: the provider object itself.
export const live = { provider: undefined };

export const USERS = {
  alice: {
    password: 'wonderland',
    name: 'Alice Liddell',
    'name#de': 'Alice Liddell (de)',
    given_name: 'Alice',
    family_name: 'Liddell',
    middle_name: 'Pleasance',
    nickname: 'al',
    preferred_username: 'alice',
    profile: 'https://op.example.test/alice',
    picture: 'https://op.example.test/alice.png',
    website: 'https://alice.example.test',
    gender: 'female',
    birthdate: '1852-05-04',
    zoneinfo: 'Europe/London',
    locale: 'en-GB',
    updated_at: 1700000000,
    email: 'alice@example.test',
    email_verified: true,
    phone_number: '+44 20 7946 0000',
    phone_number_verified: false,
    address: {
      formatted: '1 Tom Quad\nOxford',
      street_address: '1 Tom Quad',
      locality: 'Oxford',
      region: 'Oxon',
      postal_code: 'OX1 1DP',
      country: 'GB',
    },
    groups: ['/staff', '/staff/admins'],
    eduperson_entitlement: ['urn:mace:example.test:group:demo:role=member#op.example.test'],
  },
  bob: {
    password: 'builder', name: 'Bob', email: 'bob@example.test', email_verified: false, locale: 'de',
  },
  mallory: { password: 'mallory', name: 'Mallory' },
  // The JWT of the aggregated source is signed in keys.mjs.
  dist: {
    password: 'dist',
    name: 'Distributed',
    _claim_names: { credit_score: 'far', shipping: 'near' },
    _claim_sources: {
      far: { endpoint: `${ORIGIN}/_test/claims`, access_token: 'ksj3n283dkeafb76cdef' },
      near: { JWT: '' },
    },
  },
};
