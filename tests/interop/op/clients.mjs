// The static clients: one per way to authenticate, sign, encrypt or restrict.
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { clientJwks, clientSecret } from './keys.mjs';
import { EXCHANGE, GRANTS, PKI, REDIRECT, RESPONSES, env } from './settings.mjs';

const SECRETLESS = /^(none|private_key_jwt|tls|self|attest)/;
const bye = (uris) => uris.map((uri) => `${uri}/bye`);
const loopback = REDIRECT.filter((uri) => uri.startsWith('http://'));
const client = (name, extra = {}) => [name, {
  client_id: name,
  client_name: `Test ${name}`,
  grant_types: GRANTS,
  response_types: RESPONSES,
  redirect_uris: REDIRECT,
  post_logout_redirect_uris: bye(REDIRECT),
  jwks: clientJwks,
  backchannel_token_delivery_mode: 'poll',
  authorization_details_types: ['payment', 'account_information'],
  ...(SECRETLESS.test(extra.token_endpoint_auth_method) ? {} : { client_secret: clientSecret(name) }),
  ...extra,
}];
const auth = (method, more) => ({ token_endpoint_auth_method: method, ...more });
const codeOnly = {
  response_types: ['code'],
  grant_types: GRANTS.filter((grant) => grant !== 'implicit'),
};
const par = { require_pushed_authorization_requests: true };
const fapi2 = { ...codeOnly, ...par, id_token_signed_response_alg: 'PS256', x_fapi_profile: '2.0' };

const assertion = (alg) => client(
  `pkjwt-${alg}`,
  auth('private_key_jwt', { token_endpoint_auth_signing_alg: alg }),
);
const idToken = (alg) => client(`idt-${alg}`, { id_token_signed_response_alg: alg });
// A logout token is encrypted as ID tokens are; each client is told below the address that is given, if there is one.
const told = (name) => (env.OP_BCL_URI ? {
  backchannel_logout_uri: `${env.OP_BCL_URI}/${name}`, backchannel_logout_session_required: true,
} : {});
const encrypted = ([alg, enc, more = {}]) => {
  const to = (what) => ({
    [`${what}_encrypted_response_alg`]: alg,
    [`${what}_encrypted_response_enc`]: enc,
    ...(what === 'id_token' ? {} : { [`${what}_signed_response_alg`]: 'ES256' }),
  });
  return client(`enc-${alg}`, {
    ...to('id_token'), ...to('userinfo'), ...to('introspection'), ...to('authorization'),
    ...told(`enc-${alg}`), ...more,
  });
};

const ofX25519 = { keys: clientJwks.keys.filter((key) => key.crv === 'X25519') };

const plain = [
  client('basic', auth('client_secret_basic')),
  client('basic-odd', auth('client_secret_basic', {
    client_id: 'basic odd:&=+%', client_secret: 'p%41:/+ &=~!"*',
  })),
  client('post', auth('client_secret_post')),
  client('secret-jwt', auth('client_secret_jwt', { token_endpoint_auth_signing_alg: 'HS256' })),
  client('public', auth('none', {
    application_type: 'native',
    redirect_uris: loopback,
    post_logout_redirect_uris: bye(loopback),
  })),
  client('public-web', auth('none', codeOnly)),
  client('attest', auth('attest_jwt_client_auth', codeOnly)),
  ...['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'].map(assertion),
];
const algorithms = [
  ...['PS256', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'HS256', 'HS384', 'HS512'].map(idToken),
  ...[
    ['RSA-OAEP', 'A128CBC-HS256'], ['RSA-OAEP-256', 'A256GCM'],
    ['ECDH-ES', 'A128GCM'], ['ECDH-ES+A256KW', 'A256CBC-HS512'],
    ['ECDH-ES+A128KW', 'A256GCM'], ['ECDH-ES+A192KW', 'A192CBC-HS384', { jwks: ofX25519 }],
    ['A128KW', 'A128CBC-HS256'], ['A192KW', 'A256GCM'], ['A256KW', 'A192GCM'],
    ['A128GCMKW', 'A128GCM'], ['A192GCMKW', 'A192CBC-HS384'], ['A256GCMKW', 'A256GCM'],
    ['dir', 'A128CBC-HS256'],
  ].map(encrypted),
  client('userinfo-jwt', {
    userinfo_signed_response_alg: 'ES256',
    introspection_signed_response_alg: 'PS256',
    authorization_signed_response_alg: 'EdDSA',
  }),
];
const restricted = [
  client('jar', { require_signed_request_object: true, request_object_signing_alg: 'ES256' }),
  client('jar-hs', { request_object_signing_alg: 'HS256' }),
  client('par', par),
  client('dpop', { ...codeOnly, dpop_bound_access_tokens: true }),
  client('pairwise', {
    ...codeOnly,
    subject_type: 'pairwise',
    redirect_uris: REDIRECT.slice(0, 1),
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials', EXCHANGE],
    backchannel_token_delivery_mode: undefined,
  }),
  client('logout', {
    backchannel_logout_uri: env.OP_BCL_URI ?? 'http://127.0.0.1:8765/bcl',
    backchannel_logout_session_required: true,
  }),
  client('ciba-code', { backchannel_user_code_parameter: true }),
  client('service', {
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    backchannel_token_delivery_mode: undefined,
  }),
  client('jwt-at', { x_default_resource: 'https://rs.example.test/jwt-ES256' }),
  // Their refresh requests name a resource in the parameter `audience`, as oidc-agent 4 does.
  client('audience', { x_audience: true }),
  client('audience-2', { x_audience: true }),
  client('fapi2', auth('private_key_jwt', {
    ...fapi2, token_endpoint_auth_signing_alg: 'PS256', dpop_bound_access_tokens: true,
  })),
  client('fapi1', auth('private_key_jwt', {
    token_endpoint_auth_signing_alg: 'PS256',
    id_token_signed_response_alg: 'PS256',
    request_object_signing_alg: 'PS256',
    require_signed_request_object: true,
    authorization_signed_response_alg: 'PS256',
    x_fapi_profile: '1.0 Final',
  })),
];

function mutualTls() {
  const pem = fs.readFileSync(path.join(PKI, 'client-self.crt'), 'utf8');
  const key = new crypto.X509Certificate(pem).publicKey.export({ format: 'jwk' });
  const x5c = [pem.replace(/-----[^-]+-----|\s/g, '')];
  const bound = { tls_client_certificate_bound_access_tokens: true };
  const san = { tls_client_auth_san_dns: 'mtls-ca.example.test' };
  return [
    client('mtls-ca', auth('tls_client_auth', { ...codeOnly, ...san, ...bound })),
    client('mtls-dn', auth('tls_client_auth', { tls_client_auth_subject_dn: 'CN=mtls-ca,O=RP test' })),
    client('mtls-self', auth('self_signed_tls_client_auth', {
      ...codeOnly, ...bound, jwks: { keys: [{ ...key, x5c }] },
    })),
    client('fapi2-mtls', auth('tls_client_auth', { ...fapi2, ...san, ...bound })),
  ];
}
const ping = () => client('ciba-ping', {
  backchannel_token_delivery_mode: 'ping',
  backchannel_client_notification_endpoint: env.OP_CIBA_URI,
});
const further = () => JSON.parse(fs.readFileSync(env.OP_CLIENTS, 'utf8')).map((c) => [c.client_id, c]);

// By the name tests use; `JSON` drops the members that are undefined, which the library would refuse.
export const named = JSON.parse(JSON.stringify(Object.fromEntries([
  ...plain,
  ...algorithms,
  ...restricted,
  ...(PKI ? mutualTls() : []),
  ...(env.OP_CIBA_URI ? [ping()] : []),
  ...(env.OP_CLIENTS ? further() : []),
])));
