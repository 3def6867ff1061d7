from __future__ import annotations

import pickle
import types

import pytest

from lineal.capture.data import canonical_of, fingerprint_of
from lineal.capture.fingerprints import boosters, tensors
from lineal.errors import InvalidArgument

np = pytest.importorskip("numpy")
pytest.importorskip("sklearn")

from sklearn.ensemble import (  # noqa: E402 — only where scikit-learn is installed
    HistGradientBoostingClassifier,
    RandomForestRegressor,
    VotingRegressor,
)
from sklearn.feature_extraction.text import CountVectorizer  # noqa: E402
from sklearn.linear_model import LinearRegression, LogisticRegression  # noqa: E402
from sklearn.model_selection import GridSearchCV  # noqa: E402
from sklearn.neighbors import KNeighborsRegressor  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(60, 4))
Y = X @ np.arange(4.0)


def forest(**options: object) -> RandomForestRegressor:
    return RandomForestRegressor(5, random_state=0, **options).fit(X, Y)


@pytest.mark.parametrize(
    "make",
    [
        forest,
        lambda: LinearRegression().fit(X, Y),
        lambda: LogisticRegression().fit(X, Y > 0),
        lambda: make_pipeline(StandardScaler(), forest()).fit(X, Y),
        lambda: VotingRegressor([("a", LinearRegression()), ("b", forest())]).fit(X, Y),
        lambda: HistGradientBoostingClassifier(max_iter=3, random_state=0).fit(X, Y > 0),
        lambda: KNeighborsRegressor(algorithm="kd_tree").fit(X, Y),
        lambda: GridSearchCV(LinearRegression(), {"fit_intercept": [True, False]}, cv=2).fit(X, Y),
    ],
    ids=["forest", "linear", "logistic", "pipeline", "voting", "boosting", "tree search", "grid search"],
)
def test_a_model_fitted_twice_or_pickled_has_one_canonical_fingerprint(make):
    model = make()
    found = canonical_of(model)
    assert found.fingerprint is not None
    assert canonical_of(make()).fingerprint == found.fingerprint
    assert canonical_of(pickle.loads(pickle.dumps(model))).fingerprint == found.fingerprint


def test_the_number_of_threads_is_left_out_and_listed():
    one, two = canonical_of(forest(n_jobs=1)), canonical_of(forest(n_jobs=2, verbose=0))
    assert one.fingerprint == two.fingerprint
    assert one.left_out == ("n_jobs", "verbose")


def test_where_in_memory_a_vectorizer_has_its_stop_words_is_left_out():
    one, other = (CountVectorizer().fit(["late flight", "on time"]) for _ in range(2))
    assert one.build_analyzer()("late") == ["late"]
    one._stop_words_id, other._stop_words_id = 1, 2
    found = canonical_of(one)
    assert (found.fingerprint, found.left_out) == (canonical_of(other).fingerprint, ("_stop_words_id",))
    assert found.fingerprint != canonical_of(CountVectorizer().fit(["late flights", "on time"])).fingerprint


def test_one_changed_leaf_of_one_tree_is_seen():
    changed = forest()
    changed.estimators_[3].tree_.value[0, 0, 0] += 1e-9
    assert canonical_of(changed).fingerprint != canonical_of(forest()).fingerprint


def test_a_hyperparameter_and_the_seed_are_seen():
    kinds = [forest(), forest(max_depth=2), RandomForestRegressor(5, random_state=1).fit(X, Y)]
    assert len({canonical_of(model).fingerprint for model in kinds}) == 3


def test_a_changed_weight_deep_in_an_ensemble_is_seen():
    one = VotingRegressor([("a", LinearRegression()), ("b", make_pipeline(StandardScaler(), LinearRegression()))]).fit(
        X, Y
    )
    first = canonical_of(one).fingerprint
    one.estimators_[1][-1].coef_[0] += 1e-12
    assert canonical_of(one).fingerprint != first


def test_a_map_of_arrays_does_not_depend_on_its_order_but_on_names_types_and_shapes():
    a, b = np.arange(4.0), np.arange(3)
    first = canonical_of({"a": a, "b": b})
    assert canonical_of({"b": b, "a": a}) == first
    others = [
        {"a": a, "c": b},
        {"a": a.astype("f4"), "b": b},
        {"a": a.reshape(2, 2), "b": b},
        {"a": a + 1e-16, "b": b[::-1]},
    ]
    assert first.fingerprint not in {canonical_of(other).fingerprint for other in others}


def test_the_memory_layout_of_an_array_leaves_no_trace():
    square = np.arange(6.0).reshape(2, 3)
    assert canonical_of({"a": np.asfortranarray(square)}) == canonical_of({"a": square.astype(">f8")})


def test_a_shared_tensor_is_written_once_and_differs_from_two_equal_ones():
    weights = np.arange(3.0)
    assert canonical_of({"a": weights, "b": weights}) != canonical_of({"a": weights, "b": weights.copy()})


class Homemade:
    """A class without a rule."""


@pytest.mark.parametrize(
    "model", [Homemade(), [forest(), Homemade()], {"f": lambda x: x}], ids=["class", "list", "function"]
)
def test_a_class_without_a_rule_has_no_canonical_fingerprint_and_the_reason_names_it(model):
    found = canonical_of(model)
    assert found.fingerprint is None
    assert "rule" in str(found.reason) or "function" in str(found.reason)


def test_a_model_that_holds_itself_has_no_canonical_fingerprint():
    model = forest()
    model.me_ = model
    assert "holds itself" in str(canonical_of(model).reason)


def test_fingerprint_of_a_model_is_the_canonical_one_and_says_what_it_left_out():
    found = fingerprint_of(forest())
    assert found.kind == "model"
    assert found.fingerprint == canonical_of(forest()).fingerprint
    assert found.notes == ("left out: n_jobs, verbose",)


def test_fingerprint_of_a_thing_without_a_rule_is_refused():
    with pytest.raises(InvalidArgument, match="Homemade"):
        fingerprint_of(Homemade())


def test_structured_arrays_do_not_show_the_padding_between_their_fields():
    dtype = np.dtype([("a", "i1"), ("b", "f8")], align=True)
    one, other = np.zeros(2, dtype), np.frombuffer(bytearray(b"\xaa" * 2 * dtype.itemsize), dtype)
    other["a"], other["b"] = 0, 0.0
    assert one.tobytes() != other.tobytes()
    assert fingerprint_of(one).fingerprint == fingerprint_of(other).fingerprint


def test_lightgbm_parameters_are_cut_out_of_the_model_text(monkeypatch):
    class Booster:
        def __init__(self, threads: int, leaf: float = 0.1) -> None:
            self.text = (
                f"tree\nleaf={leaf}\n\nparameters:\n[num_threads: {threads}]\nend of parameters\n\npandas:null\n"
            )

        def model_to_string(self) -> str:
            return self.text

    monkeypatch.setitem(__import__("sys").modules, "lightgbm", types.SimpleNamespace(Booster=Booster))
    assert boosters.booster_bytes(Booster(1)) == boosters.booster_bytes(Booster(2))
    assert boosters.booster_bytes(Booster(1)) != boosters.booster_bytes(Booster(1, leaf=0.2))
    assert canonical_of(Booster(1)).left_out == ("parameters",)


@pytest.mark.torch
def test_a_torch_module_has_the_fingerprint_of_its_tensors():
    torch = pytest.importorskip("torch")
    layer = torch.nn.Linear(2, 2)
    first = canonical_of(layer).fingerprint
    assert first == canonical_of(layer.state_dict()).fingerprint
    with torch.no_grad():
        layer.bias[0] += 1
    assert canonical_of(layer).fingerprint != first
    assert tensors.tensor_bytes(torch.ones(2, dtype=torch.bfloat16)) != tensors.tensor_bytes(torch.ones(2))
