"""A compiler that stays for many inputs: who compiles one contract after another does not start it anew for each."""

import json
import subprocess
from pathlib import Path
from types import TracebackType

from solidity import ROOT, CompileError, Json


class Compiler:
    """`with Compiler() as compiler:` then `compiler.compile(input)`, as often as needed.

    Warnings are let pass: it is for code that nobody wrote and nothing keeps.
    """

    def __init__(self) -> None:
        command: list[str | Path] = ["node", Path(__file__).with_name("solc.js"), "--serve", "--base-path", ROOT]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True)

    def __enter__(self) -> "Compiler":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait()

    def compile(self, compiler_input: Json) -> Json:
        """What the compiler answers; CompileError says what is wrong."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(compiler_input) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise CompileError("the compiler has ended")
        output: Json = json.loads(answer)
        if errors := [e["formattedMessage"] for e in output.get("errors", []) if e["severity"] == "error"]:
            raise CompileError("\n".join(errors))
        return output
