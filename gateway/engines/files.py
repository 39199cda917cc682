"""A file store on any file system that fsspec knows: a folder of this machine, a bucket, memory."""

from __future__ import annotations

import os
from hashlib import sha256
from typing import Any

import fsspec

from gateway.domain.errors import Unavailable
from gateway.settings import BadSettings

HOW_TO_GET_IT = 'pip install "doorstep[s3]"'


class FsspecFileStore:
    """Files below one URL, such as `var/files`, `s3://bucket/proofs` or `memory://proofs`.

    Raises:
        BadSettings: no such file system, or the library for it is not installed.
    """

    def __init__(self, url: str) -> None:
        try:
            self._files, root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise BadSettings(f"files.url {url!r}: {error}; for buckets: {HOW_TO_GET_IT}") from error
        self._root = root.rstrip("/")
        self._local = "file" in _protocols(self._files)

    def put(self, key: str, content: bytes) -> None:
        """All of it or nothing, read back and compared, and there when it returns. Raises Unavailable."""
        path = f"{self._root}/{key}"
        try:
            if self._local:
                self._put_whole(path, content)
            else:
                self._files.pipe_file(path, content)
            kept = self._files.cat_file(path)
        except Exception as error:  # every file system has errors of its own
            raise Unavailable(f"the file store does not answer: {type(error).__name__}: {error}") from error
        if sha256(kept).digest() != sha256(content).digest():
            raise Unavailable("the file store kept something else than it was given")

    def get(self, key: str) -> bytes | None:
        """A file; None where there is none. Raises Unavailable."""
        try:
            content: bytes = self._files.cat_file(f"{self._root}/{key}")
        except FileNotFoundError:
            return None
        except Exception as error:  # every file system has errors of its own
            raise Unavailable(f"the file store does not answer: {type(error).__name__}: {error}") from error
        return content

    def remove(self, key: str) -> None:
        """Also when it is gone already. Raises Unavailable."""
        try:
            self._files.rm_file(f"{self._root}/{key}")
        except FileNotFoundError:
            return
        except Exception as error:  # every file system has errors of its own
            raise Unavailable(f"the file store does not answer: {type(error).__name__}: {error}") from error

    def _put_whole(self, path: str, content: bytes) -> None:
        """Beside its place first, and on disk before it gets its name: a power cut leaves no half of it."""
        self._files.makedirs(os.path.dirname(path), exist_ok=True)
        aside = f"{path}.part"
        with open(aside, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
        folder = os.open(os.path.dirname(path), os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _protocols(files: Any) -> tuple[str, ...]:
    known = files.protocol
    return (known,) if isinstance(known, str) else tuple(known)
