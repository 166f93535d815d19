// Test control: GET /_test/<name> with query parameters, JSON answers, 400 with an error otherwise.
//
//   config         every setting of settings.mjs by its name; an unknown name is an error.
//                  ?requireNonce=1&rotate=always|never|default&codeTTL=..&accessTTL=..&idTTL=..
//                  &refreshTTL=..&auto=<account>
//   events         what the provider did, oldest first; ?clear=1 empties the list
//   rotate-keys    new signing keys; the old ones leave the key set unless ?keep=1
//   device         ?user_code=..&sub=..&action=approve|deny
//   ciba           ?auth_req_id=..&action=approve|deny
//   iat            an initial access token (registration is open as well)
//   revoke-grants  ?sub=..: drops every grant of an account
//   claims         the distributed claims of the account `dist`
//   stop           ends the process
import Provider from 'oidc-provider';
import { configuration, store } from './configuration.mjs';
import { cibaVerdict, customGrants, deviceVerdict } from './grants.mjs';
import { interactions } from './interactions.mjs';
import { jwks, signClaims, signingKeys } from './keys.mjs';
import { ISSUER, env, events, live, settings } from './settings.mjs';

const OBSERVED = [
  'authorization.success', 'authorization.error', 'grant.success', 'grant.error', 'grant.revoked',
  'end_session.success', 'backchannel.success', 'backchannel.error', 'registration_create.success',
  'pushed_authorization_request.error', 'userinfo.error', 'introspection.error', 'revocation.error',
  'device_authorization.error', 'backchannel_authentication.error', 'server_error',
];

const handlers = {
  config: (query) => {
    for (const [name, value] of Object.entries(query)) {
      if (!Object.hasOwn(settings, name)) throw new Error(`no such setting: ${name}`);
      if (name.endsWith('TTL')) settings[name] = Number(value);
      else if (name === 'requireNonce') settings[name] = value === '1';
      else settings[name] = value || undefined;
    }
    return settings;
  },
  events: (query) => {
    const copy = [...events];
    if (query.clear) events.length = 0;
    return copy;
  },
  'rotate-keys': (query) => {
    const old = jwks.keys.filter((key) => key.use === 'sig');
    const kept = query.keep ? jwks.keys : jwks.keys.filter((key) => key.use === 'enc');
    jwks.keys = [...signingKeys(), ...kept];
    // The library reads its keys once, at construction; the storage is shared.
    live.provider = open();
    return { keys: jwks.keys.map((key) => key.kid), gone: query.keep ? [] : old.map((key) => key.kid) };
  },
  device: async (query) => {
    await deviceVerdict(query);
    return { ok: true };
  },
  ciba: async (query) => {
    await cibaVerdict(query.auth_req_id, query.action);
    return { ok: true };
  },
  iat: async () => ({
    initial_access_token: await new live.provider.InitialAccessToken({ expiresIn: 600 }).save(),
  }),
  'revoke-grants': (query) => {
    const mine = [...store].filter(([, { payload }]) => payload.accountId === query.sub);
    for (const [key] of mine) store.delete(key);
    return { removed: mine.length };
  },
  claims: () => signClaims({ credit_score: 650 }),
  stop: () => {
    setTimeout(() => process.exit(0), 50);
    return { ok: true };
  },
};

function webFinger(ctx) {
  const { resource, rel } = ctx.query;
  if (!resource) {
    ctx.status = 400;
    return;
  }
  const link = { rel: 'http://openid.net/specs/connect/1.0/issuer', href: ISSUER };
  const wanted = !rel || [].concat(rel).includes(link.rel);
  ctx.set('access-control-allow-origin', '*');
  ctx.type = 'application/jrd+json';
  ctx.body = JSON.stringify({ subject: resource, links: wanted ? [link] : [] });
}
async function control(ctx, next) {
  if (ctx.path === '/.well-known/webfinger') {
    webFinger(ctx);
    return;
  }
  const name = ctx.path.match(/^\/_test\/([a-z-]+)$/)?.[1];
  if (!name || !Object.hasOwn(handlers, name)) {
    await next();
    return;
  }
  try {
    ctx.body = await handlers[name]({ ...ctx.query });
    if (name === 'claims') ctx.type = 'application/jwt';
  } catch (e) {
    ctx.status = 400;
    ctx.body = { error: e.message };
  }
}

function observe(type, ctx, given) {
  const error = given instanceof Error ? given : undefined;
  events.push({
    type,
    path: ctx?.path,
    client: ctx?.oidc?.client?.clientId,
    grant_type: ctx?.oidc?.params?.grant_type,
    error: error && (error.error ?? error.message),
    detail: error && (error.error_detail ?? error.error_description),
    cause: error?.cause?.message,
  });
  if (type === 'server_error' || env.OP_DEBUG) console.error(type, ctx?.path, given);
}

export function open() {
  const provider = new Provider(ISSUER, configuration());
  // The library asks https redirect URIs of web clients with implicit or hybrid flows; tests use http.
  const { invalidate } = provider.Client.Schema.prototype;
  provider.Client.Schema.prototype.invalidate = function relaxed(message, code) {
    if (code === 'implicit-force-https' || code === 'implicit-forbid-localhost') return;
    invalidate.call(this, message, code);
  };
  customGrants(provider);
  provider.use(control);
  provider.use((ctx, next) => interactions(provider, ctx, next));
  for (const type of OBSERVED) provider.on(type, (ctx, error) => observe(type, ctx, error));
  return provider;
}
