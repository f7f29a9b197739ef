"""The derivative of the gradient in the direction of v."""

from torch.func import grad, jvp


def hessian_vector_product(f, x, v):
    return jvp(grad(f), (x.detach(),), (v,))[1]
