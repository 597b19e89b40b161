"""The application process as the supervisor starts it: `python -m deploy.embedded`."""

import sys

from deploy.import_tuning import import_tuning

with import_tuning():
    from deploy.embedded.application import main

main(*sys.argv[1:])
