"""One frozen `Settings`: from SPINE_CDS_* variables, from a TOML file with the same names, or both.

A variable beats the file. Every mistake is found before anything starts, and all are told at once;
no message repeats a value, because some values are secrets.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from cds_service.errors import SettingsError

PREFIX: Final = "SPINE_CDS_"
CONFIG: Final = "SPINE_CDS_CONFIG"
"""Names the TOML file, as --config does; so workers of their own process find it too."""

ProfileName = Literal["generic", "epic", "legacy-1.0", "crd"]

NOT_YET: Final[tuple[tuple[str, str], ...]] = (
    ("SPINE_CDS_REPORT_LINKS", "there is no page to report a wrong card yet"),
    ("SPINE_CDS_STRICT_FHIR", "drafts are read tolerantly only, for now"),
)
"""Settings that are understood but change nothing yet, each with the reason; told at start when set."""

Algorithm = Literal[
    "ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
]  # fmt: skip
"""What a client may sign with. None is symmetric: a shared secret proves nothing about who signed."""


def _switch(value: object) -> object:
    """True or false from the words on and off; a TOML boolean stays as it is."""
    words = {"on": True, "off": False}
    return words.get(value.strip().lower(), value) if isinstance(value, str) else value


def _comma_separated(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _iso_day(value: object) -> object:
    # Left alone, pydantic would also read a number as seconds since 1970.
    if isinstance(value, str):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            raise ValueError("not a day") from None
    if isinstance(value, int | float):
        raise ValueError("not a day")  # noqa: TRY004 - pydantic collects ValueErrors alone
    return value


def _number_as_text(value: object) -> object:
    return str(value) if type(value) is int else value


def _split_http_url(value: str) -> SplitResult:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("not an absolute http or https address")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("an address without user, query and fragment is expected")
    _ = parts.port  # raises ValueError when it is no port
    return parts


def _base_url(value: str) -> str:
    _split_http_url(value)
    return value.rstrip("/")


def _key_url(value: str) -> str:
    if _split_http_url(value).scheme != "https" and not is_loopback(urlsplit(value).hostname):
        raise ValueError("keys are fetched by https only (http on loopback)")
    return value


def _origin(value: str) -> str:
    parts = _split_http_url(value)
    if parts.path not in ("", "/"):
        raise ValueError("an origin has no path")
    return value.rstrip("/")


def _rate(value: str) -> str:
    if not re.fullmatch(r"[1-9][0-9]{0,6}/(second|minute|hour|day)", value):
        raise ValueError("not a rate")
    return value


def is_loopback(host: str | None) -> bool:
    """Whether only this machine can reach the address. A name that merely begins like one is none."""
    if host is None or host.lower() == "localhost":
        return host is not None
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


Switch = Annotated[bool, BeforeValidator(_switch), Field(strict=True)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]
BaseUrls = Annotated[tuple[BaseUrl, ...], BeforeValidator(_comma_separated)]
Origins = Annotated[
    tuple[Annotated[str, AfterValidator(_origin)], ...], BeforeValidator(_comma_separated)
]


class TrustedClient(BaseModel):
    """One entry of SPINE_CDS_TRUSTED_CLIENTS: whose tokens are accepted, and what that client gets."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    issuer: str = Field(min_length=1)
    jwks_url: Annotated[str, AfterValidator(_key_url)] | None = None
    jwks_file: Path | None = None
    algorithms: Annotated[tuple[Algorithm, ...], Field(min_length=1)] | None = None
    """What its tokens may be signed with. None: ES384 and RS384, which CDS Hooks recommends."""
    audience: tuple[str, ...] = ()
    """Values of `aud` accepted besides the public URLs; some clients type it by hand."""
    tenants: tuple[str, ...] = ()
    """Empty: any tenant, or none."""
    fhir_servers: tuple[BaseUrl, ...] = ()
    """FHIR bases that calls of this client may name, besides SPINE_CDS_FHIR_SERVERS."""
    profile: ProfileName | None = None
    """None: SPINE_CDS_PROFILE."""
    pama: bool | None = None
    """None: off under SPINE_CDS_PAMA=auto."""

    @model_validator(mode="after")
    def _has_one_key_source(self) -> Self:
        if (self.jwks_url is None) == (self.jwks_file is None):
            raise ValueError("exactly one of jwks_url and jwks_file is expected")
        return self


def _read_clients(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text.startswith("@"):
        try:
            text = Path(text[1:]).read_text(encoding="utf-8")
        except (OSError, ValueError):
            raise ValueError("the file after @ cannot be read") from None
    try:
        return json.loads(text) if text else ()
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None


def _issuers_differ(clients: tuple[TrustedClient, ...]) -> tuple[TrustedClient, ...]:
    if len({client.issuer for client in clients}) != len(clients):
        raise ValueError("two entries have the same issuer")
    return clients


Clients = Annotated[
    tuple[TrustedClient, ...], BeforeValidator(_read_clients), AfterValidator(_issuers_differ)
]


class Settings(BaseModel):
    """Everything that can be configured. The description of a field says what is expected."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    public_url: BaseUrls = Field((), description="http(s) base URLs, comma separated")
    trusted_clients: Clients = Field(
        (),
        description='a JSON list, or @file: [{"issuer": …, "jwks_url": … or "jwks_file": …, …}]',
    )
    fhir_servers: BaseUrls = Field((), description="http(s) FHIR base URLs, comma separated")
    fhir_deadline: float = Field(2.0, gt=0, le=60, description="seconds, above 0, at most 60")
    database_url: str = Field(
        "sqlite:///var/spine-cds.sqlite", min_length=1, description="an SQLAlchemy URL"
    )
    history_key: Path = Field(
        Path("var/history.key"), description="a file for the key of the pseudonyms"
    )
    mode: Literal["live", "silent", "off"] = Field("live", description="live, silent or off")
    terminology: Path | None = Field(None, description="a file made by spine-cds terminology build")
    show: Literal["all", "actionable"] = Field("all", description="all or actionable")
    cors_origins: Origins = Field(
        ("https://sandbox.cds-hooks.org", "http://localhost:8080", "http://127.0.0.1:8080"),
        description="origins such as https://ehr.example.org, comma separated",
    )
    profile: ProfileName = Field("generic", description="generic, epic, legacy-1.0 or crd")
    open: Switch = Field(default=False, description="on or off")
    as_of: Annotated[date | None, BeforeValidator(_iso_day)] = Field(
        None, description="a day such as 2026-06-15"
    )
    jurisdiction: Literal["us", "uk"] = Field("us", description="us or uk")
    site_country: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}$")] | None = Field(
        None, description="an ISO 3166 country code such as US"
    )
    host: str = Field("127.0.0.1", min_length=1, description="an address or host name")
    port: int = Field(8000, ge=1, le=65535, description="a port, 1 to 65535")
    workers: int = Field(1, ge=1, le=256, description="a whole number, 1 to 256")
    explain: Switch = Field(default=True, description="on or off")
    pama: Literal["on", "off", "auto"] = Field("auto", description="on, off or auto")
    strict_fhir: Switch = Field(default=False, description="on or off")
    on_missing_data: Annotated[Literal["412", "card"], BeforeValidator(_number_as_text)] = Field(
        "412", description="412 or card"
    )
    max_body: int = Field(16 * 1024 * 1024, ge=1024, description="bytes, at least 1024")
    max_orders: int = Field(100, ge=1, description="a whole number, at least 1")
    receive_timeout: float = Field(10.0, gt=0, le=300, description="seconds, above 0, at most 300")
    playground: Literal["on", "off", "auto"] = Field("auto", description="on, off or auto")
    repeat: Literal["show", "suppress"] = Field("show", description="show or suppress")
    report_links: Switch = Field(default=False, description="on or off")
    cpt: Switch = Field(default=True, description="on or off")
    qcdsm_id: str | None = Field(None, description="the identifier of the consulted mechanism")
    rate_limit: Annotated[str, AfterValidator(_rate)] | None = Field(
        None, description="a count for a time, such as 600/minute"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="DEBUG, INFO, WARNING or ERROR"
    )

    @property
    def is_open(self) -> bool:
        """Open mode: no client is named, so no token is asked for."""
        return not self.trusted_clients

    @property
    def is_on_loopback(self) -> bool:
        """Whether only this machine can call the service."""
        return is_loopback(self.host)

    @property
    def is_playground_on(self) -> bool:
        """Whether `/` is a playground: `auto` is on where only this machine can call, and without a token."""
        if self.playground == "auto":
            return self.is_open and self.is_on_loopback
        return self.playground == "on"

    @property
    def public_urls(self) -> tuple[str, ...]:
        """Base URLs under which clients know us: SPINE_CDS_PUBLIC_URL, else the bound address."""
        if self.public_url:
            return self.public_url
        hosts = ["127.0.0.1", "localhost"]
        if not self.is_on_loopback and self.host not in ("0.0.0.0", "::"):  # noqa: S104 - compared only
            hosts.append(f"[{self.host}]" if ":" in self.host else self.host)
        return tuple(f"http://{host}:{self.port}" for host in hosts)

    @property
    def is_pama_on(self) -> bool:
        """Whether PAMA ratings are sent to clients that are not named one by one."""
        return self.pama == "on" or (self.pama == "auto" and self.is_open)


def load_settings(
    environ: Mapping[str, str],
    config: Path | None = None,
    overrides: Mapping[str, object] | None = None,
) -> Settings:
    """Settings from the environment, over those of the TOML file, under the options of a command.

    `overrides` has field names (`port`). Raises SettingsError with every mistake.
    """
    mistakes: list[str] = []
    path = config or (Path(environ[CONFIG]) if environ.get(CONFIG) else None)
    given: dict[str, object] = {}
    origin: dict[str, str] = {}
    sources: list[tuple[str, Mapping[str, object]]] = [("environment", environ)]
    if path is not None:
        sources.insert(0, (str(path), _read_toml(path, mistakes)))
    for where, values in sources:
        for name, value in values.items():
            if value == "" or (name == CONFIG and where == "environment"):
                continue  # an empty variable is one that was not set
            # A file holds nothing but our settings; the environment is full of other people's.
            if name.upper().startswith(PREFIX) or where != "environment":
                field = _field_of(name)
                if field is None:
                    mistakes.append(_unknown(name, where))
                else:
                    given[field], origin[field] = value, where
    for field, value in (overrides or {}).items():
        given[field], origin[field] = value, "command line"
    settings = _validated(given, origin, mistakes)
    if settings is not None:
        mistakes.extend(_contradictions(settings))
    if mistakes or settings is None:
        raise SettingsError(tuple(mistakes))
    return settings


def variable(field: str) -> str:
    """The name of a setting as the outside knows it: SPINE_CDS_PORT for `port`."""
    return PREFIX + field.upper()


def settings_without_effect(settings: Settings) -> tuple[str, ...]:
    """One sentence for each setting that was given although it changes nothing yet."""
    given = {variable(field) for field in settings.model_fields_set}
    return tuple(f"{name} has no effect: {reason}." for name, reason in NOT_YET if name in given)


def start_warnings(settings: Settings) -> tuple[str, ...]:
    """What somebody who starts or watches the service should know about its configuration."""
    warnings = []
    if settings.is_open and not settings.is_on_loopback:
        warnings.append(
            "SPINE_CDS_OPEN=on: everybody who reaches this address may call. For test networks only."
        )
    if settings.as_of is not None:
        warnings.append(
            f"SPINE_CDS_AS_OF: every record is judged as if today were {settings.as_of.isoformat()}."
        )
    if settings.mode != "live":
        warnings.append(f"SPINE_CDS_MODE={settings.mode}: no client is shown a card.")
    if settings.playground == "on" and not settings.is_open:
        warnings.append(
            "SPINE_CDS_PLAYGROUND=on: the calls of the playground carry no token, and are refused beside "
            "SPINE_CDS_TRUSTED_CLIENTS."
        )
    return (*warnings, *_file_warnings(settings), *settings_without_effect(settings))


def _file_warnings(settings: Settings) -> Iterator[str]:
    """What is wrong with the rights of files with keys. Only a name is told: the warnings can be read by HTTP."""
    if _mode(settings.history_key) & 0o077:
        yield (
            "SPINE_CDS_HISTORY_KEY: other users of this machine can read the file, and with it tell whom the history "
            "is about. Make it the service's alone: chmod 600."
        )
    for client in settings.trusted_clients:
        if client.jwks_file is not None and _mode(client.jwks_file) & 0o022:
            yield (
                f"SPINE_CDS_TRUSTED_CLIENTS: other users of this machine can write the jwks_file of {client.issuer}, "
                "and then call in its name. Make it the service's alone: chmod 644."
            )


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except (OSError, ValueError):
        return 0


def _read_toml(path: Path, mistakes: list[str]) -> Mapping[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        mistakes.append(f"{path}: cannot be read: {error.strerror}. Correct the path of --config.")
    except ValueError as error:
        # Only the place: the text that tomllib quotes could hold a secret.
        place = re.search(r"\(at .*\)", str(error))
        mistakes.append(f"{path}: not TOML {place.group(0) if place else '(not UTF-8)'}.")
    return {}


def _field_of(name: str) -> str | None:
    field = name.removeprefix(PREFIX).lower()
    # Exactly the documented spelling: on some systems Spine_Cds_Port is another variable.
    return field if field in Settings.model_fields and name == variable(field) else None


def _unknown(name: str, where: str) -> str:
    known = [variable(field) for field in Settings.model_fields]
    near = difflib.get_close_matches(name.upper(), known, n=1)
    advice = f"Did you mean {near[0]}?" if near else "Remove it, or see docs/settings.md."
    return f"{name} ({where}): there is no such setting. {advice}"


def _validated(
    given: Mapping[str, object], origin: Mapping[str, str], mistakes: list[str]
) -> Settings | None:
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        details = error.errors(include_input=False, include_url=False, include_context=False)
        mistakes.extend(dict.fromkeys(_mistake(detail, origin) for detail in details))
        return None


def _mistake(detail: Any, origin: Mapping[str, str]) -> str:
    field, *inside = (str(part) for part in detail["loc"])
    place = "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in inside)
    what = str(detail["msg"]).removeprefix("Value error, ").rstrip(".")
    expected = Settings.model_fields[field].description
    return f"{variable(field)}{place} ({origin[field]}): {what}. Expected: {expected}."


def _contradictions(settings: Settings) -> list[str]:
    """Settings that are each fine and cannot stand together."""
    found = []
    if settings.is_open and not settings.is_on_loopback and not settings.open:
        found.append(
            "SPINE_CDS_HOST: no client is trusted by name, so the service is open to everybody, and this "
            "address can be reached from other machines. Set SPINE_CDS_TRUSTED_CLIENTS, bind 127.0.0.1, "
            "or, on a test network only, set SPINE_CDS_OPEN=on."
        )
    if settings.open and not settings.is_open:
        found.append(
            "SPINE_CDS_OPEN: open mode and SPINE_CDS_TRUSTED_CLIENTS contradict each other. "
            "Remove one of the two."
        )
    if settings.as_of is not None and not (settings.is_open and settings.is_on_loopback):
        found.append(
            "SPINE_CDS_AS_OF: a fixed day is for tests, in open mode on a loopback address only. Remove it."
        )
    return found
