"""Lightning: one training a fit, its epochs' metrics, checkpoints, what it goes on from; the trainer left as it was."""

from __future__ import annotations

import importlib.util
import pickle

import pytest

from tests.hooked import with_hooks

pytestmark = [pytest.mark.torch, pytest.mark.frameworks, pytest.mark.filterwarnings("ignore")]

if importlib.util.find_spec("lightning"):
    import lightning.pytorch as pl
    import torch
    from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
    from torch.utils.data import DataLoader, TensorDataset

    class Net(pl.LightningModule):
        def __init__(self, lr=0.1):
            super().__init__()
            self.save_hyperparameters()
            self.layer, self.lr = torch.nn.Linear(3, 1), lr

        def _loss(self, batch):
            x, y = batch
            return torch.nn.functional.mse_loss(self.layer(x), y)

        def training_step(self, batch, _index):
            loss = self._loss(batch)
            self.log("train_loss", loss, on_epoch=True, on_step=False)
            return loss

        def validation_step(self, batch, _index):
            self.log("val_loss", self._loss(batch))

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=self.lr)


def _loader(rows=24):
    x = torch.randn(rows, 3, generator=torch.Generator().manual_seed(1))
    return DataLoader(TensorDataset(x, x.sum(1, keepdim=True)), batch_size=8)


def _trainer(**settings):
    quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False, "accelerator": "cpu"}
    return pl.Trainer(**{"enable_checkpointing": False, "max_epochs": 3, **quiet, **settings})


def _net():
    pl.seed_everything(0, verbose=False)
    return Net()


def test_a_fit_is_one_training_with_the_metrics_of_each_epoch(heard):
    trainer, net = _trainer(), _net()
    before = list(trainer.callbacks)
    trainer.fit(net, _loader(), _loader(8))
    ((fit, end),) = heard.ends
    assert (fit.by, fit.model) == ("lightning.pytorch.Trainer.fit", net)
    assert (fit.params["lr"], fit.params["max_epochs"]) == (0.1, 3)
    assert [step for _, step in heard.points] == [0, 1, 2]
    assert all(values.keys() == {"train_loss", "val_loss"} for values, _ in heard.points)
    facts = end.facts
    assert (facts["epochs"], facts["steps"], facts["parameters"]) == (3, 9, 4)
    assert facts["optimizers"] == ["torch.optim.sgd.SGD"]
    assert facts["params"]["loader.batch_size"] == 8
    assert facts["curves"]["val_loss"]["points"] == 3
    assert trainer.callbacks == before


def test_checkpoints_are_models_with_their_epoch_and_the_best_is_told(heard):
    keep = ModelCheckpoint("checkpoints", monitor="val_loss", save_top_k=1)
    trainer, net = _trainer(enable_checkpointing=True, callbacks=[keep]), _net()
    trainer.fit(net, _loader(), _loader(8))
    assert heard.writes
    assert {one.type for one in heard.writes} == {"Model"}
    assert {one.thing for one in heard.writes} == {net}
    assert [one.facts["epochs"] for one in heard.writes] == list(range(len(heard.writes)))
    facts = heard.ends[0][1].facts
    assert facts["best_checkpoint"].startswith("checkpoints")
    assert facts["best_score"] == pytest.approx(float(keep.best_model_score))


def test_early_stopping_is_told(heard):
    stopping = EarlyStopping("val_loss", min_delta=10.0, patience=1)
    _trainer(max_epochs=9, callbacks=[stopping]).fit(_net(), _loader(), _loader(8))
    assert heard.ends[0][1].facts["stopped_early_at"] == 1


def test_a_checkpoint_that_is_gone_on_from_is_the_parent(heard):
    trainer = _trainer(max_epochs=1)
    trainer.fit(_net(), _loader())
    trainer.save_checkpoint("first.ckpt")
    _trainer(max_epochs=2).fit(_net(), _loader(), ckpt_path="first.ckpt")
    _trainer(max_epochs=1).fit(Net.load_from_checkpoint("first.ckpt"), _loader())
    paths = [read.path for read in heard.parents]
    assert len(paths) >= 2
    assert {path.rpartition("/")[2] for path in paths} == {"first.ckpt"}


def test_a_fit_that_fails_leaves_the_trainer_as_it_was(heard):
    class Broken(Net):
        def training_step(self, _batch, _index):
            raise ArithmeticError("mine")

    trainer = _trainer()
    before = list(trainer.callbacks)
    with pytest.raises(ArithmeticError, match="mine") as caught:
        trainer.fit(Broken(), _loader())
    ((_, end),) = heard.ends
    assert end.error is caught.value
    assert trainer.callbacks == before


def test_weights_are_the_same_with_and_without_the_hooks():
    def fitted():
        net = _net()
        _trainer().fit(net, _loader(), _loader(8))
        return [one.numpy().tobytes() for one in net.state_dict().values()]

    plain = fitted()
    assert with_hooks(fitted) == plain


def test_after_undo_the_library_is_as_it_was():
    before = dict(vars(pl.Trainer))
    assert with_hooks(lambda: dict(vars(pl.Trainer))) != before
    assert dict(vars(pl.Trainer)) == before


def test_a_trainer_that_is_followed_can_be_sent_to_another_process(heard):
    sent = []

    class Sender(pl.Callback):
        def on_train_start(self, trainer, _module):
            others = [one for one in trainer.callbacks if one is not self]
            sent.append(len(pickle.loads(pickle.dumps(others))))

    _trainer(callbacks=[Sender()]).fit(_net(), _loader())
    assert len(heard.ends) == 1
    assert sent[0] >= 1


def test_what_validate_and_test_come_to_are_scores(heard):
    class Tested(Net):
        def test_step(self, *batch):
            self.log("test_loss", self._loss(batch[0]))

    trainer, net = _trainer(), Tested()
    (validated,) = trainer.validate(net, _loader(8), verbose=False)
    (tested,) = trainer.test(net, _loader(8), verbose=False)
    assert [(score.name, {name: one for name, (one,) in score.values.items()}) for score in heard.scores] == [
        ("validate", validated), ("test", tested)
    ]  # fmt: skip
    assert heard.fits == []
