#!/usr/bin/env python3
"""Set up, start and test Lightbox from a checkout; only Python's own library is used here.

    python3 packaging/dev.py run [PATH...]     the viewer; without a path, the sample study
    python3 packaging/dev.py test [ARG...]     the whole test suite (arguments go to pytest)
    python3 packaging/dev.py test-without-qt   the lower layers where PySide6 is not installed
    python3 packaging/dev.py lint              ruff and mypy
    python3 packaging/dev.py bench [NAME...]   the table of speeds
    python3 packaging/dev.py gallery [DATA]    pictures beside a reference, as an HTML page
    python3 packaging/dev.py screenshot        the picture in the README, from the sample study
    python3 packaging/dev.py lock              resolve the lock file anew

Each command first does all the set-up that is missing: system libraries (Debian and Ubuntu, as
root or by passwordless sudo; otherwise it prints the one line to type), the virtual environment
`.venv`, the locked packages. The second time that takes a fraction of a second.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "packaging" / "lock.txt"
OLDEST_PYTHON = (3, 11)

# What PySide6 loads and a minimal Debian lacks: shared library -> package.
LIBRARIES = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
}
WINDOW_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
# Independent programs that tests compare with; tests say that they skipped without them.
TEST_PROGRAMS = {
    "dcmdump": "dcmtk",
    "storescu": "dcmtk",
    "Orthanc": "orthanc",
    "strace": "strace",
    "Xvfb": "xvfb",
    "xauth": "xauth",
}
SYSTEM_PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin"))

# The lower layers and their tests need none of these.
QT_PACKAGES = re.compile(r"^(pyside6|shiboken6|pyqtgraph|pytest-qt)", re.IGNORECASE)
TESTS_WITHOUT_QT = ("core", "dicom", "library", "net", "verbs", "test_layers.py")


def main(arguments: Sequence[str]) -> int:
    """Run one command; return the exit code of the program it started."""
    command, rest = (arguments[0], list(arguments[1:])) if arguments else ("", [])
    if command == "run":
        return start_viewer(rest)
    if command == "test":
        return run_tests(rest)
    if command == "test-without-qt":
        return run_tests_without_qt(rest)
    if command == "lint":
        return lint()
    if command == "bench":
        return python(environment(), "-m", "tests.benchmarks", *rest)
    if command == "gallery":
        return gallery(rest)
    if command == "screenshot":
        return python(environment(), "docs/make_screenshot.py", *rest)
    if command == "lock":
        return lock()
    print(__doc__, file=sys.stdout if command in ("-h", "--help") else sys.stderr)
    return 0 if command in ("-h", "--help") else 2


def start_viewer(paths: list[str]) -> int:
    """Open the window on `paths`, or on the sample study."""
    need_system_packages(missing_libraries(LIBRARIES | WINDOW_LIBRARIES))
    venv = environment()
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY")
        or os.environ.get("WAYLAND_DISPLAY")
        or os.environ.get("QT_QPA_PLATFORM")
    ):
        print("There is no display here: set DISPLAY, or try `xvfb-run`.", file=sys.stderr)
        return 1
    paths = [os.path.abspath(path) for path in paths]
    return python(venv, "-m", "viewer", *(paths or ["--sample"]))


def run_tests(arguments: list[str]) -> int:
    """The whole suite, without a screen."""
    need_system_packages(missing_libraries(LIBRARIES | WINDOW_LIBRARIES))
    need_system_packages(missing_programs(), required=False)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    return python(environment(), "-m", "pytest", *(arguments or ["-n", "auto", "-q"]))


def run_tests_without_qt(arguments: list[str]) -> int:
    """What lies below the workspace, in an environment that has no Qt at all."""
    need_system_packages(missing_programs(), required=False)
    venv = environment(ROOT / ".venv-without-qt", with_qt=False)
    if python(venv, "-c", "import importlib.util as u; assert not u.find_spec('PySide6')"):
        return 1
    tests = [str(ROOT / "tests" / name) for name in TESTS_WITHOUT_QT]
    quiet = ["-W", "ignore::pytest.PytestConfigWarning"]  # pytest-qt's own settings are unknown
    return python(venv, "-m", "pytest", *quiet, *(arguments or ["-n", "auto", "-q"]), *tests)


def gallery(arguments: list[str]) -> int:
    """Our pictures beside other programs', of made and bundled files or of a folder."""
    need_system_packages(missing_programs(), required=False)
    words = [word if word.startswith("-") else os.path.abspath(word) for word in arguments]
    return python(environment(), "-m", "tests.gallery", *words)


def lint() -> int:
    """Style, format and types; all run, the first failure counts."""
    venv = environment()
    codes = [
        python(venv, "-m", "ruff", "check", "."),
        python(venv, "-m", "ruff", "format", "--check", "."),
        python(venv, "-m", "mypy"),
    ]
    return next((code for code in codes if code), 0)


def lock() -> int:
    """Resolve every dependency for all platforms, with hashes and without addresses."""
    venv = environment()
    python(venv, "-m", "pip", "install", "--quiet", "uv")
    return python(
        venv,
        *("-m", "uv", "pip", "compile", "pyproject.toml", "--extra", "dev", "--universal"),
        *("--python-version", "3.11", "--generate-hashes", "--no-header", "--quiet"),
        *("--no-emit-index-url", "--upgrade", "-o", str(LOCK)),
    )


def missing_libraries(libraries: dict[str, str]) -> list[str]:
    """Debian packages of the shared libraries that cannot be loaded."""
    if not sys.platform.startswith("linux"):
        return []
    packages = [package for name, package in libraries.items() if not loads(name)]
    if importlib.util.find_spec("ensurepip") is None:
        packages.append("python3-venv")
    return packages


def loads(library: str) -> bool:
    """Whether the dynamic linker finds a shared library."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def missing_programs() -> list[str]:
    """Debian packages of the test programs that are not on the path."""
    if not sys.platform.startswith("linux"):
        return []
    return [
        package
        for name, package in TEST_PROGRAMS.items()
        if not shutil.which(name, path=SYSTEM_PATH)
    ]


def need_system_packages(packages: Iterable[str], required: bool = True) -> None:
    """Install Debian packages where that needs no password; otherwise say how."""
    wanted = sorted(set(packages))
    if not wanted:
        return
    by_hand = f"sudo apt-get install -y {' '.join(wanted)}"
    rights = root_rights()
    if shutil.which("apt-get") and rights is not None:
        print(f"Installing {' '.join(wanted)}", flush=True)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run([*rights, "apt-get", "update", "-qq"], env=quiet, check=False)
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *wanted]
        with open(os.devnull, "w") as nowhere:
            done = subprocess.run([*rights, *install], env=quiet, stdout=nowhere, check=False)
        if done.returncode == 0:
            return
    if required:
        raise SystemExit(f"System libraries are missing. Type this, then start again:\n  {by_hand}")
    print(f"Some tests will be skipped; to run them too: {by_hand}", file=sys.stderr)


def root_rights() -> list[str] | None:
    """The words before a command that make it run as root, or None where they need a password."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        allowed = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
        return ["sudo", "-n"] if allowed.returncode == 0 else None
    return None


def environment(venv: Path = ROOT / ".venv", with_qt: bool = True) -> Path:
    """The virtual environment with the locked packages, made or renewed when they changed."""
    if sys.version_info < OLDEST_PYTHON:
        raise SystemExit("Lightbox needs Python 3.11 or later.")
    need_system_packages(missing_libraries({}))
    stamp, wanted = venv / "lightbox-stamp", fingerprint()
    if stamp.is_file() and stamp.read_text() == wanted:
        return venv
    print(f"Setting up {venv.name} (once, about a minute)", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=True)
    requirements = venv / "requirements.txt"
    requirements.write_text(LOCK.read_text() if with_qt else without_qt(LOCK.read_text()))
    pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    steps = [[*pip, "--require-hashes", "-r", str(requirements)]]
    if with_qt:
        steps.append([*pip, "--no-deps", "-e", str(ROOT)])
    for step in steps:
        if python(venv, *step):
            raise SystemExit("The packages could not be installed: see the lines above.")
    stamp.write_text(wanted)
    return venv


def fingerprint() -> str:
    """Changes when the dependencies or the Python version change."""
    parts = [LOCK.read_bytes(), (ROOT / "pyproject.toml").read_bytes(), sys.version.encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def without_qt(requirements: str) -> str:
    """The lock file less Qt and what needs it; an entry goes on over indented lines."""
    entries = re.split(r"\n(?=\S)", requirements)
    return "\n".join(entry for entry in entries if not QT_PACKAGES.match(entry)) + "\n"


def python(venv: Path, *arguments: str) -> int:
    """Run the environment's Python in the checkout and return its exit code."""
    folder = "Scripts" if os.name == "nt" else "bin"
    program = str(venv / folder / "python")
    try:
        return subprocess.run([program, *arguments], cwd=ROOT, check=False).returncode
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
