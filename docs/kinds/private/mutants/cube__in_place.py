# caught by: test_leaves_its_input_alone
def cube(x):
    return x.pow_(3)
