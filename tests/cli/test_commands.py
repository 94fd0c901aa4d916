"""The command line: light to start, helpful in both languages, and honest in its exit codes."""

import os
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from catalogue.text import LANGUAGES, text
from hedui.cli import COMMANDS, hedui

HEAVY = {
    "fluent",
    "rich",
    "numpy",
    "great_expectations",
    "pandas",
    "pyarrow",
    "duckdb",
    "sqlalchemy",
    "airflow",
    "cryptography",
    "asyncssh",
}


def everything(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from everything(child, (*path, name))


ALL = sorted(everything(hedui))


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    code = "from hedui.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_command_is_there() -> None:
    assert {path[0] for path in ALL if path} == set(COMMANDS)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_with_an_example_in_both_languages(command: str, language: str) -> None:
    # A fresh process: help is worded when the command is loaded.
    for path in (p for p in ALL if p[:1] == (command,)):
        shown = run(*path, "--help", HEDUI_LANGUAGE=language)
        assert shown.returncode == 0, shown.stderr
        assert {"zh": "示例", "en": "Example"}[language] in shown.stdout, path
        assert (language == "en") != any("\u4e00" <= c <= "\u9fff" for c in shown.stdout.replace("中文", "")), path


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from hedui.cli import hedui\n"
        "assert CliRunner().invoke(hedui, ['--help']).exit_code == 0\n"
        "print(','.join(sorted({m.partition('.')[0] for m in sys.modules})))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not HEAVY & set(loaded.strip().split(","))


def test_a_wrong_date_is_a_usage_error() -> None:
    assert CliRunner().invoke(hedui, ["nightly", "--date", "30.6.2026"]).exit_code == 2
    assert CliRunner().invoke(hedui, ["no-such-command"]).exit_code == 2


def test_a_problem_is_an_error_line_and_a_hint_line_and_no_traceback(tmp_path) -> None:
    shown = run("run", "show", "--date", "2026-06-30", HEDUI_HOME=str(tmp_path), HEDUI_LANGUAGE="en")
    assert shown.returncode == 4
    assert [line.partition(":")[0] for line in shown.stderr.splitlines()] == ["error", "hint"]


def test_a_night_without_households_says_what_to_do(tmp_path) -> None:
    shown = run("nightly", "--date", "2026-06-30", HEDUI_HOME=str(tmp_path), HEDUI_LANGUAGE="en")
    assert shown.returncode == 4
    assert "hedui household import" in shown.stderr


def test_ctrl_c_ends_any_command_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(type(hedui), "get_command", lambda *_: interrupted)
    assert CliRunner().invoke(hedui, ["run"]).exit_code == 130


def test_a_language_that_there_is_not_is_a_usage_error_in_every_language_that_there_is() -> None:
    for arguments in (["--help"], ["match", "--help"], ["run", "show"]):
        shown = CliRunner().invoke(hedui, arguments, env={"HEDUI_LANGUAGE": "fr"})
        assert shown.exit_code == 2
        for language in LANGUAGES:
            assert text("cli-bad-language", language, known="zh, en") in shown.stderr
    for known in ("", "zh", "en", "EN", "zh_CN.UTF-8", "en-GB"):
        assert CliRunner().invoke(hedui, ["--help"], env={"HEDUI_LANGUAGE": known}).exit_code == 0, known
