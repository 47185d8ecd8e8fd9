// Signing keys of the realm, kept in the stack's state folder so that tokens survive a restart.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import path from 'node:path';

import { readDocument, writeDocument } from './documents.js';

const PUBLISHED_KEYS = 3; // the signing key and its two predecessors

function newKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: randomBytes(8).toString('hex'), use: 'sig', alg: 'RS256' };
}

export class KeyRing {
  #file;

  #state;

  constructor(stateDir) {
    this.#file = path.join(stateDir, 'keys.json');
    this.#state = readDocument(this.#file) ?? { keys: [newKey()], cookieSecret: randomBytes(24).toString('hex') };
    this.#save();
  }

  // The first key signs; the others are only published.
  get jwks() {
    return { keys: this.#state.keys };
  }

  get publicJwks() {
    return { keys: this.#state.keys.map(({ kty, n, e, kid, use, alg }) => ({ kty, n, e, kid, use, alg })) };
  }

  get signingKey() {
    return this.#state.keys[0];
  }

  get cookieSecret() {
    return this.#state.cookieSecret;
  }

  // Sign with a new key from now on. `drop` withdraws the old ones at once, as after a leak.
  rotate({ drop = false } = {}) {
    this.#state.keys = [newKey(), ...(drop ? [] : this.#state.keys)].slice(0, PUBLISHED_KEYS);
    this.#save();
    return this.signingKey.kid;
  }

  #save() {
    writeDocument(this.#file, this.#state);
  }
}
