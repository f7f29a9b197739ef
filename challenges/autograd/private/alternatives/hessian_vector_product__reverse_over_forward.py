"""The gradient of the derivative in the direction of v."""

from torch.func import grad, jvp


def hessian_vector_product(f, x, v):
    def slope(point):
        return jvp(f, (point,), (v,))[1]

    return grad(slope)(x.detach()).detach()
