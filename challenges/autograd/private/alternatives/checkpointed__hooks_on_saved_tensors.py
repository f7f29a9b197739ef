"""What a segment saves is a number only; the first that is asked for computes the segment again."""

import torch
from torch.autograd.graph import saved_tensors_hooks


class Segment:
    """Some layers, their input, and the state of the generator before them."""

    def __init__(self, layers, x):
        self.layers, self.x, self.state = layers, x, torch.get_rng_state()
        self.count, self.again = 0, {}

    def run(self):
        """The output, with numbers in place of what is saved."""
        with saved_tensors_hooks(self.number, self.value):
            return self._compute(self.x)

    def number(self, _tensor):
        """The place of a saved tensor in the order."""
        self.count += 1
        return self.count - 1

    def value(self, number):
        """The saved tensor of that place."""
        if not self.again:
            kept = []
            with torch.random.fork_rng(devices=[]), torch.enable_grad(), saved_tensors_hooks(kept.append, id):
                torch.set_rng_state(self.state)
                self._compute(self.x.detach().requires_grad_(self.x.requires_grad))
            self.again = dict(enumerate(t.detach() for t in kept))
        return self.again.pop(number)

    def _compute(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


def checkpointed(layers, x, segments):
    for part in torch.arange(len(layers)).tensor_split(segments):
        x = Segment([layers[i] for i in part], x).run()
    return x
