// The laptop stack's identity provider: stands in for Keycloak's realm "zebros" at Keycloak's paths.
//
//   node server.js --port 8180 --state <folder> [--realm <file>]
//
// Listens on 127.0.0.1 only. Routes below /local/ exist here and in no Keycloak: they let tests mint any token and rotate keys.
import http from 'node:http';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { KeyRing } from './keys.js';
import { localRoutes } from './local_routes.js';
import { loginRoutes } from './login.js';
import { createProvider } from './provider.js';
import { REALM_PATH, loadRealm } from './realm.js';
import { Store, adapterFor } from './store.js';

const HOST = '127.0.0.1';
const here = path.dirname(fileURLToPath(import.meta.url));

const { values: options } = parseArgs({
  options: {
    port: { type: 'string' },
    state: { type: 'string' },
    realm: { type: 'string', default: path.join(here, 'realm.json') },
  },
});
if (!options.port || !options.state) {
  console.error('usage: node server.js --port <port> --state <folder> [--realm <file>]');
  process.exit(2);
}

mkdirSync(options.state, { recursive: true });
const issuer = `http://${HOST}:${options.port}${REALM_PATH}`;
const realm = loadRealm(options.realm);
const keys = new KeyRing(options.state);
const store = new Store(options.state);
const adapter = adapterFor(store);

// A provider's keys are fixed when it is made, so a rotation makes a new one over the same store.
let provider;
let serveOpenId;
function renewProvider() {
  provider = createProvider({ issuer, realm, keys, adapter });
  serveOpenId = provider.callback();
}
renewProvider();

const serveLogin = loginRoutes({ realm, provider: () => provider });
const serveLocal = localRoutes({ issuer, realm, keys, renewProvider });

const server = http.createServer((request, response) => {
  const { pathname } = new URL(request.url, issuer);
  if (pathname.startsWith('/local/')) {
    serveLocal(request, response, pathname);
  } else if (pathname.startsWith(`${REALM_PATH}/login/`)) {
    serveLogin(request, response);
  } else if (pathname.startsWith(`${REALM_PATH}/`)) {
    // oidc-provider derives its mount path from the difference, as under express.
    request.originalUrl = request.url;
    request.url = request.url.slice(REALM_PATH.length);
    serveOpenId(request, response);
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
