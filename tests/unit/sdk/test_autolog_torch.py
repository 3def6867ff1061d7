"""autolog and PyTorch: a loop of the program's own in the record, from its data to the file it wrote and its parent."""

from __future__ import annotations

import importlib.util

import pytest

import lineal
from lineal.model.nodes import Artifact, Execution

pytestmark = pytest.mark.torch

if importlib.util.find_spec("torch"):
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset


def _trained(net, *, save):
    x = torch.arange(24.0).reshape(8, 3)
    loader = DataLoader(TensorDataset(x, x.sum(1, keepdim=True)), batch_size=4)
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-4)
    for _ in range(2):
        for rows, target in loader:
            optimizer.zero_grad()
            nn.functional.mse_loss(net(rows), target).backward()
            optimizer.step()
        torch.save({"model": net.state_dict(), "optimizer": optimizer.state_dict()}, save)
    return net


def recorded():
    """Return the last run with its metrics and, by name, the models with their events."""
    lineal.autolog(enabled=False)
    with lineal.open() as workspace:
        run = max(workspace.store.list(Execution).items, key=lambda one: one.id)
        events = workspace.store.events(executions=[run.id])
        found = workspace.store.get(Artifact, [event.artifact_id for event in events])
        metrics = {series.name: list(series.steps) for series in workspace.store.metrics(run.id)}
        models = {one.name: (one, event) for one, event in zip(found, events, strict=True) if one.type == "Model"}
        return run, metrics, models


def test_a_loop_is_recorded_with_its_file_its_epochs_and_its_loss():
    lineal.autolog()
    net = _trained(nn.Linear(3, 1), save="net.pt")
    run, metrics, models = recorded()
    assert set(models) == {"net@v1"}
    facts = models["net@v1"][0].custom_properties
    assert (facts["epochs"], facts["steps"], facts["parameters"]) == (2, 4, 4)
    assert set(facts["training_data"]) == {"tensors[0]", "tensors[1]"}
    assert models["net@v1"][0].properties["canonical"] == lineal_fingerprint(net)
    assert metrics == {"loss": [0, 1]}
    assert run.custom_properties["param.optimizer"] == "torch.optim.sgd.SGD"
    (fit,) = run.custom_properties["fits"]
    assert fit["curves"]["loss"]["points"] == 2


def lineal_fingerprint(net):
    from lineal.capture.fingerprints.models import canonical_of

    return canonical_of(net).fingerprint


def test_a_loop_in_a_run_of_its_own_ends_with_it():
    lineal.autolog()
    with lineal.run("first"):
        _trained(nn.Linear(3, 1), save="first.pt")
    with lineal.open() as workspace:
        (run,) = workspace.store.list(Execution).items
        assert [series.name for series in workspace.store.metrics(run.id)] == ["loss"]
        assert run.custom_properties["fits"][0]["epochs"] == 2


def test_fine_tuning_is_an_edge_to_the_file_it_goes_on_from():
    torch.save({"model": nn.Linear(3, 1).state_dict()}, "base.pt")
    lineal.autolog()
    net = nn.Linear(3, 1)
    net.load_state_dict(torch.load("base.pt")["model"])
    _trained(net, save="tuned.pt")
    _, _, models = recorded()
    assert {name: event.path for name, (_, event) in models.items()} == {"base@v1": ("parents", 0), "tuned@v1": ()}


def test_a_model_that_is_not_written_is_recorded_as_it_is_at_the_end():
    lineal.autolog()
    optimizer_of = torch.optim.SGD
    net = nn.Linear(3, 1)
    optimizer = optimizer_of(net.parameters(), lr=0.1)
    for _ in range(2):
        net(torch.ones(1, 3)).sum().backward()
        optimizer.step()
    _, metrics, models = recorded()
    assert set(models) == {"Linear@v1"}
    assert models["Linear@v1"][0].properties["canonical"] == lineal_fingerprint(net)
    assert metrics == {"loss": [0, 1]}
