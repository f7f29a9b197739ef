# caught by: test_per_sample_gradients_leave_the_model_alone
import torch


def per_sample_gradients(model, x, y, _right=per_sample_gradients):
    model.zero_grad()
    return _right(model, x, y)
