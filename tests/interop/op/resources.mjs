// What a token is for: resource servers (RFC 8707) and authorization details (RFC 9396).
import { errors } from 'oidc-provider';
import { resourceServerKey } from './keys.mjs';
import { settings } from './settings.mjs';

// https://rs.example.test/jwt-<JWS alg> | /jwe-<any> | /opaque; anything else is an invalid target.
async function resourceServer(_ctx, resource) {
  const [type, ...rest] = new URL(resource).pathname.slice(1).split('-');
  const alg = rest.join('-');
  const common = {
    scope: 'openid api:read api:write', audience: resource, accessTokenTTL: settings.accessTTL,
  };
  if (type === 'opaque') return { ...common, accessTokenFormat: 'opaque' };
  if (!alg || (type !== 'jwt' && type !== 'jwe')) throw new errors.InvalidTarget();
  const shared = alg.startsWith('HS') ? { key: resourceServerKey, kid: 'rs' } : {};
  const encrypt = { alg: 'dir', enc: 'A128CBC-HS256', key: resourceServerKey };
  const jwt = type === 'jwt' ? { sign: { alg, ...shared } } : { sign: { alg: 'ES256' }, encrypt };
  return { ...common, accessTokenFormat: 'jwt', jwt };
}
const audience = (ctx, client) => (client?.x_audience ? ctx.oidc.body?.audience : undefined);
const asked = (ctx) => {
  const details = ctx.oidc.params.authorization_details;
  return details && JSON.parse(details);
};
export const richAuthorizationRequests = {
  enabled: true,
  types: {
    payment: {
      validate: async (_ctx, detail) => {
        if (!detail.instructedAmount) throw new errors.InvalidAuthorizationDetails('instructedAmount missing');
      },
    },
    account_information: { validate: async () => {} },
  },
  authorizationDetailsForGrantSource: async (ctx, code) => (
    ctx.oidc?.grant?.rar ?? ctx.oidc?.entities?.Grant?.rar ?? code?.rar ?? asked(ctx)
  ),
  authorizationDetailsForAccessToken: async (ctx, _token, source) => source?.rar ?? asked(ctx),
  authorizationDetailsForIntrospection: async (_ctx, token) => token.rar,
};
export const resourceIndicators = {
  enabled: true,
  // Must be undefined, not empty, else every front-channel access token is an invalid target.
  defaultResource: async (ctx, client, oneOf) => (
    audience(ctx, client) ?? oneOf?.[0] ?? client?.x_default_resource
  ),
  // Such a client's token is for the userinfo endpoint where it names none.
  useGrantedResource: async (ctx) => !ctx.oidc.client.x_audience || !!audience(ctx, ctx.oidc.client),
  getResourceServerInfo: resourceServer,
};
