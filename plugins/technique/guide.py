"""What each rule says: a title, why it matters, what to do, and PyTorch's own page that says so."""

_DOCS = "https://docs.pytorch.org/docs/stable"

# {} stands for the name that is found there.
RULES = {
    "PT001": (
        "Not looked at: {}",
        "The rules of technique read the file as data; this one could not be read.",
        "Read it yourself.",
        "",
    ),
    "PT101": (
        "One element at a time",
        "Every reading of an element as a Python number waits for the device and costs microseconds.",
        "Compute with the whole tensor, or call tolist() once before the loop.",
        "https://docs.pytorch.org/tutorials/recipes/recipes/tuning_guide.html",
    ),
    "PT102": (
        "The same tensor is moved or converted in every turn",
        "Nothing in the loop changes it, so that every copy after the first is in vain.",
        "Do it once, before the loop.",
        "https://docs.pytorch.org/tutorials/recipes/recipes/tuning_guide.html",
    ),
    "PT103": (
        "A Python loop over the rows of a tensor",
        "Each turn starts operations of its own on a single row, which on a GPU costs more than the arithmetic.",
        "Broadcast, use einsum or torch.vmap; where memory is short, take blocks of rows.",
        f"{_DOCS}/generated/torch.vmap.html",
    ),
    "PT104": (
        "torch.tensor() of a tensor",
        "It copies and cuts the tensor from its history; PyTorch warns about it.",
        "Say what is meant: x.detach().clone(), or x itself.",
        f"{_DOCS}/generated/torch.tensor.html",
    ),
    "PT105": (
        "An inverse is formed to solve a system",
        "solve() is faster and loses fewer digits.",
        "torch.linalg.solve(a, b) in place of torch.linalg.inv(a) @ b.",
        f"{_DOCS}/generated/torch.linalg.inv.html",
    ),
    "PT201": (
        "No gradient is cleared in this training loop",
        "backward() adds to .grad, so that every step also repeats all earlier ones.",
        "optimizer.zero_grad() before backward().",
        f"{_DOCS}/generated/torch.optim.Optimizer.zero_grad.html",
    ),
    "PT202": (
        "`{}` is kept with its history",
        "What is added up or kept still refers to the graph of every turn, so that memory grows from turn to turn.",
        "Keep loss.detach(), or loss.item() where a number is wanted.",
        f"{_DOCS}/notes/faq.html",
    ),
    "PT203": (
        "The leaf `{}` is changed in place while gradients are recorded",
        "Autograd refuses it: a leaf that requires a gradient cannot be changed in place.",
        "Change it inside `with torch.no_grad():`.",
        f"{_DOCS}/notes/autograd.html",
    ),
    "PT204": (
        "The target `{}` requires a gradient that nobody takes",
        "A gradient with respect to the labels is computed in every backward pass, in vain.",
        "Leave requires_grad away for data and labels.",
        f"{_DOCS}/notes/autograd.html",
    ),
    "PT205": (
        "`.data` goes around autograd",
        "Autograd does not notice changes made through it, and computes wrong gradients without a word.",
        "Use .detach(), or `with torch.no_grad():` around the change.",
        f"{_DOCS}/notes/autograd.html",
    ),
    "PT206": (
        "`require_grad` is no flag",
        "The attribute is called requires_grad; this sets one that nobody reads.",
        "x.requires_grad_(…), or requires_grad=… where the tensor is made.",
        f"{_DOCS}/generated/torch.Tensor.requires_grad.html",
    ),
    "PT207": (
        "checkpoint() without use_reentrant",
        "PyTorch asks for a choice and warns without one; the two kinds differ in what they support.",
        "use_reentrant=False.",
        f"{_DOCS}/checkpoint.html",
    ),
    "PT301": (
        "Gradients are recorded while `{}` is evaluated",
        "eval() changes how layers work, not what autograd records: the graph of each batch is built in vain.",
        "`with torch.inference_mode():` or torch.no_grad() around the loop.",
        f"{_DOCS}/notes/autograd.html",
    ),
    "PT302": (
        "`{}` is evaluated in training mode",
        "The file trains it with dropout or batch normalisation and never calls eval(): results depend on chance.",
        "model.eval() before evaluating, model.train() afterwards.",
        f"{_DOCS}/notes/autograd.html",
    ),
    "PT401": (
        "{} runs what the file says",
        "A pickle may call any function while it is loaded.",
        "torch.load with weights_only=True (its default since 2.6), or safetensors.",
        f"{_DOCS}/generated/torch.load.html",
    ),
    "PT402": (
        "Every exception is swallowed",
        "Also those that nobody thought of: a wrong result goes on without a word.",
        "Name the exception that is expected, and do something about it.",
        "https://docs.python.org/3/tutorial/errors.html#handling-exceptions",
    ),
    "PT501": (
        "`{}` is deprecated or gone",
        "PyTorch has announced its end, or has ended it already.",
        "",  # DEPRECATED has it
        "",  # page_of
    ),
    "PT502": (
        "`{}` of a loss is deprecated",
        "Two flags stand for what `reduction` says in one word.",
        'reduction="mean", "sum" or "none".',
        f"{_DOCS}/generated/torch.nn.CrossEntropyLoss.html",
    ),
    "PT503": (
        "A softmax over some dimension",
        "Without `dim` it is guessed from the number of dimensions; PyTorch warns about it.",
        "Say which: dim=-1.",
        f"{_DOCS}/generated/torch.nn.functional.softmax.html",
    ),
    "PT601": (
        "The default `{}` is one tensor for all calls, and is changed in place",
        "Python makes a default once: each call goes on with what the one before has left.",
        "None as the default, and make the tensor inside.",
        "https://docs.python.org/3/tutorial/controlflow.html#default-argument-values",
    ),
    "PT602": (
        "{} before a loss that does not ask for it",
        "cross_entropy and the losses with logits apply it themselves; nll_loss asks for logarithms of probabilities.",
        "Hand the logits to the loss; log_softmax before nll_loss.",
        f"{_DOCS}/generated/torch.nn.CrossEntropyLoss.html",
    ),
    "PT603": (
        "`{}` is expanded, and written into",
        "The rows of an expanded tensor are one memory; PyTorch refuses to write there, or the rows change together.",
        "clone() it before.",
        f"{_DOCS}/generated/torch.Tensor.expand.html",
    ),
    "PT604": (
        "The layers in `{}` are not registered",
        "A module does not look into lists: parameters(), to() and state_dict() leave these layers out.",
        "torch.nn.ModuleList.",
        f"{_DOCS}/generated/torch.nn.ModuleList.html",
    ),
    "PT605": (
        "The logarithm of a {}",
        "It becomes -inf where the probability underflows, and its gradient NaN.",
        "torch.nn.functional.log_softmax, or logsigmoid.",
        f"{_DOCS}/generated/torch.nn.functional.log_softmax.html",
    ),
}

_INIT = (
    "uniform", "normal", "constant", "eye", "dirac", "xavier_uniform", "xavier_normal", "kaiming_uniform",
    "kaiming_normal",
    "orthogonal", "sparse",
)  # fmt: skip
_FUNC = ("vmap", "grad", "grad_and_value", "vjp", "jvp", "jacrev", "jacfwd", "hessian", "functionalize")

# What is deprecated or gone, and what to use; as PyTorch 2.14 says in its documentation or its warnings.
DEPRECATED = {
    "torch.autograd.Variable": "a tensor; Variable has done nothing since 0.4",
    "torch.chain_matmul": "torch.linalg.multi_dot",
    "torch.cholesky": "torch.linalg.cholesky",
    "torch.cpu.amp.GradScaler": 'torch.amp.GradScaler("cpu")',
    "torch.cpu.amp.autocast": 'torch.amp.autocast("cpu")',
    "torch.cuda.amp.GradScaler": 'torch.amp.GradScaler("cuda")',
    "torch.cuda.amp.autocast": 'torch.amp.autocast("cuda")',
    "torch.cuda.amp.custom_bwd": "torch.amp.custom_bwd",
    "torch.cuda.amp.custom_fwd": "torch.amp.custom_fwd",
    "torch.eig": "torch.linalg.eig",
    "torch.ger": "torch.outer",
    "torch.jit.script": "torch.compile, or torch.export",
    "torch.jit.trace": "torch.compile, or torch.export",
    "torch.lstsq": "torch.linalg.lstsq",
    "torch.lu": "torch.linalg.lu_factor",
    "torch.lu_solve": "torch.linalg.lu_solve",
    "torch.matrix_rank": "torch.linalg.matrix_rank",
    "torch.nn.UpsamplingBilinear2d": "torch.nn.functional.interpolate",
    "torch.nn.UpsamplingNearest2d": "torch.nn.functional.interpolate",
    "torch.nn.functional.upsample": "torch.nn.functional.interpolate",
    "torch.nn.functional.upsample_bilinear": "torch.nn.functional.interpolate",
    "torch.nn.functional.upsample_nearest": "torch.nn.functional.interpolate",
    "torch.nn.utils.clip_grad_norm": "torch.nn.utils.clip_grad_norm_",
    "torch.nn.utils.stateless.functional_call": "torch.func.functional_call",
    "torch.nn.utils.weight_norm": "torch.nn.utils.parametrizations.weight_norm",
    "torch.norm": "torch.linalg.vector_norm, or torch.linalg.matrix_norm",
    "torch.backends.cuda.sdp_kernel": "torch.nn.attention.sdpa_kernel",
    "torch.qr": "torch.linalg.qr",
    "torch.range": "torch.arange, whose end is not included",
    "torch.set_default_tensor_type": "torch.set_default_dtype and torch.set_default_device",
    "torch.solve": "torch.linalg.solve, with its arguments the other way round",
    "torch.svd": "torch.linalg.svd, which gives the conjugate transpose of v",
    "torch.symeig": "torch.linalg.eigh",
    "torch.testing.assert_allclose": "torch.testing.assert_close",
    "torch.triangular_solve": "torch.linalg.solve_triangular",
    **{f"torch.nn.init.{name}": f"torch.nn.init.{name}_" for name in _INIT},
    **{f"functorch.{name}": f"torch.func.{name}" for name in _FUNC},
}

_PAGES = {
    "torch.amp.": "amp.html",
    "torch.autograd.": "autograd.html",
    "torch.nn.init.": "nn.init.html",
    "torch.testing.": "testing.html",
}


def page_of(name):
    """The page of PyTorch's documentation about what replaces a deprecated name.

    Args:
        name: in ``DEPRECATED``.
    """
    words = DEPRECATED[name].replace("(", " ").replace(",", " ").split()
    best = next((word for word in words if word.startswith("torch.")), "torch.autograd.")
    page = next((page for start, page in _PAGES.items() if best.startswith(start)), f"generated/{best}.html")
    return f"{_DOCS}/{page}"
