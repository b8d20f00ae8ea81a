"""A version that comes later: a new field moves no key and stops no study, a changed default does."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from medgan_fashion.base.plain import added, from_plain, to_key, to_plain
from medgan_fashion.medical.design import cell_seed
from medgan_fashion.medical.segmentation.config import SegmentationConfig
from medgan_fashion.runs.engine.declare import declare, read_declared
from medgan_fashion.runs.engine.stage import Stored, complete

from .planted_stages import from_config, number, total


@dataclass(frozen=True)
class Inner:
    width: int = 8


@dataclass(frozen=True)
class InnerNow(Inner):
    depth: int = added(2, absent=2)


@dataclass(frozen=True)
class Config:
    updates: int = 5
    parts: tuple[Inner, ...] = (Inner(), Inner(4))
    inner: Inner = field(default_factory=Inner)


@dataclass(frozen=True)
class ConfigNow:
    """As `Config`, of a version that knows how to warm up and how deep it is."""

    updates: int = 5
    parts: tuple[InnerNow, ...] = (InnerNow(), InnerNow(4))
    inner: InnerNow = field(default_factory=InnerNow)
    warm_up: int = added(0, absent=0)


@dataclass(frozen=True)
class ConfigLater(ConfigNow):
    """As `ConfigNow`, of a version that thought better of the default."""

    warm_up: int = added(3, absent=0)


@dataclass(frozen=True)
class Shortened:
    updates: int = 5


def test_a_field_that_comes_later_moves_no_key_and_a_changed_default_does() -> None:
    first, now, later = (from_config.task(config=config()).key for config in (Config, ConfigNow, ConfigLater))
    assert first == now != later
    assert from_config.task(config=ConfigLater(warm_up=0)).key == first
    assert from_config.task(config=ConfigNow(inner=InnerNow(depth=3))).key != first
    assert to_plain(ConfigNow())["warm_up"] == 0  # what is written down is whole
    assert to_key(ConfigNow()) == to_plain(Config())
    # keys of dataclasses are those that their plain data had
    assert from_config.task(config=Config()).key == from_config.task(config=to_plain(Config())).key


def test_a_running_study_goes_on_and_a_changed_default_is_named(tmp_path: Path) -> None:
    declare(tmp_path, Config(), {"cases": "abc"})
    before = (tmp_path / "declared.json").read_text()
    declare(tmp_path, ConfigNow(), {"cases": "abc"})
    assert (tmp_path / "declared.json").read_text() == before
    with pytest.raises(ValueError, match=r"another study \(warm_up: 0 -> 3\); set back what changed"):
        declare(tmp_path, ConfigLater(), {"cases": "abc"})
    with pytest.raises(ValueError, match=r"\(cases: 'abc' -> 'abd'; inner\.depth: 2 -> 3; updates: 5 -> 6\)"):
        declare(tmp_path, ConfigNow(updates=6, inner=InnerNow(depth=3)), {"cases": "abd"})
    read = read_declared(tmp_path, ConfigLater)
    assert read.config == ConfigLater(warm_up=0)
    assert read.inputs == {"cases": "abc"}


def test_what_cannot_be_read_any_more_is_named_with_its_version(tmp_path: Path) -> None:
    declare(tmp_path, Config(), {})
    whole = json.loads((tmp_path / "declared.json").read_text())
    for plain, said in ((whole | {"version": "0.7.0"}, "0.7.0"), ({"config": whole["config"]}, "0.1.0 or older")):
        (tmp_path / "declared.json").write_text(json.dumps(plain))
        words = rf"declared by version {said}, .*unknown key 'parts'.*go on with that version"
        with pytest.raises(ValueError, match=words):
            declare(tmp_path, Shortened(), {})


def test_the_first_version_s_declaration_is_read(tmp_path: Path) -> None:
    """Segmentation had no gate and no privacy screening then."""
    plain: dict[str, Any] = to_plain(SegmentationConfig())
    for name in ("gate", "privacy", "encoder_updates"):
        del plain[name]
    (tmp_path / "declared.json").write_text(json.dumps({"config": plain, "cases": "abc"}))
    declare(tmp_path, SegmentationConfig(), {"cases": "abc"})
    assert from_plain(SegmentationConfig, plain, stored=True) == SegmentationConfig()


def test_tasks_are_found_wherever_they_are(tmp_path: Path) -> None:
    one, two, three = (number.task(value=i) for i in (1, 2, 3))
    nested = total.task(parts=[one])
    deep = from_config.task(config={"a": {"b": (two, [nested])}, "c": [{"d": three}], "e": Stored("k", tmp_path)})
    assert [task.key for task in deep.needs()] == [two.key, nested.key, three.key]
    found = deep.resolved(tmp_path)["config"]
    assert found["a"]["b"] == (two.folder(tmp_path), [nested.folder(tmp_path)])
    assert found["c"] == [{"d": three.folder(tmp_path)}]
    assert found["e"] == tmp_path
    assert json.loads((complete(deep, tmp_path) / "config.json").read_text())["a"]["b"][0] == str(two.folder(tmp_path))


def test_a_stage_says_which_version_computed_it(tmp_path: Path) -> None:
    assert json.loads((complete(number.task(value=1), tmp_path) / "stage.json").read_text())["version"]


def test_no_two_cells_of_a_study_share_a_seed() -> None:
    places = [(r, f, c) for r in range(12) for f in range(12) for c in range(25)]
    assert len({cell_seed(7, *place) for place in places}) == len(places)
    # as the first version had them, wherever it had no collision
    assert cell_seed(3, 2, 1, 9) == 3_000_000 + 2_000 + 10 + 9
    assert cell_seed(0, 0, 0, 10) != cell_seed(0, 0, 1, 0)
    with pytest.raises(ValueError, match="folds must be 2 to 100"):
        SegmentationConfig(folds=101)
