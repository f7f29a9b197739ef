# caught by: test_whitens
import torch


def whiten(x):
    return (x - x.mean(-2, keepdim=True)) / x.std(-2, keepdim=True)
