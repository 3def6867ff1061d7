"""Keras: one training a fit with its epochs' metrics; models and weights in files; transfer learning."""

from __future__ import annotations

import importlib.util
import os

import numpy as np
import pytest

from tests.hooked import with_hooks

pytestmark = [pytest.mark.torch, pytest.mark.frameworks, pytest.mark.filterwarnings("ignore")]

if importlib.util.find_spec("keras"):
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

X = np.random.default_rng(0).normal(size=(24, 3)).astype("float32")
Y = X.sum(1, keepdims=True)


def _model():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.layers.Input((3,)), keras.layers.Dense(2, name="a"), keras.layers.Dense(1, name="b")]
    )
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss="mse")
    return model


def test_a_fit_is_one_training_with_its_settings_and_the_metrics_of_each_epoch(heard):
    model = _model()
    history = model.fit(X, Y, epochs=3, batch_size=8, validation_split=0.25, verbose=0)
    ((fit, end),) = heard.ends
    assert (fit.by, fit.model) == ("keras.Model.fit", model)
    assert fit.data["x"] is X
    assert (fit.params["epochs"], fit.params["optimizer"], fit.params["loss"]) == (3, "SGD", "mse")
    assert fit.params["optimizer.learning_rate"] == pytest.approx(0.05)
    assert [values["val_loss"] for values, _ in heard.points] == pytest.approx(history.history["val_loss"])
    assert [step for _, step in heard.points] == [0, 1, 2]
    assert (end.facts["epochs"], end.facts["parameters"], end.facts["stopped_early"]) == (3, 11, False)


def test_callbacks_of_the_user_are_theirs_and_early_stopping_is_told(heard):
    given = [keras.callbacks.EarlyStopping("loss", min_delta=100.0, patience=1)]
    _model().fit(X, Y, epochs=9, verbose=0, callbacks=given)
    assert len(given) == 1
    facts = heard.ends[0][1].facts
    assert (facts["epochs"], facts["stopped_early"]) == (2, True)


def test_one_callback_without_a_list_is_left_alone_and_the_curve_is_told_at_the_end(heard):
    _model().fit(X, Y, epochs=2, verbose=0, callbacks=keras.callbacks.TerminateOnNaN())
    assert [step for values, step in heard.points if "loss" in values] == [0, 1]


def test_models_and_weights_in_files_are_seen(heard):
    model = _model()
    model.save("delay.keras")
    model.save_weights("delay.weights.h5")
    loaded = keras.saving.load_model("delay.keras")
    model.load_weights("delay.weights.h5")
    assert [(one.path, one.thing, one.type) for one in heard.writes] == [
        ("delay.keras", model, "Model"), ("delay.weights.h5", model, "Model")
    ]  # fmt: skip
    assert [(one.path, one.thing) for one in heard.reads] == [("delay.keras", loaded), ("delay.weights.h5", model)]


def test_a_loaded_model_that_learns_on_is_the_parent_also_as_a_layer(heard):
    _model().save("base.keras")
    base = keras.saving.load_model("base.keras")
    base.fit(X, Y, verbose=0)
    model = keras.Sequential([keras.layers.Input((3,)), base, keras.layers.Dense(1)])
    model.compile(loss="mse")
    model.fit(X, Y, verbose=0)
    assert [one.path for one in heard.parents] == ["base.keras", "base.keras"]


def test_a_fit_that_fails_raises_what_it_always_did(heard):
    with pytest.raises(ValueError) as caught:
        _model().fit(X, Y[:5], verbose=0)
    ((_, end),) = heard.ends
    assert end.error is caught.value


def test_weights_are_the_same_with_and_without_the_hooks():
    def fitted():
        model = _model()
        model.fit(X, Y, epochs=2, verbose=0)
        return [one.tobytes() for one in model.get_weights()]

    plain = fitted()
    assert with_hooks(fitted) == plain


def test_after_undo_the_library_is_as_it_was():
    def state():
        kinds = [kind for kind in keras.Model.__mro__ if kind.__module__.startswith("keras")]
        return [keras.saving.load_model, keras.models.load_model, *[dict(vars(kind)) for kind in kinds]]

    before = state()
    assert with_hooks(state) != before
    assert state() == before


def test_an_evaluation_is_a_score_with_the_names_of_its_metrics_and_those_within_a_fit_are_not(heard):
    model = _model()
    model.compile(loss="mse", metrics=["mae"])
    model.fit(X, Y, epochs=1, validation_split=0.25, verbose=0)
    loss, error = model.evaluate(X, Y, verbose=0)
    named = model.evaluate(X, Y, verbose=0, return_dict=True)
    first, second = heard.scores
    assert (first.name, first.on) == ("evaluate", "X")
    assert first.values == {"loss": [pytest.approx(loss)], "mae": [pytest.approx(error)]}
    assert {name: values[0] for name, values in second.values.items()} == pytest.approx(named)
