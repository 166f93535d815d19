// Keys of the provider, its clients, the attester and the resource server: new ones at each start.
import * as crypto from 'node:crypto';
import * as jose from 'jose';
import { ISSUER, USERS } from './settings.mjs';

function generate(type, options, use) {
  // By way of DER: exporting a key object right after its generation hangs in some versions of node.
  const { privateKey } = crypto.generateKeyPairSync(type, {
    ...options,
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  });
  const key = crypto.createPrivateKey({ key: privateKey, type: 'pkcs8', format: 'der' });
  const jwk = key.export({ format: 'jwk' });
  const kid = crypto.createHash('sha256').update(jwk.n ?? `${jwk.x}.${jwk.y}`).digest('base64url');
  return { ...jwk, kid: kid.slice(0, 12), use };
}
export const signingKeys = () => [
  generate('rsa', { modulusLength: 2048 }, 'sig'),
  generate('ec', { namedCurve: 'P-256' }, 'sig'),
  generate('ec', { namedCurve: 'P-384' }, 'sig'),
  generate('ec', { namedCurve: 'P-521' }, 'sig'),
  generate('ed25519', undefined, 'sig'),
];
const encryptionKeys = () => [
  generate('rsa', { modulusLength: 2048 }, 'enc'),
  generate('ec', { namedCurve: 'P-256' }, 'enc'),
  generate('x25519', undefined, 'enc'),
];
export const toPublic = ({ d, p, q, dp, dq, qi, k, ...rest }) => rest;

// `keys` is replaced by a rotation.
export const jwks = { keys: [...signingKeys(), ...encryptionKeys()] };
// One private set shared by every client.
export const clientKeys = [...signingKeys(), ...encryptionKeys()];
export const clientJwks = { keys: clientKeys.map(toPublic) };
export const attester = { ...generate('ec', { namedCurve: 'P-256' }, 'sig'), alg: 'ES256' };
export const resourceServerKey = crypto.createHash('sha256').update('resource server').digest();
export const nonceSecret = crypto.randomBytes(32);
export const challengeSecret = crypto.randomBytes(32);
export const clientSecret = (name) => (
  crypto.createHash('sha512').update(`${name} of the test provider`).digest('base64url')
);

export async function signClaims(claims) {
  const key = jwks.keys.find((k) => k.use === 'sig' && k.crv === 'P-256');
  return new jose.SignJWT({ iss: ISSUER, ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: key.kid })
    .sign(await jose.importJWK(key, 'ES256'));
}
USERS.dist._claim_sources.near.JWT = await signClaims({ shipping: { city: 'Hameln' } });
