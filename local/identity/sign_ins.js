// The provider's own events as Keycloak would have recorded them.

const GRANT_ERRORS = {
  authorization_code: 'CODE_TO_TOKEN_ERROR',
  client_credentials: 'CLIENT_LOGIN_ERROR',
  refresh_token: 'REFRESH_TOKEN_ERROR',
};

export function recordSignIns(provider, { directory, events }) {
  const client = (ctx) => ctx.oidc.client?.clientId ?? ctx.oidc.params?.client_id ?? ctx.oidc.body?.client_id;

  provider.on('authorization.success', (ctx) => {
    events.record('LOGIN', ctx.req, { clientId: client(ctx), userId: ctx.oidc.account?.accountId ?? ctx.oidc.session?.accountId });
  });
  provider.on('grant.success', (ctx) => {
    if (ctx.oidc.params.grant_type !== 'client_credentials') return;
    const clientId = client(ctx);
    events.record('CLIENT_LOGIN', ctx.req, { clientId, userId: directory.clientById(clientId)?.serviceAccount.id });
  });
  provider.on('grant.error', (ctx, error) => {
    const type = GRANT_ERRORS[ctx.oidc.params?.grant_type ?? ctx.oidc.body?.grant_type];
    if (!type) return;
    const code = error.error === 'invalid_client' ? 'invalid_client_credentials' : error.error;
    events.record(type, ctx.req, { clientId: client(ctx), error: code, userId: ctx.oidc.account?.accountId });
  });
  provider.on('end_session.success', (ctx) => {
    events.record('LOGOUT', ctx.req, { clientId: client(ctx), userId: ctx.oidc.session?.accountId });
  });
}
