"""Can the whole chain tell what synthetic images are worth? Generators of known worth stand in the GAN's place.

python benchmarks/planted.py [--processes 2] [--out DIR]
python benchmarks/compare_runs.py BEFORE/truth AFTER/truth

Few real phantoms in training (half of the patients are held back from every arm but real+held-back), all of them in
testing. Fresh phantoms of the true distribution should end "helps"; copies of the training rows and fresh phantoms
with shuffled labels must not. The comparator's stages are computed once and shared; what each kind came to is kept in
DIR/KIND/results.
"""

import argparse
import shutil
import tempfile
from pathlib import Path

from medgan_fashion.base.plain import from_plain
from medgan_fashion.medical.arms.planted import PLANTED
from medgan_fashion.medical.config import AblationConfig
from medgan_fashion.medical.study.run import run_study

STUDY = {
    "folds": 2,
    "repeats": 4,
    "classifier_seeds": 1,
    "phantom_patients": 90,
    "held_back": 0.5,
    "arms": ["real+classic", "real+classic+gan", "real+held-back"],
    "ratio": 10.0,
    "pool": 12.0,
    "classifier": {"updates": 400, "real_share": None},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    out = args.out or Path(tempfile.mkdtemp())
    for kind, generator in PLANTED.items():
        summary = run_study(None, out, from_plain(AblationConfig, STUDY), processes=args.processes, synthesis=generator)
        shutil.copytree(out / "results", out / kind / "results", dirs_exist_ok=True)
        print(f"{kind:9} {summary['verdict']['sentence']}", flush=True)


if __name__ == "__main__":
    main()
