// The part of Keycloak's admin REST API that Zebros uses, at Keycloak's paths, for the service account of zebros-admin.
import { createLocalJWKSet, jwtVerify } from 'jose';

import { clientRoutes } from './admin_clients.js';
import { eventRoutes } from './admin_events.js';
import { organizationRoutes } from './admin_organizations.js';
import { providerRoutes } from './admin_providers.js';
import { userRoutes } from './admin_users.js';
import { readBody } from './body.js';
import { ADMIN_PATH } from './realm.js';

function send(response, { status = 200, body, location }) {
  response.writeHead(status, {
    'cache-control': 'no-cache',
    ...(location && { location }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
  });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

// `users/:id/logout` -> a pattern that names its parts.
function compiled([method, pattern, handler]) {
  const source = pattern.replace(/:([a-z]+)/g, '(?<$1>[^/]+)');
  return { method, pattern: new RegExp(`^${source}$`), handler };
}

export function adminRoutes(world) {
  const { issuer, keys } = world;
  const routes = [userRoutes, clientRoutes, organizationRoutes, providerRoutes, eventRoutes].flatMap((of) => of(world)).map(compiled);

  async function authorize(request) {
    const [scheme, token] = (request.headers.authorization ?? '').split(' ');
    if (scheme.toLowerCase() !== 'bearer' || !token) return 401;
    try {
      const { payload } = await jwtVerify(token, createLocalJWKSet(keys.publicJwks), { issuer });
      return payload.resource_access?.['realm-management']?.roles?.length ? 200 : 403;
    } catch {
      return 401;
    }
  }

  async function serve(request, response, url) {
    const permitted = await authorize(request);
    if (permitted !== 200) {
      send(response, { status: permitted, body: { error: `HTTP ${permitted} ${permitted === 401 ? 'Unauthorized' : 'Forbidden'}` } });
      return;
    }
    const path = url.pathname.slice(ADMIN_PATH.length + 1);
    for (const { method, pattern, handler } of routes) {
      const found = method === request.method && pattern.exec(path);
      if (found) {
        const params = Object.fromEntries(Object.entries(found.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]));
        const answer = await handler({ ...params, query: url.searchParams, body: await readBody(request), request });
        // Keycloak answers a creation with the address of what was made.
        const { made, ...rest } = answer;
        send(response, made ? { status: 201, location: `http://${request.headers.host}${url.pathname}/${made}`, ...rest } : rest);
        return;
      }
    }
    send(response, { status: 404, body: { error: 'The stand-in for Keycloak does not have this.' } });
  }

  return (request, response, url) => {
    serve(request, response, url).catch((error) => {
      if (!error.status) console.error(error);
      send(response, { status: error.status ?? error.statusCode ?? 500, body: error.body ?? { error: error.message } });
    });
  };
}
