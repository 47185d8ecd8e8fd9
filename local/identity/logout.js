// Keycloak's logout for apps without a browser: POST …/logout with client_id and refresh_token.
import { readForm } from './body.js';
import { REALM_PATH } from './realm.js';

export const LOGOUT_PATH = `${REALM_PATH}/protocol/openid-connect/logout`;

// Serves a request that carries a refresh token; any other goes on with its body read.
export function logoutRoute({ store, events, provider, next }) {
  return async (request, response) => {
    const form = await readForm(request);
    if (!form.refresh_token) {
      request.body = form;
      next(request, response);
      return;
    }
    const token = await provider().RefreshToken.find(form.refresh_token);
    if (token?.clientId !== form.client_id) {
      const body = JSON.stringify({ error: 'invalid_grant', error_description: 'Invalid refresh token' });
      response.writeHead(400, { 'content-type': 'application/json' }).end(body);
      return;
    }
    store.deleteWhere((payload) => payload.grantId === token.grantId || (token.sessionUid && payload.uid === token.sessionUid));
    events.record('LOGOUT', request, { clientId: token.clientId, userId: token.accountId });
    response.writeHead(204).end();
  };
}
