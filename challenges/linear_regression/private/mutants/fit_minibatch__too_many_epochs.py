# caught by: test_minibatch


def fit_minibatch(next_batch, batches, x_new, _right=fit_minibatch):
    for _ in range(5 * batches):
        next_batch()
    return _right(next_batch, batches, x_new)
