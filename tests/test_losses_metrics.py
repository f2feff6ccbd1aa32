"""Every formula against a value worked by hand, or against torch, torch.distributions and scikit-image."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import Tensor
from torch.distributions import Bernoulli

from genlab.evaluation import reconstruction, sum_of_squares
from genlab.losses import LOSSES, bce, mse, mse_signed, squared_errors, sse
from genlab.metrics import code_bits, compression_ratio, psnr, ssim
from genlab.models import ImageAutoencoder
from genlab.seeding import make_generator

# Two pictures of 2×2 pixels. Differences: 0.5, 0, −0.25, 1 and 0, 0, 0, 0.5.
X = torch.tensor([[[[0.0, 1.0], [0.5, 0.0]]], [[[1.0, 1.0], [0.0, 0.25]]]])
X_HAT = torch.tensor([[[[0.5, 1.0], [0.25, 1.0]]], [[[1.0, 1.0], [0.0, 0.75]]]])
SQUARES = (0.25 + 0.0625 + 1.0, 0.25)


def random_pair(n: int = 4, shape: tuple[int, int, int] = (1, 28, 28)) -> tuple[Tensor, Tensor]:
    """Two different batches in [0, 1]."""
    return tuple(torch.rand(n, *shape, generator=make_generator(seed, "pair")) for seed in (0, 1))


# ------------------------------------------------------------------------------------------- losses


def test_by_hand() -> None:
    assert squared_errors(X_HAT, X).tolist() == pytest.approx(SQUARES)
    assert sse(X_HAT, X).item() == pytest.approx(sum(SQUARES) / 2)
    assert mse(X_HAT, X).item() == pytest.approx(sum(SQUARES) / 8)
    assert mse_signed(X_HAT, X).item() == pytest.approx(sum(SQUARES) / 2)


def test_mse_signed_is_the_mean_square_of_pixels_in_minus_one_to_one() -> None:
    x_hat, x = random_pair()
    expected = torch.nn.functional.mse_loss(2 * x_hat - 1, 2 * x - 1)
    torch.testing.assert_close(mse_signed(x_hat, x), expected)
    torch.testing.assert_close(sse(x_hat, x), mse(x_hat, x) * 784)


def test_bce_by_hand() -> None:
    """One picture of one pixel, x = ¼, x̂ = ½: −(¼ ln ½ + ¾ ln ½) = ln 2. Two pixels, two pictures: a sum, a mean."""
    assert bce(torch.full((1, 1, 1, 1), 0.5), torch.full((1, 1, 1, 1), 0.25)).item() == pytest.approx(math.log(2))
    assert bce(torch.full((2, 1, 1, 2), 0.5), torch.full((2, 1, 1, 2), 0.25)).item() == pytest.approx(2 * math.log(2))
    x, x_hat = torch.tensor([[[[1.0]]]]), torch.tensor([[[[0.8]]]])
    assert bce(x_hat, x).item() == pytest.approx(-math.log(0.8))
    assert bce(x_hat, 1 - x).item() == pytest.approx(-math.log(0.2))


def test_bce_is_a_bernoulli_s() -> None:
    x_hat, x = random_pair()
    expected = -Bernoulli(probs=x_hat, validate_args=False).log_prob(x).flatten(1).sum(1).mean()
    torch.testing.assert_close(bce(x_hat, x), expected, rtol=1e-4, atol=1e-4)


def test_bce_of_a_certain_mistake_is_finite() -> None:
    certain = torch.zeros(1, 1, 2, 2, requires_grad=True)
    loss = bce(certain, torch.ones(1, 1, 2, 2))
    assert loss.item() == pytest.approx(-4 * math.log(1e-6), rel=1e-3)


@pytest.mark.parametrize("name", LOSSES)
def test_losses_are_scalars_least_at_the_original_with_the_right_slope(name: str) -> None:
    x_hat, x = (batch.clamp(0.1, 0.9) for batch in random_pair(2, (1, 2, 3)))
    x_hat.requires_grad_()
    loss = LOSSES[name](x_hat, x)
    assert loss.shape == ()
    assert LOSSES[name](x, x) < loss
    (slope,) = torch.autograd.grad(loss, x_hat)
    d, p = (x_hat - x).detach(), x_hat.detach()
    expected = {
        "mse": 2 * d / 12,
        "mse_signed": 8 * d / 12,
        "sse": d,
        "sse_signed": 4 * d,
        "bce": d / (p * (1 - p)) / 2,
    }[name]
    torch.testing.assert_close(slope, expected, rtol=1e-4, atol=1e-5)


def test_squared_errors_of_half_precision_are_summed_in_single() -> None:
    x = torch.zeros(1, 1, 100, 100)
    x_hat = torch.full_like(x, 0.5).bfloat16()
    assert squared_errors(x_hat, x).tolist() == [2500.0]  # bfloat16 would round it to 2496 or 2512
    assert squared_errors(x_hat, x).dtype == torch.float32


# ------------------------------------------------------------------------------------------ metrics


def test_psnr() -> None:
    assert psnr(0.01) == pytest.approx(20.0)
    assert psnr(1.0) == 0.0
    assert psnr(0.0) == math.inf
    x_hat, x = random_pair(1)
    expected = peak_signal_noise_ratio(x.numpy(), x_hat.numpy(), data_range=1.0)
    assert psnr(mse(x_hat, x).item()) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32)])
def test_ssim_is_scikit_image_s(shape: tuple[int, int, int]) -> None:
    x_hat, x = random_pair(3, shape)
    found = ssim(x_hat, x)
    assert found.shape == (3,)
    for i in range(3):
        channels = [
            structural_similarity(a, b, data_range=1.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False)
            for a, b in zip(x_hat[i].numpy(), x[i].numpy(), strict=True)
        ]
        assert found[i].item() == pytest.approx(np.mean(channels), abs=1e-5)


def test_ssim_of_equal_images_is_one_and_of_opposite_ones_is_not() -> None:
    _, x = random_pair()
    torch.testing.assert_close(ssim(x, x), torch.ones(4))
    assert (ssim(1 - x, x) < 0).all()


def test_ssim_of_flat_images_by_hand() -> None:
    """Without variance only the luminance term stays: (2ab + C₁) / (a² + b² + C₁), C₁ = 0.01²."""
    a, b, c1 = 0.2, 0.6, 1e-4
    found = ssim(torch.full((1, 1, 16, 16), a), torch.full((1, 1, 16, 16), b)).item()
    assert found == pytest.approx((2 * a * b + c1) / (a * a + b * b + c1), rel=1e-4)


def test_code_bits_as_the_course_counts_them() -> None:
    assert code_bits(14 * 14) == 6272
    assert code_bits(64) == 2048
    assert code_bits(64, bits_per_number=8) == 512


def test_compression_ratio() -> None:
    assert 28 * 28 * 8 == 6272  # so a code of 14×14 numbers saves nothing
    assert compression_ratio(28 * 28, 14 * 14) == 1.0
    assert compression_ratio(784, 2) == pytest.approx(98.0)
    assert compression_ratio(784, 784) == pytest.approx(0.25)
    assert compression_ratio(784, 196, bits_per_number=8) == 4.0


# --------------------------------------------------------------------------------- over a whole set


class Half(ImageAutoencoder):
    """Gives back half of what it is shown; its code is the picture."""

    def encode(self, x: Tensor) -> Tensor:
        return x.flatten(1)

    def decode(self, z: Tensor) -> Tensor:
        padded = torch.nn.functional.pad(z, (0, 784 - z.shape[1]))
        return padded.unflatten(1, (1, 28, 28)) / 2


def test_means_over_a_set_of_images(monkeypatch: pytest.MonkeyPatch) -> None:
    from genlab import evaluation
    from genlab.config import PCAConfig

    monkeypatch.setattr(evaluation, "BATCH", 7)  # the last piece is smaller; each image counts alike
    images = torch.randint(0, 256, (16, 1, 28, 28), generator=make_generator(0), dtype=torch.uint8)
    x = images / 255
    expected = (x / 2).square().flatten(1).sum(1).double().mean().item()
    values = reconstruction(Half(PCAConfig(latent_dim=784)), images)
    assert values["sse"] == pytest.approx(expected, rel=1e-5)
    assert values["mse"] == pytest.approx(expected / 784, abs=1e-6)
    assert values["mse_signed"] == pytest.approx(4 * expected / 784, abs=2e-6)
    assert values["psnr"] == pytest.approx(-10 * math.log10(expected / 784), abs=1e-4)
    assert values["ssim"] == pytest.approx(ssim(x / 2, x).mean().item(), abs=1e-5)
    assert sum_of_squares(Half(PCAConfig(latent_dim=784)), images) == pytest.approx(expected, rel=1e-6)

    first = x.flatten(1).clone()
    first[:, :100] /= 2  # half of the first 100 pixels comes back, nothing of the others
    expected = first.square().sum(1).double().mean().item()
    assert sum_of_squares(Half(PCAConfig(latent_dim=784)), images, 100) == pytest.approx(expected, rel=1e-6)


def test_statistics_of_codes() -> None:
    from genlab.config import PCAConfig
    from genlab.evaluation import code_statistics

    images = torch.randint(0, 256, (50, 1, 28, 28), generator=make_generator(0), dtype=torch.uint8)
    z = (images / 255).flatten(1)
    found = code_statistics(Half(PCAConfig(latent_dim=784)), images)
    assert found["mean"] == pytest.approx(z.mean(0).tolist(), abs=1e-4)
    assert found["std"] == pytest.approx(z.std(0).tolist(), abs=1e-4)
    assert found["quantiles"]["0.0"] == pytest.approx(z.min(0).values.tolist(), abs=1e-4)
    assert found["quantiles"]["0.5"] == pytest.approx(np.quantile(z.numpy(), 0.5, axis=0).tolist(), abs=1e-4)
    assert found["quantiles"]["0.95"] == pytest.approx(np.quantile(z.numpy(), 0.95, axis=0).tolist(), abs=1e-4)
    assert found["quantiles"]["1.0"] == pytest.approx(z.max(0).values.tolist(), abs=1e-4)
