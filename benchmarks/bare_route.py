"""The yardstick of registrations: a FastAPI route that stores one row in SQLite and answers 202.

It is as durable as Dijous (`synchronous=FULL`) and validates by pydantic; it has no directory, no seats, no event.
"""

import os
import sqlite3
from typing import Annotated

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, Field


class Person(BaseModel):
    """The body of a registration, as the real route takes it."""

    name: Annotated[str, Field(max_length=200)]
    email: str
    entity: str
    role: str = ""
    language: str = "ca"
    consent: bool


def make_app(path: str) -> FastAPI:
    app = FastAPI(openapi_url=None)
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE IF NOT EXISTS people (id INTEGER PRIMARY KEY, person TEXT NOT NULL)")

    @app.post("/people", status_code=202)
    async def register(person: Person) -> dict[str, str]:
        database.execute("INSERT INTO people (person) VALUES (?)", (person.model_dump_json(),))
        return {"status": "received"}

    return app


if __name__ == "__main__":
    uvicorn.run(
        make_app(os.environ["BARE_DATABASE"]),
        port=int(os.environ["BARE_PORT"]),
        access_log=False,
        log_level="warning",
        loop="uvloop",
        http="httptools",
    )
