// Mail by SMTP, as the realm would send it; into the log where no server was named.
import nodemailer from 'nodemailer';

const TIMEOUT_MS = 10_000;

export function createMailer({ smtp, from }) {
  if (!smtp) {
    return { send: async ({ to, subject, text }) => console.log(`mail to ${to}: ${subject}\n${text}`) };
  }
  const transport = nodemailer.createTransport({
    ...smtp,
    secure: false,
    ignoreTLS: true,
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
  });
  return { send: ({ to, subject, text, html }) => transport.sendMail({ from, to, subject, text, html }) };
}
