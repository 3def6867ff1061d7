"""With a tracker: a PyTorch module, seeded by the run."""

import pandas as pd
import torch

import lineal

flights = pd.read_csv("flights.csv")
with lineal.run("train", seed=9) as run:
    run.use(flights, name="flights", source="flights.csv")
    inputs = torch.tensor(flights[["distance", "hour"]].to_numpy("float32") / 100)
    target = torch.tensor(flights["arr_delay"].to_numpy("float32")[:, None] / 100)
    network = torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 1))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
    for epoch in range(3):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(network(inputs), target)
        loss.backward()
        optimizer.step()
        run.log_metrics({"loss": loss.item()}, step=epoch)
    run.log_model(network, name="network")
