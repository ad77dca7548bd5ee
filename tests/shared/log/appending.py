"""``python -m tests.shared.log.appending URL``: a process that appends without end, large batches as a service would.

It says "appends" once it does. What it is for is to be paused at any moment of that.
"""

import asyncio
import sys
import uuid

import uvloop

from tests.shared.log.writing import Writer, append, event

AT_ONCE = 128
DATA = '{"said": "%s"}' % ("a long story " * 200)


async def main(url: str) -> None:
    """Until killed."""
    writer = Writer(url)
    writer.go()
    await writer.batcher.append(append(event(uuid.uuid4())))
    sys.stdout.write("appends\n")
    sys.stdout.flush()
    while True:
        await asyncio.gather(*(writer.batcher.append(append(event(uuid.uuid4(), data=DATA))) for _ in range(AT_ONCE)))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
