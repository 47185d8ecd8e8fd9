// Sign-ins and what else Keycloak's event store would have, kept across restarts.
import { randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const MOST_KEPT = 10_000;

export class EventLog {
  #file;

  #events = [];

  constructor(stateDir) {
    this.#file = path.join(stateDir, 'events.jsonl');
    if (existsSync(this.#file)) {
      const lines = readFileSync(this.#file, 'utf8').split('\n').filter(Boolean).slice(-MOST_KEPT);
      this.#events = lines.map((line) => JSON.parse(line));
      writeFileSync(this.#file, lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
    }
  }

  record(type, request, { clientId, userId, error, details } = {}) {
    const event = { id: randomUUID(), time: Date.now(), type, realmId: 'zebros', clientId, userId, error, details };
    event.ipAddress = request.socket.remoteAddress;
    this.#events.push(event);
    if (this.#events.length > 2 * MOST_KEPT) this.#events = this.#events.slice(-MOST_KEPT);
    appendFileSync(this.#file, `${JSON.stringify(event)}\n`, { mode: 0o600 });
  }

  // Times in milliseconds, both included; the newest first unless `ascending`.
  find({ types, user, client, from = 0, to = Infinity, ascending = false, first = 0, max = 100 }) {
    const found = this.#events.filter(
      (event) =>
        (!types.length || types.includes(event.type)) &&
        (!user || event.userId === user) &&
        (!client || event.clientId === client) &&
        event.time >= from &&
        event.time <= to,
    );
    return (ascending ? found : found.reverse()).slice(first, first + max);
  }
}
