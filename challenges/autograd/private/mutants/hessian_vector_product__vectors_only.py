# caught by: test_hessian_vector_product_of_a_matrix
import torch


def hessian_vector_product(f, x, v):
    h = torch.autograd.functional.hessian(f, x.detach())
    return h @ v
