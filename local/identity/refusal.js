// An answer of the admin API that is no success, in Keycloak's words.
export class Refusal extends Error {
  constructor(status, message, more = {}) {
    super(message);
    this.status = status;
    this.body = status === 404 ? { error: message } : { errorMessage: message, ...more };
  }
}

export const NOTHING = { status: 204 };

export function present(found, message) {
  if (!found) throw new Refusal(404, message);
  return found;
}

// The part of a list that `first` and `max` ask for; 100 unless told, as in Keycloak.
export function page(items, query) {
  const first = Number(query.get('first') ?? 0);
  return items.slice(first, first + Number(query.get('max') ?? 100));
}

// `q=tenant_id:aurora team:north`: whether attributes of lists or single values have them all.
export function attributesMatch(attributes, q) {
  return (q ?? '')
    .split(' ')
    .filter(Boolean)
    .every((part) => {
      const colon = part.indexOf(':');
      return [attributes?.[part.slice(0, colon)]].flat().includes(part.slice(colon + 1));
    });
}
