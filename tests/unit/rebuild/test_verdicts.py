"""Rebuilding on the same machine: what is the same is said to be the same, and what was changed is named."""

from __future__ import annotations

import socket

from lineal.files import Files


def test_a_script_is_rebuilt_byte_for_byte(trained):
    verdict = trained.reproduce("model:delay", status=0)

    assert verdict["verdict"] == "BIT_EXACT"
    assert verdict["missing"] == []
    assert verdict["first_difference"] is None
    [output] = verdict["outputs"]
    assert output["name"] == "model:delay@v1"
    assert output["recorded"] == output["rebuilt"]


def test_a_rebuild_leaves_nothing_behind_but_its_verdict(trained):
    before = sorted(path.name for path in trained.root.rglob("*") if ".lineal" not in path.parts)

    trained.reproduce("model:delay", status=0)

    assert trained.left_behind == []
    assert sorted(path.name for path in trained.root.rglob("*") if ".lineal" not in path.parts) == before


def test_a_run_is_rebuilt_by_its_own_reference(trained):
    verdict = trained.reproduce("run:train", status=0)

    assert verdict["verdict"] == "BIT_EXACT"


def test_a_random_forest_is_rebuilt(project):
    project.write(
        "forest.py",
        """
        import os
        import numpy
        import lineal
        from sklearn.ensemble import RandomForestRegressor

        with lineal.run("forest", seed=7) as run:
            table = numpy.random.default_rng(7).normal(size=(80, 4))
            run.use(table, name="table")
            jobs = int(os.environ.get("OMP_NUM_THREADS", "1"))
            forest = RandomForestRegressor(n_estimators=5, random_state=7, n_jobs=jobs)
            run.log_model(forest.fit(table[:, :3], table[:, 3]), name="forest")
        """,
    )
    project.run("forest.py", OMP_NUM_THREADS="1")

    verdict = project.reproduce("model:forest", status=0)

    assert verdict["verdict"] == "BIT_EXACT"
    assert verdict["environment"] == "current"


def test_a_run_that_draws_other_numbers_diverges_and_the_first_different_point_is_named(project):
    project.write(
        "draw.py",
        """
        import lineal, os

        with lineal.run("draw") as run:
            value = int.from_bytes(os.urandom(6), "big")
            run.log_metrics({"loss": 1.0}, step=0)
            run.log_metrics({"loss": value}, step=1)
            run.log_model({"value": value}, name="drawn")
        """,
    )
    project.run("draw.py")

    verdict = project.reproduce("model:drawn", status=24)

    assert verdict["verdict"] == "DIVERGED"
    metric = next(each for each in verdict["differences"] if each["kind"] == "metric")
    assert (metric["what"], metric["where"]) == ("loss", {"step": 1})


def test_a_changed_input_is_refused_before_anything_runs_and_both_fingerprints_are_named(trained):
    trained.write("data.csv", "delay\n4\n6\n9\n")

    verdict = trained.reproduce("model:delay", status=25)

    assert verdict["verdict"] == "NOT_RUNNABLE"
    [missing] = verdict["missing"]
    assert missing["kind"] == "input"
    assert "dataset:flights@v1 is not what it was" in missing["sentence"]


def test_where_the_kept_copy_of_an_input_is_damaged_the_original_is_read(project):
    project.write("data.csv", "delay\n4\n6\n")
    project.write("train.py", 'open("model.txt", "w").write(open("data.csv").read()[6:])\n')
    project.run("-m", "lineal", "run", "--name", "train", "--", project.python, "train.py")
    kept = Files(project.root / ".lineal" / "files")
    copy = kept.path(kept.put_file(project.root / "data.csv"))
    copy.chmod(0o644)
    copy.write_text("delay\n4\n7\n")

    found = project.reproduce("run:train", status=0)
    assert found["verdict"] == "BIT_EXACT"
    assert (
        f"the kept copy of dataset:data@v1 is damaged: {project.root}/data.csv is read in its place" in found["notes"]
    )

    project.write("data.csv", "delay\n4\n7\n")
    planned = project.reproduce("run:train", "--dry-run", status=25)
    [missing] = planned["missing"]
    assert (planned["verdict"], planned["reachable"]) == ("NOT_RUNNABLE", "NOT_RUNNABLE")
    assert missing["sentence"].startswith(
        "the kept copy of dataset:data@v1 is damaged, and the input dataset:data@v1 is"
    )


def test_a_vanished_input_is_named(trained):
    (trained.root / "data.csv").unlink()

    verdict = trained.reproduce("model:delay", status=25)

    assert "dataset:flights@v1 is gone" in verdict["missing"][0]["sentence"]


def test_the_script_of_the_record_runs_though_the_file_was_changed_since(trained):
    trained.write("train.py", "raise SystemExit('not this one')\n")

    verdict = trained.reproduce("model:delay", status=0)

    assert verdict["verdict"] == "BIT_EXACT"


def test_a_dirty_tree_with_an_untracked_module_is_rebuilt_from_commit_diff_and_untracked_file(project):
    project.write("train.py", "import lineal\n")
    project.commit()
    project.write("shape.py", "FACTOR = 3\n")
    project.write(
        "train.py",
        """
        import lineal
        from shape import FACTOR

        with lineal.run("train") as run:
            run.log_model({"factor": FACTOR}, name="shaped")
        """,
    )
    project.run("train.py")
    (project.root / "shape.py").unlink()
    project.git("checkout", "--quiet", "--", ".")

    verdict = project.reproduce("model:shaped", status=0)

    assert verdict["verdict"] == "BIT_EXACT"


def test_a_dry_run_promises_no_more_than_the_check_where_nobody_seeded(project):
    project.write(
        "draw.py",
        """
        import random, lineal

        with lineal.run("draw") as run:
            run.log_model({"drawn": random.random()}, name="drawn")
        """,
    )
    project.run("draw.py")

    planned = project.reproduce("model:drawn", "--dry-run", status=0)

    assert planned["reachable"] == "NUMERIC"
    assert any(note.startswith("it may come out otherwise: ") for note in planned["notes"])


def test_a_dry_run_names_the_steps_and_computes_nothing(trained):
    planned = trained.reproduce("model:delay", "--dry-run", status=0)

    assert planned["reachable"] == "BIT_EXACT"
    assert [step.partition(":")[0] for step in planned["steps"]] == ["environment", "code", "input", "run", "compare"]
    assert trained.left_behind == []


def test_the_program_cannot_write_outside_the_rebuild_directory(project, tmp_path):
    outside = tmp_path / "outside.txt"
    project.write(
        "train.py",
        f"""
        import lineal

        with lineal.run("train") as run:
            open({str(outside)!r}, "w").write("trace")
            run.log_model({{"mean": 1}}, name="writer")
        """,
    )
    project.run("train.py")
    outside.unlink()

    verdict = project.reproduce("model:writer")

    assert not outside.exists() or verdict["writes"] == "open"


def test_the_network_is_off_where_the_system_allows_it_and_the_verdict_says_so(project):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        project.write(
            "train.py",
            f"""
            import lineal, socket

            with lineal.run("train") as run:
                try:
                    socket.create_connection(("127.0.0.1", {port}), timeout=30).close()
                    reached = True
                except OSError:
                    reached = False
                run.log_model({{"reached": reached}}, name="reaching")
            """,
        )
        project.run("train.py")

        verdict = project.reproduce("model:reaching")

    assert (verdict["network"], verdict["verdict"]) in {("off", "DIVERGED"), ("on", "BIT_EXACT")}


def test_a_model_that_comes_out_nearly_the_same_is_numeric_and_the_weight_and_its_distance_are_named(project):
    project.write(
        "train.py",
        """
        import sys, time
        import lineal, numpy as np
        from sklearn.linear_model import LinearRegression

        with lineal.run("train", seed=1) as run:
            x = np.arange(12.0).reshape(6, 2) ** 2
            model = LinearRegression().fit(x, x[:, 0] + 3)
            for _ in range(1 + time.time_ns() % 1000):  # another distance each time
                model.coef_[1] = np.nextafter(model.coef_[1], 1)
            run.log_model(model, name="delay")
        """,
    )
    project.run("train.py")

    verdict = project.reproduce("model:delay", status=0)
    tight = project.reproduce("model:delay", "--tolerance", "0", status=24)

    assert verdict["verdict"] == "NUMERIC"
    assert 0 < verdict["max_ulp"] < 1000
    assert verdict["first_difference"]["where"]["tensor"] == "model.coef_"
    assert verdict["first_difference"]["where"]["index"] == 1
    assert tight["verdict"] == "DIVERGED"
