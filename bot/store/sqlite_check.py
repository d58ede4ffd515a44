"""Looks through a whole file for damage beside the service: of gigabytes that takes longer than anybody waits."""

import contextlib
import threading
from collections.abc import Callable

import apsw


class Check:
    """Begins at once, on a thread and a connection of its own; `on_damage` is told what was found, on that thread."""

    def __init__(self, connection: apsw.Connection, on_damage: Callable[[str], None]) -> None:
        self._connection = connection
        self._on_damage = on_damage
        self._thread = threading.Thread(target=self._run, name="store-check", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Gives it up; blocks until the connection is closed."""
        with contextlib.suppress(apsw.ConnectionClosedError):
            self._connection.interrupt()
        self._thread.join()

    def _run(self) -> None:
        try:
            found = finding(self._connection)
        except apsw.InterruptError:
            found = ""
        except apsw.Error as fault:
            found = str(fault)
        finally:
            self._connection.close()
        if found:
            self._on_damage(found)


def finding(connection: apsw.Connection) -> str:
    """The first damage that there is, '' where there is none. Blocks, without holding up other threads."""
    found = str(connection.execute("PRAGMA quick_check(1)").get)
    return "" if found == "ok" else found.splitlines()[-1]
