"""The link that makes the first administrator, from the application to the person at the terminal.

Its file is in the data folder, readable by its user only, until there is an administrator.
"""

import os
from pathlib import Path

from deploy.embedded.folder import FIRST_RUN_LINK
from services.registration.accounts.sign_in import first_run_link
from shared.clock import clock_from
from shared.storage.contract import Store


async def keep_first_run_link(store: Store, public_url: str, folder: Path) -> None:
    """Write a new link, or remove the file if there is an administrator. `store` is registration's, prepared."""
    offset_file = os.environ.get("DIJOUS_CLOCK_OFFSET_FILE")
    link = await first_run_link(store, public_url, clock_from(Path(offset_file) if offset_file else None))
    file = folder / FIRST_RUN_LINK
    file.unlink(missing_ok=True)
    if link:
        file.touch(mode=0o600)
        file.write_text(link + "\n")
