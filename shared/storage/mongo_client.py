"""The one place that makes a MongoDB client, by Motor or by PyMongo's own asyncio API.

See docs/decisions/0002-motor-and-its-successor.md.
"""

from typing import Any, Literal

from pymongo.errors import PyMongoError

from shared.storage.mongodb import MongoStore

_OPTIONS: dict[str, Any] = {
    "w": "majority",  # acknowledged by a majority of the replica set …
    "journal": True,  # … which has it on the disk
    "retryWrites": True,
    "serverSelectionTimeoutMS": 5_000,
    "connectTimeoutMS": 5_000,
    "timeoutMS": 20_000,  # for one operation with its retries
    "appname": "dijous",
}


def connect(url: str, database: str, driver: Literal["motor", "pymongo"]) -> MongoStore:
    """A store with durable writes, whatever the URL says. It connects at its first use; ValueError for a bad URL."""
    try:
        if driver == "motor":
            from motor.motor_asyncio import AsyncIOMotorClient  # only the driver that is chosen is imported

            motor: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(url, **_OPTIONS)

            async def close() -> None:
                motor.close()

            return MongoStore(motor[database], close)
        from pymongo import AsyncMongoClient

        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(url, **_OPTIONS)
        return MongoStore(client[database], client.close)
    except PyMongoError as error:
        raise ValueError("a malformed MongoDB URL") from error
