// The realm as Keycloak gets it (services/auth/keycloak/realm.json), and what this stand-in reads of it.
import { readFileSync } from 'node:fs';

export const REALM_PATH = '/realms/zebros';
export const ADMIN_PATH = '/admin/realms/zebros';

const AUDIENCE_MAPPER = 'oidc-audience-mapper';
const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const LAPTOP_SECRETS = { ZEBROS_ADMIN_SECRET: 'local-secret' };

// Keycloak's own placeholders are in lower case and stay.
function filledIn(text) {
  return text.replace(/\$\{([A-Z][A-Z0-9_]*)(?::([^}]*))?\}/g, (_all, name, fallback) => {
    const value = process.env[name] ?? fallback ?? LAPTOP_SECRETS[name];
    if (value === undefined) throw new Error(`The realm needs ${name} in the environment.`);
    return value;
  });
}

// A client with its service account, whose roles stand among the realm's users.
function withServiceAccount(client, users) {
  const account = users?.find((user) => user.serviceAccountClientId === client.clientId);
  const serviceAccount = { id: client.clientId, roles: account?.realmRoles ?? [], clientRoles: account?.clientRoles ?? {} };
  return { ...client, id: client.clientId, serviceAccount };
}

export function loadRealm(file) {
  const realm = JSON.parse(filledIn(readFileSync(file, 'utf8')));
  const scopes = realm.clientScopes.map(({ name, attributes }) => ({ name, inToken: attributes?.['include.in.token.scope'] === 'true' }));
  const mappers = realm.clientScopes.flatMap((scope) => scope.protocolMappers ?? []);
  return {
    accessTokenSeconds: realm.accessTokenLifespan,
    refreshTokenSeconds: realm.ssoSessionIdleTimeout,
    deviceCodeSeconds: realm.oauth2DeviceCodeLifespan,
    actionSeconds: realm.actionTokenGeneratedByAdminLifespan,
    passwordLength: Number(/\blength\((\d+)\)/.exec(realm.passwordPolicy)?.[1] ?? 1),
    // Nobody takes mail on a laptop unless somebody said where.
    smtp: process.env.ZEBROS_SMTP_PORT ? { host: realm.smtpServer.host, port: Number(realm.smtpServer.port) } : undefined,
    mailFrom: `${realm.smtpServer.fromDisplayName} <${realm.smtpServer.from}>`,
    audience: mappers.find((mapper) => mapper.protocolMapper === AUDIENCE_MAPPER).config['included.custom.audience'],
    roles: realm.roles.realm.map(({ name, description }) => ({ id: `role-${name}`, name, description, clientRole: false })),
    scopes,
    tokenScopes: new Set(scopes.filter((scope) => scope.inToken).map((scope) => scope.name)),
    clients: realm.clients.filter((client) => client.enabled).map((client) => withServiceAccount(client, realm.users)),
  };
}

// What a person or a service account is in a token: flat tenant_id and team, roles where Keycloak keeps them.
export function subjectClaims({ tenant, team, roles, email, emailVerified, name, clientRoles }) {
  const clients = Object.entries(clientRoles ?? {}).map(([client, names]) => [client, { roles: names }]);
  return {
    tenant_id: tenant || undefined,
    team: team || undefined,
    realm_access: { roles: roles ?? [] },
    resource_access: clients.length ? Object.fromEntries(clients) : undefined,
    email,
    email_verified: email ? (emailVerified ?? true) : undefined,
    name,
    preferred_username: email,
  };
}

// A client of the realm as oidc-provider wants it described.
export function clientMetadata(client, tokenScopes) {
  const allowed = [...(client.defaultClientScopes ?? []), ...(client.optionalClientScopes ?? [])].filter((scope) => tokenScopes.has(scope));
  const shared = {
    client_id: client.clientId,
    client_name: client.name,
    id_token_signed_response_alg: 'RS256',
    // Sign-ins that ask for offline_access without being allowed it are not refused, as in Keycloak.
    scope: [...new Set(['openid', 'offline_access', ...allowed])].join(' '),
  };
  if (!client.publicClient) {
    return {
      ...shared,
      client_secret: client.secret,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: 'client_secret_post',
    };
  }
  return {
    ...shared,
    // Only a native app may come back to any port of the loopback address, or to a scheme of its own.
    application_type: client.webOrigins?.length ? 'web' : 'native',
    grant_types: [
      'authorization_code',
      'refresh_token',
      ...(client.attributes?.['oauth2.device.authorization.grant.enabled'] === 'true' ? [DEVICE_GRANT] : []),
    ],
    redirect_uris: client.redirectUris,
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
}
