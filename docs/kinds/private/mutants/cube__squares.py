# caught by: test_cubes
def cube(x):
    return x**2
