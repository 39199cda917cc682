"""The file store: all of a file or nothing, whatever becomes of the disk; and what it says when it cannot be had."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.domain.errors import Unavailable
from gateway.engines.files import FsspecFileStore
from gateway.settings import BadSettings

KEY, CONTENT = "mer_1/shp_1/abc.jpeg", b"\xff\xd8" + b"x" * 200_000


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> FsspecFileStore:
    """A store in a folder, and one in memory."""
    return FsspecFileStore(str(tmp_path / "files") if request.param == "folder" else f"memory://{tmp_path.name}")


def test_what_was_put_is_there_until_it_is_removed(store: FsspecFileStore) -> None:
    assert store.get(KEY) is None
    store.put(KEY, CONTENT)
    store.put(KEY, CONTENT)
    assert store.get(KEY) == CONTENT
    store.remove(KEY)
    store.remove(KEY)
    assert store.get(KEY) is None


def test_nothing_else_lies_beside_it(tmp_path: Path) -> None:
    store = FsspecFileStore(str(tmp_path))
    store.put(KEY, CONTENT)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["abc.jpeg"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KiB; the machine that runs this must let its tests mount one, as ours and CI's do."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_told_keeps_no_half_file_and_works_again_with_room(small_disk: Path) -> None:
    store = FsspecFileStore(str(small_disk))
    with pytest.raises(Unavailable, match="No space left"):
        store.put(KEY, CONTENT)
    assert store.get(KEY) is None
    store.put(KEY, CONTENT[:1000])
    assert store.get(KEY) == CONTENT[:1000]


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "mer_1").write_text("in the way")
    store = FsspecFileStore(str(tmp_path))
    with pytest.raises(Unavailable, match="does not answer"):
        store.put(KEY, CONTENT)


@pytest.mark.parametrize("url", ["nosuch://x", "s3://bucket/folder"])
def test_what_cannot_be_opened_is_a_setting_at_fault_that_says_what_to_install(url: str) -> None:
    with pytest.raises(BadSettings, match=r"files.url.*doorstep\[s3\]"):
        FsspecFileStore(url)
