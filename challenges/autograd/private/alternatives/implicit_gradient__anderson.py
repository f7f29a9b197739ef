"""Anderson acceleration with a window of five, for the fixed point and for the adjoint equation."""

import torch

_WINDOW = 5


def _accelerated(step, z):
    points, images = [], []
    for _ in range(1000):
        image = step(z)
        if torch.dist(image, z) < 1e-13 * image.norm():
            return image
        points, images = [*points, z.flatten()][-_WINDOW:], [*images, image.flatten()][-_WINDOW:]
        z = image
        if len(points) > 1:
            g = torch.stack(images, 1)
            f = g - torch.stack(points, 1)
            mix = torch.linalg.lstsq(f.diff(dim=1), f[:, -1:], driver="gelsd").solution
            z = (g[:, -1:] - g.diff(dim=1) @ mix).view_as(z)
    return z


def implicit_gradient(f, theta, z0, v):
    theta = theta.detach()
    z = _accelerated(lambda z: f(z, theta), z0.detach())
    _, pull = torch.func.vjp(f, z, theta)
    u = _accelerated(lambda u: v + pull(u)[0], v)
    return z, pull(u)[1]
