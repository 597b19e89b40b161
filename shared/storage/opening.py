"""Open the store that a setting names."""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from shared.storage.contract import Store
from shared.storage.sqlite import SqliteStore

MongoDriver = Literal["motor", "pymongo"]

_ACCEPTED = (
    "a store's URL is sqlite:///folder (relative), sqlite:////folder (absolute), "
    "mongodb://host[:port][/prefix] or mongodb+srv://host[/prefix]"
)


def open_store(url: str, service: str, *, mongo_driver: MongoDriver = "motor") -> Store:
    """The store of a service; it connects and creates nothing before its first use.

    `sqlite:///folder` keeps the file `<service>.sqlite3` in that folder. A MongoDB URL means the database
    `dijous_<service>`, or `<prefix>_<service>` if the URL names a database. Any other URL is a ValueError.
    """
    try:
        scheme, _, path, *_ = urlsplit(url)
    except ValueError as error:
        raise ValueError(_ACCEPTED) from error
    if url.startswith("sqlite:///") and len(url) > len("sqlite:///"):
        return SqliteStore(Path(url.removeprefix("sqlite:///")) / f"{service}.sqlite3")
    if scheme in ("mongodb", "mongodb+srv"):
        from shared.storage.mongo_client import connect  # drivers are slow to import and most runs need none

        try:
            return connect(url, f"{path.strip('/') or 'dijous'}_{service}", mongo_driver)
        except ValueError as error:
            raise ValueError(_ACCEPTED) from error
    raise ValueError(_ACCEPTED)  # without the URL itself: it may hold a password
