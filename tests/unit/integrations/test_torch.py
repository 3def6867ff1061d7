"""PyTorch: a loop of the program's own is one training; files, parents, splits; the same weights as without us."""

from __future__ import annotations

import importlib.util
import io

import numpy as np
import pytest

from tests.hooked import with_hooks

pytestmark = pytest.mark.torch

if importlib.util.find_spec("torch"):
    import torch
    import torch.optim.optimizer as optimizers
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset, random_split


def _data(rows=40):
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(rows, 3, generator=generator)
    return TensorDataset(x, x.sum(1, keepdim=True))


def _net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))


def _trained(net, *, epochs=3, validate=False, lr=0.05):
    loader = DataLoader(_data(), batch_size=8, shuffle=True, generator=torch.Generator().manual_seed(5))
    optimizer = torch.optim.Adam(net.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        for x, y in loader:
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(net(x), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        if validate:
            with torch.no_grad():
                sum(nn.functional.mse_loss(net(x), y) for x, y in DataLoader(_data(8)))
    return losses


@pytest.mark.parametrize("validate", [False, True])
def test_a_loop_is_one_training_with_its_epochs_steps_and_mean_losses(heard, validate):
    net = _net()
    losses = _trained(net, validate=validate)
    (fit,) = heard.fits
    assert fit.model is net
    assert fit.by == "torch.optim.adam.Adam.step"
    assert fit.params["optimizer"] == "torch.optim.adam.Adam"
    assert fit.params["optimizer.lr"] == 0.05
    assert {name: value for name, value in fit.params.items() if name.startswith("loader.")} == {
        "loader.batch_size": 8, "loader.shuffle": True, "loader.drop_last": False, "loader.num_workers": 0,
        "loader.dataset": "torch.utils.data.dataset.TensorDataset", "loader.seed": 5, "loader.rows": 40,
    }  # fmt: skip
    facts = fit.at_end().facts
    assert (facts["steps"], facts["epochs"], facts["parameters"]) == (15, 3, 21)
    means = [float(np.mean(losses[start : start + 5])) for start in (0, 5, 10)]
    assert [values["loss"] for values, _ in heard.points] == pytest.approx(means)
    assert [step for _, step in heard.points] == [0, 1, 2]
    assert facts["curves"]["loss"]["last"] == pytest.approx(means[-1])


def test_the_data_of_a_plain_data_set_is_the_trainings_data(heard):
    net, data = _net(), _data()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for x, y in DataLoader(data, batch_size=20):
        nn.functional.mse_loss(net(x), y).backward()
        optimizer.step()
    assert heard.fits[0].data.keys() == {"tensors[0]", "tensors[1]"}
    assert np.shares_memory(heard.fits[0].data["tensors[0]"], data.tensors[0].numpy())


def test_a_loop_without_a_loader_has_steps_and_ever_fewer_points(heard):
    weight = nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([weight], lr=1e-6)
    for _ in range(3000):
        (weight**2).sum().backward()
        optimizer.step()
    (fit,) = heard.fits
    facts = fit.at_end().facts
    assert (fit.model, facts["steps"]) == (None, 3000)
    assert "epochs" not in facts
    assert 2000 < len(heard.points) < 2700


def test_losses_on_an_accelerator_are_fetched_together_and_none_is_lost(heard):
    waits = []

    class Far(torch.Tensor):
        """A number that says it lies on an accelerator, and counts how often somebody waits for it."""

        @classmethod
        def __torch_function__(cls, function, types, args=(), kwargs=None):
            if function == torch.Tensor.device.__get__:
                return torch.device("cuda")
            if function in (torch.Tensor.item, torch.Tensor.tolist, torch.Tensor.__float__):
                waits.append(function)
            return super().__torch_function__(function, types, args, kwargs or {})

    weight = nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([weight], lr=1e-3)
    losses = []
    for _ in range(500):
        loss = (weight**2).sum().as_subclass(Far)
        losses.append(loss.detach().as_subclass(torch.Tensor).item())
        loss.backward()
        optimizer.step()
    during = len(waits)
    facts = heard.fits[0].at_end().facts
    assert [values["loss"] for values, _ in heard.points] == losses
    assert [step for _, step in heard.points] == list(range(500))
    assert facts["curves"]["loss"]["points"] == 500
    assert 3 <= during < 50


def test_two_optimizers_are_two_trainings_each_with_its_model(heard):
    first, second = _net(), _net()
    for net in (first, second):
        nn.functional.mse_loss(net(torch.ones(2, 3)), torch.ones(2, 1)).backward()
    for optimizer in [torch.optim.SGD(net.parameters(), lr=0.1) for net in (first, second)]:
        optimizer.step()
    assert [fit.model for fit in heard.fits] == [first, second]


def test_the_model_is_the_outermost_module_that_has_what_is_trained(heard):
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.head = _net(), nn.Linear(1, 1)

        def forward(self, x):
            return self.head(self.body(x))

    model = Model()
    optimizer = torch.optim.SGD(model.head.parameters(), lr=0.1)
    model(torch.ones(2, 3)).sum().backward()
    optimizer.step()
    assert heard.fits[0].model is model


def test_a_training_that_went_on_in_another_run_is_another_training(heard):
    net = _net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for _ in range(2):
        net(torch.ones(2, 3)).sum().backward()
        optimizer.step()
        heard.fits[-1].at_end()
    assert len(heard.fits) == 2


def test_a_scaled_loss_is_told_as_it_was_before(heard):
    net = _net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    loss = net(torch.ones(2, 3)).sum()
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    assert heard.points == [({"loss": pytest.approx(loss.item())}, 0)]


def test_saved_and_loaded_files_are_seen_with_the_model_they_hold(heard):
    net = _net()
    _trained(net, epochs=1)
    torch.save(net.state_dict(), "state.pt")
    torch.save({"model": net.state_dict(), "epoch": 1}, "checkpoint.pt")
    torch.save(net, "whole.pt")
    torch.save(torch.ones(3), "data.pt")
    torch.save(net.state_dict(), io.BytesIO())
    assert [(one.path, one.type) for one in heard.writes] == [
        ("state.pt", "Model"), ("checkpoint.pt", "Model"), ("whole.pt", "Model"), ("data.pt", "Dataset")
    ]  # fmt: skip
    assert [one.thing is net for one in heard.writes] == [True, True, True, False]
    assert heard.writes[1].facts == {"steps": 5, "epochs": 1}
    loaded = [torch.load(name, weights_only=name != "whole.pt") for name in ("state.pt", "whole.pt")]
    assert [(one.path, one.type) for one in heard.reads] == [("state.pt", "Model"), ("whole.pt", "Model")]
    assert heard.reads[1].thing is loaded[1]


@pytest.mark.parametrize("way", ["state", "checkpoint", "module", "backbone", "safetensors"])
def test_training_on_from_a_file_names_it_as_the_parent(heard, way):
    from safetensors.torch import load_file, save_file

    base = _net()
    torch.save(base.state_dict(), "base.pt")
    torch.save({"net": base.state_dict(), "note": "x"}, "checkpoint.pt")
    torch.save(base, "module.pt")
    save_file(base.state_dict(), "base.safetensors")
    net = _net()
    if way == "module":
        net = torch.load("module.pt", weights_only=False)
    elif way == "checkpoint":
        net.load_state_dict(torch.load("checkpoint.pt")["net"])
    elif way == "safetensors":
        net.load_state_dict(load_file("base.safetensors"))
    else:
        net.load_state_dict(torch.load("base.pt"))
    if way == "backbone":
        for parameter in net.parameters():
            parameter.requires_grad = False
        net = nn.Sequential(net, nn.Linear(1, 1))
        optimizer = torch.optim.SGD(net[1].parameters(), lr=0.1)
        net(torch.ones(2, 3)).sum().backward()
        optimizer.step()
    else:
        _trained(net, epochs=1)
    files = {"module": "module.pt", "checkpoint": "checkpoint.pt", "safetensors": "base.safetensors"}
    assert [(read.path, read.type) for read in heard.parents] == [(files.get(way, "base.pt"), "Model")]


def test_loading_a_model_to_use_it_makes_no_parent(heard):
    net = _net()
    torch.save(net.state_dict(), "base.pt")
    net.load_state_dict(torch.load("base.pt"))
    net(torch.ones(1, 3))
    _trained(_net(), epochs=1)
    assert heard.parents == []


def test_a_random_split_tells_rows_ratios_and_seed(heard):
    random_split(_data(), [0.75, 0.25], generator=torch.Generator().manual_seed(9))
    assert [split.facts for split in heard.splits] == [{"rows": [30, 10], "ratios": [0.75, 0.25], "seed": 9}]


def test_weights_are_the_same_with_and_without_the_hooks():
    def fitted():
        net = _net()
        losses = _trained(net)
        return losses, [one.numpy().tobytes() for one in net.state_dict().values()], torch.get_rng_state().tolist()

    plain = fitted()
    assert with_hooks(fitted) == plain


def test_an_error_in_the_users_loop_is_the_users(heard):
    net = _net()
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        net(torch.ones(1, 5)).sum().backward()
    with pytest.raises(RuntimeError, match="does not require grad"):
        torch.ones(1).sum().backward()
    assert heard.fits == []


def test_after_undo_the_library_is_as_it_was():
    def state():
        kinds = [torch.Tensor, nn.Module, DataLoader, torch.amp.GradScaler]
        hooks = dict(optimizers._global_optimizer_post_hooks)
        found = [
            vars(kind).get(name) for kind in kinds for name in ("backward", "load_state_dict", "__iter__", "scale")
        ]
        return [torch.save, torch.load, torch.serialization.save, random_split, hooks, *found]

    before = state()
    assert with_hooks(state) != before
    assert state() == before
