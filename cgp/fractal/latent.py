"""The latent model: a variational autoencoder of window vectors (Kingma and Welling 2014).

Encoder and decoder are a linear map plus a hidden layer each, so the model holds probabilistic
principal components as a special case, which is where it starts (Lucas et al. 2019). Both terms of
the loss are sums over dimensions and means over rows; the log variance is clamped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cgp.arrays import Floats
from cgp.fractal.ppca import PrincipalComponents

WIDTH = 64
LATENT = 16
LEAST_LOG_VARIANCE, MOST_LOG_VARIANCE = -8.0, 4.0
# Less information than this in a dimension costs nothing, so that none is given up early: nats.
FREE_NATS = 0.05
_LOG_TWO_PI = float(np.log(2 * np.pi))
_DRAWS = 8
# Window vectors are of unit length; a row this far out is a fault, and would overflow squared.
_MOST_INPUT = 1e6


@dataclass(frozen=True, slots=True)
class Cost:
    """Mean cost of rows in nats: what the decoder misses, and the information of each dimension.

    ``bound`` is the negative evidence lower bound, their sum.
    """

    reconstruction: float
    information: Floats

    @property
    def bound(self) -> float:
        """The negative evidence lower bound."""
        return self.reconstruction + float(self.information.sum())


class Latent:
    """A variational autoencoder with its parameters by name.

    ``encode``, ``decode`` map linearly, ``*_in`` and ``*_out`` are the hidden layers, ``log_noise``
    is the decoder's log variance.

    Raises:
        ValueError: if the shapes do not fit, or a number is not finite.
    """

    def __init__(self, parameters: Mapping[str, Floats]) -> None:
        self.parameters = dict(parameters)
        linear = self.parameters.get("encode", np.zeros(0))
        inner = self.parameters.get("encode_in", np.zeros(0))
        if linear.ndim != 2 or inner.ndim != 2:
            raise ValueError("a latent model has the matrices encode and encode_in")
        self.inputs, self.latent = linear.shape
        shapes = _shapes(self.inputs, inner.shape[1], self.latent)
        if {name: tensor.shape for name, tensor in self.parameters.items()} != shapes:
            raise ValueError(f"the tensors of a latent model are {', '.join(shapes)}")
        if not all(np.isfinite(tensor).all() for tensor in self.parameters.values()):
            raise ValueError("the tensors of a latent model must be finite")

    @classmethod
    def start(
        cls, inputs: int, seed: int = 0, *, latent: int = LATENT, width: int = WIDTH
    ) -> Latent:
        """Return a model of random directions that has learned nothing."""
        random = np.random.default_rng(seed)
        shapes = _shapes(inputs, width, latent)
        return cls(
            {
                name: random.normal(size=shape) / np.sqrt(shape[0])
                if len(shape) == 2
                else np.zeros(shape)
                for name, shape in shapes.items()
            }
        )

    @classmethod
    def from_components(
        cls, components: PrincipalComponents, seed: int = 0, *, width: int = WIDTH
    ) -> Latent:
        """Return the model that computes what the components do; its bound is their likelihood."""
        latent, inputs = components.loadings.shape
        model = cls.start(inputs, seed, latent=latent, width=width)
        back = components.posterior_map
        return cls(
            {
                **model.parameters,
                "encode": back,
                "encode_bias": -components.mean @ back,
                # The hidden layers add nothing yet, and learn from random directions.
                "encode_out": np.zeros((width, latent)),
                "variance_out": np.zeros((width, latent)),
                "variance_bias": np.log(components.posterior_variance),
                "decode": components.loadings,
                "decode_bias": components.mean,
                "decode_out": np.zeros((width, inputs)),
                "log_noise": np.array([np.log(components.noise)]),
            }
        )

    def means(self, rows: Floats) -> Floats:
        """Return the latent means of rows, shape ``(rows, latent)``.

        Raises:
            ValueError: if there is no row, or a number is not finite.
        """
        rows = self._check_rows(rows)
        return np.asarray(self._encode(rows)[1])

    def bounds(self, rows: Floats, *, draws: int = _DRAWS, seed: int = 0) -> Floats:
        """Return the negative evidence lower bound of each row in nats, shape ``(rows,)``.

        The mean of ``draws`` draws of the noise, the same for each row, so that a row's value does
        not depend on the others.

        Raises:
            ValueError: as ``means``.
        """
        rows = self._check_rows(rows)
        _, mean, log_variance, _ = self._encode(rows)
        information = _information(mean, log_variance).sum(axis=1)
        noise = np.random.default_rng(seed).normal(size=(draws, self.latent))
        # Each draw with its opposite, and scaled: mean 0 and variance 1 without an error of chance.
        noise /= np.sqrt((noise**2).mean(axis=0))
        pairs = np.concatenate([noise, -noise])
        total = np.zeros(len(rows))
        for draw in pairs:
            total += self._miss(rows, mean + np.exp(0.5 * log_variance) * draw)
        return np.asarray(total / len(pairs) + information)

    def cost(self, rows: Floats, noise: Floats) -> Cost:
        """Return the mean cost of rows for one draw of the noise, shape ``(rows, latent)``."""
        rows = self._check_rows(rows)
        _, mean, log_variance, _ = self._encode(rows)
        miss = self._miss(rows, mean + np.exp(0.5 * log_variance) * noise)
        return Cost(float(miss.mean()), _information(mean, log_variance).mean(axis=0))

    def gradient(
        self, rows: Floats, noise: Floats, *, weight: float = 1.0, free: float = FREE_NATS
    ) -> dict[str, Floats]:
        """Return the gradient of the loss: reconstruction + weight * sum of max(KL_j, free)."""
        rows = self._check_rows(rows)
        p, count = self.parameters, len(rows)
        layer, mean, log_variance, is_inside = self._encode(rows)
        spread = np.exp(0.5 * log_variance)
        code = mean + spread * noise
        inner = np.tanh(code @ p["decode_in"] + p["decode_in_bias"])
        error = code @ p["decode"] + inner @ p["decode_out"] + p["decode_bias"] - rows
        variance = np.exp(self._log_noise)
        back = error / variance / count
        inner_back = back @ p["decode_out"].T * (1.0 - inner**2)
        code_back = back @ p["decode"].T + inner_back @ p["decode_in"].T
        # A dimension with less information than is free is not pressed further.
        is_paid = _information(mean, log_variance).mean(axis=0) > free
        price = weight * is_paid / count
        mean_back = code_back + price * mean
        variance_back = 0.5 * (code_back * noise * spread + price * (np.exp(log_variance) - 1.0))
        # The clamp lets no slope through outside its range.
        variance_back = variance_back * is_inside
        layer_back = mean_back @ p["encode_out"].T + variance_back @ p["variance_out"].T
        layer_back = layer_back * (1.0 - layer**2)
        noise_slope = 0.5 * self.inputs - 0.5 * float((error**2).sum()) / variance / count
        is_free_noise = LEAST_LOG_VARIANCE < p["log_noise"][0] < MOST_LOG_VARIANCE
        return {
            "encode": rows.T @ mean_back,
            "encode_bias": mean_back.sum(axis=0),
            "encode_in": rows.T @ layer_back,
            "encode_in_bias": layer_back.sum(axis=0),
            "encode_out": layer.T @ mean_back,
            "variance_out": layer.T @ variance_back,
            "variance_bias": variance_back.sum(axis=0),
            "decode": code.T @ back,
            "decode_bias": back.sum(axis=0),
            "decode_in": code.T @ inner_back,
            "decode_in_bias": inner_back.sum(axis=0),
            "decode_out": inner.T @ back,
            "log_noise": np.array([noise_slope * is_free_noise]),
        }

    @property
    def _log_noise(self) -> float:
        value = float(self.parameters["log_noise"][0])
        return min(MOST_LOG_VARIANCE, max(LEAST_LOG_VARIANCE, value))

    def _encode(self, rows: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Return layer, means, clamped log variances, and 1 where the clamp is idle."""
        p = self.parameters
        layer = np.tanh(rows @ p["encode_in"] + p["encode_in_bias"])
        mean = rows @ p["encode"] + layer @ p["encode_out"] + p["encode_bias"]
        free = layer @ p["variance_out"] + p["variance_bias"]
        log_variance = np.clip(free, LEAST_LOG_VARIANCE, MOST_LOG_VARIANCE)
        return layer, mean, log_variance, np.asarray(free == log_variance, dtype=np.float64)

    def _miss(self, rows: Floats, code: Floats) -> Floats:
        """Return the negative log likelihood of each row under its code."""
        p = self.parameters
        inner = np.tanh(code @ p["decode_in"] + p["decode_in_bias"])
        error = code @ p["decode"] + inner @ p["decode_out"] + p["decode_bias"] - rows
        log_noise = self._log_noise
        squares = (error**2).sum(axis=1) / np.exp(log_noise)
        return np.asarray(0.5 * (squares + self.inputs * (log_noise + _LOG_TWO_PI)))

    def _check_rows(self, rows: Floats) -> Floats:
        if rows.ndim != 2 or rows.shape[1] != self.inputs or not len(rows):
            raise ValueError(f"rows have shape (n, {self.inputs}), n at least 1: {rows.shape}")
        if not np.isfinite(rows).all():
            raise ValueError("rows must be finite")
        return np.clip(rows, -_MOST_INPUT, _MOST_INPUT)


def _information(mean: Floats, log_variance: Floats) -> Floats:
    """Return the divergence of each latent dimension from the standard Gaussian, in nats."""
    return np.asarray(0.5 * (mean**2 + np.exp(log_variance) - 1.0 - log_variance))


def _shapes(inputs: int, width: int, latent: int) -> dict[str, tuple[int, ...]]:
    return {
        "encode": (inputs, latent),
        "encode_bias": (latent,),
        "encode_in": (inputs, width),
        "encode_in_bias": (width,),
        "encode_out": (width, latent),
        "variance_out": (width, latent),
        "variance_bias": (latent,),
        "decode": (latent, inputs),
        "decode_bias": (inputs,),
        "decode_in": (latent, width),
        "decode_in_bias": (width,),
        "decode_out": (width, inputs),
        "log_noise": (1,),
    }
