"""Globs mean what git's pathspecs mean: `git ls-files` is the oracle, on a tree of awkward names."""

import os
import time

import pytest

from jetscale_cicd.decide.scope import Globs


class TestWhatAGlobMeans:
    @pytest.mark.parametrize("path", ["charts/app/Chart.yaml", "charts/x", "charts/a/b/c/d", "charts/\n"])
    def test_two_stars_at_the_end_match_everything_below(self, path: str) -> None:
        assert Globs(("charts/**",)).rule(path.encode()) == "charts/**"

    @pytest.mark.parametrize("path", ["charts", "chartsx/a", "xcharts/a", "x/charts/a", "Charts/a", "docs/charts/**"])
    def test_a_glob_is_anchored_at_both_ends(self, path: str) -> None:
        assert Globs(("charts/**",)).rule(path.encode()) is None

    def test_one_star_stays_in_its_folder(self) -> None:
        globs = Globs(("envs/*/values.yaml",))
        assert globs.rule(b"envs/live/values.yaml")
        assert not globs.rule(b"envs/live/eu/values.yaml")

    def test_a_plain_name_is_a_file_or_everything_below_a_folder(self) -> None:
        globs = Globs(("envs/live",))
        assert globs.rule(b"envs/live")
        assert globs.rule(b"envs/live/a/b")
        assert not globs.rule(b"envs/live.yaml")

    def test_the_first_of_several_patterns_that_match_is_the_rule(self) -> None:
        globs = Globs(("charts/app/*", "charts/**", "[bad", "envs/(live)"))
        assert globs.rule(b"charts/app/Chart.yaml") == "charts/app/*"
        assert globs.rule(b"charts/app/templates/a.yaml") == "charts/**"
        assert globs.rule(b"envs/(live)") == "envs/(live)"
        assert globs.rule(b"docs/a") is None

    @pytest.mark.parametrize("folder", ["docs", "chart", "envs/live2", "envs/li", "src/a"])
    def test_a_folder_that_no_pattern_reaches_holds_no_match(self, folder: str) -> None:
        globs = Globs(("charts/**", "envs/live/*.yaml", ".stage6.yaml"))
        assert not globs.may_match_below(folder.encode())

    def test_no_pattern_matches_nothing(self) -> None:
        assert Globs(()).rule(b"") is None
        assert Globs(()).rule(b"a") is None

    def test_bytes_that_are_no_text_match_a_star_and_themselves(self) -> None:
        path = b"charts/\xff\xfe"
        assert Globs(("charts/*",)).rule(path)
        assert Globs((os.fsdecode(path),)).rule(path)

    def test_a_backwards_range_is_no_error(self) -> None:
        assert Globs(("[z-a]",)).rule(b"z")
        assert not Globs(("[z-a]",)).rule(b"m")

    @pytest.mark.parametrize(
        ("pattern", "path"),
        [
            ("*a" * 7 + "*b", b"a" * 60),
            ("**/a/" * 7 + "b", b"a/" * 60),
            ("**/" + "*a" * 7 + "*b/**/" + "*a" * 7 + "*b", (b"a" * 30 + b"/") * 30),
            ("**/" * 12 + "b", b"a/" * 60),
            ("**/*a?*a[!b]*/" * 4 + "*b", (b"a" * 20 + b"/") * 20),
        ],
    )
    def test_no_pattern_takes_longer_the_more_wildcards_it_has(self, pattern: str, path: bytes) -> None:
        globs = Globs((pattern, f"x/{pattern}"))
        started = time.monotonic()
        assert globs.rule(path) is None
        assert globs.rule(path + b"c") is None
        assert time.monotonic() - started < 1  # the first of them took twelve seconds, the next ones longer
