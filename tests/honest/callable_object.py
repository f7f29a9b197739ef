"""An object that can be called."""


# pace: same
class Solve:
    def __call__(self, a):
        return a @ a


solve = Solve()
