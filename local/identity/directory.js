// Who and what is in the realm beside what realm.json says: people, integrations, organizations. Each change is on disk
// before it is answered.
import { randomBytes, randomUUID, scryptSync, timingSafeEqual } from 'node:crypto';
import path from 'node:path';

import { readDocument, writeDocument } from './documents.js';

// Cheap on purpose: these are passwords of people who do not exist.
const SCRYPT = { N: 1024, r: 8, p: 1 };
const KEY_BYTES = 32;

const first = (values) => values?.[0];

function passwordRecord(password) {
  const salt = randomBytes(16).toString('hex');
  return { salt, hash: scryptSync(password, salt, KEY_BYTES, SCRYPT).toString('hex') };
}

function demoPerson({ id, name, email, tenant, team, roles }) {
  const [last, ...rest] = name.split(' ').reverse();
  return {
    id,
    username: email,
    email,
    emailVerified: true,
    enabled: true,
    firstName: rest.reverse().join(' '),
    lastName: last,
    attributes: { ...(tenant && { tenant_id: [tenant] }), ...(team && { team: [team] }) },
    requiredActions: [],
    createdTimestamp: Date.now(),
    roles,
    password: 'demo',
  };
}

function demoIntegration({ id, name, secret, tenant, team, roles }) {
  return {
    id,
    clientId: id,
    name,
    secret,
    enabled: true,
    protocol: 'openid-connect',
    publicClient: false,
    serviceAccountsEnabled: true,
    attributes: { tenant_id: tenant, team },
    defaultClientScopes: ['basic', 'service_account', 'zebros-api'],
    optionalClientScopes: [],
    protocolMappers: [],
    serviceAccount: { id, roles, clientRoles: {} },
  };
}

export class Directory {
  #file;

  #state;

  #realm;

  #demoPassword;

  constructor(stateDir, realm, demo) {
    this.#file = path.join(stateDir, 'directory.json');
    this.#state = readDocument(this.#file, { people: {}, clients: {}, organizations: {}, providers: {}, seeded: [] });
    this.#realm = realm;
    this.#demoPassword = demo.password;
    // Once each: who was changed or removed since stays so.
    const seeded = new Set(this.#state.seeded);
    for (const person of demo.people) if (!seeded.has(person.id)) this.#state.people[person.id] = demoPerson(person);
    for (const client of demo.integrations) if (!seeded.has(client.id)) this.#state.clients[client.id] = demoIntegration(client);
    this.#state.seeded = [...new Set([...seeded, ...demo.people.map(({ id }) => id), ...demo.integrations.map(({ id }) => id)])];
    this.save();
  }

  save() {
    writeDocument(this.#file, this.#state);
  }

  // People

  people() {
    return Object.values(this.#state.people);
  }

  person(id) {
    return Object.hasOwn(this.#state.people, id) ? this.#state.people[id] : undefined;
  }

  personByEmail(email) {
    const wanted = String(email ?? '').trim().toLowerCase();
    return this.people().find((person) => person.email === wanted);
  }

  addPerson(person) {
    const made = { id: randomUUID(), createdTimestamp: Date.now(), requiredActions: [], roles: [], ...person };
    this.#state.people[made.id] = made;
    this.save();
    return made;
  }

  removePerson(id) {
    delete this.#state.people[id];
    for (const organization of this.organizations()) organization.members = organization.members.filter((member) => member !== id);
    this.save();
  }

  setPassword(person, password) {
    person.password = passwordRecord(password);
    this.save();
  }

  checkPassword(person, password) {
    const known = person.password === 'demo' ? undefined : person.password;
    if (!known) return person.password === 'demo' && password === this.#demoPassword;
    return timingSafeEqual(Buffer.from(known.hash, 'hex'), scryptSync(String(password ?? ''), known.salt, KEY_BYTES, SCRYPT));
  }

  // Clients: the realm's, which are as they are, and integrations.

  clients() {
    return [...this.#realm.clients, ...Object.values(this.#state.clients)];
  }

  client(id) {
    return this.clients().find((client) => client.id === id);
  }

  clientById(clientId) {
    return this.clients().find((client) => client.clientId === clientId);
  }

  isIntegration(id) {
    return Object.hasOwn(this.#state.clients, id);
  }

  addClient(client) {
    const made = { id: randomUUID(), ...client, serviceAccount: { id: randomUUID(), roles: [], clientRoles: {} } };
    this.#state.clients[made.id] = made;
    this.save();
    return made;
  }

  removeClient(id) {
    delete this.#state.clients[id];
    this.save();
  }

  // Whoever has roles: a person or a client's service account.
  subject(id) {
    return this.person(id) ?? this.clients().find((client) => client.serviceAccount.id === id)?.serviceAccount;
  }

  // Organizations and the identity providers of their own

  organizations() {
    return Object.values(this.#state.organizations);
  }

  organization(id) {
    return Object.hasOwn(this.#state.organizations, id) ? this.#state.organizations[id] : undefined;
  }

  addOrganization(organization) {
    const made = { id: randomUUID(), members: [], providers: [], ...organization };
    this.#state.organizations[made.id] = made;
    this.save();
    return made;
  }

  removeOrganization(id) {
    delete this.#state.organizations[id];
    this.save();
  }

  get providers() {
    return this.#state.providers;
  }

  // What tokens say about a person or a client.
  traits(subject) {
    if (subject.clientId) {
      const { attributes, serviceAccount } = subject;
      const { roles, clientRoles } = serviceAccount;
      return { tenant: attributes?.tenant_id, team: attributes?.team, roles, clientRoles };
    }
    return {
      tenant: first(subject.attributes.tenant_id),
      team: first(subject.attributes.team),
      roles: subject.roles,
      email: subject.email,
      emailVerified: subject.emailVerified,
      name: [subject.firstName, subject.lastName].filter(Boolean).join(' '),
    };
  }
}
