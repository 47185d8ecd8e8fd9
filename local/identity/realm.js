// The demo realm: who may sign in, and the claims that Keycloak's protocol mappers would put into their tokens.
import { readFileSync } from 'node:fs';

export const REALM_PATH = '/realms/zebros';

export function loadRealm(file) {
  const realm = JSON.parse(readFileSync(file, 'utf8'));
  const people = new Map(realm.people.map((person) => [person.id, person]));
  const byEmail = new Map(realm.people.map((person) => [person.email.toLowerCase(), person]));
  const clients = new Map(realm.clients.map((client) => [client.id, client]));
  return {
    ...realm,
    clientsById: clients,
    person: (id) => people.get(id),
    signIn: (email, password) => (password === realm.password ? byEmail.get(String(email).trim().toLowerCase()) : undefined),
  };
}

// The claims of an access token about the subject: flat tenant_id and team, roles where Keycloak keeps them.
export function subjectClaims({ tenant, team, roles, email, name }) {
  return {
    tenant_id: tenant,
    team,
    realm_access: { roles: roles ?? [] },
    email,
    email_verified: email ? true : undefined,
    name,
    preferred_username: email,
  };
}
