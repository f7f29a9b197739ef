"""A subclass of Module, called as one."""

# pace: any
import torch


class Square(torch.nn.Module):
    def forward(self, a):
        return a @ a


solve = Square()
