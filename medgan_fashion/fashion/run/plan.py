"""Every task of the chain `garments` and what it needs; nothing runs here."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from medgan_fashion.fashion.config import GarmentsConfig
from medgan_fashion.fashion.data.catalogue import save_catalogue, store_shelf
from medgan_fashion.fashion.data.purchases import find_customer
from medgan_fashion.fashion.recommend.towers import check_categories
from medgan_fashion.fashion.recommend.visual import store_features
from medgan_fashion.fashion.run.shop import Shop, store_purchases
from medgan_fashion.fashion.run.stages_design import Asked, design_controls, design_garments
from medgan_fashion.fashion.run.stages_gan import (
    adopted_gan,
    catalogue_encoder,
    check_garment_model,
    designable,
    gan_encoder,
    garment_gan,
    judge_gan,
)
from medgan_fashion.fashion.run.stages_recommend import fit_recommender, new_customers, rank_recommenders
from medgan_fashion.fashion.run.stages_restyle import inversion_limits, planted_inversion, restyle_photos
from medgan_fashion.gan import load_model
from medgan_fashion.gan.recipe.spelling import first_spelling
from medgan_fashion.runs.engine.stage import Stored, Task, store

# ---------------------------------------------------------------------------------------------------------------------
# The tasks of a run of garments, by what they give.


@dataclass(frozen=True)
class Plan:
    """The tasks of a run. `designs` by eta, for the judged customers; `shown` for those whose pictures are shown."""

    catalogue: Stored
    shelf: Stored
    history: Stored
    split: list[Stored]
    encoder: Task
    models: dict[str, Task]
    ensemble: list[Task]
    held_out: list[Task]
    gan: Task
    latent_encoder: Task
    gan_figures: Task
    ranking: Task
    newcomers: Task | None
    judged: Asked
    designs: dict[float, Task]
    controls: Task
    shown_for: Asked
    shown: Task
    limits: Task
    planted: Task
    restyled: Task

    @property
    def tasks(self) -> list[Task]:
        """All that has to be completed."""
        ends = [self.gan_figures, self.ranking, *self.designs.values(), self.controls, self.shown]
        ends += [self.limits, self.planted, self.restyled]
        return ends if self.newcomers is None else [*ends, self.newcomers]


K = 10  # length of the lists that the ranking figures judge
OTHER = 1000  # added to the seed of what must not share one with the ensemble


class Planner:
    """Makes the plan of a shop in a run folder."""

    def __init__(self, run: Path, shop: Shop, config: GarmentsConfig, features: Any = None) -> None:
        self.run, self.shop, self.config = run, shop, config
        check_categories(shop.catalogue)
        key = shop.catalogue.content_hash()
        self.catalogue = store(run, "catalogue", key, lambda folder: save_catalogue(shop.catalogue, folder))
        self.shelf = store_shelf(run, shop.catalogue)
        self.history = store_purchases(run, shop.purchases)
        parts = shop.split
        self.split = [store_purchases(run, p) for p in (parts.train, parts.validation, parts.test, parts.cold)]
        self.features = None if features is None else store_features(run, features)
        updates = config.recommenders.encoder_updates
        self.encoder = catalogue_encoder.task(catalogue=self.catalogue, updates=updates, seed=config.seed)

    def _fit(self, name: str, seed: int, settings: Any = None, purchases: Stored | None = None) -> Task:
        own = self.features if name == "vbpr" else None
        return fit_recommender.task(
            catalogue=self.catalogue,
            purchases=purchases or self.split[0],
            encoder=self.encoder if name == "vbpr" and own is None else None,
            features=own,
            name=name,
            config=settings or self.config.recommenders.of(name),
            seed=seed,
        )

    def _gan(self) -> Task:
        gan, seed = self.config.gan, self.config.seed
        if gan.model is None:
            own = {
                "recipe": first_spelling(gan.resolved()),
                "images_seen": gan.images_seen,
                "least": gan.least_pictures,
            }
            return garment_gan.task(catalogue=self.catalogue, encoder=self.encoder, seed=seed, **own)
        path = Path(gan.model)
        if not path.is_file():
            raise ValueError(f"no model at {path}: gan.model names a model.safetensors, or leave it out to train one")
        content = hashlib.sha256(path.read_bytes()).hexdigest()[:20]
        return adopted_gan.task(catalogue=self.catalogue, path=str(path.resolve()), content=content)

    def categories(self) -> list[int]:
        """Numbers of the categories that the GAN draws."""
        if self.config.gan.model is not None:
            model = load_model(Path(self.config.gan.model))
            check_garment_model(model, self.shop.catalogue, Path(self.config.gan.model).name)
            drawn = sorted(self.shop.catalogue.categories.index(name) for name in model.card.classes)
            return np.intersect1d(drawn, designable(self.shop.catalogue, 2)).tolist()
        return designable(self.shop.catalogue, self.config.gan.least_pictures).tolist()

    def _customers(self) -> list[int]:
        """Customers with a like in training, shuffled; those that the configuration names come first."""
        train = self.shop.split.train
        liked = np.unique(train.customer[train.weight > 0])
        if not len(liked):
            raise ValueError("nobody likes an item that is not held out: recommenders have nothing to learn from")
        order = np.random.default_rng((self.config.seed, 46)).permutation(liked).tolist()
        return list(dict.fromkeys([*self.named(), *order]))

    def named(self) -> list[int]:
        """Rows of the customers that the configuration names; ValueError for one who is not there."""
        rows = {name: row for row, name in enumerate(self.shop.purchases.customers)}
        found = []
        for name in self.config.customers:
            pseudonym = find_customer(name, rows)
            if pseudonym is None:
                raise ValueError(f"customers: '{name}' has no purchase in this table: check the ID (zeros count)")
            found.append(rows[pseudonym])
        return found

    def _new_customers(self, trained: Task) -> Task | None:
        """The experiment of customers whom training does not see; None where too few can take part."""
        who, train, seed = np.flatnonzero(self.shop.newcomers).tolist(), self.shop.split.train, self.config.seed
        if len(who) < 2:
            return None
        others = store_purchases(self.run, train.take(~self.shop.newcomers[train.customer]))
        return new_customers.task(
            catalogue=self.catalogue,
            split=self.split,
            without=self._fit("dvbpr", seed, purchases=others),
            trained=trained,
            newcomers=who,
            likes=self.config.likes,
            k=K,
            seed=seed,
        )

    def plan(self) -> Plan:
        """All tasks; their keys are known before any of them runs."""
        config, seed = self.config, self.config.seed
        settings, kinds, customers = config.recommenders, self.categories(), self._customers()
        models = {name: self._fit(name, seed) for name in settings.compare}
        ensemble = [self._fit("dvbpr", seed + number) for number in range(settings.seeds)]
        held_out = [self._fit("dvbpr", seed + OTHER, settings.held_out)]
        gan = self._gan()
        judged = [[c, kinds[i % len(kinds)]] for i, c in enumerate(customers[: config.judged_on])]
        shown_to = customers[: len(set(self.named())) or config.designed_for]
        shown_for = [[c, kind] for c in shown_to for kind in kinds]
        atelier: dict[str, Any] = {
            "catalogue": self.catalogue, "shelf": self.shelf, "encoder": self.encoder, "gan": gan,
            "ensemble": ensemble, "held_out": held_out,
        }  # fmt: skip
        design = atelier | {"config": config.design, "seed": seed}
        # judged as of training, shown as of today: nobody is offered what they have bought meanwhile
        judging, showing = design | {"purchases": self.split[0]}, design | {"purchases": self.history}
        etas = sorted({*config.etas, config.design.eta})
        designs = {eta: design_garments.task(**judging, asked=judged, eta=eta) for eta in etas}
        latent = gan_encoder.task(gan=gan, images_seen=config.gan.encoder_images, seed=seed)
        restyle = atelier | {"latent_encoder": latent, "config": config.restyle, "seed": seed}
        limits = inversion_limits.task(**restyle, most=config.calibrated_on)
        return Plan(
            catalogue=self.catalogue,
            shelf=self.shelf,
            history=self.history,
            split=self.split,
            encoder=self.encoder,
            models=models,
            ensemble=ensemble,
            held_out=held_out,
            gan=gan,
            latent_encoder=latent,
            gan_figures=judge_gan.task(catalogue=self.catalogue, encoder=self.encoder, gan=gan, seed=seed),
            ranking=rank_recommenders.task(
                catalogue=self.catalogue, split=self.split, models=list(models.values()), k=K, seed=seed
            ),
            newcomers=self._new_customers(ensemble[0]),
            judged=judged,
            designs=designs,
            controls=design_controls.task(**judging, asked=judged, designs=designs[config.design.eta]),
            shown_for=shown_for,
            shown=design_garments.task(**showing, asked=shown_for, eta=config.design.eta),
            limits=limits,
            planted=planted_inversion.task(
                catalogue=self.catalogue, gan=gan, latent_encoder=latent, n=config.planted, seed=seed
            ),
            restyled=restyle_photos.task(
                **restyle,
                purchases=self.history,
                design=config.design,
                limits=limits,
                customers=shown_to,
                most=config.restyled,
            ),
        )
