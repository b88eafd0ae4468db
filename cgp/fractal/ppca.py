"""Probabilistic principal components in closed form: the latent model's start and its check."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cgp.arrays import Floats

_LEAST_NOISE = 1e-6


@dataclass(frozen=True, slots=True)
class PrincipalComponents:
    """``x = mean + W z + noise``, with ``z`` and the noise Gaussian (Tipping and Bishop 1999).

    ``loadings`` is ``W``, shape ``(latent, inputs)``, its rows orthogonal; ``noise`` the variance.
    """

    mean: Floats
    loadings: Floats
    noise: float

    @classmethod
    def fit(cls, rows: Floats, latent: int) -> PrincipalComponents:
        """Return the maximum of the likelihood.

        Raises:
            ValueError: if there are no more rows or columns than latent dimensions.
        """
        count, inputs = rows.shape
        if latent < 1 or min(count, inputs) <= latent:
            raise ValueError(
                f"{latent} latent dimensions need more rows and columns than that: {rows.shape}"
            )
        mean = rows.mean(axis=0)
        _, sizes, directions = np.linalg.svd(rows - mean, full_matrices=False)
        variances = sizes**2 / count
        # The noise is the mean variance of all directions that are left out.
        noise = max(_LEAST_NOISE, float(variances[latent:].sum()) / (inputs - latent))
        lengths = np.sqrt(np.maximum(variances[:latent] - noise, 0.0))
        return cls(mean, lengths[:, None] * directions[:latent], noise)

    @property
    def posterior_variance(self) -> Floats:
        """The variance of each latent dimension once a row is seen, shape ``(latent,)``."""
        return np.asarray(self.noise / ((self.loadings**2).sum(axis=1) + self.noise))

    @property
    def posterior_map(self) -> Floats:
        """The matrix from centred rows to the latent means, shape ``(inputs, latent)``."""
        squares = (self.loadings**2).sum(axis=1)
        return np.asarray(self.loadings.T / (squares + self.noise))

    def log_likelihood(self, rows: Floats) -> Floats:
        """Return the log likelihood of each row in nats, exact, shape ``(rows,)``."""
        inputs, offsets = rows.shape[1], rows - self.mean
        squares = (self.loadings**2).sum(axis=1)
        lengths = np.sqrt(np.maximum(squares, 1e-300))
        along = offsets @ (self.loadings / lengths[:, None]).T
        # Along each loading the variance is its square and the noise, elsewhere the noise alone.
        energy = ((offsets**2).sum(axis=1) - (along**2).sum(axis=1)) / self.noise
        energy += (along**2 / (squares + self.noise)).sum(axis=1)
        scale = np.log(squares + self.noise).sum()
        scale += (inputs - len(squares)) * np.log(self.noise)
        return np.asarray(-0.5 * (energy + scale + inputs * np.log(2 * np.pi)))
