"""Settings, from the environment (`HEDUI_…`). Every folder that Hedui writes lies under `home`."""

from pathlib import Path
from typing import Literal

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where things are. An empty environment gives the embedded default: everything under `var/`."""

    model_config = SettingsConfigDict(env_prefix="HEDUI_", frozen=True)

    home: Path = Path("var")
    mock_home: Path = Path("mock")
    database_url: str = ""  # SQLAlchemy URL; empty: SQLite under home
    store_url: str = ""  # any pyarrow.fs URL; empty: a folder under home
    engine: Literal["local", "spark"] = "local"
    language: Literal["zh", "en"] = "zh"
    # One file per value: the addresses and secrets that manifests name as ${…}.
    # Empty: those that the mock province wrote.
    values_dir: Path | None = None
    source_seconds: float = 60.0  # a source that has not delivered by then is recorded as no answer
    workers: int = 8  # sources pulled side by side by `hedui nightly`

    @property
    def database(self) -> str:
        """The registry's SQLAlchemy URL."""
        return self.database_url or f"sqlite:///{self.home.absolute() / 'registry.db'}"

    @property
    def store(self) -> str:
        """The report store's pyarrow.fs URL."""
        return self.store_url or (self.home.absolute() / "store").as_uri()

    @property
    def keyring(self) -> Path:
        """The file of keys, made at first start with mode 0600."""
        return self.home / "keyring.json"

    @property
    def values(self) -> Path:
        """The folder of named addresses and secrets."""
        return self.values_dir or self.mock_home / "values"
