// The OpenID provider at Keycloak's paths, with Keycloak's token shape.
import Provider, { interactionPolicy } from 'oidc-provider';

import { deviceCodePage, deviceConfirmPage, deviceDonePage, errorPage } from './pages.js';
import { REALM_PATH, subjectClaims } from './realm.js';
import { recordSignIns } from './sign_ins.js';

const RESOURCE = 'urn:zebros:api';
const CLIENT_IDLE = 'client.session.idle.timeout';
const OPENID_CONNECT = '/protocol/openid-connect';
const SCOPES = 'openid profile email offline_access';

// The standard prompts, less the one that asks for consent anew whenever a native app signs in: Keycloak has no such.
function prompts() {
  const policy = interactionPolicy.base();
  policy.get('consent').checks.remove('native_client_prompt');
  return policy;
}

// First-party clients ask for no consent: the grant is made as soon as the person has signed in.
async function grantWithoutConsent(ctx) {
  const { client, provider, session } = ctx.oidc;
  const existing = ctx.oidc.result?.consent?.grantId ?? session.grantIdFor(client.clientId);
  if (existing) {
    const grant = await provider.Grant.find(existing);
    if (grant) return grant;
  }
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(SCOPES);
  grant.addResourceScope(RESOURCE, SCOPES);
  await grant.save();
  return grant;
}

export function createProvider({ issuer, realm, directory, keys, adapter, events }) {
  const scopes = [...new Set(['openid', 'offline_access', ...realm.tokenScopes])];
  const idleSeconds = ({ attributes }) => Number(attributes?.[CLIENT_IDLE] ?? realm.refreshTokenSeconds);

  const provider = new Provider(issuer, {
    adapter,
    jwks: keys.jwks,
    clientBasedCORS: () => true,
    conformIdTokenClaims: false,
    cookies: { keys: [keys.cookieSecret], long: { signed: true, path: REALM_PATH }, short: { signed: true, path: REALM_PATH } },
    scopes,
    claims: {
      openid: ['sub', 'tenant_id', 'team', 'realm_access'],
      profile: ['name', 'preferred_username'],
      email: ['email', 'email_verified'],
    },
    // Nobody who is disabled: no session goes on and no token is renewed.
    findAccount: (_ctx, id) => {
      const person = directory.person(id);
      if (!person?.enabled) return undefined;
      return { accountId: id, claims: () => ({ sub: id, ...subjectClaims(directory.traits(person)) }) };
    },
    extraTokenClaims: (_ctx, token) => {
      const subject = token.accountId ? directory.person(token.accountId) : directory.clientById(token.clientId);
      return { ...subjectClaims(directory.traits(subject)), azp: token.clientId };
    },
    formats: {
      customizers: {
        jwt: (_ctx, token, jwt) => {
          // Keycloak's access tokens say JWT, not RFC 9068's at+jwt.
          const header = { typ: 'JWT' };
          if (token.accountId) return Object.assign(jwt, { header });
          // A client's token is about its service account, and has its scopes without being asked.
          const { serviceAccount, defaultClientScopes } = directory.clientById(token.clientId);
          const scope = defaultClientScopes.filter((name) => realm.tokenScopes.has(name)).join(' ');
          return Object.assign(jwt, { header, payload: { ...jwt.payload, sub: serviceAccount.id, scope } });
        },
      },
    },
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    loadExistingGrant: grantWithoutConsent,
    pkce: { required: (_ctx, client) => client.clientAuthMethod === 'none' },
    renderError: (ctx, out) => {
      ctx.type = 'html';
      ctx.body = errorPage(out.error, out.error_description);
    },
    ttl: {
      AccessToken: realm.accessTokenSeconds,
      ClientCredentials: realm.accessTokenSeconds,
      DeviceCode: realm.deviceCodeSeconds,
      Grant: realm.refreshTokenSeconds,
      IdToken: realm.accessTokenSeconds,
      Interaction: 3600,
      RefreshToken: (_ctx, _token, client) => idleSeconds(directory.clientById(client.clientId)),
      Session: realm.refreshTokenSeconds,
    },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      deviceFlow: {
        enabled: true,
        userCodeInputSource: (ctx, form, _out, err) => Object.assign(ctx, { body: deviceCodePage(form, err) }),
        userCodeConfirmSource: (ctx, form, client, _device, code) =>
          Object.assign(ctx, { body: deviceConfirmPage(form, client.clientName, code) }),
        successSource: (ctx) => Object.assign(ctx, { body: deviceDonePage(ctx.oidc.client?.clientName) }),
      },
      introspection: { enabled: true },
      revocation: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: scopes.join(' '),
          audience: realm.audience,
          accessTokenFormat: 'jwt',
          accessTokenTTL: realm.accessTokenSeconds,
          jwt: { sign: { alg: 'RS256', kid: keys.signingKey.kid } },
        }),
      },
    },
    interactions: { policy: prompts(), url: (_ctx, interaction) => `${REALM_PATH}/login/${interaction.uid}` },
    routes: {
      authorization: `${OPENID_CONNECT}/auth`,
      code_verification: '/device',
      device_authorization: `${OPENID_CONNECT}/auth/device`,
      end_session: `${OPENID_CONNECT}/logout`,
      introspection: `${OPENID_CONNECT}/token/introspect`,
      jwks: `${OPENID_CONNECT}/certs`,
      revocation: `${OPENID_CONNECT}/revoke`,
      token: `${OPENID_CONNECT}/token`,
      userinfo: `${OPENID_CONNECT}/userinfo`,
    },
  });
  recordSignIns(provider, { directory, events });
  provider.on('server_error', (_ctx, error) => console.error(error));
  return provider;
}

