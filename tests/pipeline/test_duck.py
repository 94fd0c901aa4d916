"""DuckDB as the stages open it: silent, and within the folder that it was given."""

from pathlib import Path

from hedui.pipeline.duck import open_duckdb


def test_long_queries_draw_nothing_on_standard_output(tmp_path: Path) -> None:
    with open_duckdb(tmp_path, memory_limit="200MB") as database:  # to see one drawn would take a query of two seconds
        assert database.execute("SELECT current_setting('enable_progress_bar')").fetchall() == [(False,)]


def test_what_does_not_fit_is_spilled_into_the_folder(tmp_path: Path) -> None:
    with open_duckdb(tmp_path / "spill", memory_limit="40MB", threads=1) as database:
        rows = database.sql("SELECT hash(range)::VARCHAR AS text FROM range(3000000) ORDER BY text").to_arrow_reader(
            1000
        )
        rows.read_next_batch()
        assert any((tmp_path / "spill").iterdir())
