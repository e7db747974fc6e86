"""The comparison of two working trees by which a refactoring is shown to change no result."""

import yaml

from tests.compare_runs import main


def tree(folder, files: dict[str, str]):
    """Write the files and a dvc.lock that names their top folders."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    outs = [{"path": top} for top in sorted({name.split("/")[0] for name in files})]
    (folder / "dvc.lock").write_text(yaml.safe_dump({"stages": {"all": {"outs": outs}, "track": {}}}))
    return str(folder)


def test_equal_results_differ_in_nothing_whatever_the_plan_says(tmp_path, capsys):
    first = tree(tmp_path / "a", {"models/x/w": "1", "plan/x.json": "a", "records/x": "a"})
    second = tree(tmp_path / "b", {"models/x/w": "1", "plan/x.json": "b", "records/x": "b"})
    assert main([first, second]) == 0
    assert capsys.readouterr().out == "1 files compared, 0 differ\n"


def test_each_difference_is_named(tmp_path, capsys):
    first = tree(tmp_path / "a", {"models/x": "1", "models/y": "1", "old/z": "1"})
    second = tree(tmp_path / "b", {"models/x": "2", "models/v": "1", "new/z": "1"})
    assert main([first, second, "--renamed", "old=new"]) == 1
    assert capsys.readouterr().out.splitlines() == ["only in the second: models/v", "differs: models/x",
                                                    "only in the first: models/y", "4 files compared, 3 differ"]
