# caught by: test_scales
_right = Scale


class Scale(_right):
    def __init__(self, factor):
        super().__init__(factor)
        del self.factor
        self.factor = factor
