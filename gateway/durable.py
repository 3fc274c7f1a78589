"""
What survives a power cut: a file is on disk when it was synced, its name only when its folder was.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

_NO_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES, errno.ENOSYS})
"""What shares answer that know no sync of a directory; there is nothing more that could be done."""


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where its file system can. Raises: OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
    finally:
        os.close(handle)
