"""A name in both languages."""

from pydantic import BaseModel, ConfigDict

from catalogue.text import Language


class Strict(BaseModel):
    """Data read from files: unknown keys are refused, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Label(Strict):
    """What people read: Chinese first, English by a switch."""

    zh: str
    en: str

    def within(self, language: Language) -> str:
        """Return the name in `language`."""
        return self.zh if language == "zh" else self.en
