// /clients and /client-scopes of the admin API.
import { randomBytes } from 'node:crypto';

import { NOTHING, Refusal, page, present } from './refusal.js';

const newSecret = () => randomBytes(24).toString('base64url');

function representation({ serviceAccount: _account, ...client }) {
  return client;
}

export function clientRoutes({ directory, realm }) {
  const client = (id) => present(directory.client(id), 'Could not find client');
  const scopeNames = new Set(realm.scopes.map(({ name }) => name));
  // Keycloak drops the ones it does not have without a word.
  const knownScopes = (names) => (names ?? []).filter((name) => scopeNames.has(name));

  // The realm's own clients are as realm.json has them.
  function integration(id) {
    const found = client(id);
    if (!directory.isIntegration(id)) throw new Refusal(400, `${found.clientId} is changed in realm.json only`);
    return found;
  }

  function matches({ clientId }, query) {
    const wanted = query.get('clientId');
    if (wanted === null) return true;
    return query.get('search') === 'true' ? clientId.toLowerCase().includes(wanted.toLowerCase()) : clientId === wanted;
  }

  return [
    [
      'GET',
      'clients',
      ({ query }) => {
        const found = directory.clients().filter((item) => matches(item, query));
        return { body: page(found, query).map(representation) };
      },
    ],
    [
      'POST',
      'clients',
      ({ body }) => {
        if (directory.clientById(body.clientId)) throw new Refusal(409, `Client ${body.clientId} already exists`);
        if (body.publicClient !== false || !body.serviceAccountsEnabled) throw new Refusal(400, 'Only service accounts are made here');
        const scopes = {
          defaultClientScopes: knownScopes(body.defaultClientScopes),
          optionalClientScopes: knownScopes(body.optionalClientScopes),
        };
        const secret = body.secret ?? newSecret();
        return { made: directory.addClient({ enabled: true, attributes: {}, protocolMappers: [], ...body, ...scopes, secret }).id };
      },
    ],
    ['GET', 'clients/:id', ({ id }) => ({ body: representation(client(id)) })],
    [
      'PUT',
      'clients/:id',
      ({ id, body }) => {
        const { name, enabled, attributes } = body;
        const found = integration(id);
        found.name = name ?? found.name;
        found.enabled = enabled ?? found.enabled;
        found.attributes = attributes ?? found.attributes;
        directory.save();
        return NOTHING;
      },
    ],
    ['DELETE', 'clients/:id', ({ id }) => (directory.removeClient(integration(id).id), NOTHING)],
    ['GET', 'clients/:id/client-secret', ({ id }) => ({ body: { type: 'secret', value: client(id).secret } })],
    [
      'POST',
      'clients/:id/client-secret',
      ({ id }) => {
        const found = integration(id);
        found.secret = newSecret();
        directory.save();
        return { body: { type: 'secret', value: found.secret } };
      },
    ],
    [
      'GET',
      'clients/:id/service-account-user',
      ({ id }) => {
        const { clientId, serviceAccount } = client(id);
        return { body: { id: serviceAccount.id, username: `service-account-${clientId}`, enabled: true } };
      },
    ],
    ['GET', 'clients/:id/protocol-mappers/models', ({ id }) => ({ body: client(id).protocolMappers ?? [] })],
    ['GET', 'client-scopes', () => ({ body: realm.scopes.map(({ name }) => ({ id: name, name, protocol: 'openid-connect' })) })],
  ];
}
