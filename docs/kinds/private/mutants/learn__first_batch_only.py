# caught by: test_learns_the_slope
def learn(next_batch, batches):
    x, y = next_batch()
    return 0.5 * (x @ y).item() / len(x)
