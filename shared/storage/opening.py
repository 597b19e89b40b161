"""Open the store that a setting names.

The one place that makes a MongoDB client, by Motor or by PyMongo's own asyncio API: see
docs/decisions/0002-motor-and-its-successor.md.
"""

from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from shared.storage.contract import Store
from shared.storage.sqlite import SqliteStore

MongoDriver = Literal["motor", "pymongo"]

_ACCEPTED = (
    "a store's URL is sqlite:///folder (relative), sqlite:////folder (absolute), "
    "mongodb://host[:port][/prefix] or mongodb+srv://host[/prefix]"
)

_MONGO_OPTIONS: dict[str, Any] = {
    "w": "majority",  # acknowledged by a majority of the replica set …
    "journal": True,  # … which has it on the disk
    "retryWrites": True,
    "serverSelectionTimeoutMS": 5_000,
    "connectTimeoutMS": 5_000,
    "timeoutMS": 20_000,  # for one operation with its retries
    "appname": "dijous",
}


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
        return _open_mongo(url, f"{path.strip('/') or 'dijous'}_{service}", mongo_driver)
    raise ValueError(_ACCEPTED)  # without the URL itself: it may hold a password


def _open_mongo(url: str, database: str, driver: MongoDriver) -> Store:
    """A store with durable writes, whatever the URL says. Drivers are slow to import: only the chosen one is loaded."""
    from pymongo.errors import PyMongoError

    from shared.storage.mongodb import MongoStore

    try:
        if driver == "motor":
            from motor.motor_asyncio import AsyncIOMotorClient

            motor: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(url, **_MONGO_OPTIONS)

            async def close() -> None:
                motor.close()

            return MongoStore(motor[database], close)
        from pymongo import AsyncMongoClient

        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(url, **_MONGO_OPTIONS)
        return MongoStore(client[database], client.close)
    except (PyMongoError, ValueError) as error:
        raise ValueError(_ACCEPTED) from error
