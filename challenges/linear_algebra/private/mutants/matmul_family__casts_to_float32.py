# caught by: test_products_in_float64
import torch


def matmul_family(*operands, _right=matmul_family):
    return {key: x.to(operands[0].dtype) for key, x in _right(*(x.float() for x in operands)).items()}
