"""The table of learning tasks: which one a configuration asks for. A further one is a class like those, and a row."""

from medgan_fashion.medical.classification.task import Classification
from medgan_fashion.medical.config import AblationConfig, StudyConfig
from medgan_fashion.medical.design import Synthesis
from medgan_fashion.medical.planner import StudyTask
from medgan_fashion.medical.segmentation.config import SegmentationConfig
from medgan_fashion.medical.segmentation.task import Segmentation


def task_of(config: StudyConfig, synthesis: Synthesis | None = None) -> StudyTask:
    """The learning task of a study. `synthesis` may put something else in the place of a classification's GANs."""
    if isinstance(config, SegmentationConfig):
        return Segmentation(config)
    assert isinstance(config, AblationConfig)
    return Classification(config, synthesis)
