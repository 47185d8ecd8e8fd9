// The sign-in page of an interaction, at /realms/zebros/login/{uid}.
import { readForm } from './body.js';
import { errorPage, loginPage } from './pages.js';

const WRONG = 'This e-mail address and password do not match.';
const DISABLED = 'Account is disabled, contact your administrator.';

function html(response, status, body) {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }).end(body);
}

export function loginRoutes({ directory, demo, events, provider }) {
  // Who may sign in, or what to say and what to remember of it. A wrong password never tells who is disabled.
  function judge(email, password) {
    const person = directory.personByEmail(email);
    if (!person) return { problem: WRONG, error: 'user_not_found' };
    if (!directory.checkPassword(person, password)) return { person, problem: WRONG, error: 'invalid_user_credentials' };
    if (!person.enabled) return { person, problem: DISABLED, error: 'user_disabled' };
    return { person };
  }

  async function serve(request, response) {
    const details = await provider().interactionDetails(request, response);
    const client = directory.clientById(details.params.client_id);
    const form = (fields) => loginPage({ action: request.url, clientName: client.name, people: demo.people, ...fields });
    if (request.method === 'GET') {
      html(response, 200, form({ email: details.params.login_hint }));
      return;
    }
    const { email, password } = await readForm(request);
    const { person, problem, error } = judge(email, password);
    if (problem) {
      events.record('LOGIN_ERROR', request, { clientId: client.clientId, userId: person?.id, error });
      html(response, 401, form({ email, problem }));
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
