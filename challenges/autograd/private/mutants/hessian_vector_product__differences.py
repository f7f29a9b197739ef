# caught by: test_hessian_vector_product
import torch


def hessian_vector_product(f, x, v):
    return (gradient(f, x.detach() + 1e-6 * v) - gradient(f, x.detach())) / 1e-6
