// The issuer's few pages. Plain HTML without scripts: they work in any browser and in a test's HTTP client.

const STYLE = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { display: grid; place-items: center; min-height: 100vh; margin: 0; background: Canvas; color: CanvasText; }
  main { width: min(22rem, 90vw); padding: 2rem; border: 1px solid #8884; border-radius: 12px; }
  h1 { font-size: 1.25rem; margin: 0 0 1rem; }
  label { display: block; margin: 0 0 1rem; }
  input:not([type=hidden]) { box-sizing: border-box; width: 100%; padding: .5rem; margin-top: .25rem; font: inherit; border: 1px solid #8888; border-radius: 6px; }
  button { width: 100%; padding: .6rem; font: inherit; font-weight: 600; border: 0; border-radius: 6px; background: #1f5fbf; color: #fff; cursor: pointer; }
  button.quiet { background: none; color: inherit; font-weight: 400; }
  code { display: block; font-size: 1.75rem; letter-spacing: .1em; text-align: center; margin: 1rem 0; }
  .error { color: #c62828; } .hint { opacity: .7; font-size: .875rem; }`;

const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (value) => String(value ?? '').replace(/[&<>"']/g, (char) => ESCAPES[char]);

const alert = (problem) => (problem ? `<p class="error" role="alert">${escape(problem)}</p>` : '');

function page(title, body) {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escape(title)} · Zebros</title><style>${STYLE}</style></head>
<body><main><h1>${escape(title)}</h1>${body}</main></body></html>`;
}

export function loginPage({ action, clientName, email, problem, people }) {
  const options = people.map((person) => `<option value="${escape(person.email)}">${escape(person.name)}</option>`).join('');
  return page('Sign in', `
<p>to go on to <strong>${escape(clientName)}</strong></p>
${alert(problem)}
<form method="post" action="${escape(action)}">
  <label>E-mail <input name="email" type="email" list="people" required autofocus autocomplete="username" value="${escape(email)}"></label>
  <datalist id="people">${options}</datalist>
  <label>Password <input name="password" type="password" required autocomplete="current-password"></label>
  <button type="submit">Sign in</button>
</form>
<p class="hint">Local stack: every demo person's password is “demo”.</p>`);
}

export function deviceCodePage(form, error) {
  const wrong = error && (error.userCode || error.name === 'NoCodeError');
  const message = wrong ? 'This code is not known or no longer valid.' : 'The sign-in was interrupted.';
  return page('Connect a device', `
${error ? `<p class="error" role="alert">${message}</p>` : '<p>Enter the code that your device shows.</p>'}
${form}
<p><button type="submit" form="op.deviceInputForm">Continue</button></p>`);
}

export function deviceConfirmPage(form, clientName, code) {
  return page('Connect a device', `
<p><strong>${escape(clientName)}</strong> should be showing this code:</p>
<code>${escape(code)}</code>
${form}
<p><button type="submit" form="op.deviceConfirmForm" autofocus>Yes, connect it</button></p>
<button class="quiet" type="submit" form="op.deviceConfirmForm" name="abort" value="yes">No, this is not mine</button>`);
}

export function deviceDonePage(clientName) {
  return page('Connected', `<p>${escape(clientName ?? 'Your device')} is signed in. You can close this page.</p>`);
}

export function actionPage({ action, email, asksPassword, problem }) {
  const fields = asksPassword
    ? `<input type="hidden" name="username" value="${escape(email)}" autocomplete="username">
  <label>New password <input name="password-new" type="password" required autofocus autocomplete="new-password"></label>
  <label>Confirm password <input name="password-confirm" type="password" required autocomplete="new-password"></label>`
    : '';
  return page(asksPassword ? 'Set your password' : 'Confirm your account', `
<p>for <strong>${escape(email)}</strong></p>
${alert(problem)}
<form method="post" action="${escape(action)}">
  ${fields}
  <button type="submit">${asksPassword ? 'Save' : 'Confirm'}</button>
</form>`);
}

export function actionsDonePage(redirectUri, clientName) {
  const onward = redirectUri ? `<p><a href="${escape(redirectUri)}">Go on to ${escape(clientName)}</a></p>` : '';
  return page('Your account has been updated', `<p>You can sign in now.</p>${onward}`);
}

export function errorPage(error, description) {
  return page('That did not work', `<p class="error" role="alert">${escape(description ?? error)}</p>`);
}
