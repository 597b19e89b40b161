import gc

import pytest

from deploy.import_tuning import import_tuning


def test_nothing_is_swept_while_a_program_is_read_and_what_was_read_never_again() -> None:
    with import_tuning():
        assert not gc.isenabled()
    try:
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()


def test_sweeping_goes_on_when_a_program_cannot_be_read() -> None:
    with pytest.raises(ModuleNotFoundError), import_tuning():
        raise ModuleNotFoundError
    gc.unfreeze()
    assert gc.isenabled()
