// Grants that the library leaves to the operator, and the verdicts of the back channels.
import * as jose from 'jose';
import { errors } from 'oidc-provider';
import { clientJwks, jwks, toPublic } from './keys.mjs';
import { EXCHANGE, ISSUER, JWT_BEARER, TOKEN, USERS, live } from './settings.mjs';

const now = () => Math.floor(Date.now() / 1000);
async function makeGrant(accountId, clientId, scope, resources = {}) {
  const grant = new live.provider.Grant({ accountId, clientId });
  grant.addOIDCScope(scope ?? 'openid');
  for (const [resource, granted] of Object.entries(resources)) grant.addResourceScope(resource, granted);
  await grant.save();
  return grant;
}

export async function cibaVerdict(id, verdict) {
  const { provider } = live;
  const request = await provider.BackchannelAuthenticationRequest.find(id);
  if (!request) throw new Error('no such request');
  const result = verdict === 'deny'
    ? new errors.AccessDenied('the end-user refused')
    : await makeGrant(request.accountId, request.clientId, request.scope);
  await provider.backchannelResult(request, result, { authTime: now(), acr: 'urn:test:silver', amr: ['hwk'] });
}
export async function deviceVerdict({ user_code: code = '', sub = 'alice', action }) {
  const wanted = code.toUpperCase().replace(/[^A-Z0-9]/g, '');
  const device = await live.provider.DeviceCode.findByUserCode(wanted);
  if (!device) throw new Error('no such user_code');
  if (action === 'deny') {
    Object.assign(device, { error: 'access_denied', errorDescription: 'the end-user refused' });
  } else {
    const { scope } = device.params;
    const grant = await makeGrant(sub, device.clientId, scope);
    Object.assign(device, {
      accountId: sub, grantId: grant.jti, scope, authTime: now(), acr: 'urn:test:bronze', amr: ['pwd'],
    });
  }
  await device.save();
}

function need(ctx, ...names) {
  for (const name of names) {
    if (!ctx.oidc.params[name]) throw new errors.InvalidRequest(`missing required parameter ${name}`);
  }
}
async function answer(ctx, { accountId, scope = '', gty, audience, extra = {}, tokens = true }) {
  const { provider } = live;
  const { client } = ctx.oidc;
  const resources = audience ? { [audience]: scope } : {};
  const grant = await makeGrant(accountId, client.clientId, scope || 'openid', resources);
  const access = new provider.AccessToken({ accountId, client, grantId: grant.jti, gty, scope });
  if (audience) access.aud = audience;
  ctx.oidc.entity('Grant', grant);
  ctx.oidc.entity('AccessToken', access);
  ctx.body = {
    access_token: await access.save(),
    expires_in: access.expiration,
    token_type: access.tokenType,
    scope: scope || undefined,
    ...extra,
  };
  const scopes = new Set(scope.split(' '));
  if (tokens && scopes.has('offline_access')) {
    ctx.body.refresh_token = await new provider.RefreshToken({
      accountId, client, grantId: grant.jti, gty, scope, rotations: 0, authTime: now(),
    }).save();
  }
  if (tokens && scopes.has('openid')) {
    const idToken = new provider.IdToken({ sub: accountId }, { ctx });
    idToken.scope = 'openid';
    ctx.body.id_token = await idToken.issue({ use: 'idtoken' });
  }
}

async function password(ctx) {
  need(ctx, 'username', 'password');
  const { username, password: given, scope } = ctx.oidc.params;
  if (!Object.hasOwn(USERS, username) || USERS[username].password !== given) {
    throw new errors.InvalidGrant('invalid username or password');
  }
  await answer(ctx, { accountId: username, scope, gty: 'password' });
}
async function jwtBearer(ctx) {
  need(ctx, 'assertion');
  const { assertion, scope } = ctx.oidc.params;
  const expected = { issuer: ctx.oidc.client.clientId, audience: [ISSUER, `${ISSUER}/token`] };
  const { payload } = await jose.jwtVerify(assertion, jose.createLocalJWKSet(clientJwks), expected)
    .catch((cause) => { throw new errors.InvalidGrant('assertion refused', { cause }); });
  if (!Object.hasOwn(USERS, payload.sub)) throw new errors.InvalidGrant('unknown subject');
  await answer(ctx, { accountId: payload.sub, scope, gty: 'jwt-bearer', tokens: false });
}
async function lookup(value, type) {
  const valid = (token) => (token?.isValid ? token : undefined);
  switch (type) {
    case TOKEN('access_token'): return valid(await live.provider.AccessToken.find(value));
    case TOKEN('refresh_token'): return valid(await live.provider.RefreshToken.find(value));
    case TOKEN('id_token'):
    case TOKEN('jwt'): {
      const keys = jose.createLocalJWKSet({ keys: jwks.keys.map(toPublic) });
      const { payload } = await jose.jwtVerify(value, keys, { issuer: ISSUER }).catch(() => ({}));
      return payload && { accountId: payload.sub };
    }
    default: throw new errors.InvalidRequest(`unsupported token type ${type}`);
  }
}
async function exchange(ctx) {
  need(ctx, 'subject_token', 'subject_token_type');
  const { params } = ctx.oidc;
  const subject = await lookup(params.subject_token, params.subject_token_type);
  if (!subject) throw new errors.InvalidGrant('subject_token is not valid');
  if (params.actor_token) {
    need(ctx, 'actor_token_type');
    const actor = await lookup(params.actor_token, params.actor_token_type);
    if (!actor) throw new errors.InvalidGrant('actor_token is not valid');
    ctx.oidc.entity('Actor', actor.accountId);
  }
  const wanted = params.requested_token_type ?? TOKEN('access_token');
  const refresh = wanted === TOKEN('refresh_token');
  if (!refresh && wanted !== TOKEN('access_token')) {
    throw new errors.InvalidRequest(`unsupported requested_token_type ${wanted}`);
  }
  await answer(ctx, {
    accountId: subject.accountId,
    scope: `${params.scope ?? 'openid'}${refresh ? ' offline_access' : ''}`,
    gty: 'token-exchange',
    audience: [].concat(params.audience ?? params.resource ?? [])[0],
    extra: { issued_token_type: TOKEN('access_token') },
    tokens: refresh,
  });
}

export function customGrants(provider) {
  provider.registerGrantType('password', password, ['username', 'password', 'scope']);
  provider.registerGrantType(JWT_BEARER, jwtBearer, ['assertion', 'scope']);
  provider.registerGrantType(EXCHANGE, exchange, [
    'subject_token', 'subject_token_type', 'actor_token', 'actor_token_type', 'requested_token_type',
    'audience', 'resource', 'scope',
  ], ['audience', 'resource']);
}
