// Request bodies of the issuer's own routes.

const LIMIT_BYTES = 64 * 1024;

async function read(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > LIMIT_BYTES) throw Object.assign(new Error('The body is too large.'), { statusCode: 413 });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

export async function readForm(request) {
  return Object.fromEntries(new URLSearchParams(await read(request)));
}

export async function readJson(request) {
  const text = await read(request);
  try {
    return text ? JSON.parse(text) : {};
  } catch {
    throw Object.assign(new Error('The body is not JSON.'), { statusCode: 400 });
  }
}

// JSON or, for the few routes of Keycloak that take a bare id, that text.
export async function readBody(request) {
  const text = await read(request);
  if (!text) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
