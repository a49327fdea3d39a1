"""A FHIR server in which nobody has anything, and that takes its time: slow_fhir.py PORT MILLISECONDS."""

from __future__ import annotations

import asyncio
import sys
from typing import Final

_EMPTY: Final = b'{"resourceType":"Bundle","type":"searchset","total":0}'
_ANSWER: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nContent-Length: %d\r\n\r\n%b"
    % (len(_EMPTY), _EMPTY)
)


async def main(port: int, seconds: float) -> None:
    """Serve until the process is ended."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                await asyncio.sleep(seconds)
                writer.write(_ANSWER)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", port, backlog=512) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]) / 1000))
