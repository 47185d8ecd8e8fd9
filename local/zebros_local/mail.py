"""``python -m zebros_local.mail``: takes mail by SMTP and sends it through the emulator's SES.

So every mail of a stack, whoever wrote it, is read at one place: ``/_ministack/ses/messages``. Stands for the SMTP
endpoint of SES. Listens on the loopback interface only, and asks for no password.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from typing import Any

import boto3
from aiosmtpd.smtp import SMTP, Envelope, Session
from botocore.exceptions import BotoCoreError, ClientError

from zebros_local.ports import LOOPBACK
from zebros_local.settings import REGION

# What SES takes by default, so that a mail that fits here fits there.
MOST_BYTES = 10 * 1024 * 1024


class ToSes:
    """Hands each message over as it came. A sender is told to try again when the emulator does not take it."""

    def __init__(self, ses: Any) -> None:
        self._ses = ses

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        try:
            await asyncio.to_thread(self._send, envelope)
        except (ClientError, BotoCoreError) as error:
            sys.stderr.write(f"not taken by SES: {error}\n")
            return "451 SES does not take it now"
        sys.stdout.write(f"handed over to SES for {len(envelope.rcpt_tos)} recipients\n")
        sys.stdout.flush()
        return "250 OK"

    def _send(self, envelope: Envelope) -> None:
        # On AWS the sender's domain is verified once; the emulator believes at once, and forgets when it is emptied.
        self._ses.verify_email_identity(EmailAddress=envelope.mail_from)
        self._ses.send_raw_email(
            Source=envelope.mail_from,
            Destinations=envelope.rcpt_tos,
            RawMessage={"Data": envelope.content},
        )


async def serve(port: int, ses: Any) -> None:
    """Take mail until told to stop."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    handler = ToSes(ses)
    server = await loop.create_server(
        lambda: SMTP(handler, data_size_limit=MOST_BYTES, enable_SMTPUTF8=True, loop=loop), LOOPBACK, port
    )
    async with server:
        await stop.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m zebros_local.mail", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--endpoint", required=True, help="the emulator's address")
    options = parser.parse_args()
    ses = boto3.client(  # pyright: ignore[reportUnknownMemberType]
        "ses",
        endpoint_url=options.endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - the emulator takes any
    )
    asyncio.run(serve(options.port, ses))


if __name__ == "__main__":
    main()
