# caught by: test_hessian_vector_product
import torch


def hessian_vector_product(f, x, v):
    leaf = x.detach().requires_grad_()
    (g,) = torch.autograd.grad(f(leaf), leaf, create_graph=True, materialize_grads=True)
    return torch.autograd.grad(g.sum(), leaf)[0] * v if g.requires_grad else torch.zeros_like(x)
