// /identity-provider of the admin API: kept and given back. Nobody is sent there: the laptop has no other provider.
import { randomUUID } from 'node:crypto';

import { NOTHING, Refusal, present } from './refusal.js';

const HIDDEN = '**********';

function representation({ mappers: _mappers, ...provider }) {
  return { ...provider, config: { ...provider.config, ...(provider.config.clientSecret && { clientSecret: HIDDEN }) } };
}

export function providerRoutes({ directory }) {
  const provider = (alias) => present(directory.providers[alias], 'HTTP 404 Not Found');
  const save = () => (directory.save(), NOTHING);

  return [
    ['GET', 'identity-provider/instances', () => ({ body: Object.values(directory.providers).map(representation) })],
    [
      'POST',
      'identity-provider/instances',
      ({ body }) => {
        if (directory.providers[body.alias]) throw new Refusal(409, `Identity Provider ${body.alias} already exists`);
        directory.providers[body.alias] = { config: {}, ...body, internalId: randomUUID(), mappers: [] };
        save();
        return { made: body.alias };
      },
    ],
    ['GET', 'identity-provider/instances/:alias', ({ alias }) => ({ body: representation(provider(alias)) })],
    [
      'PUT',
      'identity-provider/instances/:alias',
      ({ alias, body }) => {
        const found = provider(alias);
        const secret = body.config?.clientSecret === HIDDEN ? found.config.clientSecret : body.config?.clientSecret;
        const { internalId, mappers } = found;
        directory.providers[alias] = { ...body, alias, internalId, mappers, config: { ...body.config, clientSecret: secret } };
        return save();
      },
    ],
    [
      'DELETE',
      'identity-provider/instances/:alias',
      ({ alias }) => {
        provider(alias);
        delete directory.providers[alias];
        for (const item of directory.organizations()) item.providers = item.providers.filter((known) => known !== alias);
        return save();
      },
    ],
    ['GET', 'identity-provider/instances/:alias/mappers', ({ alias }) => ({ body: provider(alias).mappers })],
    [
      'POST',
      'identity-provider/instances/:alias/mappers',
      ({ alias, body }) => {
        const { mappers } = provider(alias);
        if (mappers.some(({ name }) => name === body.name)) {
          throw new Refusal(400, `Failed to add mapper '${body.name}' to identity provider [oidc].`);
        }
        const made = { id: randomUUID(), ...body };
        mappers.push(made);
        save();
        return { made: made.id };
      },
    ],
  ];
}
