"""Working trees and their storage."""

from pathlib import Path

import pytest

from pipeline.files.folder import Folder


@pytest.fixture(params=["path", "memory"])
def storage(request, tmp_path) -> Folder:
    """One for all working trees."""
    return Folder({"path": str(tmp_path / "storage"), "memory": f"memory://{tmp_path.name}"}[request.param])


@pytest.fixture
def enter(tmp_path, monkeypatch):
    """`enter("one")` goes into the working tree of that name."""
    monkeypatch.delenv("DVC_ROOT", raising=False)

    def enter(name: str) -> Path:
        (tmp_path / name).mkdir(exist_ok=True)
        monkeypatch.chdir(tmp_path / name)
        return tmp_path / name

    enter("one")
    return enter
