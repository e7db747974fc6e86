import errno
import tempfile

import pytest

from pipeline.errors import InputError
from pipeline.files.writable import free_bytes, refuse_unwritable


def test_a_folder_that_can_be_written_is_left_as_it_is(tmp_path):
    refuse_unwritable(tmp_path, "cluster.storage")
    refuse_unwritable(tmp_path / "not" / "there", "cluster.storage")
    assert not list(tmp_path.iterdir())


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(InputError) as caught:
            refuse_unwritable(path, "cluster.storage")
        assert str(caught.value) == f"cluster.storage is {path}, but {tmp_path / 'file'} is a file; give a folder"


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS, errno.ENOSPC])
def test_a_folder_that_cannot_be_written_is_refused(tmp_path, monkeypatch, code):
    def fails(dir):  # root may write anywhere, so the test cannot take the permission away
        raise OSError(code, errno.errorcode[code])
    monkeypatch.setattr(tempfile, "TemporaryFile", fails)
    with pytest.raises(InputError, match=f"nothing can be written there .{errno.errorcode[code]}.; give another"):
        refuse_unwritable(tmp_path, "cluster.storage")


def test_the_free_space_of_a_folder_that_is_not_there_is_that_of_the_one_above(tmp_path):
    assert abs(free_bytes(tmp_path / "not" / "there") - free_bytes(tmp_path)) < 1e9 < 1e18
    assert free_bytes(tmp_path) > 0
