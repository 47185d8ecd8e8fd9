// /organizations of the admin API.
import { NOTHING, Refusal, attributesMatch, page, present } from './refusal.js';

function representation({ id, name, alias, enabled, attributes, domains }) {
  return { id, name, alias, enabled, attributes, domains };
}

export function organizationRoutes({ directory }) {
  const organization = (id) => present(directory.organization(id), 'Organization not found');

  function refuseTaken({ name, alias, domains }, id) {
    for (const other of directory.organizations().filter((item) => item.id !== id)) {
      if (other.name === name) throw new Refusal(409, 'A organization with the same name already exists');
      if (other.alias === alias) throw new Refusal(409, 'A organization with the same alias already exists');
      const taken = (domains ?? []).find((domain) => other.domains.some((known) => known.name === domain.name));
      if (taken) throw new Refusal(400, `Domain ${taken.name} is already linked to another organization`);
    }
  }

  function matches(item, query) {
    const wanted = query.get('search');
    const names = [item.name, ...item.domains.map(({ name }) => name)];
    const found = query.get('exact') === 'true' ? names.includes(wanted) : names.some((name) => name.includes(wanted ?? ''));
    return (wanted === null || found) && attributesMatch(item.attributes, query.get('q'));
  }

  return [
    [
      'GET',
      'organizations',
      ({ query }) => {
        const found = directory.organizations().filter((item) => matches(item, query));
        return { body: page(found, query).map(representation) };
      },
    ],
    [
      'POST',
      'organizations',
      ({ body }) => {
        const { name, alias = name, enabled = true, attributes = {}, domains = [] } = body;
        refuseTaken({ name, alias, domains });
        return { made: directory.addOrganization({ name, alias, enabled, attributes, domains }).id };
      },
    ],
    ['GET', 'organizations/:id', ({ id }) => ({ body: representation(organization(id)) })],
    [
      'PUT',
      'organizations/:id',
      ({ id, body }) => {
        const found = organization(id);
        const { name = found.name, enabled = found.enabled, attributes = {}, domains = [] } = body;
        if (body.alias && body.alias !== found.alias) throw new Refusal(400, 'Cannot change the alias');
        refuseTaken({ name, alias: found.alias, domains }, id);
        Object.assign(found, { name, enabled, attributes, domains });
        directory.save();
        return NOTHING;
      },
    ],
    ['DELETE', 'organizations/:id', ({ id }) => (directory.removeOrganization(organization(id).id), NOTHING)],
    [
      'GET',
      'organizations/:id/members',
      ({ id, query }) => {
        const members = page(organization(id).members, query).map((member) => directory.person(member));
        return { body: members.map((member) => ({ id: member.id, email: member.email })) };
      },
    ],
    [
      'POST',
      'organizations/:id/members',
      ({ id, body }) => {
        const found = organization(id);
        if (!directory.person(body)) throw new Refusal(400, 'User does not exist');
        if (found.members.includes(body)) throw new Refusal(409, 'User is already a member of the organization.');
        found.members.push(body);
        directory.save();
        return { made: body };
      },
    ],
    [
      'DELETE',
      'organizations/:id/members/:member',
      ({ id, member }) => {
        const found = organization(id);
        found.members = found.members.filter((known) => known !== member);
        directory.save();
        return NOTHING;
      },
    ],
    [
      'GET',
      'organizations/:id/identity-providers',
      ({ id }) => ({ body: organization(id).providers.map((alias) => directory.providers[alias]) }),
    ],
    [
      'POST',
      'organizations/:id/identity-providers',
      ({ id, body }) => {
        const found = organization(id);
        present(directory.providers[body], 'Identity provider not found');
        if (found.providers.includes(body)) throw new Refusal(409, 'Identity provider already associated to the organization');
        found.providers.push(body);
        directory.save();
        return NOTHING;
      },
    ],
    [
      'DELETE',
      'organizations/:id/identity-providers/:alias',
      ({ id, alias }) => {
        const found = organization(id);
        found.providers = found.providers.filter((known) => known !== alias);
        directory.save();
        return NOTHING;
      },
    ],
  ];
}
