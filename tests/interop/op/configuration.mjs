// The library's configuration: everything on, storage in memory.
import * as crypto from 'node:crypto';
import * as jose from 'jose';
import { errors, interactionPolicy } from 'oidc-provider';
import { named } from './clients.mjs';
import { cibaVerdict } from './grants.mjs';
import { attester, challengeSecret, jwks, nonceSecret, toPublic } from './keys.mjs';
import { resourceIndicators, richAuthorizationRequests } from './resources.mjs';
import {
  ISSUER, MOUNT, MTLS_ORIGIN, PKI, RESPONSES, USERS, events, settings,
} from './settings.mjs';

// Shared by the providers before and after a key rotation. A record outlives its time by a minute,
// so that the library, and not this storage, is what calls it expired.
export const store = new Map();
class Adapter {
  constructor(model) { this.model = model; }

  key(id) { return `${this.model}:${id}`; }

  async find(id) {
    const item = store.get(this.key(id));
    if (item?.until && item.until < Date.now()) store.delete(this.key(id));
    return store.get(this.key(id))?.payload;
  }

  async scan(test) {
    for (const [key, { payload }] of store) {
      if (key.startsWith(`${this.model}:`) && test(payload)) return this.find(key.slice(this.model.length + 1));
    }
    return undefined;
  }

  async upsert(id, payload, ttl) {
    store.set(this.key(id), { payload, until: ttl && Date.now() + (ttl + 60) * 1000 });
  }

  async findByUid(uid) { return this.scan((payload) => payload.uid === uid); }

  async findByUserCode(code) { return this.scan((payload) => payload.userCode === code); }

  async consume(id) {
    const payload = await this.find(id);
    if (payload) payload.consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) { store.delete(this.key(id)); }

  async revokeByGrantId(id) {
    for (const [key, { payload }] of store) if (payload.grantId === id) store.delete(key);
  }
}

const on = { enabled: true };
const SIGN = [
  'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519',
  'HS256', 'HS384', 'HS512',
];
const WRAP = [
  'RSA-OAEP', 'RSA-OAEP-256', 'RSA-OAEP-384', 'RSA-OAEP-512',
  'ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW',
  'A128KW', 'A192KW', 'A256KW', 'A128GCMKW', 'A192GCMKW', 'A256GCMKW', 'dir',
];
const ENC = ['A128CBC-HS256', 'A192CBC-HS384', 'A256CBC-HS512', 'A128GCM', 'A192GCM', 'A256GCM'];
const answers = ['idToken', 'requestObject', 'userinfo', 'introspection', 'authorization'];
const enabledJWA = Object.fromEntries([
  ...['clientAuth', ...answers].map((x) => [`${x}SigningAlgValues`, [...SIGN]]),
  ...['dPoP', 'attest'].map((x) => [`${x}SigningAlgValues`, SIGN.filter((a) => !a.startsWith('HS'))]),
  ...answers.map((x) => [`${x}EncryptionAlgValues`, [...WRAP]]),
  ...answers.map((x) => [`${x}EncryptionEncValues`, [...ENC]]),
]);

const certificate = (ctx) => ctx.socket.getPeerX509Certificate?.();
const mTLS = {
  enabled: true,
  certificateBoundAccessTokens: true,
  selfSignedTlsClientAuth: true,
  tlsClientAuth: true,
  getCertificate: certificate,
  certificateAuthorized: (ctx) => ctx.socket.authorized === true,
  certificateSubjectMatches(ctx, property, expected) {
    const cert = certificate(ctx);
    if (property === 'tls_client_auth_subject_dn') {
      return cert.subject.split('\n').reverse().join(',') === expected;
    }
    const tag = { dns: 'DNS', uri: 'URI', email: 'email', ip: 'IP Address' }[property.split('_').at(-1)];
    return (cert.subjectAltName ?? '').split(', ').includes(`${tag}:${expected}`);
  },
};
// The library does not produce these aliases (RFC 8705 5) itself.
const aliases = () => ({
  mtls_endpoint_aliases: Object.fromEntries(Object.entries({
    token_endpoint: '/token',
    revocation_endpoint: '/token/revocation',
    introspection_endpoint: '/token/introspection',
    device_authorization_endpoint: '/device/auth',
    pushed_authorization_request_endpoint: '/request',
    userinfo_endpoint: '/me',
    backchannel_authentication_endpoint: '/backchannel',
  }).map(([name, path]) => [name, MTLS_ORIGIN + MOUNT + path])),
});

const ciba = {
  enabled: true,
  deliveryModes: ['poll', 'ping'],
  processLoginHint: async (_ctx, hint) => hint,
  processLoginHintToken: async (_ctx, token) => jose.decodeJwt(token).sub,
  validateRequestContext: async () => {},
  verifyUserCode: async (ctx, _account, code) => {
    if (!ctx.oidc.client.backchannelUserCodeParameter) return;
    if (!code) throw new errors.MissingUserCode('user_code is required');
    if (code !== '1234') throw new errors.InvalidUserCode('wrong user_code');
  },
  // bob says yes after a moment, mallory says no, everybody else waits for /_test/ciba
  triggerAuthenticationDevice: async (_ctx, request, account, client) => {
    events.push({ type: 'ciba.trigger', client: client.clientId, sub: account.accountId });
    const verdict = { bob: 'approve', mallory: 'deny' }[account.accountId];
    const failed = (e) => events.push({ type: 'ciba.failed', message: e.message });
    if (verdict) setTimeout(() => cibaVerdict(request.jti, verdict).catch(failed), 300).unref();
  },
};

export const configuration = () => ({
  adapter: Adapter,
  jwks: { keys: jwks.keys },
  clients: Object.values(named),
  enabledJWA,
  acrValues: ['urn:test:bronze', 'urn:test:silver', 'urn:test:gold'],
  claims: {
    acr: null,
    amr: null,
    auth_time: null,
    iss: null,
    sid: null,
    openid: ['sub'],
    email: ['email', 'email_verified'],
    phone: ['phone_number', 'phone_number_verified'],
    address: ['address'],
    profile: [
      'birthdate', 'family_name', 'gender', 'given_name', 'locale', 'middle_name', 'name', 'name#de',
      'nickname', 'picture', 'preferred_username', 'profile', 'updated_at', 'website', 'zoneinfo',
    ],
    groups: ['groups'],
    entitlements: ['eduperson_entitlement'],
    external: ['credit_score', 'shipping'],
  },
  scopes: ['openid', 'offline_access', 'api:read', 'api:write'],
  subjectTypes: ['public', 'pairwise'],
  pairwiseIdentifier: async (_ctx, sub, client) => (
    crypto.createHash('sha256').update(`${client.sectorIdentifier}|${sub}|salt`).digest('hex')
  ),
  responseTypes: RESPONSES,
  clientAuthMethods: [
    'client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt', 'none',
    'attest_jwt_client_auth', 'attest_jwt_client_auth_dpop',
    ...(PKI ? ['tls_client_auth', 'self_signed_tls_client_auth'] : []),
  ],
  extraClientMetadata: { properties: ['x_fapi_profile', 'x_default_resource', 'x_audience'] },
  extraParams: ['audience', 'x_test'],
  cookies: { keys: ['test cookie key'], long: { httpOnly: true, sameSite: PKI ? 'none' : 'lax' } },
  enableHttpPostMethods: !!PKI, // needs SameSite=None cookies, and those need https
  conformIdTokenClaims: false,
  clockTolerance: 0, // the default keeps short tokens alive
  discovery: {
    claim_types_supported: ['normal', 'aggregated', 'distributed'],
    ui_locales_supported: ['en', 'de'],
    display_values_supported: ['page', 'popup'],
    service_documentation: `${ISSUER}/docs`,
    op_policy_uri: `${ISSUER}/policy`,
    op_tos_uri: `${ISSUER}/tos`,
    prompt_values_supported: ['none', 'login', 'consent'],
    ...(PKI ? aliases() : {}),
  },
  // The library's own dispatcher refuses loopback and private addresses; tests live there.
  fetch: (url, { dispatcher, ...options }) => globalThis.fetch(url, options),
  findAccount: async (_ctx, id) => {
    if (!Object.hasOwn(USERS, id)) return undefined;
    const { password, ...claims } = USERS[id];
    return { accountId: id, claims: async () => ({ sub: id, ...claims }) };
  },
  issueRefreshToken: async (_ctx, client, code) => (
    client.grantTypeAllowed('refresh_token') && code.scopes.has('offline_access')
  ),
  expiresWithSession: async () => false,
  rotateRefreshToken: (ctx) => (
    settings.rotate === 'default' ? ctx.oidc.client.clientAuthMethod === 'none' : settings.rotate === 'always'
  ),
  extraTokenClaims: async (ctx, token) => {
    if (ctx?.oidc?.entities?.Actor) return { act: { sub: ctx.oidc.entities.Actor } };
    return token.kind === 'AccessToken' ? { tenant: 'test' } : undefined;
  },
  interactions: {
    policy: interactionPolicy.base(),
    url: (_ctx, { uid }) => `${MOUNT}/interaction/${uid}`,
  },
  ttl: {
    AccessToken: (_ctx, token) => token.resourceServer?.accessTokenTTL || settings.accessTTL,
    AuthorizationCode: () => settings.codeTTL,
    BackchannelAuthenticationRequest: 120,
    ClientCredentials: 600,
    DeviceCode: 120,
    Grant: 86400,
    IdToken: () => settings.idTTL,
    Interaction: 600,
    RefreshToken: () => settings.refreshTTL,
    Session: 86400,
  },
  features: {
    devInteractions: { enabled: false },
    backchannelLogout: on,
    claimsParameter: on,
    clientCredentials: on,
    deviceFlow: on,
    encryption: on,
    introspection: { enabled: true, allowedPolicy: async () => true },
    jwtIntrospection: on,
    jwtResponseModes: on,
    jwtUserinfo: on,
    requestObjects: on,
    revocation: on,
    rpInitiatedLogout: on,
    rpMetadataChoices: on,
    pushedAuthorizationRequests: { enabled: true, allowUnregisteredRedirectUris: true },
    registration: on,
    registrationManagement: { enabled: true, rotateRegistrationAccessToken: true },
    webMessageResponseMode: { enabled: true, ack: 'individual-draft-01' },
    clientIdMetadataDocument: { enabled: true, ack: 'draft-02' },
    attestClientAuth: {
      enabled: true,
      ack: 'draft-12',
      challengeSecret,
      getAttestationSignaturePublicKey: async () => jose.importJWK(toPublic(attester), 'ES256'),
      assertAttestationJwtAndPop: async () => {},
    },
    dPoP: { enabled: true, nonceSecret, requireNonce: () => settings.requireNonce },
    fapi: { enabled: true, profile: (_ctx, client) => client?.x_fapi_profile },
    mTLS: PKI ? mTLS : { enabled: false },
    ciba,
    resourceIndicators,
    richAuthorizationRequests,
  },
});
