from pipeline.files.work_folder import delete_siblings_and_partial_files


def test_siblings_are_deleted_and_the_folder_is_returned(tmp_path):
    for name in ("old", "mine"):
        (tmp_path / name).mkdir()
    assert delete_siblings_and_partial_files(tmp_path / "mine") == tmp_path / "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_the_folder_need_not_exist(tmp_path):
    assert delete_siblings_and_partial_files(tmp_path / "nowhere" / "mine") == tmp_path / "nowhere" / "mine"
    assert not list(tmp_path.iterdir())


def test_partial_files_are_deleted(tmp_path):
    for name in ("mine/shards/part-0.parquet", "mine/shards/part-1.parquet.0123.part"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    delete_siblings_and_partial_files(tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine/shards").iterdir()] == ["part-0.parquet"]
