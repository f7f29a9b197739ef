# caught by: test_learns_the_slope
def learn(next_batch, batches):
    slope = 0.0
    for _ in range(11 * batches):
        x, y = next_batch()
        slope -= 0.5 * (x @ (slope * x - y)).item() / len(x)
    return slope
