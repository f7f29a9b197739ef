# caught by: test_gradient_flows
def cube(x):
    return x.detach() ** 3 + 0 * x
