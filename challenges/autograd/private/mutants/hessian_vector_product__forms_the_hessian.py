# caught by: test_hessian_vector_product_needs_little_memory
import torch


def hessian_vector_product(f, x, v):
    n = x.numel()
    h = torch.autograd.functional.hessian(f, x.detach()).reshape(n, n)
    return (h @ v.flatten()).view_as(x)
