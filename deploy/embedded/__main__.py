"""The application process as the supervisor starts it: `python -m deploy.embedded`."""

import sys

from deploy.starting import being_read

with being_read():
    from deploy.embedded.application import main

main(*sys.argv[1:])
