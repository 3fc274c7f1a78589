"""
Folder: letters in and out through a folder on a share, for offices whose system speaks no protocol of ours.
"""

from adapters.folder.adapter import FolderAdapter

__all__ = ["FolderAdapter"]
