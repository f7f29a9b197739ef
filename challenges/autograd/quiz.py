"""Questions on autograd; the numbers and the lines of the programs are drawn per candidate."""

from ptassess.quiz import Question

STEPS = {
    "times": "y = {c} * y",
    "plus": "y = y + {c} * x",
    "in_place": "y.mul_({c})",
    "detach": "y = {c} * y.detach()",
    "detached_factor": "y = y.detach() * x",
    "no_grad": "with torch.no_grad():\n    y = {c} * y",
}


def draw_program(rng):
    """Four steps, at least one of which cuts the graph; the last is never one that cuts it."""
    cut = rng.choice(["detach", "detached_factor", "no_grad"])
    steps = [rng.choice(["times", "plus"]), cut, "plus", rng.choice(["times", "in_place"])]
    if rng.random() < 0.5:
        steps[1], steps[2] = steps[2], steps[1]
    steps = [(name, rng.randint(2, 5)) for name in steps]
    lines = "\n".join(STEPS[name].format(c=c) for name, c in steps)
    return {"a": rng.randint(2, 5), "steps": steps, "lines": lines}


IN_PLACE = {
    "exp": "y = x.exp()\ny.mul_(2)",
    "sigmoid, detached": "y = x.sigmoid()\ny.detach().mul_(2)",
    "product": "y = 3 * x\ny.mul_(2)",
    "sine": "y = x.sin()\ny.mul_(2)",
    "leaf": "x.mul_(2)\ny = 3 * x",
    "view of a leaf": "x[0].mul_(2)\ny = 3 * x",
    "product, detached": "y = 3 * x\ny.detach().mul_(2)",
    "product, no_grad": "y = 3 * x\nwith torch.no_grad():\n    y.mul_(2)",
}

LEAVES = {
    "made": "t = torch.ones(3, requires_grad=True)",
    "detached, again": "t = w.detach().requires_grad_()",
    "no_grad, again": "with torch.no_grad():\n    t = 2 * w\nt.requires_grad_()",
    "detached": "t = w.detach()",
    "no_grad": "with torch.no_grad():\n    t = 2 * w",
    "computed": "t = 2 * w",
    "cloned": "t = w.clone()",
    "retained": "t = 2 * w\nt.retain_grad()",
}

QUESTIONS = [
    Question(
        name="program",
        text="x = torch.tensor({a}.0, requires_grad=True)\ny = 2 * x\n{lines}\n(x * y).backward()\nWhat is x.grad?",
        draw=draw_program,
    ),
    Question(
        name="accumulates",
        text=(
            "x = torch.tensor({a}.0, requires_grad=True)\n"
            "y = {b} * x ** 2\n"
            "for _ in range({k}):\n"
            "    y.backward(retain_graph=True)\n"
            "({c} * x).backward()\n"
            "What is x.grad?"
        ),
        draw=lambda rng: {
            "a": rng.randint(2, 6),
            "b": rng.randint(2, 6),
            "c": rng.randint(2, 9),
            "k": rng.randint(2, 4),
        },
    ),
    Question(
        name="hook",
        text=(
            "x = torch.tensor({a}.0, requires_grad=True)\n"
            "h = {b} * x\n"
            "h.register_hook(lambda g: {c} * g)\n"
            "(h * x).backward()\n"
            "What is x.grad?"
        ),
        draw=lambda rng: {"a": rng.randint(2, 6), "b": rng.randint(2, 6), "c": rng.randint(2, 6)},
    ),
    Question(
        name="second_order",
        text=(
            "x = torch.tensor({a}.0, requires_grad=True)\n"
            "(g,) = torch.autograd.grad({b} * x ** 3, x, create_graph=True)\n"
            "({factor} * g).backward()\n"
            "What is x.grad?"
        ),
        draw=lambda rng: {
            "a": rng.randint(1, 4),
            "b": rng.randint(1, 5),
            "factor": rng.choice(["g", "g.detach()", "x", "x.detach()"]),
        },
    ),
    Question(
        name="in_place",
        text="x = torch.ones(3, requires_grad=True)\n{lines}\ny.sum().backward()\nWhat happens?",
        draw=lambda rng: dict(zip(("case", "lines"), rng.choice(sorted(IN_PLACE.items())), strict=True)),
        kind="choice",
        choices=(
            "the in-place operation raises an error",
            "backward() raises an error",
            "no error; x.grad is twice what it would be without the in-place operation",
            "no error; x.grad is what it would be without the in-place operation",
            "no error; x.grad is None",
        ),
    ),
    Question(
        name="leaf",
        text=(
            "w = torch.ones(3, requires_grad=True)\n{lines}\n(3 * t).sum().backward()\nWhat holds after the last line?"
        ),
        draw=lambda rng: dict(zip(("case", "lines"), rng.choice(sorted(LEAVES.items())), strict=True)),
        kind="choice",
        choices=(
            "t is a leaf, and t.grad is a tensor",
            "t is a leaf, and backward() raised an error",
            "t is no leaf, and t.grad is None",
            "t is no leaf, and t.grad is a tensor",
        ),
    ),
]
