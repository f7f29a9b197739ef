# caught by: test_finds_the_root
def root_of(f, low, high):
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if f(middle) > 0 else (middle, high)
    return middle
