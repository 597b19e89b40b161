"""The link at which the first administrator is made, handed from the application to the person at the terminal.

It lies in the data folder, for its user alone, beside the two secrets, until somebody has become administrator.
"""

import os
from pathlib import Path

from services.registration.accounts.sign_in import first_run_link
from shared.clock import clock_from
from shared.storage.contract import Store

NAME = "first-run"


async def keep_first_run_link(store: Store, public_url: str, folder: Path) -> None:
    """Write a new link, or remove the file when there is an administrator. The store is registration's, prepared."""
    offset_file = os.environ.get("DIJOUS_CLOCK_OFFSET_FILE")
    link = await first_run_link(store, public_url, clock_from(Path(offset_file) if offset_file else None))
    file = folder / NAME
    file.unlink(missing_ok=True)
    if link:
        file.touch(mode=0o600)
        file.write_text(link + "\n")
