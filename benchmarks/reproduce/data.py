"""The local data of the reproduction table as arrays, and the grids of pictures."""

import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from medgan_fashion.imaging.cases.config import ImageConfig
from medgan_fashion.imaging.discover.make_cases import make_cases
from medgan_fashion.imaging.prepare.folds import patient_folds
from medgan_fashion.imaging.prepare.imageset import centre
from medgan_fashion.imaging.prepare.intensity import fit_intensity
from medgan_fashion.imaging.prepare.prepare import prepare_cases

Pictures = NDArray[np.uint8]
Labels = NDArray[np.int64]
TRAINED_ON = 50_000  # digits; the other 10,000 are held out


@dataclass(frozen=True)
class Split:
    """Pictures uint8 (N, C, H, W) and their classes (N,), to train on and held out."""

    train: Pictures
    train_labels: Labels
    held: Pictures
    held_labels: Labels

    @property
    def n_classes(self) -> int:
        """Classes are 0 .. n_classes - 1."""
        return int(self.train_labels.max()) + 1


def folder_of(data: Path, name: str) -> Path:
    """data/name; ValueError where it is not there."""
    if not (data / name).is_dir():
        raise ValueError(f"{data / name} is not there; say where the data are with --data")
    return data / name


def idx(path: Path) -> Pictures:
    """An idx.gz file as an array."""
    raw = gzip.decompress(path.read_bytes())
    shape = [int.from_bytes(raw[4 + 4 * i : 8 + 4 * i], "big") for i in range(raw[3])]
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(shape).copy()


def padded(images: Pictures) -> Pictures:
    """28 x 28 pictures with a black border of 2 pixels: 32 x 32."""
    return np.pad(images, ((0, 0), (0, 0), (2, 2), (2, 2)))


def digits(data: Path) -> Split:
    """The 60,000 training digits of MNIST, 28 x 28: the first 50,000 to train on, the last 10,000 held out."""
    folder, n = folder_of(data, "mnist"), TRAINED_ON
    images = idx(folder / "train-images-idx3-ubyte.gz")[:, None]
    labels = idx(folder / "train-labels-idx1-ubyte.gz").astype(np.int64)
    return Split(images[:n], labels[:n], images[n:], labels[n:])


def garments(data: Path) -> Split:
    """7,000 pictures of Fashion-MNIST to train on and 1,000 held out, padded to 32 x 32."""
    folder = folder_of(data, "fashion_mnist")
    images = [padded(idx(folder / f"{part}-images-idx3-ubyte.gz")[:, None]) for part in ("train", "t10k")]
    labels = [idx(folder / f"{part}-labels-idx1-ubyte.gz").astype(np.int64) for part in ("train", "t10k")]
    return Split(images[0], labels[0], images[1], labels[1])


def tumours(data: Path, work: Path, size: int = 32) -> Split:
    """450 MRI slices cut around their lesion by the case table reader; three tenths of the groups are held out."""
    work.mkdir(parents=True, exist_ok=True)
    table = work / "cases.csv"
    make_cases(folder_of(data, "brain_tumor_mri"), table, boxes="yolo")
    config = ImageConfig(size=(size, size), margin=0.25)
    every = prepare_cases(table, config).images
    held = patient_folds(every.labels, every.groups, 10, 0, classes=every.card.classes) < 3
    fitted = fit_intensity(every.take(~held).images, config.intensity, config.size)
    views = fitted.apply(centre(every.images, config.size))
    pictures = (views * 255).round().astype(np.uint8)
    return Split(pictures[~held], every.labels[~held], pictures[held], every.labels[held])


def labels_kept(labels: Labels, per_class: int, seed: int) -> Labels:
    """The labels (N,) with -1 (none) everywhere but at `per_class` of each class, drawn by `seed`."""
    rng = np.random.default_rng((seed, 21))
    kept = np.full(len(labels), -1, dtype=np.int64)
    for one in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == one))[:per_class]
        kept[rows] = one
    return kept


def write_grid(path: Path, pictures: Pictures, columns: int = 10, scale: int = 2) -> None:
    """Pictures uint8 (N, C, H, W) as one PNG, row by row, that says it is synthetic."""
    n, channels, height, width = pictures.shape
    rows = -(-n // columns)
    sheet = np.zeros((rows * columns, channels, height, width), dtype=np.uint8)
    sheet[:n] = pictures
    tiled = sheet.reshape(rows, columns, channels, height, width).transpose(0, 3, 1, 4, 2)
    array = tiled.reshape(rows * height, columns * width, channels)
    image = Image.fromarray(array[..., 0] if channels == 1 else array)
    info = PngInfo()
    info.add_text("SyntheticData", "YES")
    path.parent.mkdir(parents=True, exist_ok=True)
    image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST).save(path, pnginfo=info)
