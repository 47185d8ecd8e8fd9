// Files in the state folder, written so that a crash leaves the old or the new one.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

export function readDocument(file, fallback = undefined) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : fallback;
}

export function writeDocument(file, value) {
  const draft = `${file}.new`;
  writeFileSync(draft, JSON.stringify(value), { mode: 0o600 });
  renameSync(draft, file);
}
