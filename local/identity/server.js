// The laptop stack's identity provider: stands in for Keycloak's realm "zebros" at Keycloak's paths.
//
//   node server.js --port 8180 --state <folder> [--realm <file>] [--demo <file>]
//
// Listens on 127.0.0.1 only. Routes below /local/ exist here and in no Keycloak: they let tests mint any token and rotate keys.
import http from 'node:http';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { ACTION_PATH, actionLinks } from './actions.js';
import { adminRoutes } from './admin.js';
import { Directory } from './directory.js';
import { EventLog } from './events.js';
import { KeyRing } from './keys.js';
import { localRoutes } from './local_routes.js';
import { loginRoutes } from './login.js';
import { LOGOUT_PATH, logoutRoute } from './logout.js';
import { createMailer } from './mailer.js';
import { createProvider } from './provider.js';
import { ADMIN_PATH, REALM_PATH, clientMetadata, loadRealm } from './realm.js';
import { Store, adapterFor } from './store.js';

const HOST = '127.0.0.1';
const here = path.dirname(fileURLToPath(import.meta.url));

const { values: options } = parseArgs({
  options: {
    port: { type: 'string' },
    state: { type: 'string' },
    realm: { type: 'string', default: path.join(here, '../../services/auth/keycloak/realm.json') },
    demo: { type: 'string', default: path.join(here, 'demo.json') },
  },
});
if (!options.port || !options.state) {
  console.error('usage: node server.js --port <port> --state <folder> [--realm <file>] [--demo <file>]');
  process.exit(2);
}

mkdirSync(options.state, { recursive: true });
const issuer = `http://${HOST}:${options.port}${REALM_PATH}`;
const realm = loadRealm(options.realm);
const demo = JSON.parse(readFileSync(options.demo, 'utf8'));
const keys = new KeyRing(options.state);
const store = new Store(options.state);
const events = new EventLog(options.state);
const directory = new Directory(options.state, realm, demo);
const adapter = adapterFor(store, (id) => {
  const client = directory.clientById(id);
  return client?.enabled ? clientMetadata(client, realm.tokenScopes) : undefined;
});
const mailer = createMailer({ smtp: realm.smtp, from: realm.mailFrom });

function endSessions(userId) {
  store.deleteWhere((payload) => payload.accountId === userId);
  store.flush();
}

// A provider's keys are fixed when it is made, so a rotation makes a new one over the same store.
let provider;
let serveOpenId;
function renewProvider() {
  provider = createProvider({ issuer, realm, directory, keys, adapter, events });
  serveOpenId = provider.callback();
}
renewProvider();

function serveMounted(request, response) {
  // oidc-provider derives its mount path from the difference, as under express.
  request.originalUrl = request.url;
  request.url = request.url.slice(REALM_PATH.length);
  serveOpenId(request, response);
}

const actions = actionLinks({ issuer, directory, realm, store, mailer, events, endSessions });
const serveAdmin = adminRoutes({ issuer, keys, directory, realm, events, actions, endSessions });
const serveLogin = loginRoutes({ directory, demo, events, provider: () => provider });
const serveLocal = localRoutes({ issuer, realm, directory, keys, renewProvider });

const serveLogout = logoutRoute({ store, events, provider: () => provider, next: serveMounted });

const server = http.createServer((request, response) => {
  const url = new URL(request.url, issuer);
  const { pathname } = url;
  if (pathname.startsWith('/local/')) {
    serveLocal(request, response, pathname);
  } else if (pathname.startsWith(`${ADMIN_PATH}/`)) {
    serveAdmin(request, response, url);
  } else if (pathname === ACTION_PATH) {
    actions.serve(request, response, url);
  } else if (pathname.startsWith(`${REALM_PATH}/login/`)) {
    serveLogin(request, response);
  } else if (pathname === LOGOUT_PATH && request.method === 'POST') {
    serveLogout(request, response);
  } else if (pathname.startsWith(`${REALM_PATH}/`)) {
    serveMounted(request, response);
  } else {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('No such realm here.\n');
  }
});

server.listen(Number(options.port), HOST, () => console.log(`issuer ready at ${issuer}`));
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    store.flush();
    process.exit(0);
  });
}
