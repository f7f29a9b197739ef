"""Meters agree with what can be worked out by hand, and leave torch as they found it."""

import gc
import subprocess
import sys
import warnings
import weakref

import numpy as np
import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn import functional as F  # noqa: N812  its usual name
from torch.utils._python_dispatch import _get_current_dispatch_mode
from torch.utils.checkpoint import checkpoint

from ptassess import meters, probing
from ptassess.meters import count_ops, flops, held_bytes, peak_bytes, saved_bytes, synchronisations

KB = torch.ones(250)  # 1,000 bytes
METERS = [count_ops, peak_bytes, saved_bytes, held_bytes, flops, synchronisations]


def leaf(count=250):
    return torch.ones(count, requires_grad=True)


class Stashes(torch.autograd.Function):
    """Exponential that keeps its output where saved_bytes does not look."""

    @staticmethod
    def forward(ctx, x):
        ctx.out = x.exp()
        return ctx.out.clone()

    @staticmethod
    def backward(ctx, grad):
        return grad * ctx.out


# -- operations and peak -----------------------------------------------------------------------------------------


def test_operations_are_counted_one_by_one():
    assert count_ops(lambda x: x, KB) == 0
    assert count_ops(lambda x: x + 1, KB) == 1
    assert count_ops(lambda x: [x + i for i in range(7)], KB) == 7
    assert count_ops(lambda x: x.view(10, 25), KB) == 1


def test_peak_bytes_are_those_held_at_once():
    assert peak_bytes(lambda x: x.view(10, 25), KB) == 0
    assert peak_bytes(lambda x: x + 1, KB) == 1000
    assert peak_bytes(lambda x: (x + 1) * 2, KB) == 2000

    def one_after_the_other(x):
        for _ in range(5):
            y = x + 1
            del y
        return x.sum()

    assert peak_bytes(one_after_the_other, KB) == 1000


def test_an_output_that_is_nested_counts_as_a_whole():
    assert peak_bytes(lambda x: {"a": [x + 1, (x + 2,)]}, KB) == 2000
    assert held_bytes(lambda x: {"a": [x + 1, (x + 2,)]}, KB) == 2000


def scaled_by(table):
    return lambda x: (x * table.view(-1)).view(10, 25)


GLOBAL = torch.ones(10, 25)


@pytest.mark.parametrize(
    "function",
    [
        scaled_by(torch.ones(10, 25)),  # in a closure
        lambda x: (x * GLOBAL.view(-1)).view(10, 25),
        lambda x, table=GLOBAL: (x * table.view(-1)).view(10, 25),
    ],
)
def test_what_was_there_before_is_not_made_by_the_call(function):
    assert peak_bytes(function, KB) == 1000


def test_parameters_and_buffers_are_not_made_by_the_call():
    norm = nn.BatchNorm1d(250)
    linear = nn.Linear(250, 250)
    x = torch.ones(2, 250)
    out = 2 * 250 * 4
    for function, args in [(linear, (x,)), (linear.forward, (x,)), (lambda m, x: m(x), (linear, x))]:
        assert peak_bytes(function, *args) == out
        assert held_bytes(function, *args) == out
        assert saved_bytes(function, *args) == 0
    # Mean and deviation of 250 features are saved; x, the weight and the running statistics were there.
    assert saved_bytes(norm, x) == 2 * 250 * 4


def test_the_state_of_an_optimiser_is_made_by_its_first_step_only():
    weight = leaf()
    weight.grad = torch.ones(250)
    optimiser = torch.optim.SGD([weight], lr=0.1, momentum=0.9)
    assert held_bytes(optimiser.step) == 1000  # the momentum
    assert held_bytes(optimiser.step) == 0


def test_a_storage_that_grows_counts_by_what_it_grows():
    x = torch.ones(250)
    assert peak_bytes(lambda x: x.resize_(600), x) == 350 * 4


def test_memory_that_comes_in_by_hand_counts():
    assert peak_bytes(lambda: torch.tensor([1.0] * 250)) == 1000
    assert peak_bytes(lambda: torch.from_numpy(np.ones(250, np.float32))) == 1000


@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support is in beta")
def test_sparse_tensors_count_by_their_parts():
    x = torch.eye(5)
    coo = 5 * (2 * 8 + 4)  # two indices and a value for each element
    assert held_bytes(lambda x: x.to_sparse(), x) == coo
    csr = 6 * 8 + coo  # a pointer a row and one more; torch's conversion keeps the row indices in the columns' storage
    assert held_bytes(lambda x: x.to_sparse_csr(), x) == csr


def test_storages_that_come_and_go_do_not_run_together():
    """Identities are used again after a free: what stays must still be counted."""

    def churn(x):
        kept = []
        for _ in range(50):
            dropped = x + 1
            del dropped
            kept.append(x + 2)
        return kept

    assert held_bytes(churn, KB) == 50_000
    assert peak_bytes(churn, KB) == 50_000


# -- saved and held ----------------------------------------------------------------------------------------------


def test_saved_bytes_are_what_backward_needs():
    assert saved_bytes(lambda x: x + 1, leaf()) == 0
    assert saved_bytes(lambda x: (x + 1).exp(), leaf()) == 1000
    assert saved_bytes(lambda x: x.exp().exp(), leaf()) == 2000


def test_a_chain_of_tanh_holds_every_output():
    def chain(x):
        for _ in range(5):
            x = x.tanh()
        return x

    assert saved_bytes(chain, leaf()) == 5000  # its derivative is made from the output; the last one as well
    assert held_bytes(chain, leaf()) == 5000
    assert held_bytes(chain, KB) == 1000  # no graph: the output alone


def test_the_output_is_held_though_nothing_is_saved():
    assert saved_bytes(lambda x: x + 1, leaf()) == 0
    assert held_bytes(lambda x: x + 1, leaf()) == 1000


def test_a_saved_tensor_that_is_freed_within_the_call_counts_as_saved_only():
    def step(x):
        torch.autograd.grad(x.exp().sum(), x)

    assert saved_bytes(step, leaf()) == 1000
    assert held_bytes(step, leaf()) == 0


def test_what_hangs_on_ctx_is_held_and_not_saved():
    assert saved_bytes(Stashes.apply, leaf()) == 0
    assert held_bytes(Stashes.apply, leaf()) == 2000  # the output and its twin


def test_what_a_closure_of_the_graph_keeps_is_held_and_not_saved():
    def hooked(x):
        mask = x * 2
        out = x + 1
        out.register_hook(lambda grad: grad * mask)
        return out

    assert saved_bytes(hooked, leaf()) == 0
    assert held_bytes(hooked, leaf()) == 2000


def test_what_a_global_keeps_is_held():
    kept = []
    assert held_bytes(lambda x: kept.append(x + 1), KB) == 1000


def test_checkpoints_hold_their_inputs_only():
    def layers(x):
        return x.exp().exp().exp()

    assert held_bytes(layers, leaf()) == 3000
    assert held_bytes(lambda x: checkpoint(layers, x, use_reentrant=False), leaf()) == 1000  # the output


def test_garbage_is_not_held():
    def cycle(x):
        ring = [x + 1]
        ring.append(ring)

    gc.disable()
    try:
        assert held_bytes(cycle, KB) == 0
    finally:
        gc.enable()


def test_torch_func_is_metered_where_hooks_are_refused():
    def gradient(x):
        return torch.func.grad(lambda x: x.exp().sum())(x)

    assert held_bytes(gradient, KB) == 1000
    with pytest.raises(RuntimeError, match="saved tensor hooks"):
        saved_bytes(gradient, KB)


# -- floating-point operations -----------------------------------------------------------------------------------


def test_a_matrix_product_takes_two_operations_an_element():
    a, b = torch.ones(8, 16), torch.ones(16, 32)
    assert flops(torch.matmul, a, b) == 2 * 8 * 16 * 32
    assert flops(lambda a, b: torch.einsum("mk,kn->mn", a, b), a, b) == 2 * 8 * 16 * 32
    assert flops(nn.Linear(16, 32), a) == 2 * 8 * 16 * 32


def test_products_with_vectors_count_too():
    a, v, w = torch.ones(8, 16), torch.ones(16), torch.ones(8)
    assert flops(torch.matmul, a, v) == 2 * 8 * 16
    assert flops(torch.addmv, w, a, v) == 2 * 8 * 16
    assert flops(torch.dot, v, v) == flops(torch.vdot, v, v) == 2 * 16
    batch, other = torch.ones(3, 8, 16), torch.ones(3, 16, 4)
    assert flops(torch.addbmm, torch.ones(8, 4), batch, other) == flops(torch.bmm, batch, other) == 3 * 2 * 8 * 16 * 4


def test_a_backward_pass_takes_two_products():
    a, b = torch.ones(8, 16, requires_grad=True), torch.ones(16, 32, requires_grad=True)
    assert flops(lambda a, b: (a @ b).sum().backward(), a, b) == 3 * 2 * 8 * 16 * 32


def test_a_convolution_is_a_product_at_each_place():
    x, w = torch.ones(1, 2, 5, 5), torch.ones(3, 2, 3, 3)
    assert flops(F.conv2d, x, w) == 2 * (3 * 3) * (2 * 3 * 3 * 3)  # 3 by 3 places; 2 channels in, 3 out; 3 by 3 weights


def test_attention_counts_its_two_products_on_a_cpu_too():
    q = torch.ones(1, 2, 8, 4)  # one batch, 2 heads, 8 places, 4 features
    once = 2 * (2 * 8 * 8 * 4)  # of one product, over the heads
    assert flops(F.scaled_dot_product_attention, q, q, q) == 2 * once

    def both(q):
        F.scaled_dot_product_attention(q, q, q).sum().backward()

    # The backward pass makes the scores again, and has two products for each of the two.
    assert flops(both, q.clone().requires_grad_()) == (2 + 5) * once


def test_what_is_element_by_element_counts_nothing():
    assert flops(lambda x: (x * x).sum().exp(), KB) == 0


# -- synchronisations --------------------------------------------------------------------------------------------

X = torch.tensor([[1.0, -2.0], [3.0, 0.0]])


def fill(x):
    y = x.clone()
    y[y > 0] = 0.0
    return y


def scatter(x):
    y = x.clone()
    y[y > 0] = torch.zeros(2)
    return y


@pytest.mark.parametrize(
    ("function", "count"),
    [
        (lambda x: x.sum().relu(), 0),
        (lambda x: x.sum().item(), 1),
        (lambda x: float(x.sum()), 1),
        (lambda x: 1 if (x > 0).all() else 0, 1),
        (lambda x: [float(v) for v in x[0]], 2),
        (lambda x: x[: (x > 0).sum()], 1),
        (lambda x: x.tolist(), 1),
        (lambda x: x.nonzero(), 1),
        (lambda x: torch.where(x > 0), 1),
        (lambda x: torch.where(x > 0, x, 0), 0),
        (lambda x: x[x > 0], 1),
        (lambda x: x[torch.tensor([0, 1])], 0),
        (lambda x: x[0], 0),
        (fill, 0),
        (scatter, 1),
        (lambda x: x.masked_select(x > 0), 1),
        (lambda x: x.masked_fill(x > 0, 0), 0),
        (torch.unique, 1),
        (lambda x: torch.unique(x, dim=0), 1),
        (lambda x: x.repeat_interleave(torch.tensor([1, 2]), 0), 1),
        (lambda x: x.repeat_interleave(torch.tensor([1, 2]), 0, output_size=3), 0),
        (lambda x: torch.allclose(x, x), 1),
        (lambda x: torch.equal(x, x), 1),
        (torch.linalg.inv, 1),
        (lambda x: x.cpu(), 1),
        (lambda x: x.to("cpu"), 1),
        (lambda x: x.to(device="cpu", dtype=torch.float64), 1),
        (lambda x: x.to("cpu", non_blocking=True), 0),
        (lambda x: x.to(x.device), 0),
        (lambda x: x.to(torch.float64), 0),
        (lambda x: x.detach().cpu().numpy(), 1),
    ],
)
def test_what_would_wait_on_cuda_is_counted_without_it(function, count):
    assert synchronisations(function, X) == count


def test_a_loss_that_is_printed_at_every_step_waits_at_every_step():
    def train(x, every):
        weight = torch.zeros(2, requires_grad=True)
        losses = []
        for step in range(10):
            loss = (x @ weight - 1).square().mean()
            loss.backward()
            if step % every == 0:
                losses.append(loss.item())

    assert synchronisations(train, X, 1) == 10
    assert synchronisations(train, X, 5) == 2


def test_a_copy_from_another_device_to_the_host_waits():
    with FakeTensorMode():
        x = torch.empty(3, device="xpu")
        host = torch.empty(3)
        assert synchronisations(lambda x: x.cpu(), x) == 1
        assert synchronisations(lambda x: x.to(torch.device("cpu")), x) == 1
        assert synchronisations(lambda x: x.to("cpu", non_blocking=True), x) == 0
        assert synchronisations(lambda x: x.to(torch.float64), x) == 0
        assert synchronisations(host.copy_, x) == 1


@pytest.fixture
def cuda(monkeypatch):
    """A CUDA that only has a debug mode; the modes that were set."""
    modes = [0]
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_sync_debug_mode", lambda: modes[-1])
    monkeypatch.setattr(torch.cuda, "set_sync_debug_mode", modes.append)
    return modes


def wait():
    warnings.warn("called a synchronizing CUDA operation (Triggered internally at …)", UserWarning, stacklevel=1)


def test_on_cuda_torchs_own_warnings_count(cuda):
    def call(x):
        wait()
        wait()
        return x + 1

    with FakeTensorMode():
        assert synchronisations(call, torch.empty(3, device="cuda:0")) == 2
    assert cuda == [0, "warn", 0]


def test_with_cuda_in_use_a_call_on_the_cpu_counts_what_would_wait(cuda):
    assert synchronisations(lambda x: x.sum().item(), X) == 1


def test_other_warnings_come_through(cuda):
    def call():
        wait()
        warnings.warn("mine", DeprecationWarning, stacklevel=1)

    with pytest.warns(DeprecationWarning, match="mine") as caught:
        synchronisations(call)
    assert len(caught) == 1


def test_the_debug_mode_is_put_back_if_the_call_raises(cuda):
    with pytest.raises(ZeroDivisionError):
        synchronisations(lambda: 1 / 0)
    assert cuda == [0, "warn", 0]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_on_a_real_device_a_number_for_python_is_one_wait():
    x = torch.ones(3, device="cuda")
    x.sum().item()
    assert synchronisations(lambda x: x.sum(), x) == 0
    assert synchronisations(lambda x: x.sum().item(), x) == 1
    assert synchronisations(lambda x: x[x > 0], x) == 1
    assert torch.cuda.get_sync_debug_mode() == 0


# -- all of them -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("meter", METERS)
def test_a_call_that_raises_leaves_torch_as_it_was(meter):
    linear = nn.Linear(4, 4)

    def call(x):
        return linear(x.exp())

    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        meter(call, torch.ones(2, 5, requires_grad=True))
    assert _get_current_dispatch_mode() is None
    assert torch.overrides._get_current_function_mode_stack() == []
    assert torch._C._autograd._top_saved_tensors_default_hooks(*[True]) is None
    assert not nn.modules.module._global_forward_pre_hooks
    assert not nn.modules.module._global_forward_hooks
    assert meter(lambda: None) == 0


@pytest.mark.parametrize("meter", METERS)
@pytest.mark.parametrize("inner", METERS)
def test_meters_can_be_nested(meter, inner):
    linear, x = nn.Linear(4, 4), torch.ones(2, 4, requires_grad=True)

    def call(x):
        with torch.no_grad():
            return float(linear(x.exp()).sum())

    told = []
    around = meter(lambda x: told.append(inner(call, x)), x)
    assert told == [inner(call, x)]
    assert around == meter(call, x)


def test_what_saved_bytes_has_looked_at_is_freed():
    seen = []

    def call(x):
        out = x.exp()
        seen.append(weakref.ref(out.untyped_storage()))
        return out

    assert saved_bytes(call, leaf()) == 1000
    assert seen[0]() is None


def test_a_second_derivative_within_a_call_is_right_though_what_it_needs_is_looked_at():
    second = []

    def call(x):
        (first,) = torch.autograd.grad(x.exp().sum(), x, create_graph=True)
        second.extend(torch.autograd.grad(first.sum(), x))

    saved_bytes(call, leaf())
    assert torch.equal(second[0], torch.ones(250).exp())


@pytest.mark.parametrize("meter", METERS)
def test_the_call_is_made_once_with_its_arguments(meter):
    calls = []
    meter(lambda *args: calls.append(args), 1, "two")
    assert calls == [(1, "two")]


def test_probes_import_every_meter_from_probing():
    for meter in METERS:
        assert getattr(probing, meter.__name__) is meter
        assert meter.__name__ in probing.__all__
    public = {n for n, v in vars(meters).items() if getattr(v, "__module__", "") == meters.__name__ and n[0] != "_"}
    assert public == {meter.__name__ for meter in METERS}


def test_importing_the_meters_loads_nothing_slow():
    """The zygote imports them before it forks: no Triton, no torch._dynamo, no operation that starts threads."""
    code = """
import sys, torch
before = set(sys.modules)
from torch.utils._python_dispatch import TorchDispatchMode
class Refuse(TorchDispatchMode):
    def __torch_dispatch__(self, func, *rest): raise AssertionError(func)
with Refuse():
    import ptassess.probing
print(sorted({"triton", "torch._dynamo", "torch.utils.flop_counter", "sympy"} & set(sys.modules) - before))
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
