import hashlib

from pipeline.files.hashes import digest, sha256


def test_a_digest_depends_on_every_part_and_on_the_content_of_files(tmp_path):
    file = tmp_path / "file"
    names = set()
    for content in ("1", "2"):
        file.write_text(content)
        names |= {digest("a", "b", file), digest("ab", file), digest("b", "a", file)}
    assert len(names) == 6 and digest("a", "b", file) in names
    assert {len(name) for name in names} == {16}


def test_sha256_is_that_of_the_bytes(tmp_path):
    (tmp_path / "file").write_bytes(b"2")
    assert sha256(tmp_path / "file") == hashlib.sha256(b"2").hexdigest()
