"""Both languages say the same things, and every text that a page asks for is there; every module finds its imports."""

import re
import shutil
import subprocess
from pathlib import Path

from frontend_api.pages.frames import PAGES
from frontend_api.pages.language import LANGUAGES, placeholders, texts
from frontend_api.pages.served import STATIC, VENDORED
from tests.services import missing

ROOT = Path(__file__).parents[3]
TEMPLATES = ROOT / "frontend_api" / "templates"
MODULES = sorted(STATIC.rglob("*.js"))
_ASKED = re.compile(r"""(?<![\w.])t\(["']([a-z_]+\.[a-z_]+)["'][,)]""")
_IMPORTED = re.compile(
    r"""(?:^import|^(?:import|export) [^"';]*?\bfrom) ["']([^"']+)["'];|import\(["']([^"']+)["']\)""", re.MULTILINE
)


def test_the_catalogues_have_the_same_keys_and_placeholders() -> None:
    english, *others = (texts(language) for language in LANGUAGES)
    for other in others:
        assert set(other) == set(english)
        for name, text in english.items():
            assert placeholders(other[name]) == placeholders(text), name
            assert other[name].strip()


def test_every_text_that_is_asked_for_is_there() -> None:
    asked = {name for path in (*MODULES, *TEMPLATES.rglob("*.html")) for name in _ASKED.findall(path.read_text())}
    assert len(asked) > 250
    assert not asked - set(texts("en"))
    assert all(f"nav.{page.name}" in texts("en") for page in PAGES)


def test_every_import_is_a_file_that_is_served() -> None:
    for path in MODULES:
        for found in _IMPORTED.finditer(path.read_text()):
            name = found[1] or found[2]
            if name.startswith("."):
                assert (path.parent / name).resolve().is_file(), f"{path.name}: {name}"
            else:
                assert _served(name), f"{path.name}: {name}"


def test_what_packages_import_is_served_too() -> None:
    packages = ROOT / "node_modules"
    if not packages.is_dir():
        missing("the packages of the pages are not installed")
    for shown, place in VENDORED.items():
        if not place.startswith("@noble"):
            continue
        for found in _IMPORTED.finditer((packages / place).read_text()):
            name = found[1] or found[2]
            beside = str((Path("/") / shown).parent / name) if name.startswith(".") else None
            assert _served(name) if beside is None else str(Path(_plain(beside))).lstrip("/") in VENDORED, (shown, name)


def test_modules_are_small_and_put_no_html_into_pages() -> None:
    for path in MODULES:
        text = path.read_text()
        assert len(text.splitlines()) < 400, path.name
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", text), path.name


def test_modules_are_javascript() -> None:
    """As `node --check` would find, all in one run."""
    if not shutil.which("node"):
        missing("there is no node to check the modules with")
    script = """
        const { SourceTextModule } = require("node:vm");
        for (const path of process.argv.slice(1))
            new SourceTextModule(require("node:fs").readFileSync(path, "utf8"), { identifier: path });
    """
    command = ["node", "--experimental-vm-modules", "--no-warnings", "-e", script, "--", *MODULES]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_no_handler_and_no_style_stands_in_a_template() -> None:
    for path in TEMPLATES.rglob("*.html"):
        assert not re.search(r"\son\w+=|\sstyle=|javascript:", path.read_text()), path.name


def _served(name: str) -> bool:
    bare = {"texts", "uplot", "jsqr"}
    for package, folder in (("@noble/hashes/", "noble-hashes/"), ("@noble/curves/", "noble-curves/")):
        if name.startswith(package):
            return name.replace(package, folder) in VENDORED
    return name in bare


def _plain(path: str) -> str:
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)
