// What an administrator asks a person to do by mail: a link that works once, for a while, at Keycloak's path.
import { createHash, randomBytes } from 'node:crypto';

import { readForm } from './body.js';
import { actionPage, actionsDonePage, errorPage } from './pages.js';
import { REALM_PATH } from './realm.js';
import { Refusal } from './refusal.js';

export const ACTION_PATH = `${REALM_PATH}/login-actions/action-token`;

const NO_LONGER = 'Action expired. Please continue with login now.';

const entry = (key) => `ActionToken:${createHash('sha256').update(String(key)).digest('hex')}`;

function html(response, status, body) {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
  response.end(body);
}

const UNIT_SECONDS = [86_400, 3600, 60, 1];

// In the languages of the realm, as Keycloak would have them; units from days to seconds, each for one and for many.
const MAILS = {
  en: {
    subject: 'Update Your Account',
    units: [['day', 'days'], ['hour', 'hours'], ['minute', 'minutes'], ['second', 'seconds']],
    text: (link, lifespan) => `Your administrator has just requested that you update your Zebros account. Click on the link below to start this process.

${link}

This link will expire within ${lifespan}.

If you are unaware that your administrator has requested this, just ignore this message and nothing will be changed.
`,
  },
  de: {
    subject: 'Aktualisieren Sie Ihr Konto',
    units: [['Tag', 'Tagen'], ['Stunde', 'Stunden'], ['Minute', 'Minuten'], ['Sekunde', 'Sekunden']],
    text: (link, lifespan) => `Ihre Administration bittet Sie, Ihr Zebros-Konto zu aktualisieren. Klicken Sie auf den folgenden Link, um damit zu beginnen.

${link}

Dieser Link ist nach ${lifespan} nicht mehr gültig.

Wenn Sie davon nichts wissen, ignorieren Sie diese Nachricht einfach; an Ihrem Konto ändert sich dann nichts.
`,
  },
};

function lifespan(seconds, units) {
  const fitting = UNIT_SECONDS.findIndex((length) => seconds >= length);
  const index = fitting < 0 ? UNIT_SECONDS.length - 1 : fitting;
  const count = Math.round(seconds / UNIT_SECONDS[index]);
  return `${count} ${units[index][count === 1 ? 0 : 1]}`;
}

function mailFor(person, link, seconds) {
  const wording = person.attributes.locale?.[0] === 'de' ? MAILS.de : MAILS.en;
  const text = wording.text(link, lifespan(seconds, wording.units));
  const paragraphs = text.trim().split('\n\n').map((part) => `<p>${part === link ? `<a href="${link}">${link}</a>` : part}</p>`);
  return { subject: wording.subject, text, html: paragraphs.join('\n') };
}

// Any port of the loopback address for a native app, and whatever a trailing * stands for.
function allows(client, uri) {
  return (client.redirectUris ?? []).some((known) => known === uri || (known.endsWith('*') && uri.startsWith(known.slice(0, -1))));
}

export function actionLinks({ issuer, directory, realm, store, mailer, events, endSessions }) {
  async function send(person, { actions, seconds, clientId, redirectUri }) {
    if (!person.enabled) throw new Refusal(400, 'User is disabled');
    if (redirectUri && !clientId) throw new Refusal(400, 'Client id missing');
    const client = clientId && directory.clientById(clientId);
    if (clientId && !client) throw new Refusal(400, 'Client doesn\'t exist');
    if (redirectUri && !allows(client, redirectUri)) throw new Refusal(400, 'Invalid redirect uri.');
    const key = randomBytes(32).toString('base64url');
    store.set(entry(key), { userId: person.id, actions, redirectUri, clientName: client?.name }, seconds);
    store.flush();
    try {
      await mailer.send({ to: person.email, ...mailFor(person, `${issuer}/login-actions/action-token?key=${key}`, seconds) });
    } catch (error) {
      throw new Refusal(500, `Failed to send execute actions email: ${error.message}`);
    }
  }

  function problemWith(person, form) {
    const password = form['password-new'] ?? '';
    if (password !== form['password-confirm']) return "Passwords don't match.";
    if (password.length < realm.passwordLength) return `Invalid password: minimum length ${realm.passwordLength}.`;
    if (password.toLowerCase() === person.email) return 'Invalid password: must not be equal to the email.';
    return undefined;
  }

  async function serve(request, response, url) {
    const key = url.searchParams.get('key');
    const pending = store.get(entry(key));
    const person = pending && directory.person(pending.userId);
    if (!person?.enabled) {
      html(response, 400, errorPage('expired', person ? 'Account is disabled, contact your administrator.' : NO_LONGER));
      return;
    }
    const asksPassword = pending.actions.includes('UPDATE_PASSWORD');
    const form = (problem) => actionPage({ action: `${url.pathname}${url.search}`, email: person.email, asksPassword, problem });
    // Mail scanners follow links: only a form that was sent uses one up.
    if (request.method !== 'POST') {
      html(response, 200, form());
      return;
    }
    const answers = await readForm(request);
    const problem = asksPassword ? problemWith(person, answers) : undefined;
    if (problem) {
      html(response, 400, form(problem));
      return;
    }
    store.delete(entry(key));
    store.flush();
    // Whoever could read the mail has the address.
    person.emailVerified = true;
    if (asksPassword) {
      directory.setPassword(person, answers['password-new']);
      endSessions(person.id);
      events.record('UPDATE_PASSWORD', request, { userId: person.id });
    } else {
      directory.save();
    }
    events.record('EXECUTE_ACTIONS', request, { userId: person.id });
    html(response, 200, actionsDonePage(pending.redirectUri, pending.clientName));
  }

  return {
    send,
    serve: (request, response, url) => {
      serve(request, response, url).catch((error) => {
        html(response, error.statusCode ?? 500, errorPage('server_error', error.message));
      });
    },
  };
}
