// Routes that only the laptop's issuer has:
//
//   GET  /local/health
//   POST /local/token   {sub, tenant, team, roles, email, name, client, expiresIn, header, claims, omit} -> {access_token, expires_in}
//   POST /local/keys    {drop}                                                                          -> {kid}
//
// `claims` is laid over the usual ones, `omit` names claims to leave out, `expiresIn` may be negative: the suites that check
// what a service refuses need tokens that no honest issuer makes.
import { randomUUID } from 'node:crypto';

import { SignJWT, importJWK } from 'jose';

import { readJson } from './body.js';
import { subjectClaims } from './realm.js';

const TOKEN_FIELDS = new Set(['sub', 'tenant', 'team', 'roles', 'email', 'name', 'client', 'expiresIn', 'header', 'claims', 'omit']);

function json(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(`${JSON.stringify(body)}\n`);
}

export function localRoutes({ issuer, realm, directory, keys, renewProvider }) {
  async function mint(wish) {
    const unknown = Object.keys(wish).filter((field) => !TOKEN_FIELDS.has(field));
    if (unknown.length) throw Object.assign(new Error(`Unknown field: ${unknown.join(', ')}`), { statusCode: 400 });
    const person = directory.person(wish.sub);
    const now = Math.floor(Date.now() / 1000);
    const expiresIn = wish.expiresIn ?? realm.accessTokenSeconds;
    const claims = {
      iss: issuer,
      aud: realm.audience,
      sub: wish.sub ?? randomUUID(),
      azp: wish.client ?? 'zebros-cli',
      iat: Math.min(now, now + expiresIn),
      exp: now + expiresIn,
      jti: randomUUID(),
      scope: 'openid profile email',
      ...subjectClaims({ ...(person && directory.traits(person)), ...wish }),
      ...wish.claims,
    };
    for (const name of wish.omit ?? []) delete claims[name];
    const key = keys.signingKey;
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: key.kid, ...wish.header })
      .sign(await importJWK(key, 'RS256'));
    return { access_token: token, token_type: 'Bearer', expires_in: expiresIn };
  }

  async function serve(request, response, pathname) {
    const route = `${request.method} ${pathname}`;
    if (route === 'GET /local/health') {
      json(response, 200, { issuer, kid: keys.signingKey.kid });
    } else if (route === 'POST /local/token') {
      json(response, 200, await mint(await readJson(request)));
    } else if (route === 'POST /local/keys') {
      const kid = keys.rotate(await readJson(request));
      renewProvider();
      json(response, 200, { kid });
    } else {
      json(response, 404, { error: 'not_found' });
    }
  }

  return (request, response, pathname) => {
    serve(request, response, pathname).catch((error) => json(response, error.statusCode ?? 500, { error: error.message }));
  };
}
