"""An inbox looked at again and again: what has arrived whole is evaluated, the summary follows.

Looking is listing folders, nothing else, so it works on a network share and is cheap. Whether a
file changed is told by its size and time being what they were, never by the clock: a time in the
future or a clock that jumps holds nothing up. Finished work is in the outbox's journal, as with
``run``; the outbox is locked only while a pass runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from perfeval_xl.batch.discover import Look, look
from perfeval_xl.batch.ending import RunResult
from perfeval_xl.batch.files import reason_of
from perfeval_xl.batch.journal import is_final
from perfeval_xl.batch.lock import OutboxBusy
from perfeval_xl.batch.one import digest_of
from perfeval_xl.batch.record import Record
from perfeval_xl.batch.run import Round, run_folder
from perfeval_xl.batch.settings import Settings
from perfeval_xl.batch.standing import Stamp

LONGEST_WAIT = 60.0  # seconds that whole files wait for others that are still on their way
GRACE = 30.0  # seconds without a change after which a cut-off or locked file is judged as it is
FIRST_RETRY, LAST_RETRY = 60.0, 3600.0  # of a file whose outcome said nothing of the file
MOST_PAUSE = 60.0  # seconds between two tries while the outbox cannot be written
_ZIP, _ZIP_END = b"PK\x03\x04", b"PK\x05\x06"
_ZIP_TAIL = 65_557  # bytes in which the end record of a zip begins

GONE = "收件文件夹现在打不开（{why}），等它恢复。"
BACK = "收件文件夹恢复了。"
EMPTIED = "收件文件夹空了：可能是共享断开，也可能是文件都移走了。汇总保持原样，等文件回来。"
BUSY = "{why}这里每隔几秒再试。"
REFUSED = "这一轮没有做完：{file}（{why}）。已完成的都留着，过一会儿自动再试。"
UPDATED = "汇总已更新：共 {files} 份，退回 {returned} 份。"


class Digests:
    """SHA-256 of files, worked out anew only for those whose size or time changed."""

    def __init__(self, settings: Settings) -> None:
        self._limits = settings.limits.package
        self._known: dict[Path, tuple[Stamp, str]] = {}

    def __call__(self, path: Path) -> str | None:
        stamp = _stamp(path)
        known = self._known.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        digest = digest_of(path, self._limits)
        if digest is not None and stamp is not None and stamp == _stamp(path):
            self._known[path] = (stamp, digest)
        return digest


@dataclass
class _Retry:
    """A file to be tried again: what it looked like, when, and how long to wait after that."""

    stamp: Stamp
    due: float
    pause: float


@dataclass
class Watcher:
    """One inbox under watch. Nothing here prints: ``tell`` takes sentences, ``finished`` records.

    clock and sleep: seconds that only go forward, and waiting for them.
    """

    inbox: Path
    outbox: Path
    settings: Settings
    tell: Callable[[str], None]
    finished: Callable[[Record], None]
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    result: RunResult | None = None
    _digests: Digests = field(init=False)
    _last: Look | None = None
    _seen: dict[str, tuple[Stamp, float]] = field(default_factory=dict)
    _settled: dict[str, Stamp] = field(default_factory=dict)
    _retries: dict[str, _Retry] = field(default_factory=dict)
    _said: str = ""
    _waiting_since: float | None = None
    _not_before: float = 0.0
    _pause: float = 0.0
    _is_idle: bool = False
    _is_away: bool = False

    def __post_init__(self) -> None:
        self._digests = Digests(self.settings)
        self._not_before = self.clock()

    @property
    def is_idle(self) -> bool:
        """Whether everything that lay in the inbox at the last look is finished."""
        return self._is_idle

    def watch(self, until_idle: bool = False) -> None:
        """Look, and evaluate what is whole, until interrupted or, if asked, until nothing is open.

        Raises:
            PerfEvalError: the form data is wrong, or no process can be started.
            KeyboardInterrupt: it was told to stop; what is finished is kept.
        """
        while True:
            self.step()
            if until_idle and self._is_idle:
                return
            self.sleep(self.settings.interval)

    def step(self) -> None:
        """One look, and a pass over the inbox if there is something to do and it is time."""
        seen = self._look()
        if seen is None:
            return
        now = self.clock()
        before, self._last = self._last, seen
        moving = self._moving(before, seen, now)
        new = [n for n in seen.files if n not in moving and self._is_open(n, seen.files[n], now)]
        held = {n for n in new if not self._is_whole(n, seen.files[n], now)}
        gone = (
            self._settled.keys() - seen.files.keys() - moving - _under(seen.closed, self._settled)
        )
        is_change = bool(gone) or len(new) > len(held)
        self._is_idle = not (moving or new or gone)
        if not is_change:
            self._waiting_since = None
        elif self._is_time(bool(moving or held), now):
            self._pass(seen, moving | held)

    def _look(self) -> Look | None:
        """What lies there now; None, said once, while that cannot be told."""
        try:
            seen = look(self.inbox, self.outbox)
        except OSError as exc:
            self._away(GONE.format(why=reason_of(exc)))
            return None
        if self._settled and not seen.files:
            self._away(EMPTIED)
            return None
        if self._is_away:
            self._is_away = False
            self._say(BACK)
        return seen

    def _away(self, why: str) -> None:
        self._is_away, self._is_idle = True, False
        self._say(why)

    def _moving(self, before: Look | None, seen: Look, now: float) -> set[str]:
        """Files that are not as they were a look ago, those that went away among them."""
        older = before.files if before is not None else {}
        for name, stamp in seen.files.items():
            if name not in self._seen or self._seen[name][0] != stamp:
                self._seen[name] = (stamp, now)
        for name in self._seen.keys() - seen.files.keys():
            del self._seen[name]
        moving = {name for name, stamp in seen.files.items() if older.get(name) != stamp}
        return moving | (older.keys() - seen.files.keys())

    def _is_open(self, name: str, stamp: Stamp, now: float) -> bool:
        """Whether a file waits to be evaluated."""
        if self._settled.get(name) == stamp:
            return False
        retry = self._retries.get(name)
        return retry is None or retry.stamp != stamp or now >= retry.due

    def _is_whole(self, name: str, stamp: Stamp, now: float) -> bool:
        """Whether a file can be opened and has its end; after a while it counts as it is."""
        return now - self._seen[name][1] >= GRACE or _is_whole(self.inbox / name, stamp[0])

    def _is_time(self, more_to_come: bool, now: float) -> bool:
        """Whether to begin a pass: not amid a batch of arrivals, but not for ever later either."""
        if self._waiting_since is None:
            self._waiting_since = now
        waited = now - self._waiting_since >= LONGEST_WAIT
        return now >= self._not_before and (waited or not more_to_come)

    def _pass(self, seen: Look, leave: set[str]) -> None:
        """Evaluate what is new and write the summary anew."""
        began = self.clock()
        passing: set[str] = set()

        def finished(record: Record) -> None:
            if not is_final(record):
                passing.add(str(record["file"]))
            self.finished(record)

        try:
            result = run_folder(
                self.inbox, self.outbox, settings=self.settings,
                this_round=Round(leave, self._digests, finished),
            )  # fmt: skip
        except OutboxBusy as exc:
            self._put_off(BUSY.format(why=exc))
        except OSError as exc:
            self._put_off(REFUSED.format(file=exc.filename or "", why=reason_of(exc)))
        else:
            self._settle(seen, result, passing)
            # Writing the summary of a large inbox takes a while: as long at least is evaluated first.
            self._not_before = self.clock() + (self.clock() - began)

    def _put_off(self, why: str) -> None:
        self._say(why)
        self._pause = min(MOST_PAUSE, max(self.settings.interval, self._pause * 2))
        self._not_before = self.clock() + self._pause

    def _settle(self, seen: Look, result: RunResult, passing: set[str]) -> None:
        """Keep what is finished now."""
        self.result = result
        self._pause, self._waiting_since, self._said = 0.0, None, ""
        self._settled = {
            name: stamp
            for name, stamp in seen.files.items()
            if name not in result.left and name not in passing
        }
        now = self.clock()
        older, self._retries = self._retries, {}
        for name in passing & seen.files.keys():
            pause = min(LAST_RETRY, older[name].pause * 2) if name in older else FIRST_RETRY
            self._retries[name] = _Retry(seen.files[name], now + pause, pause)
        self._is_idle = not result.left
        self.tell(UPDATED.format(files=result.files, returned=result.returned))

    def _say(self, sentence: str) -> None:
        """Tell a state once, not at every look."""
        if sentence != self._said:
            self._said = sentence
            self.tell(sentence)


def _under(folders: Iterable[str], names: Iterable[str]) -> set[str]:
    """The names that lie in one of the folders: what is behind a shut door is not gone."""
    heads = tuple(folders)
    return {name for name in names if name.startswith(heads)} if heads else set()


def _is_whole(path: Path, size: int) -> bool:
    """Whether a file opens, holds something and, being a zip, has its end."""
    try:
        with path.open("rb") as content:
            if content.read(len(_ZIP)) != _ZIP:
                return size > 0
            content.seek(max(0, size - _ZIP_TAIL))
            return _ZIP_END in content.read(_ZIP_TAIL)
    except OSError:
        return False


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
