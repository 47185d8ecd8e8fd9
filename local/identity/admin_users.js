// /users and /roles of the admin API.
import { NOTHING, Refusal, attributesMatch, page, present } from './refusal.js';

const OWN = ['username', 'email', 'emailVerified', 'enabled', 'firstName', 'lastName', 'requiredActions'];
const MANAGED = { tenant_id: /^[a-z][a-z0-9]{3,23}$/, team: /^[a-z][a-z0-9-]{1,30}$/, locale: /^/ };
const NOT_IN_NAMES = /[<>&"\v$%!#?§;*~/|^=[\]{}()]/;
const EMAIL = /^[^\s@]+@[^\s@]+$/;

function representation({ id, createdTimestamp, attributes, ...person }) {
  const own = Object.fromEntries(OWN.map((field) => [field, person[field]]));
  return { id, createdTimestamp, ...own, attributes, totp: false, notBefore: 0 };
}

const fault = (field, error) => new Refusal(400, error, { field, params: [field] });

// What an administrator may set of a person, checked as the realm's user profile does it.
function checked(body) {
  const wanted = Object.fromEntries(OWN.filter((field) => body[field] !== undefined).map((field) => [field, body[field]]));
  for (const field of ['username', 'email']) if (wanted[field]) wanted[field] = String(wanted[field]).toLowerCase();
  if (!EMAIL.test(wanted.email ?? '')) throw fault('email', 'error-invalid-email');
  for (const field of ['firstName', 'lastName']) {
    if (NOT_IN_NAMES.test(wanted[field] ?? '')) throw fault(field, 'error-person-name-invalid-character');
  }
  wanted.attributes = {};
  for (const [name, pattern] of Object.entries(MANAGED)) {
    const value = body.attributes?.[name]?.[0];
    if (value !== undefined && !pattern.test(value)) throw fault(name, 'error-pattern-no-match');
    if (value !== undefined) wanted.attributes[name] = [value];
  }
  return { ...wanted, username: wanted.email };
}

function matches(person, query) {
  const exact = query.get('exact') === 'true';
  const same = (value, wanted) => (exact ? value === wanted : (value ?? '').includes(wanted));
  const search = query.get('search')?.toLowerCase();
  return (
    ['email', 'username'].every((field) => !query.has(field) || same(person[field], query.get(field).toLowerCase())) &&
    (!query.has('enabled') || String(person.enabled) === query.get('enabled')) &&
    (!search || [person.email, person.firstName, person.lastName].some((value) => (value ?? '').toLowerCase().includes(search))) &&
    attributesMatch(person.attributes, query.get('q'))
  );
}

export function userRoutes({ directory, realm, actions, endSessions }) {
  const user = (id) => present(directory.person(id), 'User not found');
  const holder = (id) => present(directory.subject(id), 'User not found');
  const role = (name) => present(realm.roles.find((item) => item.name === name), 'Could not find role');
  const found = (query) => directory.people().filter((person) => matches(person, query));

  function refuseTaken(person, id) {
    const other = directory.personByEmail(person.email);
    if (other && other.id !== id) throw new Refusal(409, 'User exists with same email');
  }

  return [
    ['GET', 'users', ({ query }) => ({ body: page(found(query), query).map(representation) })],
    ['GET', 'users/count', ({ query }) => ({ body: found(query).length })],
    [
      'POST',
      'users',
      ({ body }) => {
        const person = checked(body);
        refuseTaken(person);
        return { made: directory.addPerson({ enabled: false, emailVerified: false, ...person }).id };
      },
    ],
    [
      'GET',
      'users/:id',
      ({ id }) => {
        const person = directory.person(id);
        return { body: person ? representation(person) : { id: holder(id).id, username: `service-account-${id}`, enabled: true } };
      },
    ],
    [
      'PUT',
      'users/:id',
      ({ id, body }) => {
        const person = user(id);
        const wanted = checked({ ...person, ...body });
        refuseTaken(wanted, id);
        Object.assign(person, wanted);
        directory.save();
        return NOTHING;
      },
    ],
    [
      'DELETE',
      'users/:id',
      ({ id }) => {
        directory.removePerson(user(id).id);
        endSessions(id);
        return NOTHING;
      },
    ],
    ['POST', 'users/:id/logout', ({ id }) => (endSessions(user(id).id), NOTHING)],
    // Nobody is asked for a consent here, and a logout ends offline sessions too: there is never one left to tell of.
    ['GET', 'users/:id/consents', ({ id }) => (user(id), { body: [] })],
    [
      'DELETE',
      'users/:id/consents/:client',
      ({ id }) => {
        user(id);
        throw new Refusal(404, 'Consent nor offline token not found');
      },
    ],
    [
      'PUT',
      'users/:id/reset-password',
      ({ id, body }) => {
        directory.setPassword(user(id), String(body.value));
        return NOTHING;
      },
    ],
    [
      'PUT',
      'users/:id/execute-actions-email',
      async ({ id, query, body }) => {
        await actions.send(user(id), {
          actions: body,
          seconds: Number(query.get('lifespan') ?? realm.actionSeconds),
          clientId: query.get('client_id') ?? undefined,
          redirectUri: query.get('redirect_uri') ?? undefined,
        });
        return NOTHING;
      },
    ],
    ['GET', 'users/:id/role-mappings', ({ id }) => ({ body: { realmMappings: holder(id).roles.map(role) } })],
    ['GET', 'users/:id/role-mappings/realm', ({ id }) => ({ body: holder(id).roles.map(role) })],
    [
      'POST',
      'users/:id/role-mappings/realm',
      ({ id, body }) => {
        const subject = holder(id);
        subject.roles = [...new Set([...subject.roles, ...body.map(({ name }) => role(name).name)])];
        directory.save();
        return NOTHING;
      },
    ],
    [
      'DELETE',
      'users/:id/role-mappings/realm',
      ({ id, body }) => {
        const subject = holder(id);
        const gone = new Set(body.map(({ name }) => name));
        subject.roles = subject.roles.filter((name) => !gone.has(name));
        directory.save();
        return NOTHING;
      },
    ],
    ['GET', 'roles', () => ({ body: realm.roles })],
    ['GET', 'roles/:name', ({ name }) => ({ body: role(name) })],
    [
      'GET',
      'roles/:name/users',
      ({ name, query }) => {
        const { name: wanted } = role(name);
        const holders = directory.people().filter((person) => person.roles.includes(wanted));
        return { body: page(holders, query).map(representation) };
      },
    ],
  ];
}
