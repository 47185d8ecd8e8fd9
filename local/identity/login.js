// The sign-in page of an interaction, at /realms/zebros/login/{uid}.
import { readForm } from './body.js';
import { errorPage, loginPage } from './pages.js';

function html(response, status, body) {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }).end(body);
}

export function loginRoutes({ realm, provider }) {
  async function serve(request, response) {
    const details = await provider().interactionDetails(request, response);
    const client = realm.clientsById.get(details.params.client_id);
    const form = (fields) => loginPage({ action: request.url, clientName: client.name, people: realm.people, ...fields });
    if (request.method === 'GET') {
      html(response, 200, form({ email: details.params.login_hint }));
      return;
    }
    const { email, password } = await readForm(request);
    const person = realm.signIn(email, password);
    if (!person) {
      html(response, 401, form({ email, failed: true }));
      return;
    }
    await provider().interactionFinished(request, response, { login: { accountId: person.id } }, { mergeWithLastSubmission: false });
  }

  return (request, response) => {
    serve(request, response).catch((error) => {
      // The page is old, or was opened without the cookie that its sign-in began with.
      html(response, error.statusCode ?? 500, errorPage(error.error ?? 'server_error', error.error_description ?? String(error)));
    });
  };
}
