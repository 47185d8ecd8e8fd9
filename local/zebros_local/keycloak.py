"""The real Keycloak on a laptop: fetched with Maven, verified, unpacked and built once, then run like any part."""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import re
import shutil
import subprocess
import tempfile
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from zebros_local.errors import KeycloakUnavailableError
from zebros_local.ports import LOOPBACK
from zebros_local.progress import Progress
from zebros_local.settings import CHECKOUT, without_aws

VERSION = "26.7.3"
# Of the zip on Maven Central. Maven checks a download against the repository's own checksum; this one says that it is
# the file which we have looked at.
SHA256 = "27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f"
ARTIFACT = f"org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"

_CENTRAL = "https://repo1.maven.org/maven2/org/keycloak/keycloak-quarkus-dist/maven-metadata.xml"

OLDEST_JAVA = 17
FETCH_SECONDS = 900
BUILD_SECONDS = 300

REALM_FILE = CHECKOUT / "services" / "auth" / "keycloak" / "realm.json"
ADMIN_CLIENT = "zebros-admin"
ADMIN_SECRET = "local-secret"  # noqa: S105 - works nowhere else

# Options that are compiled into the server. Health is asked for on the port that people use: one port fewer to find.
_BUILD_OPTIONS = (
    "--db=dev-file",
    "--health-enabled=true",
    "--http-management-health-enabled=false",
    "--features-disabled=kerberos,docker,ciba",
)
_SHARED_FOLDERS = ("conf", "lib", "providers", "themes")


@dataclass(frozen=True)
class Distribution:
    """The unpacked and built server below ``cache``, shared by every stack of a checkout."""

    cache: Path
    environ: Mapping[str, str]

    @property
    def home(self) -> Path:
        options = hashlib.sha256("\0".join((SHA256, *_BUILD_OPTIONS)).encode()).hexdigest()[:8]
        return self.cache / f"keycloak-{VERSION}-{options}"

    @property
    def ready(self) -> bool:
        return self.home.is_dir()

    def prepare(self, progress: Progress) -> Path:
        """Return the server's folder; fetch, verify, unpack and build it when it is not there yet.

        Raises `KeycloakUnavailableError` saying what is missing or went wrong.
        """
        self.check_java()
        if self.ready:
            return self.home
        self.cache.mkdir(parents=True, exist_ok=True)
        with self._alone():
            if not self.ready:
                with tempfile.TemporaryDirectory(prefix="new-", dir=self.cache) as folder:
                    with progress.step(f"fetching Keycloak {VERSION} with Maven, 177 MB") as step:
                        archive = self._fetch(Path(folder))
                        step.note("checksum is right")
                    with progress.step("unpacking Keycloak"):
                        unpacked = _unpack(archive, Path(folder))
                    with progress.step("building Keycloak's configuration, once"):
                        self._build(unpacked)
                    unpacked.replace(self.home)
        return self.home

    def check_java(self) -> None:
        """Raise `KeycloakUnavailableError` unless a Java is here that Keycloak runs on."""
        version = java_version(self._java(), self.environ)
        if version is None:
            raise KeycloakUnavailableError(
                f"Keycloak runs on Java {OLDEST_JAVA} or newer, and no Java was found here: install a JDK or set"
                " JAVA_HOME, or use the stand-in: IDENTITY=stand-in."
            )
        if version < OLDEST_JAVA:
            raise KeycloakUnavailableError(
                f"Keycloak needs Java {OLDEST_JAVA} or newer, this is {version}: set JAVA_HOME to a newer one, or use"
                " the stand-in: IDENTITY=stand-in."
            )

    def _java(self) -> str:
        home = self.environ.get("JAVA_HOME")
        return str(Path(home) / "bin" / "java") if home else "java"

    def _fetch(self, folder: Path) -> Path:
        maven = shutil.which("mvn", path=self.environ.get("PATH"))
        if maven is None:
            raise KeycloakUnavailableError(
                "Keycloak is fetched with Maven, and no mvn was found here: install Maven, or use the stand-in:"
                " IDENTITY=stand-in."
            )
        # --strict-checksums: Maven refuses a download whose checksum is wrong instead of warning.
        command = [maven, "--batch-mode", "--quiet", "--strict-checksums", "dependency:copy"]
        command += [f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={folder}"]
        self._run(command, folder, FETCH_SECONDS, "Maven could not fetch Keycloak")
        archive = folder / f"keycloak-quarkus-dist-{VERSION}.zip"
        found = _sha256(archive)
        if found != SHA256:
            raise KeycloakUnavailableError(
                f"The fetched {archive.name} is not the file we know: its SHA-256 is {found}, should be {SHA256}."
                " It was not unpacked."
            )
        return archive

    def _build(self, home: Path) -> None:
        command = [str(home / "bin" / "kc.sh"), "build", *_BUILD_OPTIONS]
        self._run(command, home, BUILD_SECONDS, "Keycloak's configuration could not be built")

    def _run(self, command: list[str], folder: Path, seconds: float, complaint: str) -> None:
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env=without_aws(self.environ),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise KeycloakUnavailableError(f"{complaint} within {seconds:.0f} s.") from error
        if done.returncode != 0:
            told = "\n".join(done.stdout.splitlines()[-20:])
            raise KeycloakUnavailableError(f"{complaint}:\n\n{told}")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Two stacks that start at once fetch it once."""
        with (self.cache / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def distribution(environ: Mapping[str, str]) -> Distribution:
    """The checkout's own copy."""
    return Distribution(CHECKOUT / ".cache" / "keycloak", environ)


def central_answers() -> bool:
    """Whether Maven Central can be reached from here, by whatever way."""
    try:
        with urllib.request.urlopen(urllib.request.Request(_CENTRAL, method="HEAD"), timeout=20):
            return True
    except (OSError, http.client.HTTPException):
        return False


def furnish(distribution: Path, home: Path) -> None:
    """Make a stack's own home: the shared server, with the database, caches and realm file of this stack.

    Keycloak finds its folder by the place of its script, so that one is copied and the rest is linked.
    """
    (home / "bin").mkdir(parents=True, exist_ok=True)
    shutil.copy2(distribution / "bin" / "kc.sh", home / "bin" / "kc.sh")
    for name in _SHARED_FOLDERS:
        link = home / name
        link.unlink(missing_ok=True)
        link.symlink_to(distribution / name)
    imports = home / "data" / "import"
    imports.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(REALM_FILE, imports / "zebros-realm.json")


def start_command(home: Path, port: int, url: str) -> tuple[str, ...]:
    """The command that serves the realm: production mode, plain HTTP on the loopback interface, no cluster."""
    return (
        str(home / "bin" / "kc.sh"),
        *("start", "--optimized", "--import-realm", "--cache=local"),
        *("--http-enabled=true", f"--http-host={LOOPBACK}", f"--http-port={port}", f"--hostname={url}"),
        # Our own question whether it is ready yet would fill the log.
        "--log-level=INFO,io.smallrye.health:WARN",
    )


def start_environment(smtp_port: int) -> dict[str, str]:
    """What the realm file asks for, and an administrator of the server for its console."""
    return {
        "KC_BOOTSTRAP_ADMIN_USERNAME": "admin",
        "KC_BOOTSTRAP_ADMIN_PASSWORD": ADMIN_SECRET,
        # Compiling less thoroughly starts sooner, which matters more here than the thousandth request.
        "JAVA_OPTS_APPEND": "-XX:TieredStopAtLevel=1",
        **realm_environment(smtp_port),
    }


def realm_environment(smtp_port: int) -> dict[str, str]:
    """The values of the realm file's placeholders on a laptop."""
    return {
        "ZEBROS_ADMIN_SECRET": ADMIN_SECRET,
        "ZEBROS_SMTP_HOST": LOOPBACK,
        "ZEBROS_SMTP_PORT": str(smtp_port),
    }


def java_version(java: str, environ: Mapping[str, str]) -> int | None:
    """The major version of that Java; None when there is none."""
    try:
        told = subprocess.run(
            [java, "-version"], env=dict(environ), capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r'version "(\d+)', told.stderr + told.stdout)
    return int(found[1]) if found else None


def _unpack(archive: Path, folder: Path) -> Path:
    with zipfile.ZipFile(archive) as files:
        files.extractall(folder)
    archive.unlink()
    unpacked = folder / f"keycloak-{VERSION}"
    # Python's zipfile forgets that scripts are executable.
    for script in (unpacked / "bin").glob("*.sh"):
        script.chmod(0o755)
    return unpacked


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
