"""A process on another machine that takes batches of files and gives back what became of them.

Reads frames from standard input until it ends: a batch each, as ``cluster.py`` packs it. Every file
is done in a process of its own under the limits of a local run.
"""

from __future__ import annotations

import os
import pickle
import socket
import struct
import sys
from typing import IO, Any

from perfeval_xl.batch.pool import Pool
from perfeval_xl.batch.program import program_digest
from perfeval_xl.batch.worker import prepare, work_line

_LENGTH = struct.Struct(">Q")


def write_frame(stream: IO[bytes] | None, data: bytes) -> None:
    """One message, its length first."""
    assert stream is not None
    stream.write(_LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def read_frame(stream: IO[bytes] | None) -> bytes:
    """The next message.

    Raises:
        EOFError: the other side is gone.
    """
    assert stream is not None
    head = stream.read(_LENGTH.size)
    data = stream.read(_LENGTH.unpack(head)[0]) if len(head) == _LENGTH.size else b""
    if not data:
        raise EOFError
    return data


def main() -> None:
    """Do batches until standard input ends. What others print goes to standard error."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    parent = os.getppid()
    pool: Pool[tuple[Any, ...]] | None = None
    served = ""
    try:
        while True:
            program, *batch_of = pickle.loads(read_frame(sys.stdin.buffer))
            if program != program_digest():
                write_frame(answers, pickle.dumps(socket.gethostname()))
                continue
            run, seconds, batch = batch_of
            if run != served:  # what a process knows of lists and rounds is as they were in its run
                _end(pool)
                pool, served = Pool(1, work_line, tuple, seconds, prepare), run
            assert pool is not None
            results = []
            for _, outcome in pool.outcomes(batch):
                results.append(outcome)
                if os.getppid() != parent:  # the Dask worker was killed; another one has the batch
                    return
            write_frame(answers, pickle.dumps(results))
    except EOFError:
        return
    finally:
        _end(pool)


def _end(pool: Pool[Any] | None) -> None:
    if pool is not None:
        pool.close()


if __name__ == "__main__":
    main()
