"""A short run of the benchmark: the null is true, and false "helps" is rare in quiet and nasty studies."""

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

PATH = Path(__file__).resolve().parents[2] / "benchmarks" / "verdict_simulation.py"


@pytest.fixture(scope="module")
def simulation():
    spec = importlib.util.spec_from_file_location("verdict_simulation", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["verdict_simulation"] = module  # dataclasses look their module up by name
    spec.loader.exec_module(module)
    yield module
    del sys.modules["verdict_simulation"]


@pytest.mark.parametrize("gain", [0.0, 0.05])
def test_the_simulated_arms_have_the_declared_recall(simulation, gain):
    setting = replace(simulation.SETTINGS[0], gain=gain, spread=simulation.NASTY, patients=60)
    rng = np.random.default_rng(0)
    rates = []
    for _ in range(600):
        labels, patients = simulation.cases(setting, rng)
        rates.append((simulation.margins(setting, labels, patients, rng) > 0).mean(axis=(1, 2, 3)))
    mean, error = np.mean(rates, axis=0), np.std(rates, axis=0) / 600**0.5
    assert np.all(np.abs(mean - [0.75 + gain, 0.75]) < 4 * error)


@pytest.mark.parametrize(("patients", "repeats", "nasty"), [(60, 3, False), (60, 2, True)])
def test_false_helps_is_rare_and_the_interval_covers(simulation, patients, repeats, nasty):
    spread = simulation.NASTY if nasty else simulation.Spread()
    setting = simulation.Setting("short", patients, repeats, spread=spread, n_boot=200)
    rates = simulation.rates([simulation.simulate(setting, 0, table) for table in range(300)], 0.0)
    assert rates["helps"] <= 0.05
    assert rates["coverage"] >= 0.93
    assert 0.9 < rates["se"] / rates["sd"] < 1.3
