"""Transformers: one training a `train`, what it logs as curves, what a model was pretrained as as its parent."""

from __future__ import annotations

import importlib.util
import pickle

import pytest

from tests.hooked import with_hooks

pytestmark = [pytest.mark.torch, pytest.mark.frameworks, pytest.mark.filterwarnings("ignore")]

if importlib.util.find_spec("transformers"):
    import torch
    from datasets import Dataset
    from transformers import (
        BertConfig,
        BertForSequenceClassification,
        Trainer,
        TrainerCallback,
        TrainingArguments,
        set_seed,
    )

SIZE = {"vocab_size": 20, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}


def _model():
    set_seed(0)
    return BertForSequenceClassification(BertConfig(**SIZE, max_position_embeddings=8))


def _data():
    rows = [{"input_ids": [n % 20, 3, 4], "attention_mask": [1, 1, 1], "labels": n % 2} for n in range(8)]
    return Dataset.from_list(rows)


def _trainer(model, **settings):
    arguments = {
        "output_dir": "out", "num_train_epochs": 2, "per_device_train_batch_size": 4, "logging_steps": 1, "seed": 5,
        "report_to": [], "save_strategy": "no", "use_cpu": True, "disable_tqdm": True, **settings,
    }  # fmt: skip
    return Trainer(model=model, args=TrainingArguments(**arguments), train_dataset=_data(), eval_dataset=_data())


def test_a_training_is_told_once_with_its_settings_and_what_it_logs(heard):
    model = _model()
    trainer = _trainer(model, eval_strategy="epoch")
    before = list(trainer.callback_handler.callbacks)
    trainer.train()
    ((fit, end),) = heard.ends
    assert (fit.by, fit.model) == ("transformers.Trainer.train", model)
    assert (fit.params["seed"], fit.params["per_device_train_batch_size"]) == (5, 4)
    assert fit.data.keys() == {"train_dataset"}
    logged = [log["loss"] for log in trainer.state.log_history if "loss" in log]
    assert [values["loss"] for values, _ in heard.points if "loss" in values] == logged
    assert [step for values, step in heard.points if "eval_loss" in values] == [2, 4]
    assert (end.facts["epochs"], end.facts["steps"]) == (2.0, 4)
    assert set(end.facts["curves"]) == {"loss", "grad_norm", "learning_rate", "eval_loss"}
    assert trainer.callback_handler.callbacks == before


def test_a_pretrained_model_is_read_and_is_the_parent_of_what_it_becomes(heard):
    _model().save_pretrained("base")
    model = BertForSequenceClassification.from_pretrained("base")
    assert [(one.path, one.type) for one in heard.writes] == [("base", "Model")]
    assert [(one.path, one.type, one.thing is model) for one in heard.reads] == [("base", "Model", True)]
    assert heard.parents == []
    _trainer(model).train()
    assert [one.path for one in heard.parents] == ["base"]


def test_a_pretrained_body_under_a_new_head_is_a_parent_also_in_a_loop_of_ones_own(heard):
    _model().save_pretrained("base")
    body = BertForSequenceClassification.from_pretrained("base").bert
    model = torch.nn.Sequential(body.embeddings, torch.nn.Linear(8, 1))
    optimizer = torch.optim.SGD(model[1].parameters(), lr=0.1)
    model(torch.tensor([[1, 2]])).sum().backward()
    optimizer.step()
    assert [one.path for one in heard.parents] == ["base"]


def test_checkpoints_are_models_and_one_that_is_resumed_is_a_parent(heard):
    _trainer(_model(), save_strategy="epoch").train()
    saved = [one.path for one in heard.writes if one.by == "transformers.save_pretrained"]
    assert saved == ["out/checkpoint-2", "out/checkpoint-4"]
    _trainer(_model(), num_train_epochs=3).train(resume_from_checkpoint="out/checkpoint-4")
    assert "out/checkpoint-4" in {one.path for one in heard.parents}


def test_a_training_that_fails_raises_what_it_always_did(heard):
    trainer = _trainer(_model())
    trainer.train_dataset = Dataset.from_list([{"labels": 1}])
    before = list(trainer.callback_handler.callbacks)
    with pytest.raises(ValueError) as caught:
        trainer.train()
    ((_, end),) = heard.ends
    assert end.error is caught.value
    assert trainer.callback_handler.callbacks == before


def test_weights_are_the_same_with_and_without_the_hooks():
    def fitted():
        model = _model()
        _trainer(model).train()
        return [one.numpy().tobytes() for one in model.state_dict().values()]

    plain = fitted()
    assert with_hooks(fitted) == plain


def test_after_undo_the_library_is_as_it_was():
    from transformers import PreTrainedModel

    before = [dict(vars(Trainer)), dict(vars(PreTrainedModel))]
    assert with_hooks(lambda: [dict(vars(Trainer)), dict(vars(PreTrainedModel))]) != before
    assert [dict(vars(Trainer)), dict(vars(PreTrainedModel))] == before


def test_a_trainer_that_is_followed_can_be_sent_to_another_process(heard):
    trainer, sent = _trainer(_model()), []

    class Sender(TrainerCallback):
        def on_train_begin(self, *_words, **_named):
            ours = [one for one in trainer.callback_handler.callbacks if type(one).__module__.startswith("lineal")]
            sent.append(len(pickle.loads(pickle.dumps(ours))))

    trainer.add_callback(Sender())
    trainer.train()
    assert sent == [1]


def test_an_evaluation_after_the_training_is_a_score_without_times(heard):
    trainer = _trainer(_model())
    found = trainer.evaluate()
    predicted = trainer.predict(_data()).metrics
    assert [(score.name, dict(score.values)) for score in heard.scores] == [
        ("evaluate", {"eval_loss": [found["eval_loss"]]}), ("predict", {"test_loss": [predicted["test_loss"]]})
    ]  # fmt: skip
