"""Packs the shipped rule sets while the package is built; see needlecare.rules.read."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PackRules(BuildHookInterface[Any]):
    """Runs before a wheel is made, for an editable checkout too."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Pack every shipped rule set; one that is wrong stops the build."""
        del version, build_data
        sys.path.insert(0, str(Path(self.root) / "src"))
        from needlecare.rules.load import pack
        from needlecare.rules.read import shipped_names

        for name in shipped_names():
            pack(name)
