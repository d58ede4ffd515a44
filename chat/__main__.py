"""`python -m chat`: reads the options, hands signals to the supervisor, and turns its end into an exit code."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence

from chat.options import Options, parse_options
from chat.supervisor import Refused, Stop, Supervisor

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Runs until told to stop; 0 when it was, 1 when something prevented it or ended."""
    return asyncio.run(_run(parse_options(arguments, environ), environ))


async def _run(options: Options, environ: Mapping[str, str]) -> int:
    stop = Stop()
    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop.ask)
    try:
        await Supervisor(options=options, environ=environ, say=_say, stop=stop).run()
    except Refused as refusal:
        sys.stderr.write(f"\n{refusal}\n")
        return 1
    if stop.asked.is_set():
        _say("\nStopped.")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], dict(os.environ)))  # noqa: TID251 - the children get the person's whole environment
