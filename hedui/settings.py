"""Settings, from the environment (`HEDUI_…`). Every folder that Hedui writes lies under `home`."""

from pathlib import Path
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from catalogue.problems import Stop

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")  # the office's clock: China has one time
# The databases that the registry is tested on; empty: SQLite under home.
DatabaseURL = Annotated[str, Field(pattern=r"^$|^(sqlite|postgresql(\+psycopg)?|postgres)://")]


class Settings(BaseSettings):
    """Where things are. An empty environment gives the embedded default: everything under `var/`.

    Raises `Stop` (bad-settings) that names the variables which cannot be used, never their values.
    """

    model_config = SettingsConfigDict(env_prefix="HEDUI_", env_ignore_empty=True, frozen=True)

    home: Path = Path("var")
    mock_home: Path = Path("mock")
    database_url: DatabaseURL = ""  # SQLAlchemy URL; empty: SQLite under home
    store_url: str = ""  # any pyarrow.fs URL; empty: a folder under home
    engine: Literal["local", "spark"] = "local"
    spark_master: Annotated[str, Field(pattern=r"^local(\[(\*|[1-9]\d*)\])?$|^spark://\S+$")] = "local[*]"
    spark_host: str = "127.0.0.1"  # the address of this machine as Spark's workers see it
    spark_python: str = ""  # the workers' Python, which has this version of Hedui; empty: the same path as here
    spark_memory: Annotated[str, Field(pattern=r"^[1-9]\d*[mg]$")] = "1g"  # of each of Spark's Java processes
    # One file per value: the addresses and secrets that manifests name as ${…}.
    # Empty: those that the mock province wrote.
    values_dir: Path | None = None
    source_seconds: float = Field(60.0, gt=0)  # a source that has not delivered by then is recorded as no answer
    key_provider: Literal["file", "pkcs11"] = "file"  # who holds the master key
    pkcs11_module: Path | None = None  # the library of the token
    pkcs11_token: str = "hedui"  # noqa: S105  its label
    pkcs11_pin_file: Path | None = None
    keys: Path | None = None  # the folder of keyring, master key and vault; empty: home
    worker_keys: Path | None = None  # what a worker seals with; empty: the same, taken from keyring and vault
    suite: Literal["international", "guomi"] = "international"  # of the algorithms that reports are sealed with
    audit_checkpoints: Path | None = None  # a file elsewhere, to which checkpoints of the audit trail are copied
    actors: Path | None = None  # who the users are, for the list of odd look-ups; empty: actors.toml under home
    workers: int = Field(8, ge=1, le=64)  # sources pulled side by side by `hedui nightly`

    def __init__(self, **given: Any) -> None:
        try:
            super().__init__(**given)
        except ValidationError as error:
            names = sorted({f"HEDUI_{str(e['loc'][0]).upper()}" for e in error.errors(include_input=False)})
            wrong = ", ".join(names)
        else:
            return
        raise Stop("bad-settings", names=wrong)

    @property
    def database(self) -> str:
        """The registry's SQLAlchemy URL."""
        return self.database_url or f"sqlite:///{self.home.absolute() / 'registry.db'}"

    @property
    def store(self) -> str:
        """The report store's pyarrow.fs URL."""
        return self.store_url or (self.home.absolute() / "store").as_uri()

    @property
    def _keys(self) -> Path:
        return self.keys or self.home

    @property
    def keyring(self) -> Path:
        """The file of keys, made at first start with mode 0600."""
        return self._keys / "keyring.json"

    @property
    def master_key(self) -> Path:
        """The key under which the keyring and the vault are sealed, where no token holds it."""
        return self._keys / "master.key"

    @property
    def vault(self) -> Path:
        """The file of the keys that open the shares of households; it is in no backup."""
        return self._keys / "vault.json"

    @property
    def actors_file(self) -> Path:
        """The file that says of users what a look-up of their own family is told by; it need not be there."""
        return self.actors or self.home / "actors.toml"

    @property
    def values(self) -> Path:
        """The folder of named addresses and secrets."""
        return self.values_dir or self.mock_home / "values"
