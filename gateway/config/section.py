"""
What every section of the tree is made of.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


def setting(default: Any, vi: str, en: str, **limits: Any) -> Any:
    """A field of a section with its sentence in both languages."""
    return Field(default, title=vi, description=en, **limits)


class Section(BaseModel):
    """A table of the TOML file."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, arbitrary_types_allowed=True
    )
