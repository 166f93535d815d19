// Login and consent at /interaction/<uid>: an HTML page, or no page at all where the request says so.
// login_hint=auto:<account> (or auto:<account>;acr=..;amr=a,b) logs in and consents, deny refuses.
import { MOUNT, USERS, settings } from './settings.mjs';

const escape = (text) => String(text ?? '').replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
const page = (title, body) => `<!doctype html><html lang="en"><meta charset="utf-8">
<title>${escape(title)}</title><body><h1>${escape(title)}</h1>${body}</body></html>`;

async function form(req) {
  const chunks = [];
  for await (const chunk of req) chunks.push(chunk);
  return new URLSearchParams(Buffer.concat(chunks).toString());
}
async function consent(provider, { params, prompt: { details }, grantId, session }) {
  const { accountId } = session;
  const grant = (grantId && await provider.Grant.find(grantId))
    || new provider.Grant({ accountId, clientId: params.client_id });
  if (details.missingOIDCScope) grant.addOIDCScope(details.missingOIDCScope.join(' '));
  if (details.missingOIDCClaims) grant.addOIDCClaims(details.missingOIDCClaims);
  for (const [resource, scopes] of Object.entries(details.missingResourceScopes ?? {})) {
    grant.addResourceScope(resource, scopes.join(' '));
  }
  for (const detail of details.rar ?? []) grant.addRar(detail);
  return { consent: { grantId: await grant.save() } };
}
const login = (accountId, { acr = 'urn:test:bronze', amr = 'pwd' } = {}) => ({
  login: { accountId, acr, amr: amr.split(','), remember: true },
});
const REFUSED = { error: 'access_denied', error_description: 'the end-user refused' };

// The answer that needs no page, if there is one.
async function verdict(provider, ctx, interaction, abort) {
  const { prompt, params } = interaction;
  const hint = params.login_hint ?? '';
  if (abort) return REFUSED;
  if (ctx.method === 'POST') {
    if (prompt.name === 'consent') return consent(provider, interaction);
    const body = await form(ctx.req);
    const name = body.get('login');
    if (Object.hasOwn(USERS, name) && USERS[name].password === body.get('password')) return login(name);
    ctx.status = 401;
    return undefined;
  }
  if (hint === 'deny') return REFUSED;
  const auto = hint.startsWith('auto:') ? hint.slice(5) : settings.auto;
  if (!auto) return undefined;
  if (prompt.name === 'consent') return consent(provider, interaction);
  const [name, ...rest] = auto.split(';');
  return login(name, Object.fromEntries(rest.map((pair) => pair.split('='))));
}

export async function interactions(provider, ctx, next) {
  const match = ctx.path.match(/^\/interaction\/[^/]+(\/abort)?$/);
  if (!match) return next();
  let interaction;
  try {
    interaction = await provider.interactionDetails(ctx.req, ctx.res);
  } catch (e) {
    ctx.status = 400;
    ctx.type = 'html';
    ctx.body = page('No interaction', `<p>${escape(e.error_description ?? e.message)}</p>`);
    return undefined;
  }
  const result = await verdict(provider, ctx, interaction, match[1]);
  if (result) {
    ctx.respond = false;
    const mergeWithLastSubmission = 'consent' in result;
    return provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission });
  }
  const { prompt, params } = interaction;
  const fields = prompt.name === 'login'
    ? `<label>Account <input name="login" autofocus value="${escape(params.login_hint)}"></label>
<label>Password <input type="password" name="password"></label>`
    : `<pre>${escape(JSON.stringify(prompt.details, null, 1))}</pre>`;
  const wrong = ctx.status === 401 ? '<p class="error">wrong account or password</p>' : '';
  const here = escape(MOUNT + ctx.path);
  ctx.type = 'html';
  ctx.body = page(prompt.name === 'login' ? 'Sign in' : 'Authorize', `
<p>${escape(params.client_id)} asks for ${escape(params.scope)}</p>${wrong}
<form method="post" action="${here}">${fields}<button type="submit">Continue</button></form>
<p><a href="${here}/abort">Cancel</a></p>`);
  return undefined;
}
