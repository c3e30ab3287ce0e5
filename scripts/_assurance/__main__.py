"""`python scripts/_assurance COMMAND ...`: how far the tests see. What the commands are, each says of itself."""

import sys
from importlib import import_module
from pathlib import Path

COMMANDS = ("covering", "mutants", "proving")


def main() -> None:
    sys.path.append(str(Path(__file__).parents[1] / "_toolchain"))
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(f"{__doc__}\ncommands: {', '.join(COMMANDS)}")
    import_module(sys.argv[1]).main(sys.argv[2:])


if __name__ == "__main__":
    main()
