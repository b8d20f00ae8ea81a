"""Terms that a loss may carry beside the adversarial one: orthogonal weights, matched features."""

import torch
from torch import Tensor, nn


def _filters(network: nn.Module) -> list[Tensor]:
    """The weights of convolutions and dense layers as (outputs, inputs); raw ones where a norm is put over them."""
    found = []
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            own = dict(module.named_parameters())
            raw = own["weight"] if "weight" in own else own["parametrizations.weight.original"]
            found.append((raw.transpose(0, 1) if isinstance(module, nn.ConvTranspose2d) else raw).flatten(1))
    return found


def orthogonal(network: nn.Module) -> Tensor:
    """Sum over layers of ||W'W (1 - I)||_F^2, the columns of W one filter each (Brock et al. 2019, eq. 3).

    It asks for filters at right angles and leaves their lengths alone. Embeddings are left out, as in the paper.
    """
    terms = []
    for rows in _filters(network):
        # ||W'W||_F = ||WW'||_F, and the diagonal holds the squared lengths: the smaller product is enough
        with torch.autocast(rows.device.type, enabled=False):
            gram = rows @ rows.T if rows.shape[0] <= rows.shape[1] else rows.T @ rows
        terms.append(gram.square().sum() - rows.square().sum(1).square().sum())
    return torch.stack(terms).sum() if terms else torch.zeros(())


def feature_distance(real_features: Tensor, fake_features: Tensor) -> Tensor:
    """||E f(real) - E f(fake)||^2 of features (N, F) and (M, F) (Salimans et al. 2016, section 3.1).

    The real side needs no gradient: pass it detached.
    """
    return (real_features.float().mean(0) - fake_features.float().mean(0)).square().sum()
