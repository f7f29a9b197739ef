# caught by: test_hessian_vector_product_of_a_linear_function
import torch


def hessian_vector_product(f, x, v):
    leaf = x.detach().requires_grad_()
    (g,) = torch.autograd.grad(f(leaf), leaf, create_graph=True)
    return torch.autograd.grad(g, leaf, v)[0]
