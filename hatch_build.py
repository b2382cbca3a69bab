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
        from needlecare.rules.read import pack, read_files, shipped_folder, shipped_names
        from needlecare.rules.yaml import read_trees

        for name in shipped_names():
            files = read_files(shipped_folder() / name)
            pack(name, files, read_trees(files))
