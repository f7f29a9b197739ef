# caught by: test_hessian_vector_product_leaves_x_alone
import torch


def hessian_vector_product(f, x, v, _right=hessian_vector_product):
    out = _right(f, x, v)
    if x.requires_grad:
        x.grad += out
    return out
