// What the issuer remembers (sessions, grants, refresh tokens, device codes), kept in one file across restarts.
import path from 'node:path';

import { readDocument, writeDocument } from './documents.js';

const WRITE_DELAY_MS = 200;

export class Store {
  #file;

  #entries;

  #timer;

  constructor(stateDir) {
    this.#file = path.join(stateDir, 'sessions.json');
    this.#entries = new Map(readDocument(this.#file));
  }

  get(key) {
    const entry = this.#entries.get(key);
    if (entry?.expiresAt && entry.expiresAt <= Date.now()) {
      this.delete(key);
      return undefined;
    }
    return entry?.payload;
  }

  set(key, payload, expiresInSeconds) {
    this.#entries.set(key, { payload, expiresAt: expiresInSeconds ? Date.now() + expiresInSeconds * 1000 : undefined });
    this.#writeSoon();
  }

  delete(key) {
    this.#entries.delete(key);
    this.#writeSoon();
  }

  // First entry of the model whose payload satisfies the predicate.
  find(model, predicate) {
    for (const key of this.#entries.keys()) {
      const payload = key.startsWith(`${model}:`) ? this.get(key) : undefined;
      if (payload && predicate(payload)) return payload;
    }
    return undefined;
  }

  deleteWhere(predicate) {
    for (const [key, { payload }] of this.#entries) if (predicate(payload)) this.#entries.delete(key);
    this.#writeSoon();
  }

  flush() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const now = Date.now();
    writeDocument(this.#file, [...this.#entries].filter(([, entry]) => !entry.expiresAt || entry.expiresAt > now));
  }

  #writeSoon() {
    this.#timer ??= setTimeout(() => this.flush(), WRITE_DELAY_MS);
  }
}

// oidc-provider's adapter interface over a Store: one instance for each model. Clients are found elsewhere.
export function adapterFor(store, findClient) {
  return class Adapter {
    constructor(model) {
      this.model = model;
    }

    #key(id) {
      return `${this.model}:${id}`;
    }

    async upsert(id, payload, expiresInSeconds) {
      store.set(this.#key(id), payload, expiresInSeconds);
    }

    async find(id) {
      return this.model === 'Client' ? findClient(id) : store.get(this.#key(id));
    }

    async findByUserCode(userCode) {
      return store.find(this.model, (payload) => payload.userCode === userCode);
    }

    async findByUid(uid) {
      return store.find(this.model, (payload) => payload.uid === uid);
    }

    async consume(id) {
      const payload = store.get(this.#key(id));
      if (payload) payload.consumed = Math.floor(Date.now() / 1000);
    }

    async destroy(id) {
      store.delete(this.#key(id));
    }

    async revokeByGrantId(grantId) {
      store.deleteWhere((payload) => payload.grantId === grantId);
    }
  };
}
