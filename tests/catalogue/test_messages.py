"""Both languages say the same things, and every problem that the code can raise has words."""

import re
from pathlib import Path

import pytest
from fluent.runtime import FluentBundle, FluentResource

from catalogue.problems import Problem, Skip, Stop
from catalogue.text import LANGUAGES, _messages, current_language, keys, text

ROOT = Path(__file__).resolve().parents[2]
CODE = [
    p
    for area in ("catalogue", "connectors", "matching", "expectations", "hedui", "mock_province", "dags")
    for p in sorted((ROOT / area).rglob("*.py"))
]
RAISED = re.compile(r"\b(?:Stop|Skip|Retry)\(\s*\"([a-z0-9-]+)\"")
LOOKED_UP = re.compile(r"\btext\(\s*\"([a-z0-9-]+)\"")


def test_both_languages_have_the_same_messages() -> None:
    assert keys("zh") == keys("en")


@pytest.mark.parametrize("pattern", [RAISED, LOOKED_UP], ids=["raised", "looked up"])
def test_every_message_that_the_code_names_exists(pattern: re.Pattern[str]) -> None:
    named = {found for path in CODE for found in pattern.findall(path.read_text("utf-8"))}
    wanted = {f"problem-{code}{end}" for code in named for end in ("", "-hint")} if pattern is RAISED else named
    assert named
    assert wanted <= keys("en"), sorted(wanted - keys("en"))


def test_placeholders_are_the_same_in_both_languages() -> None:
    def placeholders(language: str) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for path in (ROOT / "catalogue/messages" / language).glob("*.ftl"):
            for message in re.split(r"\n(?=[a-z])", path.read_text("utf-8")):
                if message.startswith("#"):
                    continue
                key = message.partition(" =")[0].strip()
                found[key] = set(re.findall(r"\{ ?\$([a-z_]+)", message))
        return found

    zh, en = placeholders("zh"), placeholders("en")
    assert {k: v for k, v in zh.items() if v != en.get(k)} == {}


def test_no_message_is_left_in_the_other_language() -> None:
    han = re.compile(r"[\u4e00-\u9fff]")
    for path in (ROOT / "catalogue/messages/en").glob("*.ftl"):
        for line in path.read_text("utf-8").splitlines():
            if not line.startswith("#"):
                # what an office writes into a cell of the import file is Chinese in any language
                said = re.sub("[是否万]", "", line) if line.startswith("household-") else line
                assert not han.search(said), f"{path.name}: {line}"


def test_a_missing_message_is_an_error_and_not_a_blank() -> None:
    for language in LANGUAGES:
        with pytest.raises(KeyError):
            text("no-such-message", language)
    with pytest.raises(KeyError):
        text("problem-no-run", "en")  # a placeholder without its value


def test_a_problem_crosses_processes_with_its_kind_and_place() -> None:
    import pickle

    problem = pickle.loads(pickle.dumps(Skip("interrupted", source="bank_01")))  # noqa: S301
    assert isinstance(problem, Skip)
    assert not isinstance(problem, Stop)
    assert isinstance(problem, Problem)
    assert (problem.code, problem.where) == ("interrupted", {"source": "bank_01"})
    assert "bank_01" in problem.message("en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_message_says_what_fluent_makes_of_the_whole_catalogue(language: str) -> None:
    whole = FluentBundle([language], use_isolating=False)
    for path in (ROOT / "catalogue/messages" / language).glob("*.ftl"):
        whole.add_resource(FluentResource(path.read_text("utf-8")))
    assert keys(language) == set(whole._messages)
    for key in keys(language):
        pattern = whole.get_message(key).value
        if isinstance(pattern, str):
            assert text(key, language) == pattern, key
        else:
            values = {name: f"<{name}>" for name in re.findall(r"\$([a-z_]+)", _messages(language)[key])}
            assert text(key, language, **values) == whole.format_pattern(pattern, values)[0], key


@pytest.mark.parametrize(
    ("asked", "spoken"),
    {
        "": "zh",
        "zh": "zh",
        "en": "en",
        "EN": "en",
        "en_US.UTF-8": "en",
        "zh-CN": "zh",
        "fr": "zh",
        "english": "zh",
    }.items(),
)
def test_the_language_is_the_one_asked_for(monkeypatch: pytest.MonkeyPatch, asked: str, spoken: str) -> None:
    monkeypatch.setenv("HEDUI_LANGUAGE", asked)
    assert current_language() == spoken
