// /events of the admin API.

// Keycloak takes a day or milliseconds.
const instant = (text) => (/^\d+$/.test(text) ? Number(text) : Date.parse(text));

export function eventRoutes({ events }) {
  return [
    [
      'GET',
      'events',
      ({ query }) => ({
        body: events.find({
          types: query.getAll('type'),
          user: query.get('user'),
          client: query.get('client'),
          from: query.has('dateFrom') ? instant(query.get('dateFrom')) : undefined,
          to: query.has('dateTo') ? instant(query.get('dateTo')) : undefined,
          ascending: query.get('direction') === 'asc',
          first: Number(query.get('first') ?? 0),
          max: Number(query.get('max') ?? 100),
        }),
      }),
    ],
  ];
}
