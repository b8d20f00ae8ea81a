"""Which images a study shows, and that nothing about them but what they show tells real from synthetic."""

import io
import json
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from medgan_fashion.runs.stages.folds import load_fold
from medgan_fashion.studio.medical.reading_cases import (
    SIDE,
    Case,
    Sources,
    available,
    case_png,
    choose_cases,
    load_sources,
    reading_order,
)
from medgan_fashion.studio.runs import Run, read_run
from tests.apps.tiny_study import shared_study


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished ablation with a real GAN."""
    found = read_run(shared_study(tmp_path_factory))
    assert found
    return found


@pytest.fixture(scope="module")
def sources(run: Run) -> Sources:
    return load_sources(run)


@pytest.fixture(scope="module")
def cases(sources: Sources) -> list[Case]:
    return choose_cases(sources, available(sources), 3, "study")


def test_a_study_is_balanced_and_repeats_nothing(sources: Sources, cases: list[Case]) -> None:
    kinds = Counter((case.synthetic, case.label) for case in cases)
    assert len(kinds) == 2 * len(sources.classes)
    assert len(set(kinds.values())) == 1
    by_fold = [Counter((case.fold, case.label) for case in cases if case.synthetic is kind) for kind in (True, False)]
    assert by_fold[0] == by_fold[1]
    assert len({(case.fold, case.row, case.synthetic) for case in cases}) == len(cases)
    lesions = [
        (case.fold, int(sources.folds[case.fold].held_out.lesions[case.row])) for case in cases if not case.synthetic
    ]
    assert len(set(lesions)) == len(lesions)


def test_labels_are_those_of_the_images(sources: Sources, cases: list[Case]) -> None:
    for case in cases:
        source = sources.folds[case.fold]
        labels = source.made.labels if case.synthetic else source.held_out.labels
        assert case.label == labels[case.row]


def test_no_real_image_trained_the_gan_of_its_fold(run: Run, sources: Sources, cases: list[Case]) -> None:
    listed = json.loads((run.folder / "results" / "images.json").read_text())
    for case in cases:
        trained = load_fold(run.folder / listed["folds"][case.fold]["training"]).canvases
        if not case.synthetic:
            image = sources.folds[case.fold].held_out.canvases[case.row]
            assert not (np.asarray(trained) == image).all(axis=(1, 2, 3)).any()


def test_an_uneven_number_of_pairs_is_balanced_as_far_as_it_goes(sources: Sources) -> None:
    n = 2 * len(sources.classes) + 2
    kinds = Counter((case.synthetic, case.label) for case in choose_cases(sources, n, 0, "s"))
    assert sum(kinds.values()) == n
    assert sorted(kinds.values()) == [1, 1, 1, 1, 2, 2]
    assert all(kinds[True, label] == kinds[False, label] for label in range(len(sources.classes)))


def test_the_choice_is_the_seed_s(sources: Sources) -> None:
    first, again, other = (choose_cases(sources, 12, seed, "s") for seed in (1, 1, 2))
    assert first == again
    assert {(c.fold, c.row) for c in first} != {(c.fold, c.row) for c in other}


@pytest.mark.parametrize("n", [0, 4, 13, 10_000, -2])
def test_a_number_that_cannot_be_balanced_is_refused(sources: Sources, n: int) -> None:
    with pytest.raises(ValueError, match=f"an even number from 6 to {available(sources)}"):
        choose_cases(sources, n, 0, "s")


def test_a_picture_file_tells_nothing(sources: Sources, cases: list[Case]) -> None:
    seen: dict[bool, set[tuple]] = {True: set(), False: set()}
    for case in cases:
        data = case_png(sources, case)
        picture = Image.open(io.BytesIO(data))
        picture.load()
        chunks = [data[at + 4 : at + 8] for at in _chunks(data)]
        # signature and header: size, depth, colour, interlace; then what blocks there are, and what they carry besides
        seen[case.synthetic].add(
            (data[:33], picture.size, picture.mode, tuple(dict.fromkeys(chunks)), str(picture.info))
        )
    assert seen[True] == seen[False]
    (header, size, mode, blocks, info), *rest = seen[True]
    assert (size, mode, blocks, info, rest) == ((SIDE, SIDE), "L", (b"IHDR", b"IDAT", b"IEND"), "{}", [])
    assert header[24] == 8


def _chunks(data: bytes) -> list[int]:
    starts, at = [], 8
    while at < len(data):
        starts.append(at)
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    return starts


def test_values_outside_the_range_are_clipped_alike(sources: Sources, cases: list[Case]) -> None:
    case = next(case for case in cases if case.synthetic)
    source = sources.folds[case.fold]
    wild = np.array(source.made.images)
    wild[case.row] = wild[case.row] * 3 - 1
    changed = replace(source, made=replace(source.made, images=wild))
    folds = tuple(changed if at == case.fold else other for at, other in enumerate(sources.folds))
    grey = np.asarray(Image.open(io.BytesIO(case_png(replace(sources, folds=folds), case))))
    assert (grey.min(), grey.max()) == (0, 255)


def test_ids_are_opaque_and_in_no_order_of_truth(sources: Sources) -> None:
    studies = [choose_cases(sources, 12, seed, f"study {seed}") for seed in range(200)]
    every = [case for study in studies for case in study]
    assert len({case.id for case in every}) == len(every)
    assert all(len(case.id) == 16 and int(case.id, 16) >= 0 for case in every)
    truth = np.array([[case.synthetic for case in study] for study in studies], dtype=float)
    ids = np.array([[int(case.id, 16) for case in study] for study in studies], dtype=float)
    assert abs(np.corrcoef(ids.ravel(), truth.ravel())[0, 1]) < 0.08  # 2400 cases: 4 standard errors
    assert np.abs(truth.mean(axis=0) - 0.5).max() < 0.15  # at every position


def test_every_reader_has_an_order_of_their_own_that_stays(sources: Sources, cases: list[Case]) -> None:
    first, again, other = (reading_order(cases, 3, reader) for reader in ("a", "a", "b"))
    assert first == again
    assert first != other
    assert sorted(c.id for c in first) == sorted(c.id for c in other) == sorted(c.id for c in cases)
    early = np.array([[c.synthetic for c in reading_order(cases, 3, str(at))] for at in range(400)]).mean(axis=0)
    assert np.abs(early - 0.5).max() < 0.13


def test_each_part_of_a_reading_is_as_balanced_as_the_whole() -> None:
    cases = [Case(f"{at:016x}", 0, at, at % 2 == 0, at // 2 % 2) for at in range(40)]
    read = reading_order(cases, 0, "reader")
    for part in range(0, 40, 10):
        kinds = Counter((case.synthetic, case.label) for case in read[part : part + 10])
        assert all(1 <= kinds[kind] <= 4 for kind in ((True, 0), (True, 1), (False, 0), (False, 1)))


def _copy(run: Run, folder: Path) -> Run:
    shutil.copytree(run.folder, folder)
    return replace(run, folder=folder)


def test_a_run_that_does_not_say_where_its_images_lie(run: Run, tmp_path: Path) -> None:
    older = _copy(run, tmp_path / "older")
    listed = older.folder / "results" / "images.json"
    text = listed.read_text()
    listed.write_text("{")
    with pytest.raises(ValueError, match="damaged"):
        load_sources(older)
    listed.unlink()
    with pytest.raises(ValueError, match="run the same command again"):
        load_sources(older)
    listed.write_text(text)
    shutil.rmtree(older.folder / "stages" / "synthesise")
    with pytest.raises(ValueError, match="images of run tiny are gone"):
        load_sources(older)


def test_images_of_another_fold_s_gan_are_refused(run: Run, tmp_path: Path) -> None:
    crossed = _copy(run, tmp_path / "crossed")
    listed = crossed.folder / "results" / "images.json"
    about = json.loads(listed.read_text())
    about["folds"][0]["synthetic"], about["folds"][1]["synthetic"] = (about["folds"][k]["synthetic"] for k in (1, 0))
    listed.write_text(json.dumps(about))
    with pytest.raises(ValueError, match="not of this fold's rows"):
        load_sources(crossed)


def test_synthetic_images_of_another_size_are_refused(run: Run, tmp_path: Path) -> None:
    resized = _copy(run, tmp_path / "resized")
    made = next((resized.folder / "stages" / "synthesise").glob("[!.]*/images.npy"))
    np.save(made, np.load(made)[:, :, :8])
    with pytest.raises(ValueError, match="anybody could tell them apart"):
        load_sources(resized)
