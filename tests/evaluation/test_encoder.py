"""The small classifier, its training and its files."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from medgan_fashion.evaluation.encoder import (
    SmallCNN,
    build_small_cnn,
    load_encoder,
    save_encoder,
    train_encoder,
)
from medgan_fashion.evaluation.training import batches, predict, train_classifier

Images = NDArray[np.float32]


def planted(n: int, seed: int, size: tuple[int, int] = (16, 16), channels: int = 1) -> tuple[Images, NDArray[np.int64]]:
    """Two classes whose bright half differs: learnable in a few updates, not from mean grey."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    images = rng.normal(0.4, 0.1, (n, channels, *size))
    half = size[1] // 2
    images[labels == 0, :, :, :half] += 0.2
    images[labels == 1, :, :, half:] += 0.2
    return np.clip(images, 0, 1).astype(np.float32), labels.astype(np.int64)


def test_learns_a_planted_difference_and_is_exact_per_seed() -> None:
    images, labels = planted(64, 0)
    fresh, truth = planted(64, 1)
    before = torch.get_rng_state()
    encoders = [train_encoder(images, labels, 2, updates=40, seed=seed) for seed in (3, 3, 4)]
    assert torch.equal(before, torch.get_rng_state())
    probabilities = [encoder.predict(fresh) for encoder in encoders]
    assert (probabilities[0].argmax(axis=1) == truth).mean() > 0.95
    np.testing.assert_allclose(probabilities[0].sum(axis=1), 1)
    np.testing.assert_array_equal(probabilities[0], probabilities[1])
    assert encoders[0].name == encoders[1].name != encoders[2].name
    assert not np.array_equal(probabilities[0], probabilities[2])


@pytest.mark.parametrize(("size", "channels"), [((16, 16), 1), ((16, 40), 3), ((64, 64), 1)])
def test_takes_any_size_from_16(size: tuple[int, int], channels: int) -> None:
    images, labels = planted(8, 0, size, channels)
    encoder = train_encoder(images, labels, 2, updates=2, seed=0)
    features = encoder.features(images)
    assert features.shape == (8, 64) == (8, encoder.dim)
    assert features.dtype == np.float64
    assert features.min() >= 0
    assert features.std(axis=0).max() > 0


def test_refuses_tiny_images() -> None:
    with pytest.raises(ValueError, match="at least 16 pixels"):
        SmallCNN(1, 2, (12, 32))


def test_features_lead_to_the_same_prediction() -> None:
    images, labels = planted(16, 0)
    encoder = train_encoder(images, labels, 2, updates=3, seed=0)
    head = encoder.network.network
    assert isinstance(head, SmallCNN)
    with torch.no_grad():
        logits = head.head(torch.from_numpy(encoder.features(images)).float())
    np.testing.assert_allclose(torch.softmax(logits, 1).numpy(), encoder.predict(images), atol=1e-6)


def test_save_and_load_keep_every_bit(tmp_path: Path) -> None:
    images, labels = planted(16, 0, (32, 48), 3)
    encoder = train_encoder(images, labels, 2, updates=3, seed=0)
    save_encoder(encoder, tmp_path / "encoder.safetensors")
    again = load_encoder(tmp_path / "encoder.safetensors")
    assert (again.name, again.dim) == (encoder.name, encoder.dim)
    assert again.name.startswith("fold-encoder-64-")
    assert len(again.name.rsplit("-", 1)[1]) == 8
    np.testing.assert_array_equal(again.features(images), encoder.features(images))
    np.testing.assert_array_equal(again.predict(images), encoder.predict(images))


def test_load_refuses_other_files_and_changed_weights(tmp_path: Path) -> None:
    from safetensors import safe_open
    from safetensors.torch import save_file

    other = tmp_path / "other.safetensors"
    save_file({"a": torch.zeros(1)}, other)
    with pytest.raises(ValueError, match=r"other\.safetensors is not an encoder file"):
        load_encoder(other)
    images, labels = planted(16, 0)
    path = tmp_path / "encoder.safetensors"
    save_encoder(train_encoder(images, labels, 2, updates=1, seed=0), path)
    with safe_open(path, framework="pt") as file:
        metadata, tensors = file.metadata(), {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    tensors["network.head.bias"] += 1
    save_file(tensors, path, metadata=metadata)
    with pytest.raises(ValueError, match="do not fit its name"):
        load_encoder(path)


def test_normalisation_is_the_pools_own() -> None:
    images, labels = planted(32, 0, channels=2)
    model = train_classifier(build_small_cnn(2, 2, (16, 16), seed=0), images, labels, updates=1, seed=0)
    np.testing.assert_allclose(model.mean.flatten().numpy(), images.mean(axis=(0, 2, 3)), rtol=1e-5)
    np.testing.assert_allclose(model.sd.flatten().numpy(), images.std(axis=(0, 2, 3)), rtol=1e-5)
    assert not model.training


def test_batches_share_and_rounds() -> None:
    real = np.arange(50) < 10
    plan = list(batches(50, updates=20, batch=16, seed=1, real=real, real_share=0.25))
    assert len(plan) == 20
    assert {int(real[rows].sum()) for rows in plan} == {4}
    counts = np.bincount(np.concatenate(plan), minlength=50)
    assert set(counts[:10]) == {8}  # 80 draws of 10 rows: exactly 8 rounds
    assert set(counts[10:]) == {6}  # 240 draws of 40 rows
    whole = list(batches(50, updates=25, batch=16, seed=1, real=real, real_share=None))
    assert set(np.bincount(np.concatenate(whole), minlength=50)) == {8}
    alike = list(batches(50, updates=25, batch=16, seed=1, real=np.ones(50, dtype=bool), real_share=0.5))
    np.testing.assert_array_equal(np.stack(alike), np.stack(whole))
    other = list(batches(50, updates=25, batch=16, seed=2, real=None, real_share=None))
    assert not np.array_equal(np.stack(other), np.stack(whole))


def test_first_updates_do_not_depend_on_how_many_follow() -> None:
    few = list(batches(30, updates=5, batch=8, seed=1, real=None, real_share=None))
    many = list(batches(30, updates=50, batch=8, seed=1, real=None, real_share=None))
    np.testing.assert_array_equal(np.stack(few), np.stack(many[:5]))


def test_batch_larger_than_the_pool() -> None:
    images, labels = planted(6, 0)
    network = build_small_cnn(1, 2, (16, 16), seed=0)
    model = train_classifier(network, images, labels, updates=2, batch=16, seed=0)
    assert predict(model, images).shape == (6, 2)


def test_memory_mapped_images(tmp_path: Path) -> None:
    images, labels = planted(8, 0)
    np.save(tmp_path / "images.npy", images)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    one, two = (train_encoder(pool, labels, 2, updates=2, seed=0) for pool in (images, mapped))
    np.testing.assert_array_equal(one.predict(images), two.predict(mapped))


def test_errors_name_what_is_wrong() -> None:
    images, labels = planted(8, 0)
    network = build_small_cnn(1, 2, (16, 16), seed=0)
    with pytest.raises(ValueError, match="must be float32"):
        train_classifier(network, images.astype(np.float64), labels, updates=1, seed=0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="labels of shape"):
        train_classifier(network, images, labels[:3], updates=1, seed=0)
    with pytest.raises(ValueError, match="mask `real`"):
        train_classifier(network, images, labels, updates=1, seed=0, real=np.ones(3, dtype=bool))
    with pytest.raises(ValueError, match="not finite"):
        train_classifier(network, np.full_like(images, np.nan), labels, updates=1, seed=0)
